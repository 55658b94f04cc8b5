"""Whom a request comes from, behind as many proxies as there are."""

import pytest

from patriot.lib.addresses import client_address, household, is_within, networks_in

PEER = "10.0.0.1"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        pytest.param(0, None, PEER, id="no proxy"),
        pytest.param(0, "203.0.113.9", PEER, id="a header that nobody of ours wrote"),
        pytest.param(1, "203.0.113.9", "203.0.113.9", id="one proxy"),
        pytest.param(1, "198.51.100.1, 203.0.113.9", "203.0.113.9", id="forged before the proxy"),
        pytest.param(2, "198.51.100.1, 203.0.113.9, 10.0.0.2", "203.0.113.9", id="two proxies"),
        pytest.param(2, "203.0.113.9", "203.0.113.9", id="past the outer proxy"),
        pytest.param(1, None, PEER, id="past all proxies"),
        pytest.param(1, "", PEER, id="an empty header"),
        pytest.param(1, "unknown", PEER, id="no address"),
        pytest.param(1, "203.0.113.9:4711", "203.0.113.9", id="with its port"),
        pytest.param(1, "[2001:db8::1]:4711", "2001:db8::1", id="IPv6 with its port"),
        pytest.param(1, "2001:DB8:0::1", "2001:db8::1", id="IPv6 in another spelling"),
        pytest.param(1, "fe80::1%eth0", "fe80::1", id="IPv6 with a zone"),
        pytest.param(1, "::ffff:203.0.113.9", "203.0.113.9", id="IPv4 within IPv6"),
        pytest.param(1, "203.0.113.9\x00", PEER, id="NUL"),
        pytest.param(1, "²⁰³.0.113.9", PEER, id="odd digits"),
        pytest.param(1, "9" * 100_000, PEER, id="very long"),
    ],
)
def test_as_many_entries_count_as_there_are_proxies(proxies, forwarded, expected):
    meta = {"REMOTE_ADDR": PEER}
    if forwarded is not None:
        meta["HTTP_X_FORWARDED_FOR"] = forwarded

    assert client_address(meta, trusted_proxies=proxies) == expected


def test_a_unix_socket_has_no_address():
    assert client_address({"REMOTE_ADDR": ""}, trusted_proxies=0) == ""


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        pytest.param("203.0.113.9", "203.0.113.9", id="IPv4"),
        pytest.param("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", id="IPv6 by its network"),
        pytest.param("", "", id="none"),
    ],
)
def test_one_household_counts_once(address, expected):
    assert household(address) == expected


@pytest.mark.parametrize(
    ("text", "networks"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param(" , ,", [], id="commas"),
        pytest.param("203.0.113.7", ["203.0.113.7/32"], id="an address"),
        pytest.param("203.0.113.7/24", ["203.0.113.0/24"], id="an address within a network"),
        pytest.param("2001:DB8::/32, 10.0.0.0/8", ["2001:db8::/32", "10.0.0.0/8"], id="two"),
        pytest.param("10.0.0.1 10.0.0.1/32", ["10.0.0.1/32"], id="twice the same"),
    ],
)
def test_networks_are_read_in_their_one_spelling(text, networks):
    assert networks_in(text) == networks


@pytest.mark.parametrize("text", ["example.org", "10.0.0.1/33", "10.0.0", "::g", "10.0.0.1-9"])
def test_what_is_no_network_is_named(text):
    with pytest.raises(ValueError, match=f"^{text}$"):
        networks_in(f"10.0.0.1 {text}")


@pytest.mark.parametrize(
    ("address", "networks", "expected"),
    [
        pytest.param("203.0.113.7", ["203.0.113.0/24"], True, id="inside"),
        pytest.param("203.0.114.7", ["203.0.113.0/24", "203.0.114.7/32"], True, id="the second"),
        pytest.param("203.0.115.7", ["203.0.113.0/24"], False, id="outside"),
        pytest.param("2001:db8::1", ["2001:db8::/32"], True, id="IPv6"),
        pytest.param("203.0.113.7", ["::/0"], False, id="another version"),
        pytest.param("", ["0.0.0.0/0", "::/0"], False, id="no address"),
        pytest.param("203.0.113.7", [], False, id="no network"),
    ],
)
def test_an_address_is_within_networks_or_not(address, networks, expected):
    assert is_within(address, networks) is expected
