"""Chromium for the tests, and a newspaper to open in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from playwright import sync_api as playwright

from reports.models import Claim, Correction, Prompt, Report
from reports.pipeline.correct import publish_correction
from reports.pipeline.drafting import next_text
from reports.pipeline.error_reports import take_error_report
from reports.pipeline.index import index_report
from reports.tokens import confirm_token, recipient_token
from sources.models import Article
from sources.pipeline.index import index_articles
from tests.factories import (
    NOW,
    TODAY,
    a_briefing,
    a_draft_report,
    a_published_report,
    a_report,
    a_source,
    a_staff_user,
    a_subscription,
    a_withdrawn_report,
    an_ill_source,
    publish,
)

Answer = TypeVar("Answer")

# A fresh profile each time, and no traffic of the browser's own.
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


class Browser:
    """Chromium on a thread of its own.

    Playwright's synchronous API keeps an event loop running in the thread that uses it, and in
    such a thread Django refuses to touch the database. So the tests keep theirs and hand over
    what is to be done in the browser.
    """

    def __init__(self, executable: Path) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="chromium")
        self._thread.submit(self._start, executable).result()

    def _start(self, executable: Path) -> None:
        self._playwright = playwright.sync_playwright().start()
        self._chromium = self._playwright.chromium.launch(
            executable_path=executable, args=list(FLAGS)
        )

    def visit(
        self, act: Callable[[playwright.Page], Answer], *, width: int = 1280, **options: object
    ) -> Answer:
        """Return what `act` finds with a new page; `options` are those of a browser context."""

        def in_a_new_context() -> Answer:
            viewport = {"width": width, "height": 900}
            context = self._chromium.new_context(viewport=viewport, **options)
            context.set_default_timeout(120_000)
            try:
                return act(context.new_page())
            finally:
                context.close()

        return self._thread.submit(in_a_new_context).result()

    def close(self) -> None:
        self._thread.submit(self._chromium.close).result()
        self._thread.submit(self._playwright.stop).result()
        self._thread.shutdown()


@pytest.fixture(scope="session")
def browser(chromium: Path) -> Iterator[Browser]:
    """One browser for all tests; each visit has a context of its own."""
    opened = Browser(chromium)
    yield opened
    opened.close()


def sentence_of(report: Report) -> Claim:
    """Return the last sentence of what readers see."""
    claims = Claim.objects.filter(section__revision__report__pk=report.pk)
    last = claims.order_by("section__revision__number", "section__position", "position").last()
    assert last is not None
    return last


def corrected(report: Report) -> Correction:
    """Take a sentence out of a published report, and let another one say less."""
    text = next_text(report.current, editor=None, edits="", now=NOW)
    sentence_of(report).delete()
    told = sentence_of(report)
    told.text = told.evidence.first().quote
    told.save(update_fields=["text"])
    return publish_correction(
        report, text, kind="correction", reason="No goat was there.", author=a_staff_user(), now=NOW
    )


@pytest.fixture
def newspaper(live_server, settings) -> dict[str, str]:
    """The address of each kind of page, by a name, on a server with something on every page."""
    settings.MAIL_IS_ON = True
    briefing = a_briefing(slug="the-morning")
    a_withdrawn_report(
        briefing, sections=1, local_date=TODAY - timedelta(days=2), reason="It named a wrong town."
    )
    yesterday = a_published_report(briefing, sections=2, local_date=TODAY - timedelta(days=1))
    correction = corrected(yesterday)
    wrong = take_error_report(sentence_of(yesterday), text="It was a goat.", now=NOW)
    draft = a_draft_report(briefing, sections=12, reason="This report is late.")
    text = draft.revisions.get()
    text.prompts.add(*Prompt.objects.filter(is_live=True))
    text.sections.exclude(position=2).update(analyst="claude-sonnet-5-5")
    text.sections.filter(position=2).update(analyst="local analyst", fallback="No time was left.")
    report = publish(draft)
    waiting = a_briefing(slug="the-week", title="The Week")
    a_report(waiting, state="failed", reason="A step failed.")
    an_ill_source("Marsh Weekly", error="The server answered 503.")
    a_source("Old Almanac", is_enabled=False)
    index_report(report)
    index_articles([(article, article.language) for article in Article.objects.all()])
    story = report.current.sections.get(position=1).story_id
    asked = a_subscription(waiting, state="pending", confirmed_at=None).public_id
    reader = recipient_token(a_subscription(briefing).public_id)
    paths = {
        "front": "/",
        "archive": "/reports/",
        "briefing": "/reports/the-morning/",
        "empty": "/reports/the-week/",
        "report": report.get_absolute_url(),
        "provenance": report.get_provenance_url(),
        "corrected": yesterday.get_absolute_url(),
        "revisions": yesterday.get_revisions_url(),
        "corrections": f"/corrections/#{correction.anchor}",
        "error form": f"/errors/new/{wrong.claim_id}/",
        "error report": wrong.get_absolute_url(),
        "withdrawn": "/reports/the-morning/2026-06-07/0700/",
        "story": f"/stories/{story}/",
        "storyline": f"/storylines/{story}/",
        "stories": "/stories/?age=all",
        "no stories": "/stories/?person=Nobody&topic=labor",
        "sources": "/sources/",
        "search": "/search/",
        "found": "/search/?q=bridge",
        "not found": "/search/?q=airport+dragons&age=week",
        "found by filters": "/search/?q=bridge&briefing=the-morning&age=week"
        "&from=2026-06-01&to=2026-06-30&publisher=valmere-courier.example",
        "quality": "/quality/",
        "subscribe": "/subscribe/?briefing=the-morning",
        "confirm": f"/subscribe/confirm/{confirm_token(asked)}/",
        "preferences": f"/preferences/{reader}/?saved=1",
        "unsubscribe": f"/unsubscribe/{reader}/",
        "cut link": f"/unsubscribe/{reader[:40]}/",
        "how": "/how-it-works/",
        "missing": "/nothing-here/",
    }
    return {name: f"{live_server.url}{path}" for name, path in paths.items()}
