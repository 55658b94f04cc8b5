"""The shapes of corrections: the reason, and what became of each sentence."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from reports.domain.changes import Change, Changes, Kind, Span
from reports.models import Correction, Report
from reports.pages.corrections import CorrectionNote, Entry


class ChangeSerializer(serializers.Serializer[Any]):
    """What became of one sentence."""

    kind = serializers.ChoiceField(
        choices=[str(kind) for kind in Kind],
        help_text="“moved”: its words are the same, and stand elsewhere; “support”: only its "
        "quotations or the note beside it are others.",
    )
    before = serializers.SerializerMethodField(help_text="Its words before; null if it is new.")
    after = serializers.SerializerMethodField(help_text="Its words now; null if it is gone.")
    language = serializers.CharField(source="line.language")
    permalink = serializers.SerializerMethodField(
        help_text="The sentence on the report's page; null if it is gone."
    )

    def get_before(self, change: Change) -> str | None:
        return change.before.text if change.before else None

    def get_after(self, change: Change) -> str | None:
        return change.after.text if change.after else None

    @extend_schema_field({"type": ["string", "null"], "format": "uri"})
    def get_permalink(self, change: Change) -> str | None:
        return f"{self.context['page']}#{change.anchor}" if change.after else None


class TitleChangeSerializer(serializers.Serializer[Any]):
    """The title before and now."""

    before = serializers.CharField()
    after = serializers.CharField()

    def to_representation(self, spans: tuple[Span, ...]) -> dict[str, Any]:
        before = "".join(span.text for span in spans if span.side != "after")
        return {
            "before": before,
            "after": "".join(span.text for span in spans if span.side != "before"),
        }


class ChangesSerializer(serializers.Serializer[Any]):
    """What a correction changed."""

    title = serializers.SerializerMethodField(help_text="null if it is the same.")
    sentences = ChangeSerializer(many=True)
    moved_stories = serializers.ListField(
        child=serializers.IntegerField(), help_text="Ids of stories that stand elsewhere."
    )
    is_summary_changed = serializers.BooleanField(help_text="The report in 30 seconds.")
    is_short_changed = serializers.BooleanField(help_text="The short version.")

    @extend_schema_field(TitleChangeSerializer(allow_null=True))
    def get_title(self, changes: Changes) -> Any:
        return TitleChangeSerializer(changes.title).data if changes.title else None


class CorrectionOfReportSerializer(serializers.Serializer[Any]):
    """Why a text followed another one that readers saw."""

    kind = serializers.ChoiceField(source="correction.kind", choices=Correction.Kind.choices)
    reason = serializers.CharField(source="correction.reason", help_text="For readers.")
    created_at = serializers.DateTimeField(source="correction.created_at")
    revision = serializers.IntegerField(source="correction.revision.number")
    replaced_revision = serializers.IntegerField(source="correction.replaced.number")
    html_url = serializers.SerializerMethodField(help_text="The correction on its page.")
    changes = serializers.SerializerMethodField(
        help_text="null where the report was withdrawn since."
    )

    @extend_schema_field(OpenApiTypes.URI)
    def get_html_url(self, entry: CorrectionNote | Entry) -> str:
        report = self.report_of(entry)
        path = f"{report.get_revisions_url()}#revision-{entry.correction.revision.number}"
        return self.absolute(path)

    @extend_schema_field(ChangesSerializer(allow_null=True))
    def get_changes(self, entry: CorrectionNote | Entry) -> Any:
        if entry.changes is None:
            return None
        page = self.absolute(self.report_of(entry).get_absolute_url())
        context = dict(self.context) | {"page": page}
        return ChangesSerializer(entry.changes, context=context).data

    def report_of(self, entry: CorrectionNote | Entry) -> Report:
        """Return the report that was corrected."""
        return entry.report if isinstance(entry, Entry) else self.context["report"]

    def absolute(self, path: str) -> str:
        return str(self.context["request"].build_absolute_uri(path))


class CorrectionSerializer(CorrectionOfReportSerializer):
    """One correction of any report."""

    id = serializers.IntegerField(source="correction.pk")
    briefing = serializers.CharField(source="report.briefing.slug", help_text="Its slug.")
    report = serializers.IntegerField(source="report.pk", help_text="Its id.")
    report_url = serializers.HyperlinkedRelatedField(  # type: ignore[var-annotated]
        source="report", view_name="api:report", lookup_url_kwarg="pk", read_only=True
    )
