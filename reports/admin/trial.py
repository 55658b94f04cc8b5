"""Trials on the desk: two ways of telling the same stories, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from patriot.ledger.models import Call
from patriot.ledger.prices import exact_dollars
from patriot.lib.desk import ReadOnlyAdmin, log_action
from reports.admin.trial_forms import without_model
from reports.domain.analysis import Kind
from reports.domain.comparing import (
    DiffLine,
    Measures,
    Telling,
    diff,
    difference,
    in_words,
    measure,
    percent,
    told_by_kind,
)
from reports.models import Claim, Prompt, Run, Section, Trial
from reports.pipeline.trial_answers import telling_of
from reports.pipeline.trials import stop

RUN = "reports.run_trial"
PROMOTE = "reports.promote_prompt"


# --- What the page shows ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quotation as it was proposed."""

    text: str
    outlet: str
    language: str


@dataclass(frozen=True, slots=True)
class Line:
    """A proposed sentence, ready to be shown."""

    kind: str
    text: str
    language: str
    """Of its first quotation; empty if that stands nowhere."""
    reason: str
    """Why code dropped it; empty if it holds."""
    is_told: bool
    quotes: tuple[Quoted, ...]


@dataclass(frozen=True, slots=True)
class SideOfStory:
    """A story told in one of the two ways."""

    run: Run
    name: str
    telling: Telling | None
    """None as long as there is no answer, and where there will be none."""
    lines: tuple[Line, ...]

    @property
    def in_short(self) -> str:
        """How it went, in a few words."""
        telling = self.telling
        if telling is None:
            return "waiting for its turn" if self.run.state == Run.State.WAITING else "no answer"
        share = f"{telling.held} of {len(telling.sentences)} sentences hold"
        stands = "" if telling.is_tellable else ", no section by itself"
        spent = self.run.output["spent"]
        took = f" · {exact_dollars(telling.cost_usd)} · {telling.seconds:.1f} s" if spent else ""
        return f"{share}{stands} · {telling.words} words{took}"


