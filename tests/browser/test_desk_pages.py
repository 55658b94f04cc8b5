"""The desk in a browser: for everybody, under the strict policy, at every width."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page

from patriot.accounts.models import User
from patriot.ledger.models import Call
from patriot.work.models import Job
from reports.models import Claim, Delivery, Prompt, Report, Revision, Section, Subscription
from reports.pipeline.deciding import merge, mute
from reports.pipeline.drafting import next_text
from reports.pipeline.error_reports import take_error_report
from reports.pipeline.notes import note, settle
from reports.pipeline.prompts import write_prompt
from reports.pipeline.subscribing import suppress
from sources.gateways.opml import read_outlines
from sources.pipeline.imports import keep, preview
from tests.browser.conftest import sentence_of
from tests.browser.looking import Watch, press
from tests.factories import (
    NOW,
    a_briefing,
    a_draft_report,
    a_published_report,
    a_subscription,
    an_ill_source,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def desk(live_server: Any) -> dict[str, str]:
    """The address of each page of the desk, by a name, with something on every page."""
    draft = a_busy_draft()
    published = a_published_report(sections=1)
    call = Call.objects.latest("pk")
    prompt = Prompt.objects.latest("pk")
    decided = a_decision_about(draft)
    wrong = take_error_report(sentence_of(published), text="No goat was there.", now=NOW)
    corrected = a_corrected_text_of(published)
    hook, failed = deliveries_of(corrected.report)
    an_ill_source("Marsh Weekly", error="The server answered 503.")
    paths = {
        "today": "",
        "sources": "sources/source/",
        "by address": "sources/source/discover/",
        "reports": "reports/report/",
        "draft": f"reports/report/{draft.pk}/change/",
        "published": f"reports/report/{published.pk}/change/",
        "edit": f"reports/report/{draft.pk}/edit/",
        "texts": f"reports/report/{draft.pk}/texts/",
        "correct": f"reports/report/{published.pk}/correct/",
        "errors": "reports/errorreport/",
        "error": f"reports/errorreport/{wrong.pk}/change/",
        "recipients": "reports/subscription/",
        "webhook": f"reports/subscription/{hook.pk}/change/",
        "next recipient": "reports/subscription/add/",
        "deliveries": "reports/delivery/",
        "delivery": f"reports/delivery/{failed.pk}/change/",
        "never again": "reports/suppression/",
        "next never again": "reports/suppression/add/",
        "hold": f"reports/report/{draft.pk}/to/hold/",
        "history": f"reports/report/{draft.pk}/history/",
        "prompts": "reports/prompt/",
        "prompt": f"reports/prompt/{prompt.pk}/change/",
        "next prompt": f"reports/prompt/add/?from={prompt.pk}",
        "stories": "reports/story/",
        "story": f"reports/story/{decided.story_id}/change/?order=likeness&choose=apart",
        "merge": f"reports/story/{decided.story_id}/decide/merge/",
        "pin": f"reports/story/{decided.story_id}/decide/pin/",
        "decisions": "reports/decision/",
        "decision": f"reports/decision/{decided.pk}/change/",
        "briefings": "reports/briefing/",
        "briefing": f"reports/briefing/{draft.briefing_id}/change/",
        "selection": f"reports/briefing/{draft.briefing_id}/selection/",
        "imports": "sources/import/",
        "import": f"sources/import/{a_list_of_feeds().pk}/change/",
        "next import": "sources/import/add/",
        "jobs": "work/job/",
        "calls": "ledger/call/",
        "call": f"ledger/call/{call.pk}/change/",
        "prices": "ledger/price/",
        "new price": "ledger/price/add/",
    }
    return {name: f"{live_server.url}/admin/{path}" for name, path in paths.items()}


def a_corrected_text_of(report: Report) -> Revision:
    """Return the next text of a published report, with a sentence less, which nobody reads yet."""
    text = next_text(report.current, editor=None, edits="Began a correction.", now=NOW)
    sentence_of(report).delete()
    return text


def deliveries_of(report: Report) -> tuple[Subscription, Delivery]:
    """Return a webhook that takes nothing, and a report that did not get there."""
    a_subscription(report.briefing)
    hook = a_subscription(
        report.briefing,
        "https://hooks.example.org/a/long/way/to/the/receiver",
        channel="webhook",
        state="paused",
        reason="Paused: it has taken nothing since 2026-06-08 05:00 UTC. It answered 503.",
        failing_since=NOW,
        failures=7,
    )
    failed = Delivery.objects.create(
        subscription=hook,
        revision=report.current,
        kind="report",
        state="dead",
        tries=7,
        last_error="Tried for a day: hooks.example.org answered 503 Service Unavailable.",
        created_at=NOW,
        not_before=NOW,
    )
    failed.tried.create(outcome="deferred", status=503, answer="Busy.", seconds=0.2, at=NOW)
    suppress("bob@readers.example", cause="bounce", detail="550 no such person", now=NOW)
    return hook, failed


def a_decision_about(report: Any) -> Any:
    """Return that an editor merged two of a report's stories, one of them muted."""
    first, second = (section.story_id for section in Section.objects.order_by("pk")[:2])
    chief = User.objects.create(username="alice")
    mute(second, author=chief, now=NOW, note="A rumor.")
    return merge(first, [second], author=chief, now=NOW, note="The same bridge.")[0]


