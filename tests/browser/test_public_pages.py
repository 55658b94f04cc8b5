"""The public pages in a browser: for everybody, under the strict policy, without JavaScript."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.looking import Watch, press
from tests.browser.widths import at_widths

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FIRST_MARK = ".story-text .mark"
OPEN_NOTE = ".note:popover-open"


def open_evidence(page: Page) -> None:
    page.locator(FIRST_MARK).first.click()


def button(name: str) -> Callable[[Page], None]:
    """Return how somebody presses this button."""
    return lambda page: press(page, name)


def ask(address: str) -> Callable[[Page], None]:
    """Return how somebody asks for a report by mail."""

    def fill_in(page: Page) -> None:
        # The browser would not send what is no address: not every browser looks.
        page.locator("form.fields").evaluate("form => form.noValidate = true")
        page.get_by_label("Your e-mail address").fill(address)
        press(page, "Ask for it")

    return fill_in


def doubt(words: str) -> Callable[[Page], None]:
    """Return how somebody reports an error."""

    def fill_in(page: Page) -> None:
        page.locator("form:has(textarea)").evaluate("form => form.noValidate = true")
        page.locator("textarea").fill(words)
        press(page, "Send to the editors")

    return fill_in


# What is pressed on which page: each leads to a page that has no address of its own.
PRESSED = (
    ("report", open_evidence),
    ("subscribe", ask("nobody")),
    ("subscribe", ask("eve@readers.example")),
    ("confirm", button("Yes, send it to me")),
    ("preferences", button("Save")),
    ("unsubscribe", button("Unsubscribe")),
    ("error form", doubt("")),
    ("error form", doubt("No goat was there.")),
)
# The browser itself notes the pages that are missing, and the forms that are refused, on purpose.
ON_PURPOSE = "Failed to load resource"


def test_every_page_is_for_everybody_and_asks_nobody_else(browser, newspaper):
    def faults(page: Page) -> list[str]:
        watch, found = Watch(page, newspaper["front"]), []
        for url in newspaper.values():
            page.goto(url)
            found += watch.faults(768, 1600)
        for before, act in PRESSED:
            page.goto(newspaper[before])
            act(page)
            found += watch.faults()
        return found

    assert [one for one in browser.visit(faults) if ON_PURPOSE not in one] == []


@pytest.mark.parametrize("width", [360, 800, 1280])
def test_evidence_opens_and_closes_without_javascript(browser, newspaper, width):
    def opened_note(page: Page) -> tuple[str, bool, bool]:
        page.goto(newspaper["report"])
        page.locator(FIRST_MARK).first.click()
        note = page.locator(OPEN_NOTE)
        said = note.locator("mark").inner_text()
        box = note.bounding_box()
        is_within = box is not None and box["x"] >= 0 and box["x"] + box["width"] <= width
        note.get_by_role("button", name="Close").click()
        return said, is_within, page.locator(OPEN_NOTE).count() == 0

    said, is_within, is_closed = browser.visit(opened_note, width=width, java_script_enabled=False)

    assert said.startswith("The Old Bridge in Valmere will close to all traffic")
    assert is_within
    assert is_closed


def test_an_attribution_begins_on_the_line_where_its_quotation_ends(browser, newspaper):
    # The top of a mark and of the words after it differ by less than a line.
    apart = """() => [...document.querySelectorAll(".attribution")]
        .filter((words) => words.previousElementSibling.matches(".marks"))
        .map((words) => {
            const range = document.createRange();
            range.setStart(words.firstChild, 1);
            range.setEnd(words.firstChild, 2);
            const marks = words.previousElementSibling.getBoundingClientRect();
            return Math.abs(range.getBoundingClientRect().bottom - marks.bottom);
        })"""

    def distances(page: Page) -> list[list[float]]:
        page.goto(newspaper["report"])
        return [page.evaluate(apart) for _ in at_widths(page, 320, 360, 415, 1280)]

    for found in browser.visit(distances):
        assert len(found) > 20
        assert max(found) < 15


def test_a_page_is_the_same_without_javascript(browser, newspaper):
    def read(page: Page) -> list[str]:
        texts = []
        for url in newspaper.values():
            page.goto(url)
            texts.append(page.locator("main").inner_text())
        return texts

    assert browser.visit(read, java_script_enabled=False) == browser.visit(read)


def test_the_keyboard_alone_suffices(browser, newspaper):
    def walk(page: Page) -> tuple[str, int, int, str]:
        page.goto(newspaper["report"])
        page.keyboard.press("Tab")
        first = page.evaluate("document.activeElement.textContent")
        page.locator(FIRST_MARK).first.focus()
        page.keyboard.press("Enter")
        opened = page.locator(OPEN_NOTE).count()
        page.keyboard.press("Tab")
        within = page.evaluate("document.activeElement.textContent")
        page.keyboard.press("Escape")
        return first, opened, page.locator(OPEN_NOTE).count(), within

    first, opened, left_open, within = browser.visit(walk)

    assert first == "Skip to the text"
    assert (opened, left_open) == (1, 0)
    assert within == "Read it at valmere-courier.example"


def test_on_paper_the_evidence_becomes_endnotes(browser, newspaper):
    def printed(page: Page) -> tuple[int, int, int]:
        page.goto(newspaper["report"])
        page.emulate_media(media="print")
        notes = page.locator(".note")
        visible = sum(note.is_visible() for note in notes.all())
        return notes.count(), visible, page.locator(".site-header nav:visible").count()

    count, visible, navigation = browser.visit(printed)

    assert count > 30
    assert visible == count
    assert navigation == 0
