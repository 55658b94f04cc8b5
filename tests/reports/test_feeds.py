"""The feeds of reports, as a feed reader sees them."""

from datetime import time, timedelta
from html import unescape

import feedparser
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from lxml import etree, html

from patriot.templatetags.reading import quoted
from reports import feeds
from reports.models import Briefing, Claim, Evidence, Report
from sources.gateways.parser import Parser
from tests.factories import (
    TODAY,
    a_briefing,
    a_claim,
    a_draft_report,
    a_published_report,
    a_publisher,
    a_section,
    a_source,
    a_story,
    a_withdrawn_report,
    an_article,
    publish,
)

pytestmark = pytest.mark.django_db

ATOM = {"a": "http://www.w3.org/2005/Atom"}
OF_ALL = "/reports/feed.atom"


@pytest.fixture(autouse=True)
def _clock(time_machine, now):
    time_machine.move_to(now, tick=False)


def of(briefing: Briefing) -> str:
    return f"/reports/{briefing.slug}/feed.atom"


def entries_of(client, url: str) -> list[feedparser.FeedParserDict]:
    response = client.get(url)
    assert response.status_code == 200, response.status_code
    read = feedparser.parse(response.content)
    assert not read.bozo, read.bozo_exception
    return read.entries


def story_of(content: str) -> str:
    """Return the words of an entry's content, without its markup."""
    return " ".join(html.fromstring(content).text_content().split())


def test_a_feed_has_all_that_the_standard_requires(client):
    briefing = a_briefing(slug="dawn", title="Dawn")
    report = a_published_report(briefing, sections=2)

    response = client.get(of(briefing))
    root = etree.fromstring(response.content)

    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    for element in (root, *root.findall("a:entry", ATOM)):
        for required in ("id", "title", "updated"):
            (found,) = element.findall(f"a:{required}", ATOM)
            assert found.text
    assert root.findtext("a:author/a:name", namespaces=ATOM) == "Patriot"
    assert root.xpath("a:link[@rel='self']/@href", namespaces=ATOM) == [
        "http://testserver/reports/dawn/feed.atom"
    ]
    assert root.xpath("a:link[@rel='alternate']/@href", namespaces=ATOM) == [
        "http://testserver/reports/dawn/"
    ]
    (entry,) = root.findall("a:entry", ATOM)
    assert entry.xpath("a:link[@rel='alternate']/@href", namespaces=ATOM) == [
        f"http://testserver{report.get_absolute_url()}"
    ]
    assert entry.findtext("a:updated", namespaces=ATOM) == "2026-06-09T05:00:00Z"
    assert entry.find("a:content", ATOM).get("type") == "html"
    assert entry.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"


def test_an_entry_holds_the_whole_report(client):
    report = a_published_report(sections=3, reason="This report is late.")

    (entry,) = entries_of(client, OF_ALL)
    told = story_of(entry.content[0].value)

    assert entry.title == report.current.title
    for claim in Claim.objects.exclude(kind="differs"):
        assert claim.text in told
    for evidence in Evidence.objects.select_related("passage__article__publisher"):
        assert f"{quoted(evidence.quote)} {evidence.passage.article.publisher.name}" in told
        assert evidence.passage.article.url in entry.content[0].value
    for said in (
        "This report is late.",
        "30 seconds",
        "Why it matters (analysis)",
        "No model was used",
        "6 outlets, 4 independent",
    ):
        assert said in told


def test_an_entry_says_what_was_written_without_the_model(client):
    report = a_draft_report(sections=2)
    sections = report.revisions.get().sections
    sections.update(analyst="claude-sonnet-5-5")
    sections.filter(position=2).update(analyst="local analyst", fallback="No time was left.")
    publish(report)

    (entry,) = entries_of(client, OF_ALL)
    told = story_of(entry.content[0].value)

    assert "1 of the 2 stories was written without the model: no time was left." in told
    assert told.count("Written without the model: no time was left.") == 1
    assert "The sentences of 1 story were proposed by claude-sonnet-5-5" in told


def test_an_entry_stands_alone(client):
    a_published_report(sections=12)

    (entry,) = entries_of(client, OF_ALL)
    content = html.fromstring(entry.content[0].value)

    for name in ("href", "src"):
        for address in content.xpath(f"//@{name}"):
            assert address.startswith(("http://", "https://")), address
    assert not content.xpath("//script | //style | //button | //@class | //@style | //@onclick")


