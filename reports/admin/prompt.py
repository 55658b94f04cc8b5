"""Prompts on the desk: who wrote which number and why, what changed, and which one is live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from patriot.lib.desk import ModelAdmin, ModelForm, log_action
from patriot.lib.text import clean_text
from reports import prompts
from reports.admin.trial import PROMOTE
from reports.admin.trying import LAB, TRY, begin, may_try
from reports.domain.comparing import diff
from reports.models import Prompt, Report, Revision, Trial
from reports.pipeline.prompts import draft_prompt, promote, retire, write_prompt
from reports.pipeline.trials import TRIABLE

REPORTS_SHOWN = 20
TRIALS_SHOWN = 10
NUMBERS_SHOWN = 50
OTHERS_TOLD = 5
NOT_LIVE = "No report uses it until somebody makes it live."


class PromptForm(ModelForm):
    """The next number of a prompt."""

    is_proposal = forms.BooleanField(
        label="Only a proposal for now",
        required=False,
        help_text="To be tried first: what is live stays live.",
    )
    # Which prompt the form was opened for, and its newest number then: such as “analyze 7 3”.
    opened = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)

    class Meta:
        model = Prompt
        fields = ("purpose", "briefing", "text", "note")
        widgets = {
            "text": forms.Textarea(attrs={"rows": 28, "cols": 80, "spellcheck": "true"}),
            "note": forms.TextInput(attrs={"class": "vTextField"}),
        }

    def clean_text(self) -> str:
        """Keep nothing that hides: what people read is what the model reads."""
        # One character more than is allowed, so that too long a text is refused, not cut.
        return clean_text(str(self.cleaned_data["text"]), max_chars=prompts.MAX_CHARS + 1)

    def clean(self) -> dict[str, Any]:
        """Check the placeholders, and name the line that is wrong."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        text, purpose = cleaned.get("text"), cleaned.get("purpose")
        if text and purpose:
            try:
                prompts.check(text, purpose)
            except prompts.UnfitPrompt as error:
                line = faulty_line(text, purpose)
                self.add_error("text", f"Line {line}: {error}" if line else str(error))
        return cleaned


