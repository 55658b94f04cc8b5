"""A draft before it goes out: its letter and its feed entry, in frames that can do nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from patriot.accounts.roles import Role
from tests.browser.widths import at_widths
from tests.factories import a_draft_report, a_user_with

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TOO_WIDE = "document.documentElement.scrollWidth > window.innerWidth"


@pytest.fixture
def site(live_server: Any, settings: Any) -> str:
    """The links of letters lead to the site that is looked at."""
    settings.SITE_URL = str(live_server.url)
    return settings.SITE_URL


def test_a_letter_and_an_entry_are_framed_and_their_links_open_beside_them(browser, site):
    report = a_draft_report(sections=2, state="review")
    client = Client()
    client.force_login(a_user_with(Role.EDITOR))
    name = settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": client.cookies[name].value, "url": site}
    title = report.revisions.get().title

    def look(page: Page) -> dict[str, Any]:
        page.context.add_cookies([cookie])
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        seen: dict[str, Any] = {"complaints": said}
        for form in ("email", "feed"):
            page.goto(f"{site}/admin/reports/report/{report.pk}/preview/1/{form}/")
            framed = page.frame_locator("iframe.framed")
            seen[form] = framed.locator("h1").inner_text()
            seen[f"{form} is marked"] = framed.get_by_role("note").inner_text()
            seen[f"{form} fits"] = not any(
                page.evaluate(TOO_WIDE) for _ in at_widths(page, 360, 1280)
            )
            # By the keyboard: a click would miss while the frame is still being laid out anew.
            with page.context.expect_page() as opened:
                framed.locator("h1 a").press("Enter")
            opened.value.wait_for_load_state()
            seen[f"{form} leads to"] = opened.value.url
            seen[f"{form} stays"] = page.url.endswith(f"/preview/1/{form}/")
        return seen

    seen = browser.visit(look)

    mark = "Draft, text 1. Readers see nothing of it: only staff see this preview."
    for form in ("email", "feed"):
        assert seen[form] == title
        assert seen[f"{form} is marked"] == mark
        assert seen[f"{form} fits"]
        assert seen[f"{form} leads to"] == f"{site}{report.get_absolute_url()}"
        assert seen[f"{form} stays"]
    assert seen["complaints"] == []
