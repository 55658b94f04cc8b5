"""What a story is about: the closed list of topics."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

TOPICS: Mapping[str, str] = MappingProxyType(
    {
        "politics": "Politics",
        "conflict": "War and conflict",
        "economy": "Economy",
        "crime": "Crime and justice",
        "disaster": "Disasters and accidents",
        "health": "Health",
        "science": "Science and technology",
        "environment": "Environment",
        "society": "Society",
        "education": "Education",
        "labor": "Work",
        "sport": "Sport",
        "culture": "Culture",
        "lifestyle": "Lifestyle",
        "religion": "Religion",
        "weather": "Weather",
    }
)
"""Every topic, by its slug, as readers are told."""
