"""Letters: what each recipient's mail says, and what its headers promise."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime

from django.conf import settings
from django.urls import reverse

from patriot.lib.mail import Letter
from reports import tokens
from reports.models import Delivery, Revision, Subscription
from reports.pages.letter import PREFERENCES, UNSUBSCRIBE, SetText, about, set_letter
from reports.pages.rendering import ORIGIN, body_of, unkept_bodies_of

FORMS = {Subscription.Length.FULL: "letter", Subscription.Length.SHORT: "short letter"}


def report_letter(revision: Revision, *, length: str) -> SetText:
    """Return a published report as a letter; it was set once, for all.

    length: a `Subscription.Length`: the whole text, or the short version where there is one
    """
    kept = body_of(revision, FORMS[Subscription.Length(length)])
    return SetText.loaded(kept.replace(ORIGIN, settings.SITE_URL))


def unsent_letter(revision: Revision, *, length: str) -> SetText:
    """Return any text of a report as the letter that it would be; nothing of it is kept."""
    (body,) = unkept_bodies_of(revision.report, revision, FORMS[Subscription.Length(length)])
    return SetText.loaded(body.replace(ORIGIN, settings.SITE_URL))


def correction_letter(revision: Revision) -> SetText:
    """Return the notice that a report was corrected."""
    context = about(revision.report, origin=settings.SITE_URL)
    return set_letter("correction", context | {"correction": revision.correction})


def withdrawal_letter(revision: Revision) -> SetText:
    """Return the notice that a report was withdrawn."""
    return set_letter("withdrawal", about(revision.report, origin=settings.SITE_URL))


def confirmation_letter(subscription: Subscription) -> SetText:
    """Return the question whether somebody really wants a briefing."""
    token = tokens.confirm_token(subscription.public_id)
    link = f"{settings.SITE_URL}{reverse('reports:confirm', args=[token])}"
    context = {
        "briefing": subscription.briefing,
        "link": link,
        "days": tokens.CONFIRM_WITHIN.days,
        "unsubscribe": UNSUBSCRIBE,
    }
    return set_letter("confirmation", context | {"origin": settings.SITE_URL})


def letter_to(delivery: Delivery, text: SetText, *, now: datetime) -> Letter:
    """Address a set text to the recipient of a delivery."""
    subscription = delivery.subscription
    token = tokens.recipient_token(subscription.public_id)
    unsubscribe = f"{settings.SITE_URL}{reverse('reports:unsubscribe', args=[token])}"
    preferences = f"{settings.SITE_URL}{reverse('reports:preferences', args=[token])}"
    headers = {"Date": format_datetime(now)}
    if delivery.kind != Delivery.Kind.CONFIRMATION:
        headers |= _list_headers(subscription, unsubscribe)

    return Letter(
        to=subscription.address,
        subject=text.subject,
        text=text.text,
        html=text.html,
        fill={UNSUBSCRIBE: unsubscribe, PREFERENCES: preferences},
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
