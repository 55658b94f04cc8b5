"""Digest: tell staff once a day which sources fell ill, fell silent, are gone, moved or are back.

Two steps. `write` makes the day's row once, with what is new since the last digest that went
out; `send` mails what was written, at least once, and gives up after a few attempts.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Max
from django.template.loader import render_to_string
from django.urls import reverse

from patriot.accounts.models import User
from patriot.lib import mail
from patriot.lib.text import one_line
from patriot.work.leases import MAX_ERROR_CHARS
from sources.domain.health import Condition
from sources.models import Digest, Fetch, Source
from sources.models.health import health_of, in_condition, with_last_fetch

# Longer than the worker lets any task run.
LEASE = timedelta(minutes=2)
# Before the second attempt and the third.
WAITS = (timedelta(minutes=10), timedelta(hours=1))
LINES_SHOWN = 50
MAX_NAME_CHARS = 100
MAX_SENTENCE_CHARS = 300
# What `sources.domain.moves.note_on_move` begins with, in the record of the fetch.
MOVED = "It has moved for good:"
TOLD = (Condition.ILL, Condition.GONE, Condition.SILENT)
RECOVERED, HAVE_MOVED = "recovered", "moved"
HEADINGS = {
    Condition.ILL: "newly ill",
    Condition.GONE: "newly gone",
    Condition.SILENT: "newly silent",
    HAVE_MOVED: "moved",
    RECOVERED: "back in health",
}
IN_SHORT = {Condition.ILL: "ill", Condition.GONE: "gone", Condition.SILENT: "silent"}
ADVICE = {
    Condition.ILL: "We go on trying, ever more seldom. See whether the address is still right.",
    Condition.GONE: "They say that they are gone for good, and nobody asks them any more. Look for "
    "a new address, or pause them. “Fetch now” asks once more.",
    Condition.SILENT: "They answer and bring nothing new. See whether the outlet writes elsewhere.",
    HAVE_MOVED: "We read them at the new address. See whether it is the same publisher.",
    RECOVERED: "Nothing to do.",
}
NOBODY = "Nobody who may change sources has an e-mail address: it is kept here."

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Line:
    """A source, what became of it, and where to mend it."""

    name: str
    sentence: str
    url: str


@dataclass(frozen=True, slots=True)
class Section:
    """Sources of which the same has become."""

    heading: str
    in_short: str
    """Such as “2 ill”."""
    advice: str
    total: int
    lines: tuple[Line, ...]
    url: str
    """The desk's list of them all."""

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.total - len(self.lines)


def write(now: datetime, *, hour: int, zone: ZoneInfo, site_name: str, site_url: str) -> bool:
    """Write the day's digest once its local hour has come; say whether this call did.

    With nothing to tell, the row is written all the same, and settled.
    """
    local = now.astimezone(zone)
    if local.hour < hour or Digest.objects.filter(on=local.date()).exists():
        return False
    before = Digest.objects.filter(sent_at__isnull=False).order_by("-on").first()
    told = _state()
    sections = _sections(before.told if before else {}, told, now=now, site_url=site_url)
    context = {
        "site_name": site_name,
        "on": local.date(),
        "sections": sections,
        "headline": ", ".join(section.in_short for section in sections),
        "list_url": _list_url(site_url),
    }
    digest = Digest(
        on=local.date(),
        text=_text(context) if sections else "",
        told=told,
        not_before=now,
        sent_at=None if sections else now,
    )
    # Another scheduler may be at it: the day is unique, and the first one counts.
    Digest.objects.bulk_create([digest], ignore_conflicts=True)
    return True


def send(ids: Sequence[int], *, is_on: bool, now: datetime) -> None:
    """Mail those of these digests that are still to be sent.

    is_on: whether there is a mail server; without one they are kept for the desk to show
    """
    due = Digest.objects.filter(pk__in=ids).to_send(now)
    leased = due.lease(now, until=now + LEASE, limit=len(ids))
    for digest in Digest.objects.filter(pk__in=leased).order_by("on"):
        try:
            _settle(digest, now=now, **(_mailed(digest) if is_on else {}))
        except mail.MailError as error:
            _put_back(digest, str(error), now=now)


def send_again(ids: Sequence[int], now: datetime) -> list[int]:
    """Put digests that were given up back to work; return those that were."""
    given_up = list(Digest.objects.filter(pk__in=ids).unsent().values_list("pk", flat=True))
    Digest.objects.filter(pk__in=given_up).update(attempts=0, leased_until=None, not_before=now)
    return given_up


def readers() -> list[User]:
    """Return whom a digest is for: staff who may change sources and have an address."""
    # Named, for whoever adds another backend: permissions are those of the database.
    backend = "django.contrib.auth.backends.ModelBackend"
    allowed = User.objects.with_perm("sources.change_source", backend=backend)
    return list(allowed.filter(is_staff=True).exclude(email="").order_by("pk"))


# --- Writing ------------------------------------------------------------------------
def _watched() -> Any:
    """Return the sources of our own newsroom; demonstrations are nobody's worry."""
    return Source.objects.curated().enabled().filter(newsroom="")


