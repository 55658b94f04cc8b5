"""The keys of the page that edits a draft."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from patriot.accounts.roles import Role
from reports.models import Claim, Report
from tests.factories import a_draft_report, a_user_with

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HERE = "document.activeElement.id || document.activeElement.name"


@pytest.fixture
def report() -> Report:
    return a_draft_report(sections=2, state="review")


@pytest.fixture
def desk(live_server: Any, report: Report) -> dict[str, Any]:
    """Where the page is, and what a browser keeps of somebody who may edit."""
    client = Client()
    client.force_login(a_user_with(Role.EDITOR))
    name = settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": client.cookies[name].value, "url": live_server.url}
    return {"url": f"{live_server.url}/admin/reports/report/{report.pk}/edit/", "cookie": cookie}


def test_a_draft_is_read_changed_and_saved_by_single_keys(browser, desk, report):
    first = report.revisions.get().sections.earliest("position")
    headline, one, two = first.claims.order_by("position")[:3]

    def hands(page: Page) -> dict[str, Any]:
        page.context.add_cookies([desk["cookie"]])
        page.goto(desk["url"])
        press, seen = page.keyboard.press, {}
        press("j")
        seen["first"] = page.evaluate(HERE)
        press("u")
        seen["headline"] = page.locator("#keys-said").inner_text()
        press("ArrowDown")
        press("j")
        seen["third"] = page.evaluate(HERE)
        press("u")
        seen["moved"] = page.locator("#keys-said").inner_text()
        press("d")
        seen["dropped"] = page.locator(f"[name=drop-{two.pk}]").is_checked()
        press("d")
        press("k")
        press("e")
        seen["field"] = page.evaluate(HERE)
        page.keyboard.type("jdm")
        seen["typed"] = page.locator(f"[name=text-{headline.pk}]").input_value()
        for _ in "jdm":
            press("Backspace")
        press("Escape")
        seen["back"] = page.evaluate(HERE)
        press("Control+d")
        press("?")
        seen["list"] = page.evaluate("document.activeElement.textContent")
        press("?")
        page.locator("#keys-on").uncheck()
        page.locator("#keys-on").blur()
        press("j")
        seen["off"] = page.evaluate(HERE)
        page.locator("#keys-on").check()
        with page.expect_navigation():
            press("s")
        seen["saved"] = page.locator(".messagelist").inner_text()
        return seen

    seen = browser.visit(hands, reduced_motion="reduce")

    assert seen == {
        "first": headline.anchor,
        "headline": "The headline stays where it is.",
        "third": two.anchor,
        "moved": f"Place 2 of {first.claims.count()}.",
        "dropped": True,
        "field": f"text-{headline.pk}",
        "typed": f"{headline.text}jdm",
        "back": headline.anchor,
        "list": "Keys",
        "off": None,
        "saved": "Saved as text 2.",
    }
    text = report.revisions.latest("number")
    told = Claim.objects.filter(section__revision=text, section__position=1).order_by("position")
    assert [claim.origin for claim in told[:3]] == [headline.pk, two.pk, one.pk]


def test_without_javascript_no_keys_are_promised(browser, desk):
    def listed(page: Page) -> bool:
        page.context.add_cookies([desk["cookie"]])
        page.goto(desk["url"])
        return page.locator("#keys").is_visible()

    assert browser.visit(listed, java_script_enabled=False) is False
