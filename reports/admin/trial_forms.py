"""The two ways to begin a trial: of a prompt on one told story, and in the lab on many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from reports.models import Prompt, Report, Section
from reports.pipeline.trial_inputs import Way
from reports.pipeline.trial_offers import (
    HIGHEST_CEILING,
    USUAL_CEILING,
    Offer,
    models_with_a_price,
    prompts_beside,
)
from reports.pipeline.trials import MAX_STORIES

# A list to choose one story from is no longer than this many reports.
REPORTS_WITH_STORIES = 8
TITLE_CHARS = 90
WITHOUT_MODEL = "none"


class TrialForm(forms.Form):
    """What to compare a prompt with, by which models, and what that may cost."""

    against = forms.ChoiceField(label="Compare with")
    candidate_model = forms.ChoiceField(label="Model of the candidate", required=False)
    baseline_model = forms.ChoiceField(
        label="Model of the other",
        required=False,
        help_text="The same prompt by two models compares the models.",
    )
    ceiling = forms.DecimalField(
        label="At most, USD",
        min_value=0,
        max_value=HIGHEST_CEILING,
        max_digits=10,
        decimal_places=2,
        initial=USUAL_CEILING,
        help_text="What would cross it is not asked. The ceilings of the house hold as well.",
    )

    def __init__(self, *args: Any, candidate: Prompt, offer: Offer, now: datetime, **kw: Any):
        super().__init__(*args, **kw)
        self.candidate, self.offer = candidate, offer
        self.others = {str(prompt.pk): prompt for prompt in prompts_beside(candidate)}
        self._choices("against", list(self._against()))
        self.fields["against"].initial = self._usual()
        models = [
            ("", "the one of each report’s briefing"),
            *((name, name) for name in models_with_a_price(now)),
        ]
        self._choices("candidate_model", models)
        self._choices("baseline_model", models)

    def _choices(self, name: str, choices: Any) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined] # a choice field

    def _against(self) -> Iterator[tuple[str, str]]:
        for pk, prompt in self.others.items():
            is_same = prompt.pk == self.candidate.pk
            marks = ", ".join(
                filter(None, ["live" if prompt.is_live else "", "this one" if is_same else ""])
            )
            whose = prompt.briefing or "all briefings"
            yield pk, f"no. {prompt.number} of {whose}{f' ({marks})' if marks else ''}"
        yield WITHOUT_MODEL, without_model(self.candidate)

    def _usual(self) -> str:
        """Return the live number; for the live one itself, the number before it."""
        others = [one for one in self.others.values() if one.pk != self.candidate.pk]
        live = [one for one in others if one.is_live]
        own = [one for one in live if one.briefing_id == self.candidate.briefing_id]
        earlier = [one for one in others if one.number < self.candidate.number]
        found = (own or ([] if self.candidate.is_live else live)) or earlier
        return str(found[0].pk) if found else WITHOUT_MODEL

    @property
    def baseline(self) -> Way:
        """With what it is compared."""
        prompt = self.others.get(self.cleaned_data["against"])
        return Way(prompt, self.cleaned_data["baseline_model"] if prompt else "")

    def clean(self) -> dict[str, Any]:
        """Refuse to compare a thing with itself."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        is_same = cleaned.get("against") == str(self.candidate.pk)
        if is_same and cleaned.get("candidate_model") == cleaned.get("baseline_model"):
            self.add_error("against", "That is the same prompt by the same model: choose another.")
        return cleaned

    @property
    def sections(self) -> list[Section]:
        """On what it is tried."""
        raise NotImplementedError


class TryForm(TrialForm):
    """One story."""

    story = forms.ChoiceField(label="Story")
    field_order = ("story", "against")

    def __init__(self, *args: Any, **kw: Any):
        super().__init__(*args, **kw)
        offered = groupby(self.offer.sections, key=lambda section: section.revision_id)
        names = {report.current_id: str(report) for report in self.offer.reports}
        groups = [
            (names[revision], [(str(each.pk), line_of(each)) for each in sections])
            for revision, sections in offered
        ]
        self._choices("story", groups)

    @property
    def sections(self) -> list[Section]:
        chosen = self.cleaned_data["story"]
        return [section for section in self.offer.sections if str(section.pk) == chosen]


class LabForm(TrialForm):
    """Whole reports."""

    reports = forms.MultipleChoiceField(
        label="Reports", widget=forms.CheckboxSelectMultiple, required=True
    )
    each = forms.IntegerField(
        label="Stories of each",
        min_value=1,
        max_value=MAX_STORIES,
        initial=4,
        help_text=f"The first ones; {MAX_STORIES} in all at most.",
    )
    field_order = ("reports", "each", "against")

    def __init__(self, *args: Any, **kw: Any):
        super().__init__(*args, **kw)
        counts = [(report, len(self.offer.of_report(report))) for report in self.offer.reports]
        choices = [(str(report.pk), counted(report, count)) for report, count in counts if count]
        self._choices("reports", choices)
        self.fields["reports"].initial = [pk for pk, _ in choices[:1]]

    def clean_each(self) -> int:
        """Refuse more stories than a trial has room for."""
        each = int(self.cleaned_data["each"])
        wanted = sum(min(each, len(stories)) for stories in self._stories())
        if wanted > MAX_STORIES:
            raise ValidationError(
                f"That would be {wanted} stories, and a trial has room for {MAX_STORIES}: choose "
                "fewer reports, or fewer stories of each."
            )
        return each

    @property
    def sections(self) -> list[Section]:
        each = self.cleaned_data["each"]
        return [section for stories in self._stories() for section in stories[:each]]

    def _stories(self) -> Sequence[list[Section]]:
        chosen = self.cleaned_data.get("reports", [])
        return [
            self.offer.of_report(report)
            for report in self.offer.reports
            if str(report.pk) in chosen
        ]


def without_model(candidate: Prompt) -> str:
    """Return what a prompt of this purpose would be worth: what there is without it."""
    if candidate.purpose == Prompt.Purpose.REPAIR:
        return "nothing mended: what fell is left out"
    return "the local analyst: no model, no cost"


def line_of(section: Section) -> str:
    """Return a section as one chooses it from a list."""
    title = section.story.title
    short = title if len(title) <= TITLE_CHARS else f"{title[:TITLE_CHARS].rstrip()}…"
    outlets = "1 outlet" if section.outlet_count == 1 else f"{section.outlet_count} outlets"
    return f"{section.position}. {short} ({outlets})"


def counted(report: Report, stories: int) -> str:
    """Return a report as one chooses it from a list."""
    return f"{report}: {stories} {'story' if stories == 1 else 'stories'}"
