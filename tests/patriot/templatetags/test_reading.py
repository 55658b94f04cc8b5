"""Times, hosts and languages on pages."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from patriot.templatetags.reading import host, lang, language_name, moment, quoted


def test_a_moment_reads_as_a_clock_in_its_zone_would():
    at = datetime(2026, 6, 9, 22, 30, tzinfo=UTC)

    shown = moment(at, ZoneInfo("Europe/Berlin"), "day")

    assert shown == '<time datetime="2026-06-10T00:30+02:00">10 June 2026</time>'


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("https://www.courier.example/a", "courier.example", id="without www"),
        pytest.param("https://cоurier.example/", "xn--curier-wqf.example", id="mixed scripts"),
        pytest.param("https://user@courier.example:8/", "courier.example", id="host only"),
        pytest.param("http://[::1", "", id="malformed"),
        pytest.param("https://" + "a" * 70 + ".example/", "", id="label too long"),
        pytest.param("", "", id="none"),
    ],
)
def test_a_host_is_shown_as_it_is(url, expected):
    assert host(url) == expected


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        pytest.param("", "", id="unknown"),
        pytest.param("en-GB", "", id="the page's own"),
        pytest.param("de", ' lang="de"', id="foreign"),
        pytest.param("ar", ' lang="ar" dir="rtl"', id="from right to left"),
        pytest.param('x"><b>', ' lang="x&quot;&gt;&lt;b&gt;"', id="hostile"),
    ],
)
def test_a_language_is_said_where_it_is_not_the_pages(language, expected):
    assert lang(language) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param("de", "German", id="known"),
        pytest.param("en-US", "English", id="a region falls back to its language"),
        pytest.param("xx-unknown", "xx-unknown", id="unknown"),
    ],
)
def test_a_language_has_a_name(code, expected):
    assert language_name(code) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param("It will close.", "“It will close.”", id="plain"),
        pytest.param("“It will close,” he said.", "‘“It will close,” he said.’", id="curly"),
        pytest.param('She said "no".', '‘She said "no".’', id="straight"),
        pytest.param("„Nein“", "‘„Nein“’", id="low"),
        pytest.param("the council’s plan", "“the council’s plan”", id="an apostrophe"),
    ],
)
def test_words_stand_in_marks_that_differ_from_their_own(words, expected):
    assert quoted(words) == expected
