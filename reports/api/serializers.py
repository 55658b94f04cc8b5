"""What clients see of briefings, stories and articles.

In every object `url` is its address in this API, `html_url` its page for people, and `link`
an address at the publisher's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from reports.domain import windows
from reports.domain.punctuality import Kept
from reports.domain.topics import TOPICS
from reports.models import Briefing, Membership, Section, Story
from reports.pages.punctuality import punctuality_of
from reports.pages.stories import meters_of
from sources.models import Article
from sources.models.publisher import DOMAIN, FAMILY

EXCERPT_CHARS = 300
LOCAL_TIME = r"^[0-9]{2}:[0-9]{2}(:[0-9]{2})?$"


@extend_schema_field(OpenApiTypes.URI)
class PageField(serializers.Field[Any, Any, Any, Any]):
    """The absolute address of an object's page for people."""

    def __init__(self, view_name: str, *, source: str = "pk", **options: Any) -> None:
        self.view_name = view_name
        super().__init__(source=source, read_only=True, **options)

    def to_representation(self, value: Any) -> str:
        address = reverse(self.view_name, args=[value])
        return str(self.context["request"].build_absolute_uri(address))


@extend_schema_field({"type": "string", "pattern": LOCAL_TIME})
class LocalTimeField(serializers.TimeField):
    """A time of day without an offset, which RFC 3339 has no word for."""


class ScheduleSerializer(serializers.Serializer[Any]):
    """When a briefing's reports are due, in its local time."""

    in_words = serializers.SerializerMethodField(
        help_text="Such as “Every day at 07:00, Europe/Berlin time”."
    )
    timezone = serializers.CharField(help_text="IANA name.")
    times = serializers.ListField(child=LocalTimeField(format="%H:%M"))
    weekdays = serializers.ListField(child=serializers.IntegerField(), help_text="Monday is 1.")

    def get_in_words(self, briefing: Briefing) -> str:
        return windows.schedule_in_words(briefing.times, briefing.weekdays, briefing.timezone)


class BriefingSerializer(serializers.Serializer[Any]):
    """A recurring report."""

    slug = serializers.CharField()
    url = serializers.HyperlinkedIdentityField(
        view_name="api:briefing", lookup_field="slug", lookup_url_kwarg="slug"
    )
    html_url = PageField("reports:briefing", source="slug")
    title = serializers.CharField()
    description = serializers.CharField()
    language = serializers.CharField()
    schedule = ScheduleSerializer(source="*")
    next_slot_at = serializers.SerializerMethodField(
        help_text="When its next report is due; null when it is paused."
    )
    is_paused = serializers.SerializerMethodField(help_text="No report is due for now.")
    paused_until = serializers.DateField(
        allow_null=True, help_text="The local date from which on there are reports again."
    )
    grace_seconds = serializers.SerializerMethodField(
        help_text="So long after its slot a report still counts as on time."
    )
    report_count = serializers.IntegerField(help_text="Published reports.")
    newest_report_url = serializers.SerializerMethodField(
        help_text="The published report of the latest slot; null before the first."
    )
    reports_url = serializers.SerializerMethodField(help_text="The list of its reports.")

    @extend_schema_field({"type": ["string", "null"], "format": "date-time"})
    def get_next_slot_at(self, briefing: Briefing) -> str | None:
        slot = briefing.next_slot(timezone.now())  # noqa: TID251 (an interface)
        return moment(slot.at) if slot else None

    def get_is_paused(self, briefing: Briefing) -> bool:
        today = timezone.now().astimezone(briefing.zone).date()  # noqa: TID251 (as above)
        until = briefing.paused_until
        return not briefing.is_enabled or (until is not None and today < until)

    def get_grace_seconds(self, briefing: Briefing) -> int:
        return int(briefing.grace.total_seconds())

    @extend_schema_field({"type": ["string", "null"], "format": "uri"})
    def get_newest_report_url(self, briefing: Briefing) -> str | None:
        newest = briefing.newest_report_id  # type: ignore[attr-defined] # annotated
        if newest is None:
            return None
        address = reverse("api:report", args=[newest])
        return str(self.context["request"].build_absolute_uri(address))

    @extend_schema_field(OpenApiTypes.URI)
    def get_reports_url(self, briefing: Briefing) -> str:
        address = f"{reverse('api:reports')}?briefing={briefing.slug}"
        return str(self.context["request"].build_absolute_uri(address))


class SlotKeptSerializer(serializers.Serializer[Any]):
    """A slot, and what became of it."""

    slot_at = serializers.DateTimeField()
    kept = serializers.ChoiceField(
        [kept.value for kept in Kept], help_text="Only the first three count."
    )
    published_at = serializers.DateTimeField(allow_null=True)


