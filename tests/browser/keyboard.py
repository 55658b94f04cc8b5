"""Somebody without a mouse: goes on by Tab to what is wanted, and sees where the focus is."""

from __future__ import annotations

from playwright.sync_api import Locator, Page

MAX_STOPS = 300
# Whether the focus is where it shall be; and what has it, if nobody could see that.
STOP = """(wanted) => {
    const here = document.activeElement;
    const style = getComputedStyle(here);
    const box = here.getBoundingClientRect();
    const is_seen = style.outlineStyle !== "none" || style.boxShadow !== "none";
    const is_there = box.width > 0 && box.height > 0;
    const is_well = here === document.body || (is_seen && is_there);
    return [here === wanted, is_well ? "" : here.outerHTML.slice(0, 120)];
}"""


class Keyboard:
    """What hands do at a page without a mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.unseen: set[str] = set()
        """Stops on the way at which nobody could see where the focus is."""

    def open(self, address: str) -> None:
        """Open an address as a link in a letter does, and skip to the page's text."""
        self.page.goto(address)
        self.skip()

    def to(self, wanted: Locator) -> None:
        """Press Tab until `wanted` has the focus."""
        element = wanted.element_handle()
        for _ in range(MAX_STOPS):
            self.page.keyboard.press("Tab")
            is_there, unseen = self.page.evaluate(STOP, element)
            self.unseen |= {unseen} - {""}
            if is_there:
                return
        raise AssertionError(f"No way leads by Tab to {wanted}")

    def press(self, wanted: Locator, key: str = "Enter") -> None:
        """Go to a link, a button or a box, and press it."""
        self.to(wanted)
        self.page.keyboard.press(key)

    def follow(self, wanted: Locator) -> None:
        """Go to a link or a button, press it, and skip to the text of the page it leads to."""
        self.to(wanted)
        self.enter()

    def enter(self) -> None:
        """Press what has the focus, and skip to the text of the page that it leads to."""
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        self.skip()

    def back(self) -> None:
        """Go back to the page before, as Alt and the left arrow do."""
        here = self.page.url.partition("#")[0]
        while self.page.url.partition("#")[0] == here:
            self.page.go_back()
        self.skip()

    def skip(self) -> None:
        """Take the first link of a page, past all that every page has; unless we are there."""
        if "#" in self.page.url:
            return
        self.page.keyboard.press("Tab")
        first = self.page.evaluate("document.activeElement.textContent.trim()")
        assert first.startswith("Skip to "), f"{self.page.url} begins with {first!r}"
        self.page.keyboard.press("Enter")

    def type(self, wanted: Locator, words: str) -> None:
        """Go to a field and write into it, in place of what is there."""
        self.to(wanted)
        self.page.keyboard.press("Control+a")
        # All at once, as an input method does: some letters are on no key.
        self.page.keyboard.insert_text(words)
