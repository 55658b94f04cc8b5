"""The public pages in a browser: for everybody, under the strict policy, without JavaScript."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.widths import at_widths

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FIRST_MARK = ".story-text .mark"
OPEN_NOTE = ".note:popover-open"
# Everything that a page is not allowed to do arrives here, whatever became of the console.
WATCH_POLICY = """
    window.violations = [];
    document.addEventListener("securitypolicyviolation",
        (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_to_object_to_on_any_page(browser, newspaper, scheme, width):
    def objections(page: Page) -> list[str]:
        found = []
        for name, url in newspaper.items():
            page.goto(url)
            if name == "report":
                page.locator(FIRST_MARK).first.click()
            report = Axe().run(page)
            found += [f"{name}: {report.generate_report()}"] if report.violations_count else []
        return found

    assert browser.visit(objections, width=width, color_scheme=scheme) == []


def test_no_page_breaks_the_content_security_policy_or_asks_anybody_else(browser, newspaper):
    own = newspaper["front"]

    def complaints(page: Page) -> list[str]:
        found: list[str] = []
        page.add_init_script(WATCH_POLICY)
        page.on("console", lambda message: found.append(message.text))
        page.on("pageerror", lambda error: found.append(str(error)))
        page.on("request", lambda sent: sent.url.startswith(own) or found.append(sent.url))
        for url in newspaper.values():
            page.goto(url, wait_until="networkidle")
            found += page.evaluate("window.violations")
        return found

    complained = browser.visit(complaints)

    # The browser itself notes the page that is missing on purpose.
    assert [line for line in complained if "404 (Not Found)" not in line] == []


def test_no_page_is_wider_than_the_window(browser, newspaper):
    def too_wide(page: Page) -> list[str]:
        found = []
        for name, url in newspaper.items():
            page.goto(url)
            for width in at_widths(page, 360, 768, 1280, 1600):
                if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                    found.append(f"{name} at {width}")
        return found

    assert browser.visit(too_wide) == []


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