class PunctualitySerializer(serializers.Serializer[Any]):
    """The on-time record: the last slots whose grace is over, newest first."""

    share = serializers.FloatField(
        allow_null=True, help_text="Of what was promised, 0 to 1; null if nothing was."
    )
    promised = serializers.IntegerField()
    on_time = serializers.IntegerField()
    late = serializers.IntegerField()
    missing = serializers.IntegerField()
    slots = SlotKeptSerializer(many=True)


class BriefingWithRecordSerializer(BriefingSerializer):
    """A recurring report, with its on-time record."""

    punctuality = serializers.SerializerMethodField(help_text="Whether its reports came on time.")

    @extend_schema_field(PunctualitySerializer)
    def get_punctuality(self, briefing: Briefing) -> Any:
        now = timezone.now()  # noqa: TID251 (an interface)
        return PunctualitySerializer(punctuality_of(briefing, now).record).data


class ArticlePublisherSerializer(serializers.Serializer[Any]):
    """Whose article it is. Publishers of one family count as one voice."""

    name = serializers.CharField()
    domain = serializers.CharField(source="told_domain", help_text=DOMAIN)
    family = serializers.CharField(source="told_family", help_text=FAMILY)


class ArticleLinkSerializer(serializers.Serializer[Any]):
    """An article, in short."""

    id = serializers.IntegerField()
    url = serializers.HyperlinkedIdentityField(view_name="api:article", lookup_url_kwarg="pk")
    link = serializers.CharField(source="url", help_text="At the publisher's; may be empty.")
    title = serializers.CharField()
    language = serializers.CharField(help_text="ISO 639; empty if unknown.")
    published_at = serializers.DateTimeField()


class StoryLinkSerializer(serializers.Serializer[Any]):
    """A story, in short."""

    id = serializers.IntegerField()
    url = serializers.HyperlinkedIdentityField(view_name="api:story", lookup_url_kwarg="pk")
    html_url = PageField("reports:story")
    title = serializers.CharField()


class ArticleSerializer(ArticleLinkSerializer):
    """An article as we keep it: an excerpt, not its text, which is the publisher's."""

    excerpt = serializers.SerializerMethodField(
        help_text=f"How it begins, in at most {EXCERPT_CHARS} characters."
    )
    author = serializers.CharField()
    publisher = ArticlePublisherSerializer()
    source_url = serializers.HyperlinkedRelatedField(  # type: ignore[var-annotated]
        source="source", view_name="api:source", read_only=True
    )
    first_seen_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField(help_text="When its words last changed.")
    version = serializers.IntegerField()
    passage_count = serializers.IntegerField(help_text="Of this version.")
    story = serializers.SerializerMethodField()
    copy_of_url = serializers.SerializerMethodField(
        help_text="The earlier article whose text this one repeats."
    )

    def get_excerpt(self, article: Article) -> str:
        return excerpt(article.beginning)  # type: ignore[attr-defined] # annotated

    @extend_schema_field(StoryLinkSerializer(allow_null=True))
    def get_story(self, article: Article) -> Any:
        membership = membership_of(article)
        if membership is None:
            return None
        return StoryLinkSerializer(membership.story, context=self.context).data

    @extend_schema_field({"type": ["string", "null"], "format": "uri"})
    def get_copy_of_url(self, article: Article) -> str | None:
        membership = membership_of(article)
        return article_url(self.context, membership.copy_of_id) if membership else None


class NamesField(serializers.ListField):
    """Names of one kind, first what most outlets name."""

    child = serializers.CharField()


class StoriesSerializer(serializers.ListSerializer[Any]):
    """Stories, with how independently each is told read for all at once."""

    def to_representation(self, data: Any) -> list[Any]:
        stories = list(data)
        meters = meters_of(stories)
        for story in stories:
            story.meter = meters[story.pk]
        return super().to_representation(stories)


