"""The invented press: is all of it there, and does it hold what the rest is tested with?"""

import io
import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from difflib import SequenceMatcher
from urllib.parse import urlsplit

import feedparser
import pytest

from patriot.demo.newsroom import DemoArticle, Document, Newsroom, Outlet, documents, load

NEWSROOM = load()
OUTLETS = {outlet.key: outlet for outlet in NEWSROOM.outlets}
ARTICLES = {article.id: article for article in NEWSROOM.articles}


def text(article: DemoArticle) -> str:
    return " ".join((article.title, article.summary, *article.paragraphs))


def told_by(event: str) -> dict[str, DemoArticle]:
    """Return the first edition's articles about an event by outlet; the last, if it has several."""
    articles = [article for article in NEWSROOM.articles if article.edition == 1]
    return {article.outlet.key: article for article in articles if article.event == event}


def entries(document: Document) -> list[dict]:
    if document.content_type == "application/feed+json":
        return json.loads(document.body)["items"]
    headers = {"content-type": document.content_type}
    parsed = feedparser.parse(
        io.BytesIO(document.body),
        response_headers=headers,
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    assert not parsed.bozo, parsed.bozo_exception
    return parsed.entries


def outlets_that_answer() -> list:
    return [pytest.param(o, id=o.key) for o in NEWSROOM.outlets if o.status == 200]


def test_the_press_has_the_size_it_is_meant_to_have():
    stories = {event.key for event in NEWSROOM.events}

    assert 11 <= len(NEWSROOM.outlets) <= 13
    assert 130 <= len(NEWSROOM.articles) <= 170
    assert 38 <= len(stories) <= 44
    assert {a.event for a in NEWSROOM.articles} - {""} == stories


def test_main_events_are_told_by_three_outlets_or_more():
    told = Counter(event for event, _ in {(a.event, a.outlet.key) for a in NEWSROOM.articles})

    assert sum(outlets >= 3 for event, outlets in told.items() if event) >= 15
    assert max(outlets for event, outlets in told.items() if event) >= 8


def test_identities_and_links_are_unique_and_links_are_secure():
    honest = [a for a in NEWSROOM.articles if not a.link.startswith(("javascript:", "data:"))]

    assert len({(a.outlet.key, a.guid) for a in NEWSROOM.articles}) == len(NEWSROOM.articles)
    assert len({a.link for a in NEWSROOM.articles}) == len(NEWSROOM.articles)
    assert len(honest) == len(NEWSROOM.articles) - 2
    for article in honest:
        parts = urlsplit(article.link)
        assert parts.scheme == "https"
        assert parts.hostname.endswith(article.outlet.domain)
        assert article.outlet.domain.endswith(".example")


def test_one_broadcaster_has_two_feeds_on_one_domain():
    domains = Counter(outlet.domain for outlet in NEWSROOM.outlets)

    assert [domain for domain, feeds in domains.items() if feeds > 1] == ["radio-averil.example"]


def test_all_formats_and_two_languages_are_there():
    assert {outlet.format for outlet in NEWSROOM.outlets} == {"rss", "atom", "json", "hostile"}
    assert {outlet.language[:2] for outlet in NEWSROOM.outlets} == {"en", "de"}


@pytest.mark.parametrize("edition", [1, 2])
@pytest.mark.parametrize("outlet", outlets_that_answer())
def test_a_feed_reads_cleanly_and_holds_all_articles(outlet: Outlet, edition: int, now: datetime):
    document = documents(NEWSROOM, anchor=now, edition=edition)[outlet.file]

    found = entries(document)

    assert len(found) == len(NEWSROOM.articles_of(outlet, edition=edition)) > 0
    assert document.status == 200
    assert document.name == outlet.name


@pytest.mark.parametrize(
    ("file", "field"),
    [
        pytest.param("harbour-courier.xml", "content", id="rss-with-full-text"),
        pytest.param("norrany-tribune.xml", "content", id="atom-with-full-text"),
        pytest.param("dunmarrow-ledger.xml", "summary", id="rss-with-text-as-description"),
        pytest.param("radio-averil-news.xml", "summary", id="rss-with-summaries"),
        pytest.param("valley-gazette.xml", "summary", id="atom-with-summaries"),
        pytest.param("tidewatch.json", "content_html", id="json-with-html"),
        pytest.param("touchline.json", "content_text", id="json-with-plain-text"),
    ],
)
def test_a_feed_gives_away_what_its_outlet_wants(file: str, field: str, now: datetime):
    found = entries(documents(NEWSROOM, anchor=now)[file])

    assert all(entry.get(field) for entry in found)


def test_one_feed_has_headlines_and_nothing_else(now: datetime):
    found = entries(documents(NEWSROOM, anchor=now)["averil-minute.xml"])

    assert not any("summary" in entry or "content" in entry for entry in found)


def test_feeds_declare_their_language(now: datetime):
    document = documents(NEWSROOM, anchor=now)["yarletaler-bote.xml"]

    assert b"<language>de</language>" in document.body


def test_articles_without_a_story_of_their_own_are_marked_so():
    loose = [article for article in NEWSROOM.articles if not article.event]

    assert {a.outlet.key for a in loose} == {
        *("courier", "tribune", "radio", "islands", "minute", "unfiltered")
    }


def test_ages_count_back_from_the_anchor_over_three_days(now: datetime):
    newest = entries(documents(NEWSROOM, anchor=now)["averil-minute.xml"])[0]
    moved = entries(documents(NEWSROOM, anchor=now + timedelta(days=9))["averil-minute.xml"])[0]

    assert datetime(*newest["published_parsed"][:6], tzinfo=UTC) < now
    assert (moved["id"], moved["link"]) == (newest["id"], newest["link"])
    assert moved["published_parsed"] > newest["published_parsed"]
    assert all(0 < article.hours_ago <= 72 for article in NEWSROOM.articles)


def test_only_the_hostile_feed_lives_in_the_future(now: datetime):
    dated = [article.id for article in NEWSROOM.articles if article.raw_date]

    assert dated == ["unfiltered/final-edition"]


def test_an_anchor_without_a_time_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        documents(NEWSROOM, anchor=datetime(2026, 6, 9, 6, 30))  # noqa: DTZ001


def test_there_are_two_editions_and_no_third(now: datetime):
    with pytest.raises(ValueError, match="no edition 3"):
        documents(NEWSROOM, anchor=now, edition=3)


@pytest.mark.parametrize(
    ("event", "one", "other"),
    [
        pytest.param("petrel-fire", "14", "17", id="injured"),
        pytest.param("petrel-inquiry", "14", "17", id="injured-the-next-day"),
        pytest.param("toll-vote", "6.8 million", "8.6 million", id="revenue"),
        pytest.param("skarn-cable", "2,300 households", "2,800", id="households"),
        pytest.param("shipyard-order", "340", "430", id="jobs"),
        pytest.param("yarle-flood", "120", "160", id="homes"),
    ],
)
def test_outlets_contradict_one_another_about_a_number(event: str, one: str, other: str):
    texts = {outlet: text(article) for outlet, article in told_by(event).items()}

    only_one = [k for k, t in texts.items() if says(t, one) and not says(t, other)]
    only_other = [k for k, t in texts.items() if says(t, other) and not says(t, one)]

    assert only_one
    assert only_other


def says(told: str, number: str) -> bool:
    return re.search(rf"\b{re.escape(number)}\b", told) is not None


@pytest.mark.parametrize(
    ("event", "outlets"),
    [
        pytest.param("skarn-cable", ["courier", "ledger", "tribune", "counting"], id="cable"),
        pytest.param("morrow-kayakers", ["ledger", "tribune", "courier"], id="kayakers"),
        pytest.param("bank-outage", ["courier", "tribune", "ledger", "unfiltered"], id="bank"),
    ],
)
def test_agency_copies_are_nearly_identical_and_name_the_agency(event: str, outlets: list[str]):
    copies = [" ".join(told_by(event)[outlet].paragraphs) for outlet in outlets]

    first, *others = copies

    assert all("Lantern Wire" in copy for copy in copies)
    assert all(SequenceMatcher(None, first, copy).ratio() > 0.75 for copy in others)


def test_other_tellings_of_an_event_share_few_phrases():
    tellings = [" ".join(a.paragraphs) for a in told_by("voss-verdict").values() if a.paragraphs]

    phrases = [set(zip(t.split(), t.split()[1:], t.split()[2:], strict=False)) for t in tellings]

    first, *others = phrases
    assert len(others) >= 2
    assert all(len(first & other) / len(first) < 0.12 for other in others)


def test_sequels_name_the_event_they_continue():
    keys = {event.key for event in NEWSROOM.events}
    sequels = [event for event in NEWSROOM.events if event.continues]

    assert len(sequels) >= 4
    assert {event.continues for event in sequels} <= keys


def test_the_second_edition_has_more_articles_and_edited_ones(now: datetime):
    first = documents(NEWSROOM, anchor=now)
    second = documents(NEWSROOM, anchor=now, edition=2)

    before = {entry["id"]: entry for entry in entries(first["harbour-courier.xml"])}
    after = {entry["id"]: entry for entry in entries(second["harbour-courier.xml"])}
    edited = [key for key in before if before[key]["title"] != after[key]["title"]]

    assert before.keys() == after.keys()
    assert len(edited) == 2
    assert all(before[key]["published"] == after[key]["published"] for key in edited)
    assert all(after[key]["updated_parsed"] > before[key]["published_parsed"] for key in edited)
    assert sum(article.edition == 2 for article in NEWSROOM.articles) == 3
    assert first["averil-minute.xml"] == second["averil-minute.xml"]


def test_one_address_answers_with_an_error(now: datetime):
    document = documents(NEWSROOM, anchor=now)["skarn-islander.xml"]

    assert document.status == 500
    assert NEWSROOM.articles_of(OUTLETS["islander"]) == ()


@pytest.mark.parametrize(
    "weapon",
    [
        pytest.param("<script>", id="script"),
        pytest.param("onerror=alert(1)", id="event-handler"),
        pytest.param("<link>{cdata}javascript:", id="javascript-link"),
        pytest.param("<link>{cdata}data:text/html", id="data-link"),
        pytest.param("display:none", id="hidden-text"),
        pytest.param("Ignore all previous instructions", id="prompt-injection"),
        pytest.param("</passage></article>", id="fake-closing-tag"),
        pytest.param("\u202e", id="bidi-override"),
        pytest.param("\u200b", id="zero-width"),
        pytest.param("\U000e0049", id="tag-character"),
        pytest.param("31 Dec 9999", id="absurd-date"),
    ],
)
def test_the_hostile_feed_carries_every_weapon_to_the_wire(weapon: str, now: datetime):
    wire = documents(NEWSROOM, anchor=now)["coast-unfiltered.xml"].body.decode()

    assert weapon.format(cdata="<![CDATA[") in wire


def test_the_hostile_feed_has_ordinary_articles_too():
    ordinary = [
        article
        for article in NEWSROOM.articles
        if article.outlet == OUTLETS["unfiltered"] and article.event
    ]

    assert len(ordinary) >= 3
    assert not any(re.search(r"[<>]", text(article)) for article in ordinary)


def test_full_articles_are_neither_thin_nor_endless():
    words = [len(text(a).split()) for a in NEWSROOM.articles if a.event and a.paragraphs]

    assert min(words) >= 40
    assert max(words) <= 260
    assert sum(words) / len(words) > 85


def test_weekdays_and_months_stay_out_because_the_anchor_moves():
    # "March" and "May" are English words and "März" and the like do not occur: left out.
    moving = re.compile(
        r"\b((Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|April|June|July|August|"
        r"September|October|November|December|(Mon|Diens|Donners|Frei|Sams|Sonn)tag|Mittwoch)\b"
    )

    assert [a.id for a in NEWSROOM.articles if moving.search(text(a))] == []


def test_an_unknown_word_in_a_content_file_is_an_error(tmp_path):
    (tmp_path / "articles").mkdir()
    (tmp_path / "outlets.toml").write_text(
        '[[outlet]]\nkey = "a"\nname = "A"\ndescription = "A"\ndomain = "a.example"\n'
        'home = "https://a.example/"\nfile = "a.xml"\nformat = "rss"\ncarries = "text"\n'
        'guid = "tag"\npath = "/{slug}"\nlanguage = "en"\n'
    )
    (tmp_path / "articles" / "one.toml").write_text(
        '[[article]]\noutlet = "a"\nslug = "b"\nhours_ago = 1\ntitle = "B"\nautor = "C"\n'
    )

    with pytest.raises(ValueError, match="autor"):
        load(tmp_path)


def test_the_newsroom_is_a_value():
    assert isinstance(NEWSROOM, Newsroom)
    assert load() == NEWSROOM
