"""What a story is about, and the words that say so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.domain.telling import MAX_LEAD, MAX_TITLE, Telling, telling_of
from reports.domain.topic_words import LEXICONS, SECTIONS
from reports.domain.topics import (
    MAX_TOPICS,
    MAX_WHY,
    SOFT,
    TOPICS,
    sections_of,
    stems_of_keyword,
    topics_of,
)


def slugs(*tellings: Telling) -> list[str]:
    return [topic.slug for topic in topics_of(tellings)]


def of(title: str, lead: str = "", language: str = "en", url: str = "", outlet: str = "a"):
    return Telling(title, lead, language, url, outlet)


@pytest.mark.parametrize(
    ("title", "lead", "language", "topic"),
    [
        pytest.param(
            "Voters go to the polls in a close election", "", "en", "politics", id="politics"
        ),
        pytest.param("Airstrike kills rebels near the border", "", "en", "conflict", id="conflict"),
        pytest.param("Stock market falls as recession nears", "", "en", "economy", id="economy"),
        pytest.param("Jury finds banker guilty of fraud", "", "en", "crime", id="crime"),
        pytest.param("Earthquake of magnitude 6.1 shakes coast", "", "en", "disaster", id="quake"),
        pytest.param("New vaccine protects most patients", "", "en", "health", id="health"),
        pytest.param("Telescope finds a distant galaxy", "", "en", "science", id="science"),
        pytest.param("Coral reefs suffer from climate change", "", "en", "environment", id="reef"),
        pytest.param("Shelters for homeless people are full", "", "en", "society", id="society"),
        pytest.param("Exams move online at most schools", "", "en", "education", id="education"),
        pytest.param("Trade union calls a strike action", "", "en", "labor", id="labor"),
        pytest.param(
            "Striker scores twice in cup final", "The league leaders", "en", "sport", id="s"
        ),
        pytest.param("Film festival opens with a comedy", "", "en", "culture", id="culture"),
        pytest.param("A recipe for an easy dessert", "", "en", "lifestyle", id="recipe"),
        pytest.param("Duchess picks a stylish wardrobe", "", "en", "lifestyle", id="royals"),
        pytest.param("Your horoscope for the week", "", "en", "lifestyle", id="horoscope"),
        pytest.param("Bishop leads prayer at the church", "", "en", "religion", id="religion"),
        pytest.param("Heatwave ahead, forecasters say", "", "en", "weather", id="weather"),
        pytest.param("Koalition streitet vor der Bundestagswahl", "", "de", "politics", id="de"),
        pytest.param(
            "Bayern gewinnt das Spiel", "Der Trainer lobt die Stürmer", "de", "sport", id="de2"
        ),
        pytest.param("Le ministre annonce une élection", "", "fr", "politics", id="fr"),
        pytest.param(
            "El hospital recibe más pacientes", "La vacuna llega", "es", "health", id="es"
        ),
    ],
)
def test_the_first_topic_is_what_the_headline_is_about(title, lead, language, topic):
    assert slugs(of(title, lead, language))[0] == topic


def test_a_german_compound_is_what_its_last_part_is():
    assert slugs(of("Landtagswahl im Herbst", language="de")) == ["politics"]


def test_a_word_of_doubt_is_not_enough():
    assert slugs(of("The committee will meet again")) == []


def test_the_words_that_decided_are_kept_as_written():
    (topic,) = topics_of([of("Court jails fraudster", url="https://a.example/crime/x")])

    assert topic.slug == "crime"
    assert set(topic.why) == {"court", "jails", "fraudster", "/crime/"}


def test_a_headline_weighs_more_than_a_lead():
    found = topics_of([of("Earthquake shakes the coast", "The football season was suspended")])

    assert found[0].slug == "disaster"


def test_a_phrase_is_not_its_parts():
    (topic,) = topics_of([of("Supreme Court rules on murder")])

    assert "supreme court" in topic.why
    assert "court" not in topic.why


def test_a_sports_page_is_about_sport_whatever_its_words_speak_of():
    telling = of("Club sued over virus", url="https://a.example/sport/football/1")

    assert slugs(telling)[0] == "sport"


def test_one_outlet_with_many_articles_is_one_voice():
    loud = [of("Film star sings at festival", outlet="loud") for _ in range(9)]
    others = [of("Earthquake kills ten; rescue goes on", outlet=name) for name in ("b", "c")]

    assert slugs(*loud, *others)[0] == "disaster"


@pytest.mark.parametrize(
    ("url", "topics"),
    [
        pytest.param("https://a.example/sport/tennis/1-2-3", {"sport"}, id="folder"),
        pytest.param("https://a.example/news/business-52364055", {"economy"}, id="in the name"),
        pytest.param(
            "https://a.example/news/science-environment-5", {"science", "environment"}, id="two"
        ),
        pytest.param("https://sport.a.example/x/y", {"sport"}, id="host"),
        pytest.param("https://a.example/2026/sport-in-the-city", set(), id="an article's name"),
        pytest.param("https://a.example/", set(), id="none"),
        pytest.param("", set(), id="empty"),
        pytest.param("://///?#", set(), id="no address"),
    ],
)
def test_sections_are_read_from_addresses(url, topics):
    assert set(sections_of(url)) == topics


def test_every_list_speaks_of_every_topic_and_of_no_other():
    for language, topics in LEXICONS.items():
        assert set(topics) == set(TOPICS), language
    assert set(SECTIONS.values()) <= set(TOPICS)
    assert set(TOPICS) > SOFT


@pytest.mark.parametrize("language", LEXICONS)
def test_hardly_a_keyword_is_lost_to_stop_words(language):
    entries = [word for text in LEXICONS[language].values() for word in text.split() if word != "|"]
    lost = [word for word in entries if not stems_of_keyword(word, language)]

    assert len(lost) <= len(entries) // 20, lost


def test_a_headline_at_the_beginning_of_the_text_counts_once():
    telling = telling_of(
        title="Old Bridge closes",
        text="Old Bridge closes\n\nIt rained.",
        language="en",
        url="",
        outlet="a",
    )

    assert telling.lead == "It rained."


@given(st.lists(st.tuples(st.text(), st.text(), st.text(max_size=8), st.text()), max_size=5))
def test_any_text_has_topics_within_bounds(texts):
    tellings = [
        telling_of(title=title, text=text, language=language, url=url, outlet=language)
        for title, text, language, url in texts
    ]

    found = topics_of(tellings)

    assert all(len(t.title) <= MAX_TITLE and len(t.lead) <= MAX_LEAD for t in tellings)
    assert len(found) <= MAX_TOPICS
    assert all(topic.slug in TOPICS and 1 <= len(topic.why) <= MAX_WHY for topic in found)
    assert found == topics_of(tellings)