def _state() -> dict[str, Any]:
    """Return how the sources are, as the next digest will want to know."""
    state: dict[str, Any] = {
        str(condition): sorted(in_condition(_watched(), condition).values_list("pk", flat=True))
        for condition in TOLD
    }
    # The fetches that this digest knows of.
    return state | {"fetch": Fetch.objects.aggregate(last=Max("pk"))["last"] or 0}


def _sections(
    before: Mapping[str, Any], told: Mapping[str, Any], *, now: datetime, site_url: str
) -> list[Section]:
    """Return what is new since `before`, the parts without news left out."""
    news: dict[str, dict[int, str]] = {
        condition: dict.fromkeys(sorted({*told[condition]} - {*before.get(condition, ())}), "")
        for condition in TOLD
    }
    news[HAVE_MOVED] = _moves(before, told)
    news[RECOVERED] = dict.fromkeys(_recovered(before), "")
    return [
        _section(topic, sentences, now=now, site_url=site_url)
        for topic, sentences in news.items()
        if sentences
    ]


def _recovered(before: Mapping[str, Any]) -> list[int]:
    """Return the sources that were told of last time, and are well now."""
    were = [pk for condition in TOLD for pk in before.get(condition, ())]
    healthy = in_condition(_watched().filter(pk__in=were), Condition.HEALTHY)
    return list(healthy.order_by("pk").values_list("pk", flat=True))


def _moves(before: Mapping[str, Any], told: Mapping[str, Any]) -> dict[int, str]:
    """Return what was noted of moves since the last digest, by source; the first one looks back
    over nothing."""
    since = before.get("fetch", told["fetch"])
    notes = Fetch.objects.filter(pk__gt=since, pk__lte=told["fetch"], error__contains=MOVED)
    rows = notes.filter(source__in=_watched()).order_by("pk").values_list("source_id", "error")
    return {pk: note[note.index(MOVED) :] for pk, note in rows}


def _section(topic: str, sentences: Mapping[int, str], *, now: datetime, site_url: str) -> Section:
    shown = with_last_fetch(Source.objects.filter(pk__in=[*sentences][:LINES_SHOWN]))
    lines = tuple(
        Line(
            one_line(source.name, max_chars=MAX_NAME_CHARS),
            one_line(
                sentences[source.pk] or health_of(source).in_words(now),
                max_chars=MAX_SENTENCE_CHARS,
            ),
            f"{site_url}{reverse('admin:sources_source_change', args=[source.pk])}",
        )
        for source in shown.order_by("name", "pk")
    )
    query = f"?health={topic}" if topic in IN_SHORT else ""
    return Section(
        heading=HEADINGS[topic],
        in_short=f"{len(sentences)} {IN_SHORT.get(Condition(topic)) if query else HEADINGS[topic]}",
        advice=ADVICE[topic],
        total=len(sentences),
        lines=lines,
        url=f"{_list_url(site_url)}{query}",
    )


def _list_url(site_url: str) -> str:
    return f"{site_url}{reverse('admin:sources_source_changelist')}"


def _text(context: Mapping[str, Any]) -> str:
    """Return the subject, a blank line, and the body."""
    subject = render_to_string("emails/digest/subject.txt", dict(context))
    body = render_to_string("emails/digest/body.txt", dict(context))
    return f"{' '.join(subject.split())}\n\n{body.strip()}\n"


# --- Sending ------------------------------------------------------------------------
def _mailed(digest: Digest) -> dict[str, Any]:
    """Mail a digest to everybody it is for; return what to record of it. Raises MailError."""
    subject, _, text = digest.text.partition("\n\n")
    letters = [
        mail.Letter(user.email, subject, text, f"digest-{digest.on}.{user.pk}")
        for user in readers()
    ]
    if not letters:
        return {"last_error": NOBODY}
    refusals = mail.send(letters)
    if len(refusals) == len(letters):
        raise refusals[0]
    told = " ".join(str(refusal) for refusal in refusals)
    return {
        "recipients": len(letters) - len(refusals),
        "last_error": one_line(told, max_chars=MAX_ERROR_CHARS),
    }


def _settle(digest: Digest, *, now: datetime, **record: Any) -> None:
    _release(digest, **{"last_error": ""} | record, sent_at=now)


def _put_back(digest: Digest, sentence: str, *, now: datetime) -> None:
    """Record why it did not go out, and when to try again, if ever."""
    wait = WAITS[min(digest.attempts, len(WAITS)) - 1]
    told = one_line(sentence, max_chars=MAX_ERROR_CHARS)
    _logger.warning("%s was not mailed: %s", digest, told)
    _release(digest, last_error=told, not_before=now + wait)


def _release(digest: Digest, **changes: Any) -> None:
    """Write to the digest and give up the lease, if it is still ours."""
    mine = Digest.objects.filter(pk=digest.pk, attempts=digest.attempts, sent_at=None)
    if not mine.update(**changes, leased_until=None):
        _logger.warning("%s was taken over by another worker", digest)