@dataclass(frozen=True, slots=True)
class Changed:
    """What differs under one heading of a section, word by word."""

    heading: str
    pieces: tuple[DiffLine, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """One story, told in both ways."""

    section: Section
    candidate: SideOfStory
    baseline: SideOfStory

    @property
    def sides(self) -> tuple[SideOfStory, SideOfStory]:
        return self.baseline, self.candidate

    @property
    def is_over(self) -> bool:
        """Both ways have an answer: only such stories are compared."""
        return self.candidate.telling is not None and self.baseline.telling is not None

    @property
    def had_other_input(self) -> bool:
        """The two were not given quite the same."""
        given = {side.run.material_hash for side in self.sides if side.telling is not None}
        return len(given) > 1

    @property
    def changes(self) -> tuple[Changed, ...]:
        """What the section would say otherwise, from the other way to the candidate's."""
        if self.candidate.telling is None or self.baseline.telling is None:
            return ()
        before, after = self.baseline.telling.sentences, self.candidate.telling.sentences
        texts = ((kind, told_by_kind(before, kind), told_by_kind(after, kind)) for kind in Kind)
        return tuple(
            Changed(str(Claim.Kind(kind).label), tuple(difference(one, other)))
            for kind, one, other in texts
            if one != other
        )


@dataclass(frozen=True, slots=True)
class Figure:
    """A row of the comparison."""

    label: str
    candidate: str
    baseline: str


@dataclass(frozen=True, slots=True)
class TrialPage:
    """A trial, ready to be set."""

    candidate: str
    baseline: str
    stories: tuple[Story, ...]
    compared: int
    """How many stories have an answer in both ways."""
    waiting: int
    """How many answers are still to come."""
    unanswered: int
    words: str
    figures: tuple[Figure, ...]
    diff: tuple[DiffLine, ...]
    """What the candidate's words change; nothing where it is compared with no other prompt."""
    calls: int
    paid: str


def trial_page(trial: Trial) -> TrialPage:
    """Read it in a number of queries that does not grow with the trial."""
    names = names_of(trial)
    runs = list(
        trial.runs.select_related("section__story", "section__revision__report__briefing").order_by(
            "section__revision__report_id", "section__position", "section_id", "side"
        )
    )
    stories = tuple(
        _story(list(pair), names) for _, pair in groupby(runs, key=lambda run: run.section_id)
    )
    over = [story for story in stories if story.is_over]
    candidate = measure(each.candidate.telling for each in over if each.candidate.telling)
    baseline = measure(each.baseline.telling for each in over if each.baseline.telling)
    calls = list(Call.objects.filter(subject=trial.subject).values_list("cost_usd", flat=True))
    states = [run.state for run in runs]
    return TrialPage(
        candidate=names[Run.Side.CANDIDATE],
        baseline=names[Run.Side.BASELINE],
        stories=stories,
        compared=len(over),
        waiting=states.count(Run.State.WAITING),
        unanswered=states.count(Run.State.FAILED),
        words=in_words(candidate, baseline) if over else "",
        figures=figures_of(candidate, baseline) if over else (),
        diff=tuple(diff(trial.baseline.text, trial.candidate.text)) if trial.baseline else (),
        calls=len(calls),
        paid=exact_dollars(sum(calls, start=Decimal(0))),
    )


def names_of(trial: Trial) -> dict[str, str]:
    """Return what each of the two ways is called."""
    baseline = without_model(trial.candidate)
    if trial.baseline is not None:
        baseline = name_of(trial.baseline, trial.baseline_model)
    candidate = name_of(trial.candidate, trial.candidate_model)
    return {Run.Side.CANDIDATE: candidate, Run.Side.BASELINE: baseline}


def name_of(prompt: Prompt, model: str) -> str:
    """Return such as “no. 3 of all briefings, by claude-haiku-5-5”."""
    whose = prompt.briefing or "all briefings"
    return f"no. {prompt.number} of {whose}{f', by {model}' if model else ''}"


def _story(runs: Sequence[Run], names: dict[str, str]) -> Story:
    sides = {run.side: _side(run, names[run.side]) for run in runs}
    return Story(runs[0].section, sides[Run.Side.CANDIDATE], sides[Run.Side.BASELINE])


def _side(run: Run, name: str) -> SideOfStory:
    if run.state != Run.State.DONE:
        return SideOfStory(run, name, None, ())
    lines = tuple(map(_line, run.output["sentences"]))
    return SideOfStory(run, name, telling_of(run), lines)


def _line(sentence: dict[str, Any]) -> Line:
    quotes = tuple(
        Quoted(quote["text"], quote["outlet"], quote["language"]) for quote in sentence["quotes"]
    )
    return Line(
        kind=str(Claim.Kind(sentence["kind"]).label),
        text=sentence["text"],
        language=quotes[0].language if quotes else "",
        reason=sentence["reason"],
        is_told=sentence["is_told"],
        quotes=quotes,
    )


def figures_of(candidate: Measures, baseline: Measures) -> tuple[Figure, ...]:
    """Return the two in figures, on the stories that both told."""

    def row(label: str, say: Any) -> Figure:
        return Figure(label, say(candidate), say(baseline))

    return (
        row("sentences proposed", lambda of: f"{of.proposed:,}"),
        row("of these, hold", lambda of: "none" if of.share is None else percent(of.share)),
        row("dropped", lambda of: f"{of.dropped:,}"),
        row("sections that can stand", lambda of: f"{of.tellable} of {of.stories}"),
        row("words of a story", lambda of: f"{of.words_each:.0f}"),
        row("cost of the answers", lambda of: exact_dollars(of.cost_usd)),
        row("seconds of a story", lambda of: f"{of.seconds / of.stories:.1f}"),
    )


# --- The desk ---------------------------------------------------------------------------------


@admin.register(Trial)
class TrialAdmin(ReadOnlyAdmin):
    """Shown, and stopped; begun from the page of a prompt."""

    change_form_template = "admin/reports/trial/change_form.html"
    list_display = ("name", "candidate", "against", "progress", "author", "created_at")
    list_filter = ("candidate__purpose", ("candidate__briefing", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("candidate__briefing", "baseline__briefing", "author")
    search_fields = ("candidate__note", "author__username")
    ordering = ("-pk",)
    fields = (("candidate", "against"), ("author", "created_at"), ("ceiling_usd", "progress"))
    readonly_fields = ("against", "progress")

    def get_urls(self) -> list[Any]:
        """Add “stop”."""
        guarded = self.admin_site.admin_view
        return [
            path("<int:pk>/stop/", guarded(self.stop), name="reports_trial_stop"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        every: QuerySet[Any] = super().get_queryset(request)
        related = every.select_related(*self.list_select_related)
        trials: QuerySet[Any] = related.annotate(
            run_total=Count("runs"),
            run_over=Count("runs", filter=~Q(runs__state=Run.State.WAITING)),
        )
        return trials

    @admin.display(description="trial", ordering="pk")
    def name(self, trial: Trial) -> str:
        return f"trial {trial.pk}"

    @admin.display(description="compared with")
    def against(self, trial: Trial) -> str:
        return names_of(trial)[Run.Side.BASELINE]

    @admin.display(description="answers")
    def progress(self, trial: Any) -> str:
        so_far = f"{trial.run_over} of {trial.run_total}"
        return f"{so_far}, stopped" if trial.stopped_at else so_far

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kw: Any) -> Any:
        """Add the comparison, and what can be done."""
        trial = context["original"]
        page = trial_page(trial)
        candidate = trial.candidate
        context |= {
            "page": page,
            "can_stop": page.waiting and not trial.stopped_at and request.user.has_perm(RUN),
            "can_try": request.user.has_perm(RUN),
            "can_promote": not candidate.is_live and request.user.has_perm(PROMOTE),
        }
        return super().render_change_form(request, context, *args, **kw)

    def stop(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask nothing more."""
        return require_POST(self._stop)(request, pk)

    def _stop(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not request.user.has_perm(RUN):
            raise PermissionDenied
        trial = get_object_or_404(Trial, pk=pk)
        left = stop(trial, timezone.now())  # noqa: TID251 (an interface)
        log_action(request, Trial.objects.filter(pk=pk), "Stopped.")
        said = f"Stopped: {left} answers are not asked for." if left else "Nothing was waiting."
        self.message_user(request, said, messages.SUCCESS if left else messages.WARNING)
        return redirect("admin:reports_trial_change", pk)
