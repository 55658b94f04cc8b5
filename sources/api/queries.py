"""The parameters that the lists of sources and publishers understand."""

from __future__ import annotations

import re

from rest_framework import serializers

from patriot.lib.endpoints import ListQuery
from sources.domain.health import Condition
from sources.models import Source

MAX_ID = 10**18 - 1
MAX_FAMILY_CHARS = 253
COUNTRY = re.compile(r"^[A-Z]{2}$")
LANGUAGE = re.compile(r"^[a-z]{2,3}(-[a-z0-9]{2,6})?$")
TAG = re.compile(r"^[A-Za-z0-9_-]{1,40}$")


class SourceQuery(ListQuery):
    """Which sources: by kind, publisher, language, tag, by how they are."""

    kind = serializers.ChoiceField(choices=Source.Kind.choices, required=False)
    publisher = serializers.IntegerField(
        min_value=1, max_value=MAX_ID, required=False, help_text="Only those of this one: its id."
    )
    language = serializers.RegexField(
        LANGUAGE, required=False, help_text="As the source declares it, such as pt-br."
    )
    tag = serializers.RegexField(TAG, required=False, help_text="Only those with this tag.")
    condition = serializers.ChoiceField(
        choices=[str(condition) for condition in Condition],
        required=False,
        help_text="Only those that are so.",
    )