def faulty_line(text: str, purpose: str) -> int | None:
    """Return the number of the first line that is unfit by itself; None if each is fit."""
    needed = " ".join(f"{{{name}}}" for name in prompts.REQUIRED[purpose])
    for number, line in enumerate(text.split("\n"), start=1):
        try:
            prompts.check(f"{line[: prompts.MAX_CHARS // 2]} {needed}", purpose)
        except prompts.UnfitPrompt:
            return number
    return None


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a prompt, as a row of the list of all."""

    prompt: Prompt
    author: str
    act: str
    """What making it live would be called; empty for the live one."""


@admin.register(Prompt)
class PromptAdmin(ModelAdmin):
    """Added, compared, made live; never changed."""

    form = PromptForm
    change_form_template = "admin/reports/prompt/change_form.html"
    list_display = ("__str__", "is_live", "author", "note", "use_count", "created_at", "edit")
    list_filter = ("purpose", "is_live", ("briefing", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("briefing", "author")
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("text", "note", "briefing__title")
    ordering = ("purpose", "briefing", "-number")
    fieldsets = (
        (None, {"fields": ("purpose", "briefing", "text", "note", "is_proposal", "opened")}),
    )
    shown = (
        ("purpose", "briefing"),
        ("number", "is_live"),
        ("author", "created_at"),
        "note",
        "use_count",
    )

    def get_urls(self) -> list[Any]:
        """Add the two ways to change which number is live, and the two to try one."""
        guarded = self.admin_site.admin_view
        return [
            path("<int:pk>/try/", guarded(self.try_one), name="reports_prompt_try"),
            path("<int:pk>/lab/", guarded(self.try_many), name="reports_prompt_lab"),
            path("<int:pk>/promote/", guarded(self.promote), name="reports_prompt_promote"),
            path("<int:pk>/retire/", guarded(self.retire), name="reports_prompt_retire"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        of_prompt = Revision.objects.filter(prompts=OuterRef("pk")).order_by().values("prompts")
        reports = of_prompt.annotate(total=Count("report", distinct=True)).values("total")
        every: QuerySet[Any] = super().get_queryset(request)
        counted: QuerySet[Any] = every.annotate(report_total=Coalesce(Subquery(reports), 0))
        return counted

    def get_fieldsets(self, request: HttpRequest, obj: Prompt | None = None) -> Any:
        """A prompt that is there is shown; its text stands below."""
        if obj:
            return [(None, {"fields": self.shown})]
        if request.user.has_perm(PROMOTE):
            return self.fieldsets
        # What others write is a proposal anyway.
        fields = [name for name in self.fieldsets[0][1]["fields"] if name != "is_proposal"]
        return [(None, {"fields": fields})]

    def get_readonly_fields(self, request: HttpRequest, obj: Prompt | None = None) -> Any:
        return ("use_count",) if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Prompt | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Prompt | None = None) -> bool:
        return False

    @admin.display(description="used in reports", ordering="report_total")
    def use_count(self, prompt: Any) -> int:
        return int(prompt.report_total)

    @admin.display(description="next number")
    def edit(self, prompt: Prompt) -> str:
        return format_html('<a href="{}" aria-label="Edit {}">Edit</a>', edit_url(prompt), prompt)

    # --- Adding ---------------------------------------------------------------
    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Let the briefing be chosen, not edited by the way."""
        field = super().formfield_for_foreignkey(db_field, request, **options)
        if field is not None:
            field.empty_label = "all that have none of their own"
        return field

    def get_form(
        self, request: HttpRequest, obj: Prompt | None = None, *args: Any, **options: Any
    ) -> Any:
        """Without the icons beside the briefing; only a live number is said to be used."""
        if obj is not None and not obj.is_live:
            options["help_texts"] = {"is_live": NOT_LIVE}
        form = super().get_form(request, obj, *args, **options)
        if "briefing" in form.base_fields:
            form.base_fields["briefing"].widget = form.base_fields["briefing"].widget.widget
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Begin with the text of another number (?from=), or with the general one that is live."""
        wanted = request.GET.get("from", "")
        every = Prompt.objects.select_related("briefing")
        start = every.filter(pk=int(wanted[:18])).first() if wanted.isdecimal() else None
        start = start or every.filter(is_live=True, briefing=None).order_by("purpose").first()
        if start is None:
            return {}
        for_briefing = request.GET.get("briefing", "")
        chosen = int(for_briefing[:18]) if for_briefing.isdecimal() else start.briefing_id
        return {
            "purpose": start.purpose,
            "briefing": chosen,
            "text": start.text,
            "opened": f"{line_name(start.purpose, chosen)} {newest_in_line(start.purpose, chosen)}",
        }

    def save_model(self, request: HttpRequest, obj: Prompt, form: Any, change: bool) -> None:
        """Write the next number; it goes live only if its author may make prompts live."""
        is_proposal = form.cleaned_data.get("is_proposal") or not request.user.has_perm(PROMOTE)
        write = draft_prompt if is_proposal else write_prompt
        written = write(
            purpose=obj.purpose,
            briefing=obj.briefing,
            text=form.cleaned_data["text"],
            note=obj.note,
            author=request.user,  # type: ignore[arg-type] # the desk knows no strangers
            now=timezone.now(),  # noqa: TID251 (an interface)
        )
        obj.pk = written.pk
        obj.refresh_from_db()
        self._tell_of_others(request, obj, form.cleaned_data["opened"])
        if not obj.is_live:
            messages.info(
                request,
                "It is not live: try it on a story that was told, and let somebody who may make "
                "prompts live decide.",
            )

    def _tell_of_others(self, request: HttpRequest, written: Prompt, opened: str) -> None:
        """Say so if somebody wrote a number of the same prompt while this one was written."""
        name, _, newest = opened.rpartition(" ")
        if name != line_name(written.purpose, written.briefing_id) or not newest.isdecimal():
            return
        line = Prompt.objects.filter(purpose=written.purpose, briefing=written.briefing)
        between = line.filter(number__gt=int(newest[:9]), number__lt=written.number)
        for other in between.select_related("author").order_by("number")[:OTHERS_TOLD]:
            messages.warning(
                request,
                f"Number {other.number} was written meanwhile by {author_of(other)}; "
                f"yours is {written.number}, and does not hold what changed there.",
            )

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """The note says what changed."""
        return f"Added: {form.cleaned_data['note']}"

    # --- One that is there ----------------------------------------------------
    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kw: Any) -> Any:
        """Add the placeholders to the form; to a number its text, its diff and its reports."""
        prompt: Prompt | None = context["original"]
        context["placeholders"] = [
            (f"{{{name}}}", meaning) for name, meaning in prompts.PLACEHOLDERS.items()
        ]
        if prompt is not None:
            previous = previous_of(prompt)
            may_promote = request.user.has_perm(PROMOTE)
            context |= {
                "previous": previous,
                "diff": diff(previous.text, prompt.text) if previous else (),
                "used_in": reports_with(prompt),
                "numbers": numbers_of(prompt),
                "live": live_in_line(prompt),
                "trials": trials_of(prompt),
                "is_triable": prompt.purpose in TRIABLE,
                "ways": (TRY, LAB) if may_try(request, prompt) else (),
                "can_promote": may_promote,
                "can_retire": may_promote and prompt.is_live and prompt.briefing_id is not None,
                "edit_url": edit_url(prompt) if self.has_add_permission(request) else "",
            }
        return super().render_change_form(request, context, *args, **kw)

    def promote(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make a number the live one."""
        return require_POST(self._promote)(request, pk)

    def _promote(self, request: HttpRequest, pk: int) -> HttpResponse:
        prompt = self._one_to_decide_on(request, pk)
        back = redirect("admin:reports_prompt_change", pk)
        live = live_in_line(prompt)
        # Which one the page said is live; it may be another by now.
        seen = request.GET.get("instead-of", str(live.pk if live else ""))
        if seen != str(live.pk if live else ""):
            said = f"Nothing was done: {live or 'the general prompt'} is live by now. Look again."
            self.message_user(request, said, messages.ERROR)
            return back
        with transaction.atomic():
            promote(prompt)
            log_action(request, Prompt.objects.filter(pk=pk), made_live(request, prompt, live))
        self.message_user(request, f"{prompt} is live: the next report uses it.")
        return back

    def retire(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Have a briefing use the general prompt again."""
        return require_POST(self._retire)(request, pk)

    def _retire(self, request: HttpRequest, pk: int) -> HttpResponse:
        prompt = self._one_to_decide_on(request, pk)
        try:
            with transaction.atomic():
                retire(prompt)
                log_action(request, Prompt.objects.filter(pk=pk), "Retired.")
        except ValueError as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            self.message_user(request, f"{prompt.briefing} uses the general prompt again.")
        return redirect("admin:reports_prompt_change", pk)

    # --- Trying one -------------------------------------------------------------
    def try_one(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Begin a trial on one story."""
        return begin(request, pk, TRY, site=self.admin_site)

    def try_many(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Begin a trial on the stories of whole reports."""
        return begin(request, pk, LAB, site=self.admin_site)

    def _one_to_decide_on(self, request: HttpRequest, pk: int) -> Prompt:
        if not request.user.has_perm(PROMOTE):
            raise PermissionDenied
        return get_object_or_404(Prompt.objects.select_related("briefing"), pk=pk)


def edit_url(prompt: Prompt) -> str:
    """Return the form of the next number, filled with this one's text."""
    return f"{reverse('admin:reports_prompt_add')}?from={prompt.pk}"


def author_of(prompt: Prompt) -> str:
    """Return who wrote it."""
    return prompt.author.get_username() if prompt.author else "Patriot"


def line_name(purpose: str, briefing_id: int | None) -> str:
    """Return what all numbers of one prompt have in common."""
    return f"{purpose} {briefing_id or 'all'}"


def newest_in_line(purpose: str, briefing_id: int | None) -> int:
    """Return the highest number of a prompt; 0 if there is none yet."""
    line = Prompt.objects.filter(purpose=purpose, briefing=briefing_id)
    return line.order_by("-number").values_list("number", flat=True).first() or 0


def previous_of(prompt: Prompt) -> Prompt | None:
    """Return the number before this one; None for the first."""
    line = Prompt.objects.filter(purpose=prompt.purpose, briefing=prompt.briefing_id)
    return line.filter(number__lt=prompt.number).order_by("-number").first()


def reports_with(prompt: Prompt) -> list[Report]:
    """Return the newest reports that were written with a prompt."""
    using = Report.objects.filter(revisions__prompts=prompt).select_related("briefing")
    return list(using.distinct().newest_first()[:REPORTS_SHOWN])


def numbers_of(prompt: Prompt) -> list[Number]:
    """Return the newest numbers of a prompt, and what it would be called to go to each."""
    line = Prompt.objects.filter(purpose=prompt.purpose, briefing=prompt.briefing_id)
    newest = list(line.select_related("author").defer("text").order_by("-number")[:NUMBERS_SHOWN])
    live = next((one.number for one in newest if one.is_live), 0)
    return [Number(one, author_of(one), _act(one.number, live)) for one in newest]


def _act(number: int, live: int) -> str:
    if number == live:
        return ""
    return "Roll back to it" if number < live else "Make live"


def live_in_line(prompt: Prompt) -> Prompt | None:
    """Return the live number of the same prompt; None where the general one is used."""
    line = Prompt.objects.filter(purpose=prompt.purpose, briefing=prompt.briefing_id)
    return line.filter(is_live=True).select_related("briefing").first()


def made_live(request: HttpRequest, prompt: Prompt, live: Prompt | None) -> str:
    """Return what the history says of this: instead of which number, after which trial."""
    words = "Made live"
    if live is not None and live.pk != prompt.pk:
        words += f" instead of number {live.number}"
    asked = request.GET.get("trial", "")
    if asked.isdecimal() and prompt.trials.filter(pk=int(asked[:18])).exists():
        words += f", after trial {int(asked[:18])}"
    return f"{words}."


def trials_of(prompt: Prompt) -> list[Trial]:
    """Return the newest trials of a prompt."""
    newest = prompt.trials.select_related("author").order_by("-pk")
    return list(newest[:TRIALS_SHOWN])
