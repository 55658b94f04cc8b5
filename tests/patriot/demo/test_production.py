"""The main job over documents on loopback: what it counts, and what it is known by."""

from datetime import timedelta

import pytest

from patriot.demo import production
from patriot.demo.newsroom import Document
from patriot.demo.server import FeedServer
from reports.models import Report
from sources.models import Article, Publisher, Source

ITEM = """<item><guid>{n}</guid><link>https://www.{domain}/news/{n}</link><title>{title}</title>
<description>{text}</description><pubDate>Tue, 09 Jun 2026 05:30:00 GMT</pubDate></item>"""
FEED = (
    '<?xml version="1.0"?><rss version="2.0"><channel><title>{name}</title>{items}</channel></rss>'
)

EVENT = (
    "Harbor bridge closed after crane falls in Sorvik",
    "The harbor bridge in Sorvik was closed on Tuesday after a crane fell on its northern span.",
)


def a_feed(name: str, domain: str, *items: tuple[str, str]) -> Document:
    body = "".join(
        ITEM.format(n=n, domain=domain, title=title, text=text)
        for n, (title, text) in enumerate(items)
    )
    return Document(
        body=FEED.format(name=name, items=body).encode(), content_type="application/xml", name=name
    )


def run(documents, now):
    with FeedServer(documents) as server:
        return production.run_folder(
            documents, address=server.address, now=now, on_progress=lambda step, rows: None
        )


@pytest.mark.parametrize(
    ("paths", "slugs"),
    [
        pytest.param(["bbc.xml", "nyt.rss"], ["bbc", "nyt"], id="stems"),
        pytest.param(["bbc.xml", "bbc.rss"], ["bbc", "bbc-rss"], id="the same stem twice"),
        pytest.param(["新聞.xml"], ["feed-0"], id="nothing that a slug could hold"),
        pytest.param(["新聞.xml", "日報.xml"], ["feed-0", "feed-1"], id="two of these"),
    ],
)
def test_a_source_is_known_by_its_file_name(paths, slugs):
    assert list(production._slugs(paths).values()) == slugs


@pytest.mark.django_db(transaction=True)
def test_a_folder_becomes_a_report_whose_slot_is_the_given_time(now):
    documents = {"north.xml": a_feed("North", "north.example", EVENT)}

    counts = run(documents, now)

    report = Report.objects.get()
    assert (counts.entries, counts.articles, counts.sections) == (1, 1, 1)
    assert (report.slot_at, counts.report) == (now, report.get_absolute_url())
    assert Publisher.objects.get().domain == "north.example"


@pytest.mark.django_db(transaction=True)
def test_the_same_time_again_keeps_the_report_and_adds_nothing(now):
    documents = {"north.xml": a_feed("North", "north.example", EVENT)}
    first = run(documents, now)

    second = run(documents, now)

    assert second.report == first.report
    assert (second.entries, second.articles, second.skipped) == (1, 0, {"known": 1})
    assert Report.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_another_port_makes_no_other_source(now):
    documents = {"north.xml": a_feed("North", "north.example", EVENT)}

    run(documents, now)
    run(documents, now + timedelta(days=1))

    assert Source.objects.count() == 1
    assert Article.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_folder_in_which_nothing_is_new_says_so_and_has_no_report(now):
    documents = {"north.xml": a_feed("North", "north.example", EVENT)}
    run(documents, now)

    counts = run(documents, now + timedelta(days=1))

    assert counts.report is None
    assert counts.reason.startswith("Nothing new to tell")


@pytest.mark.django_db(transaction=True)
def test_folder_and_newsroom_never_mix(now):
    run({"north.xml": a_feed("North", "north.example", EVENT)}, now)

    assert set(Source.objects.values_list("newsroom", "is_enabled")) == {("folder", False)}
    assert Report.objects.get().briefing.slug == "folder"
