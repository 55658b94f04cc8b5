"""One page at several widths: loading it again for each takes longer than to lay it out."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page


def at_widths(page: Page, *widths: int) -> Iterator[int]:
    """Make the window so wide, one width after the other."""
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        yield width
