"""A text that is not public, set as its page would be."""

from __future__ import annotations

from reports.models import Report, Revision
from reports.pages.rendering import at, unkept_bodies_of

FORMS = {False: ("head", "page"), True: ("short head", "short page")}


def draft_page(
    report: Report, revision: Revision, *, origin: str, is_short: bool
) -> dict[str, object]:
    """Return what the template of a report's page needs; nothing of it is kept.

    origin: the site's own, such as “https://patriot.example”
    """
    head, body = unkept_bodies_of(report, revision, *FORMS[is_short])
    return {
        "head": at(origin, head),
        "body": body,
        "is_draft": True,
        "report": report,
        "here": "archive",
    }
