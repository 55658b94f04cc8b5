"""An editor's morning in a browser, by the keyboard alone: from the draft to the correction."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Locator, Page

from patriot.accounts.roles import Role
from reports.models import Report
from tests.browser.keyboard import Keyboard
from tests.factories import a_briefing, a_draft_report, a_user_with

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "correct horse battery staple"
CROWD = "About 23,000 people cross the bridge every day."
TOO_MANY = "About 32,000 people cross the bridge every day."
SHORTER = "About 23,000 people cross the bridge."
BUSES = "Buses will be sent over the Mill Bridge"
CALM = "“Nobody is in danger today"
REASON = "The council voted on Monday; we had left that out."


@dataclass
class Seen:
    """What the editor saw, by the name of the moment."""

    said: dict[str, str] = field(default_factory=dict)

    def of(self, moment: str, part: Locator) -> None:
        """Read a part of the page."""
        self.said[moment] = " ".join(part.inner_text().split())


@pytest.fixture
def draft() -> Report:
    """A story that waits for somebody to look at them."""
    return a_draft_report(a_briefing(slug="the-morning"), sections=1, state="review")


@pytest.fixture
def paula(draft) -> None:
    """Somebody who edits, publishes and corrects."""
    publisher = a_user_with(Role.PUBLISHER, username="paula")
    publisher.set_password(PASSWORD)
    publisher.save()


def sentence(page: Page, words: str) -> Locator:
    """Return a sentence with its fields, on the page that edits a draft."""
    return page.locator(".sentence").filter(
        has=page.locator(".sentence-text").filter(has_text=words)
    )


def test_an_editor_needs_no_mouse_from_the_draft_to_the_correction(
    browser, live_server, draft, paula
):
    def morning(page: Page) -> tuple[Seen, set[str]]:
        keys, seen = Keyboard(page), Seen()
        sign_in(keys, live_server.url)
        open_the_draft(keys, seen)
        read_its_evidence(keys, seen)
        edit_it(keys, seen)
        look_at_the_difference(keys, seen)
        publish_it(keys, seen)
        correct_it(keys, seen)
        return seen, keys.unseen

    seen, unseen = browser.visit(morning)

    said = seen.said
    assert "Every sentence stands on its quotations." in said["the gates"]
    assert said["a quotation"].startswith("The Old Bridge in Valmere will close")
    assert said["the refusal"].startswith("Nothing was saved: 1 sentence does not hold.")
    assert said["the reason"] == "The figure “32,000” is not in its quotations."
    assert said["saved"] == "Saved as text 2."
    assert f"Moved Before {BUSES}" in said["the difference"]
    assert f"Taken out It said {CALM}" in said["the difference"]
    assert f"Changed Before {CROWD} Now {SHORTER}" in said["the difference"]
    assert said["published"].endswith("is published.")
    assert SHORTER in said["readers see"]
    assert CALM not in said["readers see"]
    assert f"Taken out It said {SHORTER}" in said["what it changes"]
    assert said["corrected"].endswith("is corrected.")
    assert REASON in said["readers are told"]
    assert said["readers see now"].count(SHORTER) == 1, "as what is no longer said"
    assert said["readers see now"].endswith(f": {SHORTER}")
    assert unseen == set(), "nobody could see that the focus was there"


def sign_in(keys: Keyboard, site: str) -> None:
    page = keys.page
    page.goto(f"{site}/admin/")
    keys.type(page.get_by_label("Username"), "paula")
    keys.type(page.get_by_label("Password"), PASSWORD)
    keys.enter()


def open_the_draft(keys: Keyboard, seen: Seen) -> None:
    page = keys.page
    keys.follow(page.locator("#reports-report").get_by_role("link", name="Reports"))
    keys.follow(page.locator("#result_list tbody th a"))
    seen.of("the draft", page.locator("#content"))


def read_its_evidence(keys: Keyboard, seen: Seen) -> None:
    page = keys.page
    keys.follow(page.get_by_role("link", name="Preview as readers would see it"))
    keys.press(page.locator(".story-text .mark").first)
    seen.of("a quotation", page.locator(".note:popover-open mark"))
    page.keyboard.press("Escape")
    keys.back()


def edit_it(keys: Keyboard, seen: Seen) -> None:
    page = keys.page
    keys.follow(page.get_by_role("link", name="Edit", exact=True))
    seen.of("the gates", page.locator(".gates"))
    crowd = sentence(page, CROWD)
    keys.press(crowd.locator("summary"))
    keys.type(crowd.locator("textarea[name^=text-]"), TOO_MANY)
    keys.follow(page.get_by_role("button", name="Save the next text"))
    seen.of("the refusal", page.get_by_role("alert").first)
    seen.of("the reason", crowd.get_by_role("alert"))

    # The sentence is open still, with what was typed.
    keys.type(crowd.locator("textarea[name^=text-]"), SHORTER)
    keys.type(sentence(page, BUSES).locator("[name^=place-]"), "1")
    keys.press(sentence(page, CALM).locator("[name^=drop-]"), "Space")
    keys.enter()
    seen.of("saved", page.locator(".messagelist"))


def look_at_the_difference(keys: Keyboard, seen: Seen) -> None:
    page = keys.page
    keys.follow(page.get_by_role("link", name="Compare texts"))
    seen.of("the difference", page.locator("section.changes"))
    keys.back()


def publish_it(keys: Keyboard, seen: Seen) -> None:
    page = keys.page
    keys.follow(page.get_by_role("button", name="Publish", exact=True))
    seen.of("published", page.locator(".messagelist"))
    keys.follow(page.get_by_role("link", name="View on site"))
    seen.of("readers see", page.locator(".story-text").first)
    keys.back()


def correct_it(keys: Keyboard, seen: Seen) -> None:
    page = keys.page
    keys.follow(page.get_by_role("link", name="Correct …"))
    keys.follow(page.get_by_role("button", name="Begin a correction"))
    keys.press(sentence(page, SHORTER).locator("[name^=drop-]"), "Space")
    keys.follow(page.get_by_role("button", name="Save the next text"))
    keys.follow(page.get_by_role("link", name="Correct …"))
    seen.of("what it changes", page.locator("section.changes"))
    keys.type(page.get_by_label("Reason"), REASON)
    keys.follow(page.get_by_role("button", name="Publish the correction"))
    seen.of("corrected", page.locator(".messagelist"))
    keys.follow(page.get_by_role("link", name="View on site"))
    seen.of("readers are told", page.locator("main"))
    seen.of("readers see now", page.locator(".story-text").first)
