"""What is wrong with a page, for anybody: found in one load, at every width, light and dark."""

from __future__ import annotations

from typing import Literal

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Page

from tests.browser.widths import at_widths

# Everything that a page is not allowed to do arrives here, whatever became of the console.
WATCH_POLICY = """
    window.violations = [];
    document.addEventListener("securitypolicyviolation",
        (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""
WIDTHS = (360, 1280)
HEIGHT = 900
Scheme = Literal["light", "dark"]
# Colors that are on their way to others are none of either scheme.
ASK = """(options) => {
    document.getAnimations().forEach((one) => one.finish());
    return axe.run(options);
}"""
VIOLATIONS = {"resultTypes": ["violations"]}
# Both widths and both schemes in two looks: the styles of one know nothing of the other.
LOOKS: tuple[tuple[int, Scheme], ...] = ((360, "light"), (1280, "dark"))


class Watch:
    """Whoever looks over a page's shoulder: at what it says, whom it asks, how it is for people."""

    def __init__(self, page: Page, own: str) -> None:
        """Begin to watch; `own` is what the addresses begin with that a page may ask."""
        self.page = page
        self._heard: list[str] = []
        hear = self._heard.append
        page.add_init_script(WATCH_POLICY)
        page.on("console", lambda message: hear(message.text))
        page.on("pageerror", lambda error: hear(str(error)))
        page.on("request", lambda sent: sent.url.startswith(own) or hear(sent.url))
        self._look_as(*LOOKS[0])

    def faults(self, *widths: int, without: tuple[str, ...] = ()) -> list[str]:
        """Return what is wrong with the page that is open, at every width, light and dark.

        widths:  others than those of a telephone and a laptop, to lay it out at
        without: rules of axe that are not for such a page
        """
        found = [*self._heard, *self.page.evaluate("window.violations")]
        found += too_wide_of(self.page, *WIDTHS, *widths)
        found += self._objections(without)
        self._look_as(*LOOKS[0])
        # Axe itself breaks the policy with its own styles: that is no fault of the page's.
        self._heard.clear()
        return [f"{self.page.url}: {fault}" for fault in found]

    def _objections(self, without: tuple[str, ...]) -> list[str]:
        rules = {"rules": {rule: {"enabled": False} for rule in without}}
        self.page.evaluate(AXE_SCRIPT)
        found = []
        for width, scheme in LOOKS:
            self._look_as(width, scheme)
            said = AxeResults(self.page.evaluate(ASK, VIOLATIONS | rules))
            if said.violations_count:
                found.append(f"{width}, {scheme}: {said.generate_report()}")
        return found

    def _look_as(self, width: int, scheme: Scheme) -> None:
        self.page.emulate_media(color_scheme=scheme)
        self.page.set_viewport_size({"width": width, "height": HEIGHT})


def press(page: Page, name: str) -> None:
    """Press the first button of this name; the page that it leads to is there."""
    with page.expect_navigation():
        page.get_by_role("button", name=name).first.click()


def too_wide_of(page: Page, *widths: int) -> list[str]:
    """Return at which widths one has to scroll sideways."""
    wide = "document.documentElement.scrollWidth > window.innerWidth"
    return [f"wider than {width}" for width in at_widths(page, *widths) if page.evaluate(wide)]
