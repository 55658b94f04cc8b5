"""Figures are compared as values, in several languages' formats."""

import time
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.domain.numbers import Figure, figures, find_figures, stated_figures


def figure(value, unit=""):
    return Figure(Decimal(str(value)), unit)


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        pytest.param("1,200,000", "en", figure(1_200_000), id="thousands"),
        pytest.param("1.2 million", "en", figure(1_200_000), id="scale"),
        pytest.param("1.200.000", "de", figure(1_200_000), id="German thousands"),
        pytest.param("1,2 Millionen", "de", figure(1_200_000), id="German scale"),
        pytest.param("1 200 000", "fr", figure(1_200_000), id="French spaces"),
        pytest.param("1\u202f200\u202f000", "en", figure(1_200_000), id="narrow spaces"),
        pytest.param("1'200'000", "de", figure(1_200_000), id="Swiss apostrophes"),
        pytest.param("12,34,567", "en", figure(1_234_567), id="Indian groups"),
        pytest.param("1,234.5", "en", figure("1234.5"), id="both separators"),
        pytest.param("1.234,5", "de", figure("1234.5"), id="both separators, German"),
        pytest.param("2 Milliarden", "de", figure(2_000_000_000), id="Milliarden"),
        pytest.param("2 billion", "en", figure(2_000_000_000), id="billion"),
        pytest.param("2 Billionen", "de", figure(2_000_000_000_000), id="Billionen are trillions"),
        pytest.param("twelve", "en", figure(12), id="word"),
        pytest.param("twenty-one", "en", figure(21), id="tens and ones"),
        pytest.param("two hundred and fifty thousand", "en", figure(250_000), id="long words"),
        pytest.param("two dozen", "en", figure(24), id="dozens"),
        pytest.param("zweiundzwanzig", "de", figure(22), id="German word"),
        pytest.param("dix-sept", "fr", figure(17), id="French word"),
        pytest.param("１２", "ja", figure(12), id="full width"),
        pytest.param("١٢", "ar", figure(12), id="Arabic digits"),
        pytest.param("½", "en", figure("0.5"), id="fraction sign"),
        pytest.param("1½", "en", figure("1.5"), id="mixed fraction"),
        pytest.param("-5", "en", figure(-5), id="minus"),
        pytest.param("−5", "en", figure(-5), id="true minus"),
        pytest.param("–5", "en", figure(-5), id="en dash"),
        pytest.param("at —5", "en", figure(-5), id="em dash"),
        pytest.param("‐5", "en", figure(-5), id="hyphen sign"),
        pytest.param("﹣5", "en", figure(-5), id="small hyphen"),
        pytest.param("–$5", "en", figure(-5, "dollar"), id="sign before a currency"),
        pytest.param("–5 degrees", "en", figure(-5, "degree"), id="sign and unit"),
        pytest.param("minus 5 degrees", "en", figure(-5, "degree"), id="minus"),
        pytest.param("minus five degrees", "en", figure(-5, "degree"), id="minus in words"),
        pytest.param("1/2", "en", figure(0, "as written: 1/2"), id="a slash equals only itself"),
        pytest.param("50 %", "en", figure(50, "percent"), id="percent sign"),
        pytest.param("fifty percent", "en", figure(50, "percent"), id="percent word"),
        pytest.param("3,5 Prozent", "de", figure("3.5", "percent"), id="Prozent"),
        pytest.param("$1.2m", "en", figure(1_200_000, "dollar"), id="letter after money"),
        pytest.param("1.2 million dollars", "en", figure(1_200_000, "dollar"), id="dollars"),
        pytest.param("US$5bn", "en", figure(5_000_000_000, "us dollar"), id="whose dollar"),
        pytest.param("P269M", "en", figure(269_000_000, "peso"), id="peso"),
        pytest.param("£20million", "en", figure(20_000_000, "pound"), id="no space"),
        pytest.param("1,2 Mio. Euro", "de", figure(1_200_000, "euro"), id="Mio."),
        pytest.param("20m", "en", figure(20, "m"), id="a letter without money is no scale"),
        pytest.param("20 km", "en", figure(20, "kilometer"), id="a unit"),
        pytest.param("20km", "en", figure(20, "kilometer"), id="a unit without space"),
        pytest.param("20 Kilometer", "de", figure(20, "kilometer"), id="a German unit"),
        pytest.param("20 km/h", "fr", figure(20, "kilometer per hour"), id="a speed"),
        pytest.param("14-year-old", "en", figure(14, "year-old"), id="an age"),
        pytest.param("14-jährige", "de", figure(14, "year-old"), id="a German age"),
        pytest.param("14人", "ja", figure(14), id="a counter"),
        pytest.param("港で14人", "ja", figure(14), id="behind a script without spaces"),
        pytest.param("14万人", "ja", figure(14, "万人"), id="a scale that we do not know"),
        pytest.param("3rd", "en", figure(3, "ordinal"), id="3rd"),
        pytest.param("third", "en", figure(3, "ordinal"), id="third"),
        pytest.param("dritten", "de", figure(3, "ordinal"), id="dritten"),
        pytest.param("5 p.m.", "en", figure(1020, "time"), id="p.m."),
        pytest.param("17:00", "en", figure(1020, "time"), id="24 hours"),
        pytest.param("17 Uhr", "de", figure(1020, "time"), id="Uhr"),
        pytest.param("17.30 Uhr", "de", figure(1050, "time"), id="point in Uhr"),
        pytest.param("17h30", "fr", figure(1050, "time"), id="heures"),
        pytest.param("3 May 2020", "en", figure(20200503, "date"), id="day first"),
        pytest.param("May 3, 2020", "en", figure(20200503, "date"), id="month first"),
        pytest.param("2020-05-03", "en", figure(20200503, "date"), id="ISO"),
        pytest.param("3. Mai 2020", "de", figure(20200503, "date"), id="German date"),
        pytest.param("03.05.2020", "de", figure(20200503, "date"), id="dotted date"),
        pytest.param("1er mai", "fr", figure(501, "day"), id="1er"),
        pytest.param("May 2020", "en", figure(202005, "month"), id="month and year"),
        pytest.param("Covid-19", "en", figure(19, "covid-#"), id="a name's number counts nothing"),
        pytest.param("A320", "en", figure(320, "a#"), id="a type's number counts nothing"),
        pytest.param("1990s", "en", figure(1990, "s"), id="a decade is no year"),
        pytest.param("10²", "en", figure(10, "²"), id="a power is no longer number"),
    ],
)
def test_a_figure_is_read_as_its_value(text, language, expected):
    assert figures(text, language) == {expected}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("14", "17", id="one digit"),
        pytest.param("1,200", "1.200", id="a separator"),
        pytest.param("50", "50%", id="a percent sign"),
        pytest.param("$5", "€5", id="a currency"),
        pytest.param("5", "5 million", id="a scale"),
        pytest.param("5 am", "5 pm", id="half of the day"),
        pytest.param("3 May", "5 March", id="a date"),
        pytest.param("3", "3rd", id="an order"),
        pytest.param("5", "-5", id="a sign"),
        pytest.param("Covid-19", "19", id="a name"),
        pytest.param("14-year-old", "14", id="an age"),
        pytest.param("5 km", "5 miles", id="a distance"),
        pytest.param("1" * 60, "1" * 59 + "2", id="a digit of a giant"),
    ],
)
def test_what_differs_in_value_or_unit_differs(one, other):
    assert figures(one, "en") != figures(other, "en")


