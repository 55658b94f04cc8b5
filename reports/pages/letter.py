"""A report as a letter: set once for all who get it.

What differs from one recipient to the next is only the links in its foot. They stand in the set
text as marks, which are put in place letter by letter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Self

import css_inline
import orjson
from django.conf import settings
from django.template.loader import render_to_string

from reports.models import Report
from reports.pages.report import ReportPage

# Nothing that a report can say: a sentence has no control characters.
UNSUBSCRIBE, PREFERENCES = "\x02unsubscribe\x03", "\x02preferences\x03"
STYLES = Path(settings.BASE_DIR) / "templates" / "emails" / "letter.css"


@dataclass(frozen=True, slots=True)
class SetText:
    """A letter without its recipient."""

    name: str
    """The folder of its templates."""
    subject: str
    text: str
    html: str

    @classmethod
    def loaded(cls, kept: str) -> Self:
        """Return one that was kept."""
        return cls(**orjson.loads(kept))

    def dumped(self) -> str:
        """Return it as it is kept."""
        return orjson.dumps(asdict(self)).decode()


def report_letter(page: ReportPage, *, origin: str) -> SetText:
    """Return a report as a letter.

    origin: the site's own, such as “https://patriot.example”, or what stands for it
    """
    return set_letter("report", about(page.report, origin=origin) | {"page": page})


def about(report: Report, *, origin: str) -> dict[str, object]:
    """Return what every letter on a report says of it."""
    return {
        "origin": origin,
        "report": report,
        "briefing": report.briefing,
        "zone": report.briefing.zone,
        "address": f"{origin}{report.get_absolute_url()}",
        "unsubscribe": UNSUBSCRIBE,
        "preferences": PREFERENCES,
    }


def set_letter(name: str, context: Mapping[str, object]) -> SetText:
    """Fill in a letter's templates, and move its styles into its elements.

    name: their folder
    """
    known = {"site_name": settings.SITE_NAME, **context}
    subject = " ".join(render_to_string(f"emails/{name}/subject.txt", known).split())
    text = f"{render_to_string(f'emails/{name}/body.txt', known).strip()}\n"
    html = render_to_string(f"emails/{name}/body.html", known)
    return SetText(name=name, subject=subject, text=text, html=_inliner().inline(html))


@cache
def _inliner() -> css_inline.CSSInliner:
    """Return what moves the styles into the elements; the rules for dark and narrow stay."""
    return css_inline.CSSInliner(
        keep_at_rules=True,
        extra_css=STYLES.read_text(),
        load_remote_stylesheets=False,
        minify_css=True,
    )
