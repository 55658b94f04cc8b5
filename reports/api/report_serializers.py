"""What clients see of reports: sections, claims, and the evidence of every claim."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from reports.api.correction_serializers import CorrectionOfReportSerializer
from reports.api.serializers import (
    ArticleLinkSerializer,
    ArticlePublisherSerializer,
    LocalTimeField,
    StoryLinkSerializer,
)
from reports.domain.budgeting import Rung
from reports.domain.corroboration import Outcome
from reports.models import Claim, Evidence, Report, Revision, Section
from reports.pages.corrections import notes_of
from reports.pages.coverage import Coverage, Meter
from reports.pages.still import Still, still_in
from reports.pages.why_here import points_of, total_of


class ReportCountsSerializer(serializers.Serializer[Any]):
    """How much a report holds."""

    sections = serializers.IntegerField(source="section_count")
    claims = serializers.IntegerField(source="claim_count")
    articles = serializers.IntegerField(source="article_count", help_text="Of its stories.")


class ReportSerializer(serializers.Serializer[Any]):
    """One issue of a briefing."""

    id = serializers.IntegerField()
    url = serializers.HyperlinkedIdentityField(view_name="api:report", lookup_url_kwarg="pk")
    html_url = serializers.SerializerMethodField(help_text="Its page for people.")
    briefing = serializers.CharField(source="briefing.slug", help_text="Its slug.")
    briefing_url = serializers.HyperlinkedRelatedField(  # type: ignore[var-annotated]
        source="briefing",
        view_name="api:briefing",
        lookup_field="slug",
        lookup_url_kwarg="slug",
        read_only=True,
    )
    title = serializers.CharField(source="current.title")
    number = serializers.IntegerField(help_text="Counted per briefing, without gaps.")
    state = serializers.ChoiceField(choices=[Report.State.PUBLISHED.value])
    local_date = serializers.DateField(help_text="In the briefing's time zone.")
    slot = LocalTimeField(help_text="Local time at which it was due.")
    slot_at = serializers.DateTimeField(help_text="The same moment in UTC.")
    published_at = serializers.DateTimeField()
    counts = ReportCountsSerializer(source="*")

    @extend_schema_field(OpenApiTypes.URI)
    def get_html_url(self, report: Report) -> str:
        return page_of(report, self.context)


class EvidencePassageSerializer(serializers.Serializer[Any]):
    """The stored passage that a quotation was found in. It never changes."""

    id = serializers.IntegerField()
    number = serializers.IntegerField(help_text="0 is the article's headline.")
    version = serializers.IntegerField(help_text="Of the article, counted from 1.")
    text = serializers.CharField()
    sha256 = serializers.CharField(help_text="Of the text in UTF-8, as hexadecimal digits.")


class EvidenceSerializer(serializers.Serializer[Any]):
    """The exact words that a claim stands on: `quote` is `passage.text[start:end]`."""

    quote = serializers.CharField()
    start = serializers.IntegerField(help_text="In characters (code points), from 0.")
    end = serializers.IntegerField(help_text="After the last character.")
    passage = EvidencePassageSerializer()
    article = ArticleLinkSerializer(source="passage.article")
    publisher = ArticlePublisherSerializer(source="passage.article.publisher")
    found_by_search = serializers.SerializerMethodField(
        help_text="Whether only a search for a second source brought the article."
    )

    def get_found_by_search(self, evidence: Evidence) -> bool:
        return evidence.for_story is not None  # type: ignore[attr-defined] # annotated


class SentenceSerializer(serializers.Serializer[Any]):
    """A claim without its evidence."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(
        choices=Claim.Kind.choices, help_text="“why” is analysis; all others report."
    )
    text = serializers.CharField()
    language = serializers.CharField()
    permalink = serializers.SerializerMethodField(help_text="This very sentence on the page.")

    @extend_schema_field(OpenApiTypes.URI)
    def get_permalink(self, claim: Claim) -> str:
        return f"{self.context['page']}#{claim.anchor}"


class ClaimSerializer(SentenceSerializer):
    """One published sentence with the evidence that code has verified."""

    is_short = serializers.BooleanField(help_text="The short version of the report has it.")
    is_translation = serializers.BooleanField(
        help_text="It is in another language than its quotations; a second model found it faithful."
    )
    is_quotation = serializers.BooleanField(
        help_text="A publisher's own sentence, in place of one that could not be verified."
    )
    is_edited = serializers.BooleanField(help_text="An editor wrote it.")
    caveat = serializers.CharField(
        help_text="What readers are told of an editor's sentence that no quotation supports; "
        "empty for all others."
    )
    evidence = EvidenceSerializer(many=True)


