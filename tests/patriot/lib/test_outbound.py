"""The outbound policy: where we go, and where never."""

from __future__ import annotations

import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patriot.lib.outbound import Forbidden, authority_of, check_redirect, check_url, is_public


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        pytest.param("https://news.example/feed", "https://news.example/feed", id="plain"),
        pytest.param(" HTTP://News.Example ", "http://news.example/", id="case and spaces around"),
        pytest.param("https://a.example:443/x", "https://a.example/x", id="default port"),
        pytest.param("https://a.example:80/x", "https://a.example:80/x", id="the other port"),
        pytest.param("http://a.example/ä b?ü=#x", "http://a.example/%C3%A4%20b?%C3%BC=", id="IRI"),
        pytest.param("http://münchen.example/", "http://xn--mnchen-3ya.example/", id="IDN"),
        pytest.param("http://8.8.8.8/", "http://8.8.8.8/", id="IPv4"),
        pytest.param("http://[2606:4700::0001]/", "http://[2606:4700::1]/", id="IPv6"),
        pytest.param("http://a_b.example/", "http://a_b.example/", id="underscore"),
        pytest.param("http://a.example/?q=//b@c", "http://a.example/?q=//b@c", id="query"),
    ],
)
def test_an_address_has_one_spelling(url, canonical):
    assert check_url(url).url == canonical


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("", id="nothing"),
        pytest.param("news.example/feed", id="no scheme"),
        pytest.param("ftp://a.example/", id="ftp"),
        pytest.param("file:///etc/passwd", id="file"),
        pytest.param("javascript:alert(1)", id="javascript"),
        pytest.param("http://", id="no host"),
        pytest.param("http:///x", id="empty host"),
        pytest.param("http://user@a.example/", id="user"),
        pytest.param("http://a.example@127.0.0.1/", id="host as user"),
        pytest.param("http://a.example\\@127.0.0.1/", id="backslash"),
        pytest.param("http://a.example/\r\nX: y", id="line end"),
        pytest.param("http://a.exa\tmple/", id="tab"),
        pytest.param("http://a.exam\x00ple/", id="NUL"),
        pytest.param("http://a%2eexample/", id="percent in the host"),
        pytest.param("http://a b.example/", id="space in the host"),
        pytest.param("http://a..example/", id="empty label"),
        pytest.param("http://a.example./", id="dot at the end"),
        pytest.param("http://-a.example/", id="hyphen first"),
        pytest.param(f"http://{'a' * 64}.example/", id="long label"),
        pytest.param(f"http://{'a.' * 150}example/", id="long host"),
        pytest.param(f"http://a.example/{'x' * 5_000}", id="long address"),
        pytest.param("http://a.example:8080/", id="port"),
        pytest.param("http://a.example:22/", id="ssh"),
        pytest.param("http://a.example:0/", id="port 0"),
        pytest.param("http://a.example:99999/", id="no port"),
        pytest.param("http://a.example:x/", id="port of letters"),
        pytest.param("http://127.0.0.1/", id="loopback"),
        pytest.param("http://127.1/", id="short IPv4"),
        pytest.param("http://2130706433/", id="IPv4 as a number"),
        pytest.param("http://0x7f.0.0.1/", id="hexadecimal"),
        pytest.param("http://0x7f000001/", id="hexadecimal number"),
        pytest.param("http://0177.0.0.1/", id="octal"),
        pytest.param("http://8.8.8.08/", id="leading zero"),
        pytest.param("http://8.8.8.8.8/", id="five numbers"),
        pytest.param("http://1２7.0.0.1/", id="wide digits"),  # the codec folds them
        pytest.param("http://①②⑦.⓪.⓪.①/", id="circled digits"),
        pytest.param("http://127。0。0。1/", id="ideographic dots"),
        pytest.param("http://169.254.169.254/", id="metadata"),
        pytest.param("http://[::1]/", id="IPv6 loopback"),
        pytest.param("http://[::ffff:8.8.8.8]/", id="mapped"),
        pytest.param("http://[fe80::1%25eth0]/", id="zone"),
        pytest.param("http://[::1", id="open bracket"),
        pytest.param("http://[a.example]/", id="name in brackets"),
    ],
)
def test_a_sloppy_or_private_address_is_forbidden_with_a_sentence(url):
    with pytest.raises(Forbidden) as caught:
        check_url(url)

    assert str(caught.value).endswith(".")


def test_an_allowed_pair_may_be_private_and_on_any_port_and_nothing_else_may():
    allow = {"127.0.0.1:8000", "proxy.internal:3128", "[::1]:80"}

    assert check_url("http://127.0.0.1:8000/x", allow=allow).is_allowed
    assert check_url("http://proxy.internal:3128/", allow=allow).is_allowed
    assert check_url("http://[::1]/", allow=allow).is_allowed
    assert not check_url("https://a.example/", allow=allow).is_allowed
    for url in ("http://127.0.0.1:8001/", "http://127.0.0.1/", "http://127.0.0.2:8000/"):
        with pytest.raises(Forbidden):
            check_url(url, allow=allow)


def test_what_was_checked_before_holds_no_list_of_what_is_allowed():
    class Allowed(frozenset):
        """What can be watched."""

    allow = Allowed({"10.0.0.1:80"})
    watched = weakref.ref(allow)

    is_allowed = check_url("http://10.0.0.1/", allow=allow).is_allowed
    check_url("http://n.example/", allow=allow)
    del allow

    assert is_allowed
    assert watched() is None
    with pytest.raises(Forbidden):
        check_url("http://10.0.0.1/")


