"""The API of the quality figures: the same as the page shows, for programs."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.cache import patch_cache_control
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from patriot.lib.endpoints import Endpoint
from reports.domain.quality import WeekQuality
from reports.pages.quality import KEPT_FOR, Quality, kept_quality


class ProposedSerializer(serializers.Serializer[Any]):
    """What became of the sentences that analysts proposed."""

    proposed = serializers.IntegerField()
    refused = serializers.IntegerField(help_text="At the first look.")
    mended = serializers.IntegerField(help_text="Of those, by the model that had proposed them.")
    contradicted = serializers.IntegerField(help_text="Dropped after a second reading.")
    dropped = serializers.IntegerField(help_text="In the end.")
    grounded = serializers.IntegerField(help_text="Proposed and not dropped.")
    grounded_share = serializers.FloatField(
        source="share", allow_null=True, help_text="0 to 1; null if none was proposed."
    )


class PrintedSerializer(serializers.Serializer[Any]):
    """What readers got."""

    published = serializers.IntegerField(source="reports")
    recorded = serializers.IntegerField(
        help_text="Those whose record tells what was proposed: only they are in `proposed`."
    )
    withdrawn = serializers.IntegerField(help_text="Of those published, taken back since.")
    sentences = serializers.IntegerField(help_text="Of reports that can be read now.")
    edited_sentences = serializers.IntegerField(source="edited", help_text="Written by editors.")
    caveats = serializers.IntegerField(
        help_text="Sentences of editors that no quotation supports; readers are told."
    )


class CorrectedSerializer(serializers.Serializer[Any]):
    """What was put right, by when that was published."""

    corrections = serializers.IntegerField()
    clarifications = serializers.IntegerField()
    updates = serializers.IntegerField()
    errors_reported = serializers.IntegerField(source="told", help_text="By readers.")
    errors_open = serializers.IntegerField(source="open", help_text="Of those, not answered yet.")


class ToldSerializer(serializers.Serializer[Any]):
    """How independently the stories were told."""

    told = serializers.IntegerField()
    single_voice = serializers.IntegerField(source="single")
    mean_independent_publishers = serializers.FloatField(
        source="mean", allow_null=True, help_text="null if none was told."
    )


class SlotsSerializer(serializers.Serializer[Any]):
    """What was promised, and what came when."""

    promised = serializers.IntegerField()
    on_time = serializers.IntegerField()
    late = serializers.IntegerField()
    missing = serializers.IntegerField()
    on_time_share = serializers.FloatField(
        source="share", allow_null=True, help_text="0 to 1; null if nothing was promised."
    )


class CostSerializer(serializers.Serializer[Any]):
    """What was paid for reports."""

    usd = serializers.DecimalField(max_digits=20, decimal_places=6)
    requests = serializers.IntegerField()


class FiguresSerializer(serializers.Serializer[Any]):
    """The figures of some time."""

    reports = PrintedSerializer(source="printed")
    proposed = ProposedSerializer(source="sentences")
    corrections = CorrectedSerializer(source="corrected")
    stories = ToldSerializer()
    slots = SlotsSerializer()
    cost = CostSerializer()


class WeekSerializer(FiguresSerializer):
    """The figures of one week, from Monday to Sunday (UTC)."""

    week = serializers.CharField(source="week.name", help_text="ISO 8601, such as 2026-W24.")
    starts_on = serializers.SerializerMethodField()
    ends_on = serializers.SerializerMethodField()
    is_complete = serializers.SerializerMethodField(help_text="Whether it is over.")

    def get_starts_on(self, found: WeekQuality) -> date:
        return found.week.monday

    def get_ends_on(self, found: WeekQuality) -> date:
        return found.week.sunday

    def get_is_complete(self, found: WeekQuality) -> bool:
        return bool(found.week.end <= self.context["at"])


class ShelfSerializer(serializers.Serializer[Any]):
    """How many feeds are of one country, or in one language."""

    code = serializers.CharField(
        help_text="ISO 3166-1 or ISO 639; empty for small ones together, and for those not known."
    )
    name = serializers.CharField()
    feeds = serializers.IntegerField(source="sources")


class ReadSerializer(serializers.Serializer[Any]):
    """Who is read now."""

    feeds = serializers.IntegerField(source="sources")
    countries = ShelfSerializer(many=True)
    languages = ShelfSerializer(many=True)


class QualitySerializer(serializers.Serializer[Any]):
    """The figures of the last twelve weeks."""

    counted_at = serializers.DateTimeField(source="at")
    total = FiguresSerializer(source="*")
    weeks = WeekSerializer(many=True, help_text="The oldest first; the last one is running.")
    read = ReadSerializer(source="*")


class QualityDetail(Endpoint):
    """How good the reports of the last twelve weeks were, week by week.

    Counted at most once a minute. Few of something say little: judge a share by what it is of.
    """

    serializer_class = QualitySerializer

    def get(self, request: Request) -> Response:
        self.query = self.query_class.read(request)
        found: Quality = kept_quality(timezone.now())  # noqa: TID251 (an interface)
        response = Response(QualitySerializer(found, context={"at": found.at}).data)
        patch_cache_control(response, public=True, max_age=round(KEPT_FOR.total_seconds()))
        return response