class SectionCountsSerializer(serializers.Serializer[Any]):
    """How many told the story, as it was when the report was made."""

    articles = serializers.IntegerField(source="article_count")
    outlets = serializers.IntegerField(source="outlet_count")
    independent = serializers.IntegerField(source="independent_count")
    copies = serializers.IntegerField(source="copy_count")
    agencies = serializers.ListField(
        child=serializers.CharField(), help_text="Those whose texts its articles credit."
    )
    in_words = serializers.SerializerMethodField(help_text="The same in a sentence.")

    def get_in_words(self, section: Section) -> str:
        return Meter.of_section(section).sentence


class CorroborationSerializer(serializers.Serializer[Any]):
    """The search for a second source of an important story."""

    outcome = serializers.ChoiceField(choices=[str(outcome) for outcome in Outcome])
    reason = serializers.CharField(help_text="Why a second source was looked for.")
    query = serializers.CharField()
    sentence = serializers.CharField(help_text="What readers are told.")
    asked_at = serializers.DateTimeField(allow_null=True, help_text="null if it was not asked.")
    publishers = serializers.ListField(
        child=serializers.CharField(), help_text="Who tells it in words of their own."
    )

    def to_representation(self, corroboration: dict[str, Any]) -> dict[str, Any]:
        # Stored as JSON: the moment is text already.
        return {name: corroboration.get(name) for name in map(str, self.fields)}


class ScorePartSerializer(serializers.Serializer[Any]):
    """What one reason added to a story's score, or took from it."""

    part = serializers.CharField(help_text="In words, such as “independent reports”.")
    points = serializers.FloatField(help_text="Below zero if it counts against the story.")


class ScoreSerializer(serializers.Serializer[Any]):
    """Why the story is in the report, and where: the parts add up to the score exactly."""

    points = serializers.FloatField()
    parts = ScorePartSerializer(many=True, help_text="The largest first.")

    def to_representation(self, stored: Any) -> dict[str, Any]:
        parts = points_of(stored)
        largest_first = sorted(parts.items(), key=lambda item: (-item[1], item[0]))
        return {
            "points": total_of(parts),
            "parts": [{"part": part, "points": points} for part, points in largest_first],
        }


class SectionSerializer(serializers.Serializer[Any]):
    """One story as told in this report."""

    id = serializers.IntegerField()
    permalink = serializers.SerializerMethodField(help_text="This section on the page.")
    position = serializers.IntegerField()
    headline = serializers.SerializerMethodField(help_text="The text of its headline claim.")
    status = serializers.ChoiceField(choices=Section.Status.choices)
    analyst = serializers.CharField(
        help_text="Who wrote it: a model, or the local analyst; empty in old reports."
    )
    fallback = serializers.CharField(
        help_text="Why the local analyst wrote it although a model should have; else empty."
    )
    counts = SectionCountsSerializer(source="*")
    score = ScoreSerializer()
    corroboration = serializers.SerializerMethodField(
        help_text="null where no second source was looked for."
    )
    story = StoryLinkSerializer()
    claims = ClaimSerializer(source="claims.all", many=True)

    @extend_schema_field(OpenApiTypes.URI)
    def get_permalink(self, section: Section) -> str:
        return f"{self.context['page']}#{section.anchor}"

    @extend_schema_field(CorroborationSerializer(allow_null=True))
    def get_corroboration(self, section: Section) -> dict[str, Any] | None:
        said = section.corroboration
        return CorroborationSerializer(said).data if said else None

    def get_headline(self, section: Section) -> str:
        claims = section.claims.all()
        return next((claim.text for claim in claims if claim.kind == Claim.Kind.HEADLINE), "")


class CoverageSerializer(serializers.Serializer[Any]):
    """How far the sources were heard when the report was made."""

    watched = serializers.IntegerField(help_text="Sources.")
    answered = serializers.IntegerField(help_text="Sources.")
    articles = serializers.IntegerField(help_text="That came in within the window.")
    newest_article_at = serializers.DateTimeField(source="newest_at", allow_null=True)

    def to_representation(self, coverage: dict[str, Any]) -> dict[str, Any]:
        # Stored as JSON: the moment is text there, and a key may be missing in old rows.
        return super().to_representation(Coverage.of(coverage))


class LeftOutSerializer(serializers.Serializer[Any]):
    """A story that is not in this report, and why."""

    title = serializers.CharField()
    outlets = serializers.IntegerField()
    reason = serializers.CharField()

    def to_representation(self, left_out: dict[str, Any]) -> dict[str, Any]:
        return {
            "title": left_out.get("title") or "",
            "outlets": left_out.get("outlets") or 0,
            "reason": left_out.get("reason") or "",
        }


