"""What is wrong with a page, for anybody: found in one load, at every width, light and dark."""

from __future__ import annotations

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
ASK = "(options) => axe.run(options)"
EVERYTHING = {"resultTypes": ["violations"]}
COLORS = EVERYTHING | {"runOnly": ["color-contrast", "link-in-text-block"]}
# Every rule at both widths; in the other scheme only what colors can change.
LOOKS = (
    (360, "light", EVERYTHING),
    (360, "dark", COLORS),
    (1280, "dark", EVERYTHING),
    (1280, "light", COLORS),
)


def objections_of(page: Page, *, without: tuple[str, ...] = ()) -> list[str]:
    """Return what axe objects to in a page, as it is on telephones and laptops, light and dark.

    without: rules of axe that are not for such a page
    """
    rules = {"rules": {rule: {"enabled": False} for rule in without}}
    page.evaluate(AXE_SCRIPT)
    found = []
    for width, scheme, options in LOOKS:
        page.emulate_media(color_scheme=scheme)
        for _ in at_widths(page, width):
            said = AxeResults(page.evaluate(ASK, options | rules))
            if said.violations_count:
                found.append(f"{page.url}, {width}, {scheme}: {said.generate_report()}")
    return found


def too_wide_of(page: Page, *widths: int) -> list[str]:
    """Return at which widths one has to scroll sideways."""
    wide = "document.documentElement.scrollWidth > window.innerWidth"
    return [
        f"{page.url} is wider than {width}"
        for width in at_widths(page, *(widths or WIDTHS))
        if page.evaluate(wide)
    ]
