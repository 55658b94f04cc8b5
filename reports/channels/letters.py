"""Letters: a published text as mail, set once for all who get it.

What differs from one recipient to the next is only the links in its foot. They stand in the set
text as marks, which are put in place letter by letter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import cache
from pathlib import Path

import css_inline
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from patriot.lib.mail import Letter
from reports import tokens
from reports.models import Delivery, Revision, Subscription
from reports.pages.report import report_page

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


def report_letter(revision: Revision, *, length: str) -> SetText:
    """Return a published report as a letter.

    length: a `Subscription.Length`: the whole text, or the short version where there is one
    """
    report = revision.report
    page = report_page(report, revision, is_short=length == Subscription.Length.SHORT)
    return _set("report", revision, {"page": page})


def correction_letter(revision: Revision) -> SetText:
    """Return the notice that a report was corrected."""
    return _set("correction", revision, {"correction": revision.correction})


def withdrawal_letter(revision: Revision) -> SetText:
    """Return the notice that a report was withdrawn."""
    return _set("withdrawal", revision, {})


def confirmation_letter(subscription: Subscription) -> SetText:
    """Return the question whether somebody really wants a briefing."""
    token = tokens.confirm_token(subscription.public_id)
    link = f"{settings.SITE_URL}{reverse('reports:confirm', args=[token])}"
    context = {"briefing": subscription.briefing, "link": link, "days": tokens.CONFIRM_WITHIN.days}
    return _render("confirmation", context)


def _set(name: str, revision: Revision, more: Mapping[str, object]) -> SetText:
    report = revision.report
    context = {
        "report": report,
        "briefing": report.briefing,
        "zone": report.briefing.zone,
        "address": f"{settings.SITE_URL}{report.get_absolute_url()}",
        "unsubscribe": UNSUBSCRIBE,
        "preferences": PREFERENCES,
    }
    return _render(name, context | dict(more))


def _render(name: str, context: Mapping[str, object]) -> SetText:
    known = {"site_name": settings.SITE_NAME, "origin": settings.SITE_URL, **context}
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


def letter_to(delivery: Delivery, text: SetText, *, now: datetime) -> Letter:
    """Address a set text to the recipient of a delivery."""
    subscription = delivery.subscription
    token = tokens.recipient_token(subscription.public_id)
    unsubscribe = f"{settings.SITE_URL}{reverse('reports:unsubscribe', args=[token])}"
    preferences = f"{settings.SITE_URL}{reverse('reports:preferences', args=[token])}"
    headers = {"Date": format_datetime(now)}
    if delivery.kind != Delivery.Kind.CONFIRMATION:
        headers |= _list_headers(subscription, unsubscribe)

    def addressed(words: str) -> str:
        return words.replace(UNSUBSCRIBE, unsubscribe).replace(PREFERENCES, preferences)

    return Letter(
        to=subscription.address,
        subject=text.subject,
        text=addressed(text.text),
        html=addressed(text.html),
        id=f"{text.name}-{delivery.message_id.hex}",
        headers=headers,
    )


def _list_headers(subscription: Subscription, unsubscribe: str) -> dict[str, str]:
    """Return what makes a mail program offer to unsubscribe, by one click (RFC 8058)."""
    host = settings.SITE_URL.rpartition("/")[2].partition(":")[0]
    briefing = subscription.briefing
    return {
        "List-Unsubscribe": f"<{unsubscribe}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": f"<{briefing.slug}.{host}>",
        "Precedence": "bulk",
    }
