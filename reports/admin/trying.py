"""The two ways to begin a trial of a prompt, and the pages that ask what is to be tried on what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from patriot.ledger.prices import exact_dollars
from patriot.lib.desk import log_action
from reports import tasks
from reports.admin.trial import RUN
from reports.admin.trial_forms import (
    REPORTS_WITH_STORIES,
    LabForm,
    TrialForm,
    TryForm,
)
from reports.models import Prompt, Trial
from reports.pipeline import trials
from reports.pipeline.trial_offers import REPORTS_OFFERED, offer_for
from reports.pipeline.trials import TRIABLE


@dataclass(frozen=True, slots=True)
class Way:
    """A way to begin a trial."""

    name: str
    title: str
    means: str
    form: type[TrialForm]
    reports: int
    """From how many reports one may choose."""


TRY = Way(
    "try",
    "Try it on a story",
    "One story of a published report is told again, from the very passages that it was told from: "
    "by this number, and by what it is compared with.",
    TryForm,
    REPORTS_WITH_STORIES,
)
LAB = Way(
    "lab",
    "Try it in the lab",
    "The stories of published reports are told again, from the very passages that they were told "
    "from: by this number, and by what it is compared with, side by side.",
    LabForm,
    REPORTS_OFFERED,
)
NOTHING_TO_TRY = {
    Prompt.Purpose.ANALYZE: "There is nothing yet to try it on: no report has been published, or "
    "none keeps what it was told from.",
    Prompt.Purpose.REPAIR: "There is nothing to try it on: in no report of late did a sentence "
    "fall that a model wrote.",
}


def may_try(request: HttpRequest, prompt: Prompt) -> bool:
    """Tell whether the user may have this prompt tried."""
    return prompt.purpose in TRIABLE and request.user.has_perm(RUN)


def begin(request: HttpRequest, pk: int, way: Way, *, site: AdminSite) -> HttpResponse:
    """Ask what a prompt is to be tried on, and begin."""
    if not request.user.has_perm(RUN):
        raise PermissionDenied
    prompt = get_object_or_404(Prompt.objects.select_related("briefing"), pk=pk)
    if prompt.purpose not in TRIABLE:
        raise Http404("Such a prompt cannot be tried on a story.")
    now = timezone.now()  # noqa: TID251 (an interface)
    offer = offer_for(prompt, reports=way.reports)
    form = way.form(request.POST or None, candidate=prompt, offer=offer, now=now)
    if request.method == "POST" and form.is_valid():
        return _begun(request, form, now)
    context = site.each_context(request) | {
        "title": way.title,
        "opts": Prompt._meta,
        "original": prompt,
        "way": way,
        "other": LAB if way is TRY else TRY,
        "form": form,
        "nothing": "" if offer.sections else NOTHING_TO_TRY[Prompt.Purpose(prompt.purpose)],
        "has_model": tasks.writers().claude is not None,
    }
    return TemplateResponse(request, "admin/reports/trial/begin.html", context)


def _begun(request: HttpRequest, form: TrialForm, now: datetime) -> HttpResponse:
    trial = trials.begin(
        candidate=form.candidate,
        candidate_model=form.cleaned_data["candidate_model"],
        baseline=form.baseline,
        sections=form.sections,
        ceiling=form.cleaned_data["ceiling"],
        author=request.user,  # type: ignore[arg-type] # the desk knows no strangers
        now=now,
    )
    log_action(request, Trial.objects.filter(pk=trial.pk), "Begun.")
    most = trials.at_most(trial, writers=tasks.writers(), now=now)
    messages.success(
        request,
        f"Begun: it costs {exact_dollars(min(most, trial.ceiling_usd))} at most. "
        "Answers come one by one: load this page again to see them.",
    )
    return redirect("admin:reports_trial_change", trial.pk)
