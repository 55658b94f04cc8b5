"""What clients see of a report's texts: those that readers saw, and at the desk the drafts."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from reports.api.report_serializers import (
    BudgetSerializer,
    CoverageSerializer,
    LeftOutSerializer,
    PromptSerializer,
    ReportCountsSerializer,
    SectionSerializer,
    SentenceSerializer,
    StillSerializer,
    summary_of,
)
from reports.models import Correction, Revision
from reports.pages.provenance import record_document
from reports.pages.still import still_in


class ReasonSerializer(serializers.Serializer[Any]):
    """Why a text followed another one that readers saw."""

    kind = serializers.ChoiceField(choices=Correction.Kind.choices)
    reason = serializers.CharField(help_text="For readers.")
    created_at = serializers.DateTimeField()
    replaced_revision = serializers.IntegerField(source="replaced.number")


class DeskSerializer(serializers.Serializer[Any]):
    """What only the desk knows of a text."""

    editor = serializers.CharField(
        source="editor.username", allow_null=True, help_text="null for what the pipeline wrote."
    )
    edits = serializers.CharField(help_text="What the editor changed, in words; may be empty.")
    based_on = serializers.IntegerField(
        source="based_on.number", allow_null=True, help_text="The text that the editor changed."
    )

    def to_representation(self, revision: Revision) -> dict[str, Any]:
        return {
            "editor": revision.editor.get_username() if revision.editor else None,
            "edits": revision.edits,
            "based_on": revision.based_on.number if revision.based_on else None,
        }


class RevisionSerializer(serializers.Serializer[Any]):
    """One text of a report."""

    number = serializers.IntegerField(help_text="Counted per report; drafts count too.")
    url = serializers.SerializerMethodField()
    html_url = serializers.SerializerMethodField(
        help_text="Where readers see it beside the text before it; null for a draft."
    )
    report_url = serializers.HyperlinkedIdentityField(
        view_name="api:report", lookup_field="report_id", lookup_url_kwarg="pk"
    )
    title = serializers.CharField(help_text="Empty in a draft that has none yet.")
    analyst = serializers.CharField(
        help_text="Who wrote it: models and the local analyst, joined by commas."
    )
    created_at = serializers.DateTimeField(help_text="When work on this text began.")
    published_at = serializers.DateTimeField(
        allow_null=True, help_text="null for a draft, which only the desk sees."
    )
    sha256 = serializers.CharField(
        help_text="Of its text and record; empty for a draft, and for what is older than records."
    )
    previous_sha256 = serializers.CharField(
        help_text="Of the revision that the briefing published before it."
    )
    counts = ReportCountsSerializer(source="*")
    correction = serializers.SerializerMethodField(
        help_text="Why it followed another one; null for a first text and for a draft."
    )

    @extend_schema_field(OpenApiTypes.URI)
    def get_url(self, revision: Revision) -> str:
        address = reverse("api:revision", args=[revision.report_id, revision.number])
        return self._absolute(address)

    @extend_schema_field({"type": ["string", "null"], "format": "uri"})
    def get_html_url(self, revision: Revision) -> str | None:
        if not revision.is_frozen:
            return None
        return self._absolute(f"{revision.report.get_revisions_url()}#revision-{revision.number}")

    @extend_schema_field(ReasonSerializer(allow_null=True))
    def get_correction(self, revision: Revision) -> Any:
        correction = getattr(revision, "correction", None)
        return ReasonSerializer(correction).data if correction else None

    def _absolute(self, path: str) -> str:
        return str(self.context["request"].build_absolute_uri(path))


class ListedRevisionSerializer(RevisionSerializer):
    """One text of a report, in the list of them."""

    is_current = serializers.SerializerMethodField(help_text="It is what readers see now.")
    desk = serializers.SerializerMethodField(
        help_text="What only the desk knows; null for everybody without the scope `desk:read`."
    )

    def get_is_current(self, revision: Revision) -> bool:
        return revision.pk == revision.report.current_id

    @extend_schema_field(DeskSerializer(allow_null=True))
    def get_desk(self, revision: Revision) -> Any:
        return DeskSerializer(revision).data if self.context["view"].is_of_desk else None


class InstructionSerializer(serializers.Serializer[Any]):
    """A prompt in full."""

    purpose = serializers.CharField(help_text="What for, such as “analyze”.")
    number = serializers.IntegerField(help_text="Its version, counted from 1.")
    text = serializers.CharField()


@extend_schema_field({"type": "object", "additionalProperties": True})
class RecordField(serializers.JSONField):
    """What was written down, as it can be hashed."""


class ProvenanceSerializer(serializers.Serializer[Any]):
    """How a text was made, as it was written down when it was published."""

    sha256 = serializers.CharField(help_text="Of `record` as canonical JSON (RFC 8785).")
    previous_sha256 = serializers.CharField()
    note = serializers.CharField(help_text="How to check it, or why there is no record.")
    record = RecordField(allow_null=True, help_text="null where none was written.")
    instructions = InstructionSerializer(many=True)


class RevisionDetailSerializer(RevisionSerializer):
    """A whole text: every sentence with its evidence, and how it was made."""

    prompts = PromptSerializer(source="prompts.all", many=True)
    budget = serializers.SerializerMethodField(help_text="null if no model was to be asked.")
    coverage = CoverageSerializer()
    summary = serializers.SerializerMethodField(help_text="The report in 30 seconds.")
    sections = SectionSerializer(
        source="sections.all",
        many=True,
        help_text="A permalink leads to the same sentence in the text that readers see now.",
    )
    unchanged = serializers.SerializerMethodField(
        help_text="Stories told before that stand still or ended, a line each."
    )
    left_out = LeftOutSerializer(many=True)
    provenance = serializers.SerializerMethodField()

    @extend_schema_field(BudgetSerializer(allow_null=True))
    def get_budget(self, revision: Revision) -> Any:
        return BudgetSerializer(revision.budget).data if revision.budget else None

    @extend_schema_field(SentenceSerializer(many=True))
    def get_summary(self, revision: Revision) -> Any:
        return SentenceSerializer(summary_of(revision), many=True, context=self.context).data

    @extend_schema_field(StillSerializer(many=True))
    def get_unchanged(self, revision: Revision) -> Any:
        lines = still_in([revision])[revision.pk]
        return StillSerializer(lines, many=True, context=self.context).data

    @extend_schema_field(ProvenanceSerializer)
    def get_provenance(self, revision: Revision) -> Any:
        if not revision.is_frozen:
            note = "It is written when the text is published."
            return {
                "sha256": "",
                "previous_sha256": "",
                "note": note,
                "record": None,
                "instructions": [],
            }
        return record_document(revision.report, revision)
