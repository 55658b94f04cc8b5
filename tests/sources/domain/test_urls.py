"""Addresses of articles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.domain.urls import canonical_url, names_a_page, url_hash, web_url


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        pytest.param("HTTPS://News.Example/A", "https://news.example/A", id="case"),
        pytest.param("http://a.example", "http://a.example/", id="empty path"),
        pytest.param("http://a.example:80/x#part", "http://a.example/x", id="port and fragment"),
        pytest.param("https://a.example:8443/x", "https://a.example:8443/x", id="other port"),
        pytest.param("https://me:pw@a.example/x", "https://a.example/x", id="credentials"),
        pytest.param("https://a.example./x", "https://a.example/x", id="dot at the end"),
        pytest.param("https://a.example/x?utm_source=rss&UTM_x=1", "https://a.example/x", id="utm"),
        pytest.param(
            "https://a.example/x?c_id=1&fbclid=z&objectid=2&gclid=q",
            "https://a.example/x?c_id=1&objectid=2",
            id="what names the story stays",
        ),
        pytest.param(
            "https://a.example/?id=3&ref=rss&source=x&page=2",
            "https://a.example/?id=3&ref=rss&source=x&page=2",
            id="what may name it too",
        ),
        pytest.param(
            "https://a.example/?b=1&a=2&a=1", "https://a.example/?b=1&a=2&a=1", id="order"
        ),
        pytest.param("https://a.example/x?&&", "https://a.example/x", id="empty pairs"),
        pytest.param("https://a.example/ü ?q=ä", "https://a.example/%C3%BC%20?q=%C3%A4", id="IRI"),
        pytest.param("https://a.example/%7euser", "https://a.example/%7euser", id="encoded stays"),
        pytest.param("https://münchen.example/", "https://xn--mnchen-3ya.example/", id="IDN"),
        pytest.param("https://[2606:4700::ABCD]/x", "https://[2606:4700::abcd]/x", id="IPv6"),
        pytest.param("https://a.example/<b>\"'", "https://a.example/%3Cb%3E%22'", id="markup"),
        pytest.param("javascript:alert(1)", "", id="javascript"),
        pytest.param("data:text/html,<p>", "", id="data"),
        pytest.param("/relative", "", id="relative"),
        pytest.param("http://", "", id="no host"),
        pytest.param("http://[::1", "", id="malformed"),
        pytest.param("http://a.example:port/", "", id="no port"),
        pytest.param("http://a b.example/", "", id="space in the host"),
        pytest.param("http://" + "a" * 5_000, "", id="too long"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_a_page_has_one_address(url, canonical):
    assert canonical_url(url) == canonical


@given(st.text(max_size=100))
def test_whatever_comes_out_is_an_address_and_stays_it(text):
    for url in (canonical_url(text), canonical_url(f"http://a.example/{text}")):
        assert url == "" or url.startswith(("http://", "https://"))
        assert url.isascii()
        assert not set(url) & set(' <>"\n\t\\')
        assert canonical_url(url) == url


def test_relative_addresses_are_resolved_against_their_base():
    assert web_url("../b?c#d", base="https://a.example/x/y") == "https://a.example/b?c#d"
    assert web_url("", base="https://a.example/") == ""


def test_http_and_https_are_one_page():
    assert url_hash("http://a.example/x") == url_hash("https://a.example/x")
    assert url_hash("https://a.example/x") != url_hash("https://a.example/y")
    assert url_hash("") == ""


@pytest.mark.parametrize(
    ("url", "does"),
    [
        pytest.param("https://a.example/", False, id="front page"),
        pytest.param("https://a.example/x", True, id="path"),
        pytest.param("https://a.example/?p=1", True, id="query"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_a_front_page_names_no_article(url, does):
    assert names_a_page(url) is does


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://127.0.0.1/admin", id="loopback"),
        pytest.param("http://[::1]/", id="loopback, version 6"),
        pytest.param("http://10.0.0.7/", id="a private network"),
        pytest.param("http://2130706433/", id="an address as one number"),
        pytest.param("http://0x7f.1/", id="an address in hexadecimal"),
        pytest.param("http://127.1/", id="a short address"),
        pytest.param("https://intranet/news", id="a name without a domain"),
        pytest.param("https://printer.local/", id="a name of this network"),
        pytest.param("http://app.localhost/", id="a name of this machine"),
    ],
)
def test_no_link_leads_into_the_readers_own_network(url):
    assert canonical_url(url) == ""


def test_a_public_address_is_a_link():
    assert canonical_url("http://1.1.1.1/a") == "http://1.1.1.1/a"
