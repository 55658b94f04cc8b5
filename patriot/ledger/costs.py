"""The page of costs: by day, on whose account, about what, for what and by which model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.apps import apps
from django.db.models import Q
from django.urls import reverse

from patriot.ledger.models import Call, Service
from patriot.ledger.spending import (
    Breakdown,
    Chart,
    Share,
    Spending,
    breakdown,
    cost_chart,
    since,
    spending,
)

SPANS = (1, 7, 30, 90)
USUAL_SPAN = 30
# What calls are about or paid by, and whose pages these are. The ledger does not know them: it
# asks for them by name.
NOUNS = {
    "report": "reports.report",
    "source": "sources.source",
    "briefing": "reports.briefing",
    "trial": "reports.trial",
    "API key": "accounts.apikey",
    "user": "accounts.user",
}
# What these are called takes other rows.
NAMED_AFTER = {"report": ("briefing",), "trial": ("candidate__briefing",)}
NAMED = re.compile(r"(?P<noun>[A-Za-z ]{1,20}) (?P<pk>[0-9]{1,18})")
MAX_NAME_CHARS = 80
NOBODY, NOTHING = "nobody in particular", "nothing in particular"


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table, with its bar."""

    label: str
    note: str
    """Which row of the house it is, such as “briefing 3”; empty where the label says all."""
    url: str
    share: Share


@dataclass(frozen=True, slots=True)
class Table:
    """What calls cost by one thing, the dearest first."""

    id: str
    heading: str
    noun: str
    """What a row is, for the head of the first column."""
    lines: tuple[Line, ...]
    rest: Share | None
    words: str
    """What the picture shows, in a sentence."""


@dataclass(frozen=True, slots=True)
class Span:
    """A choice of how far back to look."""

    days: int
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Costs:
    """Everything, ready to print."""

    spans: tuple[Span, ...]
    spent: Spending
    chart: Chart | None
    """None for a single day."""
    tables: tuple[Table, ...]


def span_of(words: str) -> int:
    """Return how many days are asked for; what is no choice is the usual."""
    return next((days for days in SPANS if str(days) == words), USUAL_SPAN)


def costs_page(now: datetime, *, span: int, daily: Decimal, monthly: Decimal) -> Costs:
    """Return the page, in a number of queries that does not grow with the ledger."""
    calls = Call.objects.filter(started_at__gte=since(now, span), started_at__lte=now)
    of_reports = Q(subject__startswith="report ")
    payers = breakdown(calls, "payer")
    reports = breakdown(calls.filter(of_reports), "subject")
    others = breakdown(calls.exclude(of_reports), "subject")
    models = breakdown(calls, "service", "purpose", "model")
    names = names_of([*_keys(payers), *_keys(reports), *_keys(others)])
    return Costs(
        spans=tuple(Span(days, _span_in_words(days), days == span) for days in SPANS),
        spent=spending(now, ceiling=daily, monthly=monthly),
        chart=cost_chart(now, days=span) if span > 1 else None,
        tables=(
            _table(
                payers,
                names,
                id="payers",
                heading="On whose account",
                noun="account",
                nameless=NOBODY,
            ),
            _table(reports, names, id="reports", heading="Reports", noun="report"),
            _table(
                others,
                names,
                id="others",
                heading="Everything else",
                noun="about",
                nameless=NOTHING,
            ),
            _table(
                models,
                {},
                id="models",
                heading="For what, by which model",
                noun="purpose and model",
            ),
        ),
    )


def _span_in_words(days: int) -> str:
    return "Today" if days == 1 else f"{days} days"


def _keys(rows: Breakdown) -> list[str]:
    return [share.values[0] for share in rows.rows]


def _table(
    found: Breakdown,
    names: dict[str, str],
    *,
    id: str,
    heading: str,
    noun: str,
    nameless: str = "",
) -> Table:
    """nameless: what calls are said to be about or paid by that do not say it"""
    lines = tuple(_line(share, names, nameless) for share in found.rows)
    words = "No call was made."
    if lines:
        words = f"Most was spent on {lines[0].label}: {lines[0].share.cost}."
    return Table(id, heading, noun, lines, found.rest, words)


def _line(share: Share, names: dict[str, str], nameless: str) -> Line:
    if len(share.values) > 1:
        service, purpose, model = share.values
        return Line(f"{purpose} · {model}", Service(service).label, "", share)
    key = share.values[0]
    name = names.get(key, "")
    # What is gone has no page any more.
    return Line(
        name or key or nameless, key if name else "", address_of(key) if name else "", share
    )


# --- What things are called, and where they are -------------------------------------
def address_of(words: str) -> str:
    """Return the desk's page of what “report 12” names; nothing where there is none."""
    found = NAMED.fullmatch(words)
    if found is None or found["noun"] not in NOUNS:
        return ""
    model = NOUNS[found["noun"]].replace(".", "_")
    return reverse(f"admin:{model}_change", args=[int(found["pk"])])


def names_of(keys: Sequence[str]) -> dict[str, str]:
    """Return what such as “briefing 3” is called, a query for each kind.

    What is gone is not in it.
    """
    wanted: dict[str, dict[int, str]] = {}
    for key in keys:
        found = NAMED.fullmatch(key)
        if found and found["noun"] in NOUNS:
            wanted.setdefault(found["noun"], {})[int(found["pk"])] = key
    named: dict[str, str] = {}
    for noun, by_pk in wanted.items():
        model = apps.get_model(NOUNS[noun])
        rows = model._default_manager.select_related(*NAMED_AFTER.get(noun, (None,)))
        named |= {by_pk[pk]: str(row)[:MAX_NAME_CHARS] for pk, row in rows.in_bulk(by_pk).items()}
    return named