def a_list_of_feeds() -> Any:
    """Return a list that was brought and not taken in yet, with a note and a row refused."""
    lines = "https://courier.example/a/long/way/to/the/feed.xml\nhttp://10.0.0.7/rss\nNo address\n"
    return keep(preview(read_outlines(lines.encode())), name="feeds.txt", author=None, now=NOW)


def a_busy_draft() -> Any:
    """Return a draft with refused sentences, calls, a dead job, and prompts of its briefing."""
    briefing = a_briefing(title="The Morning", slug="the-morning")
    report = a_draft_report(briefing, sections=2, state="review")
    text = Prompt.objects.get(purpose="analyze").text
    for words in ("Be brief.", "Be brief and exact."):
        prompt = write_prompt(
            purpose="analyze",
            briefing=briefing,
            text=f"{text}\n{words}",
            note=words,
            author=None,
            now=NOW,
        )
    report.revisions.get().prompts.add(prompt)
    Section.objects.update(fallback="The ceiling of $1.00 for one report would be crossed.")
    story = Section.objects.earliest("pk").story_id
    fallen = {"kind": "lead", "text": "Sharks ate it.", "reason": "“sharks” is in no quotation."}
    usual = {"subject": report.subject, "created_at": NOW, "not_before": NOW, "finished_at": NOW}
    part = f"story {story}"
    Job.objects.create(
        kind="ground", part=part, state="done", output={"rejected": [fallen]}, **usual
    )
    Job.objects.create(
        kind="repair", part=part, state="dead", attempts=3, last_error="It broke.", **usual
    )
    write_about(report)
    # The chart and the first page are of these days.
    today = timezone.now()  # noqa: TID251 (the server's clock is nobody's argument)
    for outcome, cost in (("answered", "0.0213"), ("refused", "0.004")):
        Call.objects.create(
            service="claude",
            purpose="analyze",
            model="claude-sonnet-5-5",
            subject=report.subject,
            part=part,
            outcome=outcome,
            estimated_usd=Decimal(1),
            cost_usd=Decimal(cost),
            input_tokens=4100,
            output_tokens=920,
            started_at=today,
            finished_at=today,
        )
    return report


def write_about(report: Report) -> None:
    """Leave two notes on a draft, one of them settled, and make its next text with a word less."""
    chief = User.objects.create(username="bob")
    claim = sentence_of(report)
    note(report, text="Is it eleven weeks?", about=claim.pk, author=chief, now=NOW)
    done = note(report, text="Who pays for the ferry?", about=None, author=chief, now=NOW)
    settle(done, by=chief, now=NOW)
    edits = "Said it in fewer words. (1 reworded)"
    next_text(report.revisions.get(), editor=chief, edits=edits, now=NOW + timedelta(minutes=1))
    told = Claim.objects.filter(section__revision__report=report, kind="why").latest("pk")
    told.text, told.is_edited = told.evidence.first().quote, True
    told.save(update_fields=["text", "is_edited"])


@pytest.fixture
def signed_in(desk: dict[str, str]) -> dict[str, Any]:
    """What a browser keeps of somebody who may do everything."""
    client = Client()
    client.force_login(User.objects.create_superuser("chief"))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": desk["today"]}
    return {"cookies": [cookie], "origins": []}


def button(name: str) -> Callable[[Page], None]:
    """Return how a page of the desk is opened by pressing a button of the one before."""
    return lambda page: press(page, name)


def write_nonsense(page: Page) -> None:
    """Save a sentence that no article says."""
    page.locator("textarea[name^=text-]").last.evaluate("field => field.value = 'Sharks ate 9.'")
    press(page, "Save the next text")


