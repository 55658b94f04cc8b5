"""Words that can be compared: tokens, stems, names, figures."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.domain.words import content_stems, figures, fold, names, stem, stop_words, tokens


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        pytest.param("The ministers were voting", "en", ["minist", "vote"], id="English"),
        pytest.param("L’arrivée des élèves", "fr", ["arriv", "elev"], id="French elision, accents"),
        pytest.param("die Häuser der Städte", "de", ["haus", "stadt"], id="German umlauts"),
        pytest.param("WHO and the US", "en", ["who", "us"], id="acronyms like stop words"),
        pytest.param("U.S. troops", "en", ["us", "troop"], id="points in an acronym"),
        pytest.param("WHO IS IT", "en", [], id="shouted words are no acronyms"),
        pytest.param("The mayor's 1,200 votes", "en", ["mayor", "1200", "vote"], id="numbers"),
        pytest.param("Microsoft fire", "en", ["microsoft", "fire"], id="news words are content"),
        pytest.param("हिन्दी समाचार", "hi", ["हिन्दी", "समाचार"], id="marks belong to their letter"),
        pytest.param("中国政府", "zh", ["中国", "国政", "政府"], id="pairs where no spaces are"),
        pytest.param("qapla' jaj", "tlh", ["qapla", "jaj"], id="unknown language: as it is"),
        pytest.param("🔥 — …", "en", [], id="nothing but signs"),
        pytest.param("", "", [], id="empty"),
    ],
)
def test_content_is_what_remains_without_stop_words(text, language, expected):
    assert content_stems(text, language) == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        pytest.param(
            "Later, Ursula von der Leyen met the Bank of England.",
            "en",
            ("ursula von der leyen", "bank of england"),
            id="particles inside",
        ),
        pytest.param("Yesterday nothing happened.", "en", (), id="a sentence's first word"),
        pytest.param(
            "Merkel spoke. Nobody answered Merkel.", "en", ("merkel",), id="first word, seen later"
        ),
        pytest.param(
            "Stocks Fall as NATO Signals Faster Pace", "en", ("nato",), id="title case: acronyms"
        ),
        pytest.param("MAN SHOT IN NEW YORK", "en", (), id="shouting says nothing"),
        pytest.param(
            "Die Kanzlerin sprach mit Angela Merkel über Geld.",
            "de",
            ("angela merkel",),
            id="German nouns are no names",
        ),
        pytest.param(
            "everybody saw the Queen's Prince Charles leave early",
            "en",
            ("queen", "prince charles"),
            id="a genitive",
        ),
        pytest.param("政府は発表した", "ja", (), id="a script without case"),
    ],
)
def test_names_are_capitals_that_mean_something(text, language, expected):
    assert names(text, language) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("1,200 of 1.200 and 44,100,200", ("1200", "44100200"), id="thousands"),
        pytest.param("3,5 percent is 3.5", ("3.5",), id="decimals"),
        pytest.param("in 2020 with COVID-19, 5G and 7 more", (), id="what joins too much"),
        pytest.param("a 6.2-magnitude quake killed 44", ("6.2", "44"), id="a magnitude"),
        pytest.param("\u0661\u0662\u0663", ("123",), id="Arabic digits"),
    ],
)
def test_figures_are_numbers_that_tell_events_apart(text, expected):
    assert figures(text) == expected


def test_words_of_languages_without_rules_stay_as_they_are():
    assert stem("voting", "") == "voting"
    assert stem("voting", "en-GB") == "vote"
    assert stop_words("xx") == frozenset()
    assert fold("Élan") == "elan"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a" * 1_000_000, id="one word"),
        pytest.param("Aa of " * 200_000, id="one name"),
        pytest.param("a'" * 500_000, id="apostrophes"),
        pytest.param("1," * 500_000, id="digits"),
        pytest.param("a" + "\u0301" * 1_000_000, id="marks"),
    ],
)
def test_hostile_texts_cost_no_more_than_long_ones(text):
    assert len(tokens(text)) <= 100_000
    assert all(len(word) <= 64 for word in tokens(text))
    assert len(names(text, "en")) <= 100_000
    assert len(figures(text)) <= 1


@given(st.text(max_size=400), st.sampled_from(["en", "de", "fr", "zh", "ar", "tr", "", "xx-YY"]))
def test_no_text_is_too_odd(text, language):
    assert all(content_stems(text, language))
    assert all(names(text, language))
    assert all(figures(text))


@pytest.mark.parametrize(
    ("word", "language", "expected"),
    [
        pytest.param("generously", "en", "generous", id="English"),
        pytest.param("skies", "en-GB", "sky", id="an exception, a region"),
        pytest.param("aufeinanderfolgenden", "de", "aufeinanderfolg", id="German"),
        pytest.param("continuellement", "fr", "continuel", id="French"),
        pytest.param("habitaciones", "es", "habit", id="Spanish"),
        pytest.param("важнейшими", "ru", "важн", id="Russian"),
        pytest.param("الكتابات", "ar", "كتاب", id="Arabic"),
        pytest.param("kitaplarımızdan", "tr", "kitap", id="Turkish"),
        pytest.param("bridges", "zh", "bridges", id="no rules"),
        pytest.param("o'briens", "en", "o'briens", id="more than letters"),
        pytest.param("", "en", "", id="nothing"),
    ],
)
def test_stems_are_snowballs(word, language, expected):
    assert stem(word, language) == expected


def test_stemming_in_threads_mixes_nothing_up():
    words = [f"bridge{chr(97 + n % 26)}{chr(97 + n // 26)}ing" for n in range(600)]
    expected = [stem(word, "en") for word in words]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda word: stem(word, "en"), words * 5))

    assert found == expected * 5