@pytest.mark.parametrize(
    ("location", "url"),
    [
        pytest.param("/x", "https://a.example/x", id="path"),
        pytest.param("x?y", "https://a.example/dir/x?y", id="relative"),
        pytest.param("//b.example/x", "https://b.example/x", id="without scheme"),
        pytest.param("http://b.example", "http://b.example/", id="absolute"),
        pytest.param("/a b", "https://a.example/a%20b", id="space"),
    ],
)
def test_redirects_are_resolved(location, url):
    base = check_url("https://a.example/dir/feed")

    assert check_redirect(location, base=base).url == url


@pytest.mark.parametrize(
    "location", ["http://10.0.0.1/", "//10.0.0.1/", "file:///x", "http://[", "/\r\nx", "\\\\b/x"]
)
def test_redirects_are_checked_like_any_address(location):
    with pytest.raises(Forbidden):
        check_redirect(location, base=check_url("https://a.example/"))


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104 (nobody binds to it)
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.0.170",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::2",
        "::127.0.0.1",
        "::8.8.8.8",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::127.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:2::1",
        "2001:10::1",
        "2001:20::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "2002:808:808::1",
        "3fff::1",
        "5f00::1",
        "4000::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "ff0e::1",
        "not-an-address",
        "1.2.3",
        "01.2.3.4",
    ],
)
def test_these_addresses_are_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "8.8.8.8",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "192.0.1.1",
        "198.17.255.255",
        "223.255.255.255",
        "2606:4700:4700::1111",
        "2001:4860:4860::8888",
        "2a00:1450::1",
        "64:ff9b::8.8.8.8",
    ],
)
def test_these_addresses_are_public(address):
    assert is_public(address)


@given(st.text(max_size=60))
def test_whatever_is_not_forbidden_is_canonical(text):
    try:
        target = check_url("http://" + text)
    except Forbidden:
        return
    assert target.url.isascii()
    assert target.port in {80, 443}
    assert check_url(target.url) == target


def test_an_operator_is_told_how_to_let_an_address_through_and_never_after_a_redirect():
    advice = "An operator can allow it: add feeds.example:8607 to PATRIOT_OUTBOUND_ALLOW."
    base = check_url("https://news.example/")

    with pytest.raises(Forbidden, match=advice):
        check_url("http://feeds.example:8607/")
    with pytest.raises(Forbidden) as redirected:
        check_redirect("http://feeds.example:8607/", base=base)
    assert "PATRIOT_OUTBOUND_ALLOW" not in str(redirected.value)


@pytest.mark.parametrize(
    ("base_url", "authority"),
    [
        pytest.param("https://API.example/v1", "api.example:443", id="a public one"),
        pytest.param("http://127.0.0.1:8600", "127.0.0.1:8600", id="this machine"),
        pytest.param("http://[0:0::1]:80/", "[::1]:80", id="IPv6"),
        pytest.param("http://bücher.example:81", "xn--bcher-kva.example:81", id="international"),
    ],
)
def test_a_service_of_the_operators_choice_is_allowed_by_its_own_authority(base_url, authority):
    assert authority_of(base_url) == authority
    assert check_url(base_url, allow=[authority]).is_allowed


@pytest.mark.parametrize(
    "base_url", ["ftp://a.example/", "http://me:secret@a.example", "http://0x7f.1"]
)
def test_a_service_without_a_proper_address_is_forbidden(base_url):
    with pytest.raises(Forbidden):
        authority_of(base_url)


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("1２7.0.0.1", id="wide digits"),
        pytest.param("127．0．0．1", id="wide dots"),
        pytest.param("127｡0｡0｡1", id="half-width dots"),
        pytest.param("127․0․0․1", id="one-dot leaders"),
        pytest.param("12\u00ad7.0.0.1", id="soft hyphen"),
        pytest.param("127.0.0.\u200b1", id="zero width"),
        pytest.param("１０.0.0.1", id="wide ten"),
        pytest.param("169。254。169。254", id="metadata"),
        pytest.param("0x7f．1", id="hexadecimal"),
        pytest.param("①⑥⑨.254.169.254", id="circled"),
        pytest.param("a.example／@127.0.0.1", id="wide slash"),
        pytest.param("a.example：80", id="wide colon"),
        pytest.param("a℀.example", id="a sign that unfolds to a slash"),
        pytest.param("[::ffff:7f00:1]", id="mapped, hexadecimal"),
        pytest.param("[::127.0.0.1]", id="compatible"),
        pytest.param("[2002:7f00:1::]", id="6to4"),
        pytest.param("[64:ff9b::a00:1]", id="NAT64"),
        pytest.param("[64:ff9b:1::a00:1]", id="local NAT64"),
        pytest.param("[2001:470:1::5efe:a00:1]", id="ISATAP"),
        pytest.param("[fec0::1]", id="site-local"),
        pytest.param("[v1.x]", id="a version that never came"),
        pytest.param("0x7f.0x0.0x0.0x1", id="hexadecimal parts"),
        pytest.param("127.0.0.0x1", id="hexadecimal end"),
        pytest.param("017700000001", id="octal number"),
        pytest.param("127.0.0.1.", id="dot at the end"),
        pytest.param("4294967297", id="a number beyond IPv4"),
        pytest.param("0", id="zero"),
    ],
)
def test_no_spelling_hides_a_private_address(host):
    with pytest.raises(Forbidden):
        check_url(f"http://{host}/")
    with pytest.raises(Forbidden):
        check_redirect(f"//{host}/", base=check_url("https://a.example/"))


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("2001:470:1:2:0:5efe:127.0.0.1", id="ISATAP, local bit"),
        pytest.param("2001:470:1:2:200:5efe:10.0.0.1", id="ISATAP, universal bit"),
    ],
)
def test_a_private_address_inside_a_public_one_is_not_public(address):
    assert not is_public(address)


def test_a_public_address_inside_a_public_one_is_public():
    assert is_public("2001:470:1:2:0:5efe:8.8.8.8")