def write_too_late(page: Page) -> None:
    """Save what was begun with a text that somebody changed meanwhile."""
    base = page.locator("[name=base]")
    base.evaluate("field => field.value -= 1")
    page.locator("textarea[name^=text-]").last.evaluate("field => field.value = 'So it is.'")
    press(page, "Save the next text")


def preview_the_schedule(page: Page) -> None:
    """Follow the button that opens another tab in this one."""
    preview = page.get_by_role("button", name="Preview the schedule")
    preview.evaluate("button => button.removeAttribute('formtarget')")
    page.locator("#id_times").fill("07:00, 18:30")
    press(page, "Preview the schedule")


# What is pressed on which page to come to another: wrong words, somebody else's, and so on.
PRESSED = (
    ("edit", write_nonsense),
    ("edit", write_too_late),
    ("briefing", preview_the_schedule),
    ("webhook", button("Another secret")),
    ("texts", button("Go back to text 1")),
)
# The browser itself notes the answers 409 and 422.
ON_PURPOSE = "Failed to load resource"


def test_every_page_of_the_desk_is_for_everybody_and_keeps_the_policy(browser, desk, signed_in):
    own = desk["today"].removesuffix("/admin/")

    def faults(page: Page) -> list[str]:
        page.context.add_cookies(signed_in["cookies"])
        watch, found = Watch(page, own), []
        for url in desk.values():
            page.goto(url)
            found += watch.faults()
        for before, act in PRESSED:
            page.goto(desk[before])
            act(page)
            found += watch.faults()
        return found

    assert [one for one in browser.visit(faults) if ON_PURPOSE not in one] == []


def test_no_list_of_the_desk_scrolls_sideways_on_a_laptop(browser, desk, signed_in):
    lists = (
        "reports",
        "stories",
        "decisions",
        "prompts",
        "briefings",
        "jobs",
        "calls",
        "prices",
        "imports",
    )

    def overhang(page: Page) -> dict[str, int]:
        page.context.add_cookies(signed_in["cookies"])
        found = {}
        for name in lists:
            page.goto(desk[name])
            box = "document.querySelector('#changelist .results')"
            found[name] = page.evaluate(f"{box}.scrollWidth - {box}.clientWidth")
        return found

    assert browser.visit(overhang) == dict.fromkeys(lists, 0)


def test_a_report_is_published_without_javascript(browser, desk, signed_in):
    def act(page: Page) -> tuple[str, str]:
        page.context.add_cookies(signed_in["cookies"])
        page.goto(desk["draft"])
        page.get_by_role("button", name="Run again").click()
        revived = page.locator(".messagelist").inner_text()
        page.get_by_role("button", name="Publish").click()
        # A note is open.
        page.get_by_role("button", name="Publish all the same").click()
        return revived, page.locator(".messagelist").inner_text()

    revived, published = browser.visit(act, java_script_enabled=False)

    assert "is back at work." in revived
    assert "is published." in published


def test_articles_are_split_off_and_put_back_without_javascript(browser, desk, signed_in):
    def act(page: Page) -> tuple[str, str, str]:
        page.context.add_cookies(signed_in["cookies"])
        page.goto(desk["story"])
        page.locator("input[name=article]").first.check()
        page.get_by_role("button", name="Split into a new story").click()
        asked = page.locator("#content").inner_text()
        page.get_by_label("Why").fill("Another bridge.")
        page.get_by_role("button", name="Split into a new story").click()
        done = page.locator(".messagelist").inner_text()
        page.get_by_role("button", name="Undo").first.click()
        return asked, done, page.locator(".messagelist").inner_text()

    asked, done, undone = browser.visit(act, java_script_enabled=False)

    assert "Before and after" in asked
    assert "split off as" in done
    assert undone.startswith("Undone:")


def test_a_telephone_shows_how_each_source_is_without_scrolling(browser, desk, signed_in):
    an_ill_source(
        "The Marsh and Fens Weekly Chronicle",
        error="chronicle.example has no document at this address (HTTP 404).",
    )

    def right_edges(page: Page) -> list[float]:
        page.context.add_cookies(signed_in["cookies"])
        page.goto(f"{desk['today']}sources/source/")
        states = page.locator("td.field-state_in_words").all()
        return [box["x"] + box["width"] for state in states if (box := state.bounding_box())]

    edges = browser.visit(right_edges, width=360)

    assert edges
    assert max(edges) <= 360
