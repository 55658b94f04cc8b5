"""The moves of a report on the desk: who may make which, when, and what it asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.http import HttpRequest

from reports.domain.gates import red
from reports.models import Report
from reports.pipeline import publish, review
from reports.pipeline.gates import examine

MAX_REASON_CHARS = 1_000
State = Report.State


@dataclass(frozen=True, slots=True)
class Move:
    """One way out of a state."""

    name: str
    """Part of its address."""
    label: str
    done: str
    """What it then says of the report: “… is held.”"""
    right: str
    """The permission it takes, without its app and model, such as “publish”."""
    among: frozenset[Report.State]
    """The states it leads out of."""
    act: Callable[[Report, str, datetime, int | None], None]
    """Called with the report as the editor saw it, the reason, the time, and the text he saw."""
    asks: str = ""
    """What the reason is for; empty where none is needed."""
    means: str = ""
    """What becomes of the report, above the question for the reason."""

    def is_allowed(self, request: HttpRequest) -> bool:
        """Tell whether the user may make this move, in whatever state a report is."""
        return request.user.has_perm(f"reports.{self.right}_report")


MOVES = (
    Move(
        "submit",
        "Submit for review",
        "in review",
        "submit",
        review.SUBMITTABLE,
        lambda report, reason, now, text: review.submit(report),
    ),
    Move(
        "publish",
        "Publish",
        "published",
        "publish",
        publish.FINISHED,
        lambda report, reason, now, text: publish.publish_as_seen(report, now=now, text=text),
    ),
    Move(
        "send-back",
        "Send back …",
        "a draft again",
        "submit",
        review.RETURNABLE,
        lambda report, reason, now, text: review.send_back(report, reason=reason),
        asks="Stands in the report's history, for whoever wrote it.",
        means="It becomes a draft again.",
    ),
    Move(
        "hold",
        "Hold …",
        "held",
        "publish",
        review.HOLDABLE,
        lambda report, reason, now, text: review.hold(report, reason=reason),
        asks="For the desk; readers never see it.",
        means="Readers see nothing of it until somebody publishes it after all.",
    ),
    Move(
        "end-hold",
        "Back to draft …",
        "a draft again",
        "publish",
        review.HELD,
        lambda report, reason, now, text: review.end_hold(report, reason=reason),
        asks="Stands in the report's history, for whoever wrote it.",
        means="The hold ends, and the report becomes a draft again.",
    ),
    Move(
        "withdraw",
        "Withdraw …",
        "withdrawn",
        "publish",
        frozenset({State.PUBLISHED}),
        lambda report, reason, now, text: publish.withdraw_report(report, reason=reason, now=now),
        asks="For readers: it stands on the report's page from now on, and in the API.",
        means="Search drops it; feeds and the archive say that it was withdrawn. Its page stays, "
        "and gives your reason instead of the text. This cannot be undone.",
    ),
)
REFUSED_BY_PUBLISHING = frozenset({"text", "evidence"})
BY_NAME = {move.name: move for move in MOVES}


class ReasonForm(forms.Form):
    """Why a report is moved."""

    reason = forms.CharField(
        max_length=MAX_REASON_CHARS, widget=forms.Textarea(attrs={"rows": 3, "cols": 60})
    )


def reason_form(move: Move, request: HttpRequest) -> ReasonForm:
    """Return the form that asks for a move's reason, filled if it was sent."""
    form = ReasonForm(request.POST if "reason" in request.POST else None)
    form.fields["reason"].help_text = move.asks
    return form


def moves_now(report: Report, request: HttpRequest) -> list[Move]:
    """Return the moves that this user may make with the report as it is."""
    return [move for move in MOVES if report.state in move.among and move.is_allowed(request)]


def doubts_of(report: Report, move: Move, request: HttpRequest) -> list[str]:
    """Return what is not green of a text that somebody publishes, unless they said “all the same”.

    What publishing itself refuses, such as a sentence that does not hold, is not among them.
    """
    if move.name != "publish" or "despite" in request.POST or report.state not in move.among:
        return []
    newest = report.revisions.order_by("number").last()
    if newest is None:
        return []
    doubtful = red(examine(newest).gates)
    return [gate.sentence for gate in doubtful if gate.name not in REFUSED_BY_PUBLISHING]
