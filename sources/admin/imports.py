"""Lists of feeds on the desk: brought, looked at row by row, taken in; and our own handed on."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import F, Func, IntegerField, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST, require_safe

from patriot.lib.desk import ModelAdmin, ModelForm, counted, log_action
from sources.domain.outlines import tag_of, written
from sources.gateways.parser import Parser
from sources.gateways.unreadable import Unreadable
from sources.models import Import, Source
from sources.pipeline.imports import (
    STARTER,
    Preview,
    Row,
    Verdict,
    apply_stored,
    counts_of,
    every_feed,
    keep,
    preview,
    read_list,
    rows_of,
)

ADD_SOURCE = "sources.add_source"
MAX_UPLOAD_BYTES = 5_000_000
MAX_PASTED_CHARS = 500_000
"""Django refuses a form of more than a megabyte; people hardly paste half of it."""
MAX_TAGS_CHARS = 200
ROWS_A_PAGE = 200
STARTER_NAME = "The starter list"

LABELS = {
    Verdict.NEW: "new",
    Verdict.KNOWN: "known already",
    Verdict.TWIN: "twice in the file",
    Verdict.REFUSED: "refused",
    Verdict.ADDED: "added",
}
COLORS = {Verdict.ADDED: "healthy", Verdict.REFUSED: "ill", Verdict.NEW: "healthy"}


class ImportForm(ModelForm):
    """A list: a file, or what was pasted, or the one that we ship."""

    file = forms.FileField(
        required=False,
        label="File",
        help_text="OPML as every feed reader exports it, CSV with a column of addresses, or a "
        "browser's bookmarks. Up to 5 MB.",
    )
    pasted = forms.CharField(
        required=False,
        max_length=MAX_PASTED_CHARS,
        label="Or paste it",
        widget=forms.Textarea(attrs={"rows": 10, "cols": 80, "spellcheck": "false"}),
        help_text="The same, or one feed address on each line.",
    )
    tags = forms.CharField(
        required=False,
        max_length=MAX_TAGS_CHARS,
        label="Tags for all",
        help_text="Divided by commas. Each feed also gets those of its folders.",
    )

    found: Preview
    """What the list says, once the form is valid."""

    class Meta:
        model = Import
        fields = ()

    def clean(self) -> dict[str, Any]:
        """Read the list and judge its rows; a list that cannot be read is told in a sentence."""
        super().clean()
        if not self.errors:
            content = self._content()
            try:
                read = read_list(content, parser=Parser.shared())
            except Unreadable as error:
                raise ValidationError(str(error)) from error
            names = str(self.cleaned_data["tags"]).split(",")
            tags = [tag for name in names if (tag := tag_of(name))]
            self.found = preview(read, tags=tags, allow=settings.OUTBOUND_ALLOW)
        return self.cleaned_data

    def _content(self) -> bytes:
        file, pasted = self.cleaned_data["file"], str(self.cleaned_data["pasted"])
        if "_starter" in self.data:
            self.instance.name = STARTER_NAME
            return STARTER.read_bytes()
        if file and pasted:
            raise ValidationError("Choose a file or paste a list, not both.")
        if file and file.size > MAX_UPLOAD_BYTES:
            raise ValidationError("The file is larger than 5 MB: divide it into several.")
        if file:
            self.instance.name = str(file.name)
            content: bytes = file.read()
            return content
        if not pasted:
            raise ValidationError("Choose a file or paste a list.")
        self.instance.name = "A pasted list"
        return pasted.encode("utf-8", "replace")


class JSONLength(Func):
    """How many rows of a stored list match a JSON path."""

    output_field = IntegerField()
    template = "jsonb_array_length(jsonb_path_query_array(%(expressions)s, '%(path)s'))"


def rows_with(verdict: Verdict) -> JSONLength:
    return JSONLength(F("rows"), path=f'$[*] ? (@.verdict == "{verdict}")')


@admin.register(Import)
class ImportAdmin(ModelAdmin):
    """Brought by editors, applied once, never changed: the list of earlier ones is the history."""

    form = ImportForm
    add_form_template = "admin/sources/import/add_form.html"
    change_form_template = "admin/sources/import/change_form.html"
    list_display = ("name", "created_at", "author", "row_count", "outcome")
    list_select_related = ("author",)
    list_per_page = 20
    show_full_result_count = False
    search_fields = ("name",)
    ordering = ("-created_at", "-pk")
    fieldsets = ((None, {"fields": ("file", "pasted", "tags")}),)
    shown = (("created_at", "author", "applied_at"),)

    def get_urls(self) -> list[Any]:
        """Add the way to take a list in, and the way to hand ours on."""
        guarded = self.admin_site.admin_view
        return [
            path("export/", guarded(self.export), name="sources_import_export"),
            path("<int:pk>/apply/", guarded(self.apply), name="sources_import_apply"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        every: QuerySet[Any] = super().get_queryset(request)
        if request.resolver_match and request.resolver_match.url_name != CHANGELIST:
            return every
        # The rows of a list are many: the database counts them where they are.
        counts = {str(verdict): rows_with(verdict) for verdict in (Verdict.NEW, Verdict.ADDED)}
        total = JSONLength(F("rows"), path="$[*]")
        lists: QuerySet[Any] = every.defer("rows", "notes").annotate(total=total, **counts)
        return lists

    def get_fieldsets(self, request: HttpRequest, obj: Import | None = None) -> Any:
        return [(None, {"fields": self.shown})] if obj else self.fieldsets

    def has_change_permission(self, request: HttpRequest, obj: Import | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Import | None = None) -> bool:
        return False

    # --- The list -------------------------------------------------------------
    @admin.display(description="feeds")
    def row_count(self, stored: Any) -> int:
        return int(stored.total)

    @admin.display(description="outcome", ordering="applied_at")
    def outcome(self, stored: Any) -> str:
        if stored.applied_at:
            return f"{stored.added} added"
        return f"looked at, {stored.new} could be added"

    # --- Bringing one ---------------------------------------------------------
    def save_model(self, request: HttpRequest, obj: Import, form: Any, change: bool) -> None:
        """Keep the list with the verdict on each row; no source is made yet."""
        now = timezone.now()  # noqa: TID251 (an interface)
        stored = keep(form.found, name=obj.name, author=request.user, now=now)
        obj.pk = stored.pk
        obj.refresh_from_db()

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """Say what was read; the rows themselves are kept."""
        return f"Read: {counted_feeds(len(form.found.rows))}."

    def response_add(
        self, request: HttpRequest, obj: Import, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show what would become of each row."""
        return redirect("admin:sources_import_change", obj.pk)

    # --- One that was brought -------------------------------------------------
    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kw: Any) -> Any:
        """Add a page of the rows, and what can be done with them."""
        stored: Import | None = context["original"]
        if stored is None:
            context["title"] = "Import a list of feeds"
            context["max_pasted"] = MAX_PASTED_CHARS
        else:
            context |= self._told(request, stored)
        return super().render_change_form(request, context, *args, **kw)

    def _told(self, request: HttpRequest, stored: Import) -> dict[str, Any]:
        rows = rows_of(stored)
        wanted = request.GET.get("verdict", "")
        chosen = [row for row in rows if row.verdict == wanted] if wanted in LABELS else rows
        counts = counts_of(row.verdict for row in rows)
        page = Paginator(chosen, ROWS_A_PAGE).get_page(request.GET.get("p"))
        new_count = 0 if stored.applied_at else counts.get(Verdict.NEW, 0)
        return {
            "title": stored.name,
            "subtitle": None,
            "lines": [(row, COLORS.get(Verdict(row.verdict), "paused")) for row in page],
            "page": page,
            "total": counted_feeds(len(rows)),
            "counts": [(verdict, LABELS[Verdict(verdict)], n) for verdict, n in counts.items()],
            "wanted": wanted if wanted in LABELS else "",
            "add_label": f"Add {'this feed' if new_count == 1 else f'these {new_count:,} feeds'}",
            "can_apply": bool(new_count) and request.user.has_perm(ADD_SOURCE),
            "is_all_known": not new_count and not stored.applied_at,
        }

    @method_decorator(require_POST)
    def apply(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make sources of the rows that are new, once."""
        if not (request.user.has_perm(ADD_SOURCE) and self.has_view_permission(request)):
            raise PermissionDenied
        get_object_or_404(Import.objects.only("pk"), pk=pk)
        now = timezone.now()  # noqa: TID251 (an interface)
        stored = apply_stored(pk, allow=settings.OUTBOUND_ALLOW, now=now)
        if stored is None:
            messages.info(request, "This list has been taken in already: nothing was added twice.")
        else:
            self._tell(request, stored, rows_of(stored))
        return redirect("admin:sources_import_change", pk)

    def _tell(self, request: HttpRequest, stored: Import, rows: list[Row]) -> None:
        ids = [row.source for row in rows if row.source and row.verdict == Verdict.ADDED]
        told = counted(len(ids), Source)
        log_action(request, Import.objects.filter(pk=stored.pk), f"Added {told}.")
        log_action(
            request, Source.objects.filter(pk__in=ids), f"Added by the list “{stored.name}”."
        )
        soon = "It is" if len(ids) == 1 else "They are"
        looked = f" {soon} unchecked until the first fetch, within a quarter of an hour."
        messages.success(request, f"{told} added.{looked if ids else ''}")

    # --- Handing ours on ------------------------------------------------------
    @method_decorator(require_safe)
    def export(self, request: HttpRequest) -> HttpResponse:
        """Send all our feeds as OPML, paused ones too."""
        if not request.user.has_perm("sources.view_source"):
            raise PermissionDenied
        document = written(every_feed(), title=f"Feeds of {settings.SITE_NAME}")
        return HttpResponse(
            document,
            content_type="text/x-opml; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="feeds.opml"'},
        )


CHANGELIST = "sources_import_changelist"


def counted_feeds(number: int) -> str:
    return "1 feed" if number == 1 else f"{number:,} feeds"