def test_a_verbatim_sentence_keeps_its_marks_where_styles_are_lost(client):
    a_published_report(sections=1)

    (entry,) = entries_of(client, OF_ALL)
    told = story_of(entry.content[0].value)

    assert "“About 23,000 people cross the bridge every day.”[" in told
    assert "] (Valmere Courier)" in told


def test_our_own_reader_reads_it(client):
    report = a_published_report(sections=2)

    feed = Parser.shared().parse(client.get(OF_ALL).content, url="http://testserver/")

    (entry,) = feed.entries
    assert feed.notes == ()
    assert entry.title == report.current.title
    assert entry.url == f"http://testserver{report.get_absolute_url()}"
    assert entry.published_at == report.published_at
    assert "divers found cracks in two of its seven piers" in unescape(entry.html)


def test_ids_survive_another_host_another_address_and_another_title(client, settings):
    settings.ALLOWED_HOSTS = ["*"]
    briefing = a_briefing(slug="dawn")
    a_published_report(briefing, sections=1)
    before = etree.fromstring(client.get(of(briefing)).content)
    Briefing.objects.update(slug="dusk", title="Dusk")

    response = client.get("/reports/dusk/feed.atom", HTTP_HOST="other.example")
    after = etree.fromstring(response.content)

    ids = [root.xpath("//a:id/text()", namespaces=ATOM) for root in (before, after)]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 2
    assert all(one.startswith("urn:uuid:") for one in ids[0])
    assert b"//testserver/" not in response.content


def test_the_feed_of_all_and_that_of_a_briefing_share_their_entries(client):
    morning, evening = a_briefing(), a_briefing(title="Evening", times=[time(5)])
    a_published_report(morning, sections=1)
    a_published_report(evening, sections=1, slot=time(5))

    of_all = entries_of(client, OF_ALL)
    of_one = entries_of(client, of(morning))

    assert [entry.tags[0].term for entry in of_all] == ["The Morning", "Evening"]
    assert [entry.id for entry in of_one] == [of_all[0].id]


def test_the_newest_reports_come_first_and_old_ones_leave(client, monkeypatch):
    monkeypatch.setattr(feeds, "MAX_ENTRIES", 2)
    briefing = a_briefing()
    for days in (2, 0, 1):
        a_published_report(briefing, sections=1, local_date=TODAY - timedelta(days=days))

    entries = entries_of(client, of(briefing))

    assert [entry.published[:10] for entry in entries] == ["2026-06-09", "2026-06-08"]


@pytest.mark.parametrize("state", ["producing", "draft", "review", "held", "skipped", "failed"])
def test_what_is_not_published_is_in_no_feed(client, state):
    report = a_draft_report(sections=1, state=state, reason="For a reason.")

    assert entries_of(client, OF_ALL) == []
    assert entries_of(client, of(report.briefing)) == []


def test_a_withdrawn_report_becomes_a_note_under_the_same_id(client):
    report = a_published_report(sections=1)
    (before,) = entries_of(client, OF_ALL)
    report.state, report.reason = Report.State.WITHDRAWN, "It named a wrong town."
    report.save(update_fields=["state", "reason"])

    (after,) = entries_of(client, OF_ALL)

    assert after.id == before.id
    assert after.title == "Withdrawn: The Morning, 9 June 2026"
    assert "It named a wrong town." in after.content[0].value
    assert "ridge" not in str(after)


def test_an_empty_site_has_an_empty_feed(client):
    assert entries_of(client, OF_ALL) == []
    assert client.get("/reports/nobody/feed.atom").status_code == 404


def test_an_entry_is_in_the_language_of_its_briefing(client):
    report = a_draft_report(
        a_briefing(language="de"), sections=0, revision={"title": "Alte Brücke"}
    )
    article = an_article(title="Alte Brücke", language="de")
    section = a_section(report.revisions.get(), a_story([article]))
    a_claim(section, kind="headline", quotes=[article.title])
    publish(report)

    (entry,) = entries_of(client, OF_ALL)

    assert entry.title_detail.language == "de"
    assert 'lang="de">Alte Brücke</a>' in entry.content[0].value