class StillSerializer(serializers.Serializer[Any]):
    """A story that the briefing told before and of which nothing new came."""

    story = serializers.IntegerField(source="story_id", help_text="Its id.")
    storyline = serializers.IntegerField(source="storyline_id", help_text="Its storyline's id.")
    status = serializers.ChoiceField(
        choices=[Section.Status.UNCHANGED.value, Section.Status.RESOLVED.value]
    )
    since = serializers.DateTimeField(
        help_text="unchanged: of which report it stands as told; resolved: its last article."
    )
    headline = serializers.CharField(help_text="As that report published it.")
    language = serializers.CharField(help_text="Of the headline.")
    permalink = serializers.SerializerMethodField(
        help_text="The sentence in that report, where its evidence can be opened."
    )

    @extend_schema_field(OpenApiTypes.URI)
    def get_permalink(self, still: Still) -> str:
        return str(self.context["request"].build_absolute_uri(still.url))


class PromptSerializer(serializers.Serializer[Any]):
    """An instruction that was live when work on the report began."""

    purpose = serializers.CharField(help_text="What for, such as “analyze”.")
    number = serializers.IntegerField(help_text="Its version, counted from 1.")


class WindowSerializer(serializers.Serializer[Any]):
    """Articles that came in after `start`, up to `end`."""

    start = serializers.DateTimeField(source="window_start")
    end = serializers.DateTimeField(source="window_end")


class BudgetSerializer(serializers.Serializer[Any]):
    """What the report was expected to cost before its first request, and what that meant."""

    rung = serializers.ChoiceField(
        choices=[rung.value for rung in Rung],
        help_text="“full”, or with too little money “fewer” stories, “cheaper” models, or "
        "“extractive”: no model at all.",
    )
    sentence = serializers.CharField(help_text="What readers are told; empty at “full”.")
    expected_usd = serializers.CharField()
    available_usd = serializers.CharField(
        allow_null=True, help_text="What could still be spent; null where nothing bounds it."
    )


class ReportDetailSerializer(ReportSerializer):
    """A whole report: every sentence with its evidence."""

    revision = serializers.IntegerField(source="current.number")
    analyst = serializers.CharField(
        source="current.analyst",
        help_text="Who wrote it: models and the local analyst, joined by commas.",
    )
    prompts = PromptSerializer(
        source="current.prompts.all", many=True, help_text="Empty if no model was to be asked."
    )
    provenance_url = serializers.SerializerMethodField(
        help_text="The page that says how it was made, with the prompts in full."
    )
    note = serializers.CharField(
        source="reason", help_text="Why it is late or shorter; empty if it is neither."
    )
    budget = serializers.SerializerMethodField(help_text="null if no model was to be asked.")
    window = WindowSerializer(source="*")
    coverage = CoverageSerializer(source="current.coverage")
    summary = serializers.SerializerMethodField(help_text="The report in 30 seconds.")
    sections = SectionSerializer(source="current.sections.all", many=True)
    unchanged = serializers.SerializerMethodField(
        help_text="Stories told before that stand still or ended, a line each."
    )
    left_out = LeftOutSerializer(source="current.left_out", many=True)
    revisions_url = serializers.HyperlinkedIdentityField(
        view_name="api:revisions",
        lookup_url_kwarg="pk",
        help_text="The list of the texts of it that readers saw.",
    )
    corrections = serializers.SerializerMethodField(
        help_text="What was put right since it was published, the newest first."
    )

    @extend_schema_field(CorrectionOfReportSerializer(many=True))
    def get_corrections(self, report: Report) -> Any:
        notes = notes_of(report).corrections
        context = dict(self.context) | {"report": report}
        return CorrectionOfReportSerializer(notes, many=True, context=context).data

    @extend_schema_field(BudgetSerializer(allow_null=True))
    def get_budget(self, report: Report) -> Any:
        planned = report.current.budget if report.current else {}
        return BudgetSerializer(planned).data if planned else None

    @extend_schema_field(StillSerializer(many=True))
    def get_unchanged(self, report: Report) -> Any:
        revision = report.current
        lines = still_in([revision])[revision.pk] if revision else ()
        return StillSerializer(lines, many=True, context=self.context).data

    @extend_schema_field(OpenApiTypes.URI)
    def get_provenance_url(self, report: Report) -> str:
        return str(self.context["request"].build_absolute_uri(report.get_provenance_url()))

    @extend_schema_field(SentenceSerializer(many=True))
    def get_summary(self, report: Report) -> Any:
        chosen = summary_of(report.current) if report.current else ()
        return SentenceSerializer(chosen, many=True, context=self.context).data


def summary_of(revision: Revision) -> list[Claim]:
    """Return the sentences of the 30-second box, in its order."""
    claims = [claim for section in revision.sections.all() for claim in section.claims.all()]
    chosen = [claim for claim in claims if claim.summary_position is not None]
    return sorted(chosen, key=lambda claim: claim.summary_position or 0)


def page_of(report: Report, context: Mapping[str, Any]) -> str:
    """Return the absolute address of the report's page."""
    return str(context["request"].build_absolute_uri(report.get_absolute_url()))
