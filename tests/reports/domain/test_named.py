"""Whom and what a story names, and what is left out for want of evidence."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.domain.gazetteer import BODIES, PLACES, key_of
from reports.domain.named import MAX_NAME_CHARS, MAX_NAMES, names_of
from reports.domain.telling import Telling, telling_of


def of(lead: str, title: str = "", language: str = "en", outlet: str = "a") -> Telling:
    return Telling(title, lead, language, "", outlet)


@pytest.mark.parametrize(
    ("text", "language", "people"),
    [
        pytest.param("On Monday President Ada Okonjo resigned.", "en", ("Ada Okonjo",), id="role"),
        pytest.param("The singer Zuri Mbeki spoke.", "en", ("Zuri Mbeki",), id="lower-case role"),
        pytest.param("It was Angela Forster who won.", "en", ("Angela Forster",), id="first name"),
        pytest.param("Then Zuri Mbeki, 34, spoke.", "en", ("Zuri Mbeki",), id="age"),
        pytest.param(
            "There Zuri Mbeki left. Mr Mbeki was tired.", "en", ("Zuri Mbeki",), id="honorific"
        ),
        pytest.param("In the end Zuri Mbeki left.", "en", (), id="no evidence"),
        pytest.param("Health Minister Zuri Mbeki resigned.", "en", ("Zuri Mbeki",), id="long role"),
        pytest.param("Yesterday Sen. Zuri Mbeki resigned.", "en", ("Zuri Mbeki",), id="short role"),
        pytest.param("Then Pope Pius prayed.", "en", ("Pope Pius",), id="called by the role"),
        pytest.param("Then President Mbeki left.", "en", ("Mbeki",), id="surname behind a role"),
        pytest.param(
            "He saw Jean-Luc Abbott-Hill there, Mr Hill said.",
            "en",
            ("Jean-Luc Abbott-Hill",),
            id="hyphens",
        ),
        pytest.param("Die Kanzlerin Ada Okonjo sprach.", "de", ("Ada Okonjo",), id="German role"),
        pytest.param("Hier sprach Angela Forster.", "de", ("Angela Forster",), id="German"),
        pytest.param("Selon le président Ada Okonjo.", "fr", ("Ada Okonjo",), id="French"),
        pytest.param("Dijo la ministra Ada Okonjo hoy.", "es", ("Ada Okonjo",), id="Spanish"),
    ],
)
def test_people_are_told_by_evidence(text, language, people):
    assert names_of([of(text, language=language)]).people == people


def test_a_surname_folds_into_the_full_name():
    named = names_of(
        [
            of("President Ada Okonjo resigned.", outlet="a"),
            of("", title="Okonjo resigns after vote", outlet="b"),
            of("Then President Okonjo left. Emma Field stays.", outlet="c"),
        ]
    )

    assert named.people == ("Ada Okonjo", "Emma Field")


def test_middle_names_and_beginnings_of_names_are_folded():
    named = names_of(
        [
            of("Here Angela Dorothea Forster spoke."),
            of("Here Angela Forster spoke."),
            of("Then leader Park Jong left."),
            of("Then leader Park Jong Ho left."),
        ]
    )

    assert set(named.people) == {"Angela Forster", "Park Jong Ho"}


def test_two_people_of_one_surname_stay_apart():
    named = names_of([of("Emma Field and Peter Field met. Then Field spoke.")])

    assert named.people == ("Emma Field", "Peter Field")


@pytest.mark.parametrize(
    ("text", "places"),
    [
        pytest.param("A ship left New Zealand for Peru.", ("New Zealand", "Peru"), id="countries"),
        pytest.param("A law of the U.S. and the UK.", ("United States", "United Kingdom"), id="US"),
        pytest.param("Please tell us where it is.", (), id="us"),
        pytest.param("They met in Westport, Conn., today.", ("Westport",), id="a state behind"),
        pytest.param("They met in Tiny Hamlet, Ohio.", ("Tiny Hamlet", "Ohio"), id="by a state"),
        pytest.param("A fire near Orange County burns.", ("Orange County",), id="ending"),
        pytest.param("A storm over Northern California.", ("Northern California",), id="direction"),
        pytest.param("The German and American teams met.", (), id="demonyms"),
        pytest.param("They were at it in Zwiebel again.", (), id="a preposition alone"),
        pytest.param("A port called Florida Governor Ada Okonjo.", ("Florida",), id="of a role"),
    ],
)
def test_places_are_told_by_evidence(text, places):
    assert names_of([of(text)]).places == places


@pytest.mark.parametrize(
    ("text", "language", "organizations"),
    [
        pytest.param(
            "Today the Ministry of Fisheries met.", "en", ("Ministry of Fisheries",), id="head"
        ),
        pytest.param(
            "Today Averil Shipping Company met.", "en", ("Averil Shipping Company",), id="end"
        ),
        pytest.param("Today the WHO met.", "en", ("World Health Organization",), id="known"),
        pytest.param("Who met today? It was Who.", "en", (), id="who"),
        pytest.param(
            "The Averil Dock Council (ADC) met. The ADC voted.",
            "en",
            ("Averil Dock Council",),
            id="explained",
        ),
        pytest.param(
            "Today the Association of Port and Dock Leaders met.",
            "en",
            ("Association of Port and Dock Leaders",),
            id="two halves",
        ),
        pytest.param(
            "Today the Ministry of Fisheries and Rural Services (MFRS) met. The MFRS voted.",
            "en",
            ("Ministry of Fisheries and Rural Services",),
            id="two halves, explained",
        ),
        pytest.param(
            "Today the Ministry of Fisheries and Averil Shipping Company met.",
            "en",
            ("Ministry of Fisheries", "Averil Shipping Company"),
            id="two bodies",
        ),
        pytest.param(
            "Today the University of Otago and Averil Foods Technology met.",
            "en",
            ("University of Otago",),
            id="a body of one place",
        ),
        pytest.param(
            "Today the Ministry of Fisheries and Angela Forster met.",
            "en",
            ("Ministry of Fisheries",),
            id="a body and a person",
        ),
        pytest.param("Today the XQZT met.", "en", (), id="unknown acronym"),
        pytest.param("Die NATO tagt.", "de", ("NATO",), id="German"),
        pytest.param("A Task Force met today.", "en", (), id="anybody's"),
    ],
)
def test_organizations_are_told_by_evidence(text, language, organizations):
    assert names_of([of(text, language=language)]).organizations == organizations


def test_known_places_are_found_in_title_case_where_people_are_not_guessed():
    named = names_of([of("", title="Storm Hits New Zealand And Jordan Smith Tells The Tale")])

    assert named.places == ("New Zealand",)
    assert named.people == ()


def test_what_most_outlets_name_comes_first_and_no_more_than_so_many():
    crowd = [
        of(f"Emma {name}field spoke. Peter Field spoke.", outlet=name) for name in "ABCDEFGHIJKL"
    ]

    named = names_of(crowd)

    assert named.people[0] == "Peter Field"
    assert len(named.people) == MAX_NAMES


def test_shouted_texts_name_nobody():
    assert names_of([of("PRESIDENT ADA OKONJO RESIGNS IN PERU")]).people == ()


def test_no_place_is_an_organization_too():
    assert not PLACES.keys() & BODIES.keys()
    assert all(key == key_of(key) for key in [*PLACES, *BODIES])


NEWSY = st.lists(
    st.sampled_from(
        [
            "President",
            "Ada",
            "Okonjo",
            "of",
            "in",
            "US",
            "(ADC)",
            ",",
            ".",
            "said",
            "Mr",
            "34",
            "Ministry",
            "St.",
            "Peru",
            "'s",
            "’s",
            "-",
            "<b>",
            "İ",
            "ǅ",
            "é",
            "\u0301",
            "WHO",
            "\n",
        ]
    ),
    max_size=40,
).map(" ".join)


@given(
    st.lists(
        st.tuples(st.one_of(st.text(), NEWSY), NEWSY, st.sampled_from(["en", "de", "", "zh"])),
        max_size=4,
    )
)
def test_any_text_has_names_within_bounds(texts):
    tellings = [
        telling_of(
            title=unicodedata.normalize("NFC", title),
            text=unicodedata.normalize("NFC", text),
            language=language,
            url="",
            outlet=str(number),
        )
        for number, (title, text, language) in enumerate(texts)
    ]

    named = names_of(tellings)

    for names in (named.people, named.places, named.organizations):
        assert len(names) <= MAX_NAMES
        assert len(set(names)) == len(names)
        assert all(0 < len(name) <= MAX_NAME_CHARS for name in names)
        assert not any(set(name) & set("<>{}|\n") for name in names)
        assert all(unicodedata.is_normalized("NFC", name) for name in names)
    assert named == names_of(tellings)
