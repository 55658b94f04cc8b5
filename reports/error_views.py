"""What readers see who found an error: the form about a sentence, and what came of it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods, require_safe

from patriot.accounts.throttling import address_of, neighborhood_of, take, too_many_requests
from patriot.lib.rates import Rate
from reports.models import Claim, ErrorReport
from reports.pipeline.error_reports import (
    MAX_CHARS,
    NotTaken,
    sentence_of_readers,
    take_error_report,
)

# Of one household; who finds more errors than this in an hour may write a letter.
ALLOWED = Rate.parse("10/hour")
# About one sentence, of one network: a few addresses must not use up what the desk takes of all
# readers together.
ALLOWED_OF_SENTENCE = Rate.parse("4/day")


class ErrorForm(forms.Form):
    """What is wrong, and with which sentence of a story."""

    text = forms.CharField(
        label="What is wrong?",
        max_length=MAX_CHARS,
        help_text=f"Up to {MAX_CHARS:,} characters. If you can, say where the right words stand. "
        "Please leave out names and addresses of your own: we cannot write back.",
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": "Please say what is wrong."},
    )
    sentence = forms.TypedChoiceField(
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "This sentence is not of this story."},
    )

    def __init__(self, *args: Any, claims: list[Claim], **options: Any) -> None:
        super().__init__(*args, **options)
        chosen: Any = self.fields["sentence"]
        chosen.choices = [(claim.pk, claim.text) for claim in claims]


@require_http_methods(["GET", "HEAD", "POST"])
def new_error(request: HttpRequest, number: int) -> HttpResponse:
    """Ask what is wrong with a sentence; keep it, and lead to the page of what comes of it."""
    claim = sentence_of_readers(number)
    report = claim.section.revision.report if claim else None
    if claim is None or report is None or not (report.is_published or report.is_withdrawn):
        raise Http404("There is no such sentence.")
    if report.is_withdrawn:
        context = {"report": report, "here": "archive"}
        return render(request, "reports/withdrawn.html", context, status=HTTPStatus.GONE)
    claims = list(claim.section.claims.order_by("position"))
    form = ErrorForm(
        request.POST if request.method == "POST" else None,
        claims=claims,
        initial={"sentence": claim.pk},
    )
    if request.method != "POST" or not form.is_valid():
        return _form(request, claim, form)
    return _taken(request, claim, form, claims)


def _taken(
    request: HttpRequest, claim: Claim, form: ErrorForm, claims: list[Claim]
) -> HttpResponse:
    now = timezone.now()  # noqa: TID251 (an interface)
    verdict = take(f"error report {address_of(request)}", rate=ALLOWED, now=now)
    if not verdict.is_allowed:
        return too_many_requests(request, verdict)
    meant = next(one for one in claims if one.pk == form.cleaned_data["sentence"])
    name = f"error report {meant.origin or meant.pk} {neighborhood_of(request)}"
    verdict = take(name, rate=ALLOWED_OF_SENTENCE, now=now)
    if not verdict.is_allowed:
        return too_many_requests(request, verdict)
    try:
        taken = take_error_report(meant, text=form.cleaned_data["text"], now=now)
    except NotTaken as error:
        form.add_error("text", str(error))
        return _form(request, claim, form)
    return redirect(taken)


def _form(request: HttpRequest, claim: Claim, form: ErrorForm) -> HttpResponse:
    evidence = claim.evidence.order_by("position").select_related("passage__article__publisher")
    context = {
        "claim": claim,
        "report": claim.section.revision.report,
        "evidence": evidence.defer("passage__article__text", "passage__article__html"),
        "form": form,
        "here": "corrections",
    }
    return _private(render(request, "reports/new_error.html", context))


@require_safe
def error_report(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show what a reader reported, and what came of it."""
    rows = ErrorReport.objects.select_related(
        "claim__section__revision__report__briefing", "correction"
    ).defer("claim__section__revision__record")
    found = get_object_or_404(rows, public_id=public_id)
    context = {
        "error": found,
        "report": found.claim.section.revision.report,
        "here": "corrections",
    }
    return _private(render(request, "reports/error_report.html", context))


def _private(response: HttpResponse) -> HttpResponse:
    """Have nobody keep or list what is between a reader and the desk."""
    response["X-Robots-Tag"] = "noindex, nofollow"
    patch_cache_control(response, private=True, no_store=True)
    return response
