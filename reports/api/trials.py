"""The API of the prompt lab: have told stories told again in two ways, and compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from patriot.accounts.access import Restricted
from patriot.accounts.idempotency import Idempotent
from patriot.accounts.models import ApiKey, User
from patriot.ledger.models import Call
from patriot.lib.bodies import Body, TextField, WholeNumberField
from patriot.lib.desk import log_action
from patriot.lib.endpoints import DetailEndpoint, ListEndpoint, refuse_body, with_key
from patriot.lib.pagination import LastAddedFirst
from patriot.work.models import Job
from patriot.work.serializers import StartedJobSerializer
from reports.domain.comparing import Measures, in_words, measure
from reports.models import Claim, Prompt, Run, Section, Trial
from reports.pipeline import trials
from reports.pipeline.trial_answers import telling_of
from reports.pipeline.trial_inputs import Way
from reports.pipeline.trial_offers import (
    HIGHEST_CEILING,
    REPORTS_OFFERED,
    USUAL_CEILING,
    Offer,
    models_with_a_price,
    offer_for,
    prompts_beside,
)
from reports.pipeline.trials import MAX_STORIES, TRIABLE

MAX_ID = 2**63 - 1
MAX_MODEL_CHARS = 100
USUAL_STORIES = 4


# --- What is said -----------------------------------------------------------------
class TrialWishSerializer(Body):
    """Two ways to be compared, and on what."""

    prompt = WholeNumberField(
        min_value=1, max_value=MAX_ID, help_text="The candidate, by its id: see /api/v1/prompts/."
    )
    against = WholeNumberField(
        min_value=1,
        max_value=MAX_ID,
        allow_null=True,
        help_text="The prompt that it is compared with; null: what there is without a model.",
    )
    candidate_model = TextField(
        max_length=MAX_MODEL_CHARS,
        required=False,
        allow_blank=True,
        help_text="Empty, or left out: the one of each report's briefing.",
    )
    baseline_model = TextField(max_length=MAX_MODEL_CHARS, required=False, allow_blank=True)
    reports = serializers.ListField(
        child=WholeNumberField(min_value=1, max_value=MAX_ID),
        min_length=1,
        max_length=REPORTS_OFFERED,
        help_text=f"On which reports, by id: of the newest {REPORTS_OFFERED} that are published.",
    )
    stories_of_each = WholeNumberField(
        min_value=1,
        max_value=MAX_STORIES,
        default=USUAL_STORIES,
        help_text=f"The first ones; {MAX_STORIES} in all at most.",
    )
    ceiling_usd = serializers.DecimalField(
        min_value=Decimal(0),
        max_value=HIGHEST_CEILING,
        max_digits=10,
        decimal_places=2,
        default=USUAL_CEILING,
        help_text="What it may cost in all; what would cross it is not asked.",
    )


def refuse(field: str, sentence: str) -> serializers.ValidationError:
    return serializers.ValidationError({field: [sentence]})


def candidate_of(wish: Mapping[str, Any]) -> Prompt:
    """Return the prompt to be tried. Raises ValidationError."""
    triable = Prompt.objects.filter(purpose__in=TRIABLE).select_related("briefing")
    candidate = triable.filter(pk=wish["prompt"]).first()
    if candidate is None:
        raise refuse("prompt", f"There is no prompt {wish['prompt']} that can be tried.")
    return candidate


def baseline_of(wish: Mapping[str, Any], candidate: Prompt) -> Way:
    """Return what it is compared with. Raises ValidationError."""
    if wish["against"] is None:
        return Way(None)
    beside = {prompt.pk: prompt for prompt in prompts_beside(candidate)}
    if wish["against"] not in beside:
        raise refuse(
            "against",
            f"Prompt {wish['against']} is not one of its line, nor of the line of all briefings.",
        )
    model = wish.get("baseline_model", "")
    if wish["against"] == candidate.pk and model == wish.get("candidate_model", ""):
        raise refuse("against", "That is the same prompt by the same model: choose another.")
    return Way(beside[wish["against"]], model)


def refuse_unpriced(wish: Mapping[str, Any], known: Sequence[str]) -> None:
    """Raise ValidationError for a model whose calls could not be counted."""
    for field in ("candidate_model", "baseline_model"):
        if wish.get(field) and wish[field] not in known:
            raise refuse(field, f"No such model has a price; known here: {', '.join(known)}.")


def sections_of(wish: Mapping[str, Any], offer: Offer) -> list[Section]:
    """Return what it is tried on. Raises ValidationError."""
    offered = {report.pk: report for report in offer.reports}
    if unknown := sorted(set(wish["reports"]) - offered.keys()):
        raise refuse(
            "reports",
            f"Report {unknown[0]} is not one of the newest {REPORTS_OFFERED} that are published.",
        )
    found = [
        section
        for pk, report in offered.items()
        if pk in wish["reports"]
        for section in offer.of_report(report)[: wish["stories_of_each"]]
    ]
    if not found:
        raise refuse(
            "reports",
            "None of their stories can be told again: what they were told "
            "from is not kept, or nothing fell of them.",
        )
    if len(found) > MAX_STORIES:
        raise refuse(
            "stories_of_each",
            f"That would be {len(found)} stories, and a trial has room for {MAX_STORIES}.",
        )
    return found


# --- What is told -----------------------------------------------------------------
class TriablePromptSerializer(serializers.Serializer[Any]):
    """A prompt that can be tried; its words are at the desk."""

    id = serializers.IntegerField()
    purpose = serializers.ChoiceField(choices=[str(purpose) for purpose in TRIABLE])
    briefing = serializers.CharField(
        source="briefing.slug", default=None, allow_null=True, help_text="Null for all briefings."
    )
    number = serializers.IntegerField(help_text="Within its line.")
    is_live = serializers.BooleanField()
    note = serializers.CharField(help_text="What its author said of it.")
    created_at = serializers.DateTimeField()


class TrialSerializer(serializers.Serializer[Any]):
    """Two ways of telling the same stories."""

    id = serializers.IntegerField()
    url = serializers.HyperlinkedIdentityField(view_name="api:trial", lookup_url_kwarg="pk")
    prompt = serializers.IntegerField(source="candidate_id", help_text="The candidate.")
    against = serializers.IntegerField(
        source="baseline_id", allow_null=True, help_text="Null: told without a model."
    )
    candidate_model = serializers.CharField(help_text="Empty: the one of each briefing.")
    baseline_model = serializers.CharField()
    ceiling_usd = serializers.DecimalField(max_digits=10, decimal_places=2)
    created_at = serializers.DateTimeField()
    stopped_at = serializers.DateTimeField(allow_null=True)


class BegunTrialSerializer(TrialSerializer):
    """A trial that was begun, with its jobs."""

    jobs = serializers.SerializerMethodField(help_text="One for each story and way.")

    @extend_schema_field(StartedJobSerializer(many=True))
    def get_jobs(self, trial: Trial) -> Any:
        jobs = Job.objects.filter(subject=trial.subject).only("id", "kind").order_by("pk")
        return StartedJobSerializer(jobs, many=True, context=self.context).data


class MeasuresSerializer(serializers.Serializer[Any]):
    """One way in figures, on the stories that both ways told."""

    stories = serializers.IntegerField()
    tellable = serializers.IntegerField(help_text="Sections that can stand by themselves.")
    proposed = serializers.IntegerField(help_text="Sentences.")
    held = serializers.IntegerField(help_text="Sentences whose evidence code verified.")
    words = serializers.IntegerField()
    cost_usd = serializers.DecimalField(max_digits=14, decimal_places=6)
    seconds = serializers.FloatField()


class TriedSentenceSerializer(serializers.Serializer[Any]):
    """A sentence that was proposed, and what code says of it."""

    kind = serializers.ChoiceField(choices=Claim.Kind.choices)
    text = serializers.CharField()
    is_told = serializers.BooleanField(help_text="Whether the section would keep it.")
    reason = serializers.CharField(help_text="Why it falls; empty if it holds.")


class RunSerializer(serializers.Serializer[Any]):
    """One story told in one of the two ways."""

    story = serializers.IntegerField(source="section.story_id")
    report = serializers.IntegerField(source="section.revision.report_id")
    side = serializers.ChoiceField(choices=Run.Side.choices)
    state = serializers.ChoiceField(choices=Run.State.choices)
    analyst = serializers.CharField(help_text="Who wrote it; may be empty.")
    sentence = serializers.CharField(
        help_text="Why there is no answer, or why no model gave it; may be empty."
    )
    sentences = serializers.SerializerMethodField(help_text="Nothing of it is published.")

    @extend_schema_field(TriedSentenceSerializer(many=True))
    def get_sentences(self, run: Run) -> Any:
        return TriedSentenceSerializer(run.output.get("sentences", []), many=True).data


class TrialOutcomeSerializer(TrialSerializer):
    """A trial with what came of it so far."""

    waiting = serializers.IntegerField(help_text="Answers still to come.")
    unanswered = serializers.IntegerField(help_text="Answers that will not come.")
    cost_usd = serializers.DecimalField(
        max_digits=14, decimal_places=6, help_text="What was paid for it so far."
    )
    in_words = serializers.CharField(
        help_text="How the two compare, for people; empty before one story is told in both ways."
    )
    candidate = MeasuresSerializer()
    baseline = MeasuresSerializer()
    runs = RunSerializer(many=True)

    def to_representation(self, trial: Trial) -> dict[str, Any]:
        runs = list(
            trial.runs.select_related("section__revision").order_by("section_id", "side", "pk")
        )
        states = [run.state for run in runs]
        paid = Call.objects.filter(subject=trial.subject).values_list("cost_usd", flat=True)
        candidate, baseline = compared(runs)
        told = {
            "waiting": states.count(Run.State.WAITING),
            "unanswered": states.count(Run.State.FAILED),
            "cost_usd": sum(paid, start=Decimal(0)),
            "in_words": in_words(candidate, baseline) if candidate.stories else "",
            "candidate": candidate,
            "baseline": baseline,
            "runs": runs,
        }
        fields = {name: getattr(trial, name, None) for name in PLAIN} | {"pk": trial.pk}
        return super().to_representation(Telling(fields | told))


PLAIN = (
    *("id", "candidate_id", "baseline_id", "candidate_model", "baseline_model", "ceiling_usd"),
    *("created_at", "stopped_at"),
)


class Telling:
    """A trial with what came of it, as a serializer reads it."""

    def __init__(self, members: Mapping[str, Any]) -> None:
        self.__dict__.update(members)


def compared(runs: Sequence[Run]) -> tuple[Measures, Measures]:
    """Return both ways in figures, on the stories that both told."""
    done: dict[int, dict[str, Run]] = {}
    for run in runs:
        if run.state == Run.State.DONE:
            done.setdefault(run.section_id, {})[run.side] = run
    both = [sides for sides in done.values() if len(sides) == len(Run.Side)]
    candidate, baseline = (
        measure(telling_of(sides[side]) for sides in both)
        for side in (Run.Side.CANDIDATE, Run.Side.BASELINE)
    )
    return candidate, baseline


# --- The addresses ----------------------------------------------------------------
class PromptList(Restricted, ListEndpoint):
    """List the prompts that can be tried, the newest first."""

    serializer_class = TriablePromptSerializer
    scope = ApiKey.Scope.TRY_PROMPTS
    pagination_class = LastAddedFirst

    def get_queryset(self) -> QuerySet[Any]:
        return Prompt.objects.filter(purpose__in=TRIABLE).select_related("briefing").defer("text")


class TrialDetail(Restricted, DetailEndpoint):
    """One trial with what came of it so far: poll it until nothing is waiting."""

    serializer_class = TrialOutcomeSerializer
    scope = ApiKey.Scope.TRY_PROMPTS
    problem_codes = ("permission_denied", "not_found")
    noun = "trial"

    def get_queryset(self) -> QuerySet[Any]:
        return Trial.objects.all()


WISH = {"prompt": 7, "against": 3, "reports": [12], "stories_of_each": 2, "ceiling_usd": "0.50"}


class BeginTrial(Idempotent, Restricted):
    """Have told stories told again in two ways, from the passages that they were told from.

    It is begun, not finished, when the answer comes: follow Location until nothing is waiting. What
    comes out is verified like everything and published nowhere. It may cost up to its ceiling,
    within the ceilings of the house.
    """

    serializer_class = BegunTrialSerializer
    scope = ApiKey.Scope.TRY_PROMPTS
    problem_codes = (
        *("permission_denied", "in_progress", "outcome_unknown", "too_large"),
        *("unsupported_media_type", "key_reused"),
    )
    success = 202
    located_by = "url"

    @extend_schema(
        request=TrialWishSerializer,
        examples=[
            OpenApiExample("Two prompts on two stories", value=WISH, request_only=True),
        ],
    )
    def post(self, request: Request) -> Response:
        self.query = self.query_class.read(request)
        asked = TrialWishSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wish = asked.validated_data
        now = timezone.now()  # noqa: TID251 (an interface)
        candidate = candidate_of(wish)
        baseline = baseline_of(wish, candidate)
        refuse_unpriced(wish, models_with_a_price(now))
        sections = sections_of(wish, offer_for(candidate, reports=REPORTS_OFFERED))

        def begun() -> Any:
            trial = trials.begin(
                candidate=candidate,
                candidate_model=wish.get("candidate_model", ""),
                baseline=baseline,
                sections=sections,
                ceiling=wish["ceiling_usd"],
                author=request.user if isinstance(request.user, User) else None,
                now=now,
            )
            log_action(
                request._request, Trial.objects.filter(pk=trial.pk), f"Begun{with_key(request)}"
            )
            return self.get_serializer(trial).data

        return self.done_once(request, begun, status=self.success)


class StopTrial(Idempotent, Restricted):
    """Stop a trial: ask nothing more. What is answered stays. Send no body."""

    serializer_class = TrialSerializer
    scope = ApiKey.Scope.TRY_PROMPTS
    problem_codes = (
        *("permission_denied", "not_found", "in_progress", "outcome_unknown"),
        *("unsupported_media_type", "key_reused"),
    )

    def get_queryset(self) -> QuerySet[Any]:
        return Trial.objects.all()

    @extend_schema(request=None)
    def post(self, request: Request, pk: int) -> Response:
        self.query = self.query_class.read(request)
        refuse_body(request)
        trial = self.get_queryset().filter(pk=pk).first()
        if trial is None:
            raise NotFound(f"There is no trial {pk}.")

        def stopped() -> Any:
            trials.stop(trial, timezone.now())  # noqa: TID251 (an interface)
            log_action(request._request, Trial.objects.filter(pk=pk), f"Stopped{with_key(request)}")
            trial.refresh_from_db()
            return self.get_serializer(trial).data

        return self.done_once(request, stopped, status=self.success)
