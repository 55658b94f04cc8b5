"""Which article an entry is."""

from __future__ import annotations

import pytest

from sources.domain.entry import Entry
from sources.domain.identity import content_hash, identity_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(
            Entry(raw_id="urn:1", url="https://a.example/1", title="A"),
            Entry(raw_id="urn:1", url="https://a.example/2", title="B"),
            id="by its id, whatever else changes",
        ),
        pytest.param(Entry(raw_id=" urn:1\n"), Entry(raw_id="urn:1"), id="white space around"),
        pytest.param(Entry(raw_id="tag:a\n  1"), Entry(raw_id="tag:a 1"), id="a broken line"),
        pytest.param(
            Entry(raw_id="http://a.example/1"),
            Entry(raw_id="HTTPS://a.example/1"),
            id="an id that moves to https",
        ),
        pytest.param(
            Entry(raw_id="1234", url="https://a.example/x?p=1234"),
            Entry(raw_id="1234", url="https://b.example/another/address"),
            id="a site that moved, with short ids",
        ),
        pytest.param(
            Entry(url="http://a.example/1?utm_source=x", title="A"),
            Entry(url="https://A.example/1#top", title="B"),
            id="else by its canonical address",
        ),
        pytest.param(
            Entry(title="A", published_raw="Tuesday", html="x"),
            Entry(title="A", published_raw="Tuesday", html="y"),
            id="else by title and date",
        ),
    ],
)
def test_these_are_the_same(one, other):
    assert identity_of(one) == identity_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(Entry(raw_id="1"), Entry(raw_id="2"), id="ids"),
        pytest.param(Entry(raw_id="A"), Entry(raw_id="a"), id="case of an id"),
        pytest.param(
            Entry(raw_id="https://a.example/?p=1&utm_source=1"),
            Entry(raw_id="https://a.example/?p=1&utm_source=2"),
            id="a link as id is no link",
        ),
        pytest.param(Entry(raw_id="https:1"), Entry(raw_id="http:1"), id="no address at all"),
        pytest.param(
            Entry(raw_id="https://a.example/1#a"), Entry(raw_id="https://a.example/1#b"), id="raw"
        ),
        pytest.param(Entry(url="https://a.example/1"), Entry(url="https://a.example/2"), id="urls"),
        pytest.param(
            Entry(title="A", published_raw="Tuesday"),
            Entry(title="A", published_raw="Friday"),
            id="dates",
        ),
        pytest.param(Entry(raw_id="x"), Entry(title="x"), id="an id is not a title"),
    ],
)
def test_these_are_not(one, other):
    assert identity_of(one) != identity_of(other)


def test_an_identity_is_a_hash_whatever_the_letters():
    assert len(identity_of(Entry(raw_id="\ud800 ü"))) == 64


def test_content_is_title_and_text():
    assert content_hash("a", "b") != content_hash("ab", "")
    assert content_hash("a", "b") == content_hash("a", "b")
