"""The parameters that the lists of reports, stories and articles understand."""

from __future__ import annotations

import re
from typing import Any

from rest_framework import serializers

from patriot.lib.endpoints import ListQuery, MomentField
from patriot.lib.pagination import NEWEST, OLDEST
from patriot.lib.text import one_line
from reports.domain.topics import TOPICS
from reports.models.story import Sentiment

MAX_ID = 10**18 - 1
MAX_NAME_CHARS = 120
SLUG = re.compile(r"^[A-Za-z0-9_-]{1,60}$")
LANGUAGE = re.compile(r"^[a-z]{2,3}$")


class SpanQuery(ListQuery):
    """A list that can be cut in time."""

    since = MomentField(required=False, help_text="From this moment on (included).")
    until = MomentField(required=False, help_text="Up to this moment (excluded).")
    ordering = serializers.ChoiceField(
        choices=[NEWEST, OLDEST], default=NEWEST, help_text="Which come first."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if {"since", "until"} <= attrs.keys() and attrs["since"] >= attrs["until"]:
            raise serializers.ValidationError({"until": "It must be later than `since`."})
        return attrs


class ReportQuery(SpanQuery):
    """Which reports: by briefing, by when they were published."""

    briefing = serializers.RegexField(
        SLUG, required=False, help_text="Only reports of the briefing with this slug."
    )


class NameField(serializers.CharField):
    """A name as stories show it; upper and lower case are the same."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=MAX_NAME_CHARS, required=False, **options)

    def to_internal_value(self, data: Any) -> str:
        name = one_line(super().to_internal_value(data), max_chars=MAX_NAME_CHARS + 1)
        if not name:
            raise serializers.ValidationError("There is nothing in this name that one can see.")
        return name


class StoryQuery(SpanQuery):
    """Which stories: what they are about, whom they name, how they are told, and when."""

    topic = serializers.ChoiceField(
        choices=list(TOPICS), required=False, help_text="One of a story's topics."
    )
    person = NameField(help_text="Somebody whom it names, such as Angela Merkel, in any case.")
    place = NameField(help_text="A place that it names.")
    organization = NameField(help_text="An organization that it names.")
    sentiment = serializers.ChoiceField(
        choices=Sentiment.choices, required=False, help_text="How most of its articles speak."
    )


class ArticleQuery(SpanQuery):
    """Which articles: by source, story, language, by when they were published."""

    source = serializers.IntegerField(  # type: ignore[assignment] # a field here, no option
        min_value=1, max_value=MAX_ID, required=False
    )
    story = serializers.IntegerField(min_value=1, max_value=MAX_ID, required=False)
    language = serializers.RegexField(LANGUAGE, required=False, help_text="ISO 639, such as en.")


def span_of(query: dict[str, Any], field: str) -> dict[str, Any]:
    """Return the conditions on `field` that `since` and `until` mean."""
    bounds = {f"{field}__gte": query.get("since"), f"{field}__lt": query.get("until")}
    return {condition: moment for condition, moment in bounds.items() if moment is not None}