class StorySerializer(StoryLinkSerializer):
    """One event as several outlets tell it."""

    class Meta:
        list_serializer_class = StoriesSerializer

    language = serializers.CharField()
    newsroom = serializers.CharField(help_text="Empty for our own.")
    first_article_at = serializers.DateTimeField()
    last_article_at = serializers.DateTimeField()
    article_count = serializers.IntegerField()
    outlet_count = serializers.IntegerField(help_text="Publishers.")
    independent_count = serializers.IntegerField(
        help_text="Families of publishers and agencies that wrote something of their own."
    )
    copy_count = serializers.IntegerField(help_text="Articles that repeat another one's text.")
    independence = serializers.SerializerMethodField(
        help_text="The same in a sentence, with the agencies whose texts are carried."
    )
    topics = serializers.ListField(
        child=serializers.ChoiceField(choices=list(TOPICS)), help_text="The first leads."
    )
    people = NamesField()
    places = NamesField()
    organizations = NamesField()
    sentiment = serializers.CharField(
        help_text="How most speak of it: positive, neutral, negative; empty if unknown."
    )
    storyline_id = serializers.IntegerField(
        help_text="The story that its storyline began with, perhaps itself."
    )
    continues_id = serializers.IntegerField(
        allow_null=True, help_text="The earlier story of which it is the next part."
    )
    continues_url = serializers.SerializerMethodField()

    def get_independence(self, story: Story) -> str:
        meter = getattr(story, "meter", None) or meters_of([story])[story.pk]
        return meter.sentence

    @extend_schema_field({"type": ["string", "null"], "format": "uri"})
    def get_continues_url(self, story: Story) -> str | None:
        if story.continues_id is None:
            return None
        address = reverse("api:story", args=[story.continues_id])
        return str(self.context["request"].build_absolute_uri(address))


class WhySerializer(serializers.Serializer[Any]):
    """Why an article belongs to its story: what it shares with it."""

    names = serializers.ListField(child=serializers.CharField())
    terms = serializers.ListField(child=serializers.CharField())
    figures = serializers.ListField(child=serializers.CharField())
    hours_apart = serializers.FloatField(help_text="From the story's nearest end; 0 within it.")
    note = serializers.CharField(help_text="Anything unusual, in a sentence; or empty.")

    def to_representation(self, why: dict[str, Any]) -> dict[str, Any]:
        # Stored as JSON, and empty for the article that began the story.
        shared = {name: why.get(name) or [] for name in ("names", "terms", "figures")}
        rest = {"hours_apart": why.get("hours_apart") or 0.0, "note": why.get("note") or ""}
        return super().to_representation(shared | rest)


class MembershipSerializer(serializers.Serializer[Any]):
    """An article of a story, why it is there, and whose text it repeats."""

    article = ArticleLinkSerializer()
    publisher = ArticlePublisherSerializer(source="article.publisher")
    similarity = serializers.FloatField(help_text="0 to 1; 1 for the article that began it.")
    why = WhySerializer()
    agency = serializers.CharField(help_text="The agency that its text names; may be empty.")
    sentiment = serializers.CharField(help_text="Positive, neutral, negative; empty if unknown.")
    sentiment_confidence = serializers.FloatField(
        allow_null=True, help_text="0 to 1; null before it was read."
    )
    copy_of_url = serializers.SerializerMethodField(
        help_text="The earlier article whose text this one repeats."
    )

    @extend_schema_field({"type": ["string", "null"], "format": "uri"})
    def get_copy_of_url(self, membership: Membership) -> str | None:
        return article_url(self.context, membership.copy_of_id)


class TellingSerializer(serializers.Serializer[Any]):
    """A report that told a story."""

    report_url = serializers.HyperlinkedIdentityField(
        view_name="api:report", lookup_field="report_id", lookup_url_kwarg="pk"
    )
    status = serializers.ChoiceField(choices=Section.Status.choices)
    slot_at = serializers.DateTimeField(source="revision.report.slot_at")

    def to_representation(self, section: Section) -> dict[str, Any]:
        section.report_id = section.revision.report_id  # type: ignore[attr-defined]
        return super().to_representation(section)


class StoryDetailSerializer(StorySerializer):
    """A story with its articles, oldest first, and the reports that told it."""

    articles = MembershipSerializer(source="memberships.all", many=True)
    told_in = TellingSerializer(source="published_sections", many=True)


def excerpt(beginning: str) -> str:
    """Return how a text begins, cut between words, in at most EXCERPT_CHARS characters."""
    flat = " ".join(beginning.split())
    if len(flat) <= EXCERPT_CHARS:
        return flat
    head = flat[: EXCERPT_CHARS - 1]
    return f"{head.rsplit(' ', 1)[0].rstrip(' ,;:')}…"


def moment(value: Any) -> str:
    """Return a moment as the API writes it."""
    return str(serializers.DateTimeField().to_representation(value))


def membership_of(article: Article) -> Membership | None:
    """Return why the article is in its story; it was selected with the article."""
    return getattr(article, "membership", None)


def article_url(context: Mapping[str, Any], article_id: int | None) -> str | None:
    """Return the API address of an article; None for none."""
    if article_id is None:
        return None
    return str(context["request"].build_absolute_uri(reverse("api:article", args=[article_id])))