def test_a_list_of_words_is_not_added_up():
    found = [int(f.figure.value) for f in find_figures("one two three, twenty five", "en")]

    assert found == [1, 2, 3, 25]


def test_a_range_is_two_numbers_and_a_score_too():
    assert figures("10-15 and 2-1", "en") == {figure(n) for n in (10, 15, 2, 1)}


def test_a_date_states_its_day_month_and_year():
    stated = stated_figures("on 3 May 2020", "en")

    assert {figure(503, "day"), figure(202005, "month"), figure(2020)} <= stated


def test_places_cover_unit_and_scale():
    text = "It cost £1.2 million, or 3.5 per cent."

    assert [text[f.start : f.end] for f in find_figures(text, "en")] == [
        "£1.2 million",
        "3.5 per cent",
    ]


@given(st.integers(min_value=0, max_value=10**12))
def test_grouping_never_changes_the_value(number):
    english, german = f"{number:,}", f"{number:,}".replace(",", ".")

    assert figures(english, "en") == figures(german, "de") == {figure(number)}


@given(st.text(max_size=200), st.sampled_from(["en", "de", "fr", "es", "it", "pt", "nl", "", "zz"]))
def test_no_text_breaks_the_reader_and_places_are_inside(text, language):
    found = find_figures(text, language)

    assert all(0 <= f.start < f.end <= len(text) for f in found)
    assert all(a.end <= b.start for a, b in pairwise(found))


PIECES = """
    1 22 1,2 . , - $ £ % ½ million one twenty hundred and May 2020 p.m. : Covid- th
"""


@given(
    st.lists(
        st.sampled_from(PIECES.split()),
        max_size=30,
    ),
    st.sampled_from(["en", "de", "fr"]),
)
def test_no_mix_of_pieces_breaks_the_reader(pieces, language):
    text = " ".join(pieces) + "|" + "".join(pieces)

    found = find_figures(text, language)

    assert all(0 <= f.start < f.end <= len(text) for f in found)


@pytest.mark.parametrize(
    "unit",
    [
        pytest.param("1", id="one giant number"),
        pytest.param("1,", id="separators"),
        pytest.param("1 ", id="spaces"),
        pytest.param("one ", id="words"),
        pytest.param("a", id="one giant word"),
        pytest.param("$", id="signs"),
        pytest.param("May ", id="months"),
    ],
)
def test_hostile_text_takes_linear_time(unit):
    started = time.process_time()

    find_figures(unit * 10_000, "fr")
    find_figures(unit * 10_000, "en")

    assert time.process_time() - started < 5