def test_hostile_text_stays_text(client):
    attack = '<script>alert("1")</script> ]]> & <b onclick=x>bold</b> “end”.'
    name = 'Evil "><img src=x onerror=alert(1)> Gazette'
    source = a_source(name, publisher=a_publisher(name, domain="evil.example"))
    article = an_article(
        source, title=attack, paragraphs=(attack,), url='https://evil.example/"><script>'
    )
    draft = a_draft_report(a_briefing(title=name), sections=0, revision={"title": attack})
    section = a_section(draft.revisions.get(), a_story([article]))
    a_claim(section, kind="headline", quotes=[attack])
    a_claim(section, kind="lead", quotes=[attack])
    publish(draft)

    root = etree.fromstring(client.get(OF_ALL).content)
    content = html.fromstring(root.findtext("a:entry/a:content", namespaces=ATOM))

    assert not content.xpath("//script | //img | //b | //@onclick | //@onerror")
    assert root.findtext("a:entry/a:title", namespaces=ATOM) == attack


def test_pages_lead_to_their_feeds(client):
    briefing = a_briefing(slug="dawn", title="Dawn")
    report = a_published_report(briefing, sections=1)
    found = {}

    for path in ("/", "/reports/", "/reports/dawn/", report.get_absolute_url()):
        page = html.fromstring(client.get(path).content)
        found[path] = page.xpath("//link[@type='application/atom+xml']/@href")
        assert set(found[path]) <= set(page.xpath("//body//a/@href")) | {of(briefing)}

    assert found["/"] == found["/reports/"] == [OF_ALL]
    assert found["/reports/dawn/"] == found[report.get_absolute_url()] == [of(briefing), OF_ALL]


# --- Asking again -----------------------------------------------------------------


def test_whoever_has_the_feed_gets_304_until_a_report_appears(client):
    briefing = a_briefing()
    a_published_report(briefing, sections=1, local_date=TODAY - timedelta(days=1))
    first = client.get(OF_ALL)
    asked = {"HTTP_IF_NONE_MATCH": first["ETag"]}

    again = client.get(OF_ALL, **asked)
    since = client.get(OF_ALL, HTTP_IF_MODIFIED_SINCE=first["Last-Modified"])
    a_published_report(briefing, sections=1)
    later = client.get(OF_ALL, **asked)

    assert [response.status_code for response in (again, since, later)] == [304, 304, 200]
    assert first["Last-Modified"] == "Mon, 08 Jun 2026 05:00:00 GMT"
    assert first["Cache-Control"] == "public, max-age=300"
    assert "Cookie" not in first.headers.get("Vary", "")


def test_a_withdrawal_is_news_even_to_those_who_only_know_a_date(client):
    report = a_published_report(sections=1)
    first = client.get(OF_ALL)
    a_withdrawn_report(
        report.briefing, sections=1, local_date=TODAY - timedelta(days=1), reason="Wrong."
    )

    response = client.get(OF_ALL, HTTP_IF_MODIFIED_SINCE=first["Last-Modified"])

    assert response.status_code == 200
    assert "Last-Modified" not in response


@pytest.mark.parametrize("reports", [1, 4])
@pytest.mark.parametrize("kind", ["all", "briefing"])
def test_a_feed_takes_no_more_queries_the_more_it_holds(client, kind, reports):
    briefing = a_briefing()
    for days in range(reports):
        a_published_report(briefing, sections=3, local_date=TODAY - timedelta(days=days))
    url = OF_ALL if kind == "all" else of(briefing)

    first, etag = queries(client, url)
    again, _ = queries(client, url)
    unchanged, _ = queries(client, url, HTTP_IF_NONE_MATCH=etag)

    # Two that find the reports, one that looks whether they are written out already, four that
    # load them, and what the cache needs to keep them.
    assert first - ASKED_BY_THE_CACHE == 2 + 1 + 4
    assert again == 2 + 1
    assert unchanged == 2


ASKED_BY_THE_CACHE = 5


def queries(client, url: str, **headers: str) -> tuple[int, str]:
    with CaptureQueriesContext(connection) as captured:
        etag = client.get(url, **headers)["ETag"]
    return len(captured), etag


def test_what_is_kept_is_as_what_was_written(client):
    a_published_report(sections=2)

    assert client.get(OF_ALL).content == client.get(OF_ALL).content
