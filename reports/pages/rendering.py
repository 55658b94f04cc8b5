"""Set text: what a published revision looks like, made once and kept by the clothes it wears."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from reports.models import Rendering, Report, Revision
from reports.pages.card import card_of
from reports.pages.clothes import clothes
from reports.pages.letter import report_letter
from reports.pages.linked_data import linked_data
from reports.pages.markdown import as_markdown
from reports.pages.report import ReportPage, report_page, spent_on

# Stands for scheme and host, which only a request knows. A noncharacter: no text of ours has it.
ORIGIN = "\ufdd0"
# In the middle of a release two kinds of clothes are worn; after a day one is left.
OLD_CLOTHES = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Form:
    """One way to set a report."""

    write: Callable[[ReportPage], str]
    is_short: bool = False


def _head(page: ReportPage) -> str:
    about = linked_data(page, origin=ORIGIN)
    named = {"origin": ORIGIN, "site_name": settings.SITE_NAME}
    return render_to_string("reports/set/head.html", named | {"page": page, "linked_data": about})


def _page(page: ReportPage) -> str:
    return render_to_string("reports/set/page.html", {"page": page, "spent": spent_on(page)})


def _markdown(page: ReportPage) -> str:
    return as_markdown(page, origin=ORIGIN)


def _card(page: ReportPage) -> str:
    return b64encode(card_of(page)).decode()


def _letter(page: ReportPage) -> str:
    return report_letter(page, origin=ORIGIN).dumped()


FORMS: Mapping[str, Form] = {
    "head": Form(_head),
    "page": Form(_page),
    "markdown": Form(_markdown),
    "card": Form(_card),
    "letter": Form(_letter),
    "short head": Form(_head, is_short=True),
    "short page": Form(_page, is_short=True),
    "short letter": Form(_letter, is_short=True),
}


def body_of(revision: Revision, form: str) -> SafeString:
    """Return a published revision in one of FORMS, with ORIGIN for the site's address.

    One query where it was set before.
    """
    return bodies_of(revision, form)[0]


def bodies_of(revision: Revision, *forms: str) -> tuple[SafeString, ...]:
    """Return a published revision in several forms; as many queries as for one."""
    worn = _clothes_of(revision.report)
    bodies = _kept(revision, forms, worn=worn)
    if missing := [form for form in forms if form not in bodies]:
        bodies |= _keep(revision, dict(_set(revision, missing)), worn=worn)
    # Our own templates wrote it, with everything in it escaped; the row only kept it.
    return tuple(mark_safe(bodies[form]) for form in forms)  # noqa: S308


def kept_text(revision: Revision, form: str, write: Callable[[], str]) -> SafeString:
    """Return a published revision in a form that another room writes, with ORIGIN as above."""
    worn = _clothes_of(revision.report)
    bodies = _kept(revision, [form], worn=worn) or _keep(revision, {form: write()}, worn=worn)
    return mark_safe(bodies[form])  # noqa: S308 (as above)


def unkept_bodies_of(report: Report, revision: Revision, *forms: str) -> tuple[SafeString, ...]:
    """Return a draft in these forms; it may change, so nothing is kept."""
    page = report_page(report, revision, is_short=any(FORMS[form].is_short for form in forms))
    return tuple(SafeString(FORMS[form].write(page)) for form in forms)


def at(origin: str, body: SafeString) -> SafeString:
    """Return set text as the site at this origin shows it, such as “https://patriot.example”.

    origin: from a request whose host was allowed, so it has no character that means anything
    """
    return mark_safe(body.replace(ORIGIN, origin))  # noqa: S308 (as above)


def _clothes_of(report: Report) -> str:
    """Return a hash of what a set text depends on beside its frozen revision."""
    briefing = report.briefing
    around = (report.get_absolute_url(), report.number, report.reason, report.published_at)
    named = (settings.SITE_NAME, briefing.title, briefing.timezone, briefing.language)
    return hashlib.sha256(repr((clothes(), around, named)).encode()).hexdigest()


def _kept(revision: Revision, forms: Sequence[str], *, worn: str) -> dict[str, str]:
    """Return those of the forms that were set before, in these clothes."""
    rows = Rendering.objects.filter(revision=revision, form__in=forms, clothes=worn)
    return dict(rows.values_list("form", "body"))


def _set(revision: Revision, forms: Sequence[str]) -> Iterator[tuple[str, str]]:
    for is_short in (False, True):
        wanted = [form for form in forms if FORMS[form].is_short is is_short]
        if wanted:
            page = report_page(revision.report, revision, is_short=is_short)
            yield from ((form, FORMS[form].write(page)) for form in wanted)


def _keep(revision: Revision, bodies: dict[str, str], *, worn: str) -> dict[str, str]:
    """Keep what was set; who set the same at the same time has done no harm."""
    Rendering.objects.bulk_create(
        (
            Rendering(revision=revision, form=form, clothes=worn, body=body, created_at=Now())
            for form, body in bodies.items()
        ),
        ignore_conflicts=True,
    )
    old = revision.renderings.filter(form__in=bodies, created_at__lt=Now() - OLD_CLOTHES)
    old.exclude(clothes=worn).delete()
    return bodies
