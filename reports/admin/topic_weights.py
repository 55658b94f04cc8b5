"""How much a briefing wants of each topic: a choice per topic, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from reports.domain.ranking import levels_of
from reports.domain.topics import SOFT, TOPICS

LEVEL_WORDS = {
    3: "first of all",
    2: "much more",
    1: "more",
    0: "like other news",
    -1: "less",
    -2: "much less",
    -3: "hardly ever",
}


def choices_for(topic: str) -> list[tuple[str, str]]:
    """Return the levels of a topic; only what comes later by default can be made like others."""
    usual = "later, as usual" if topic in SOFT else "as usual"
    levels = [level for level in LEVEL_WORDS if level or topic in SOFT]
    return [("", usual), *((str(level), _in_words(level)) for level in levels)]


def _in_words(level: int) -> str:
    sign = "+" if level > 0 else "−" if level else ""
    return f"{sign}{abs(level)}, {LEVEL_WORDS[level]}"


class TopicWeightsWidget(forms.MultiWidget):
    """A select for each topic, under its name."""

    use_fieldset = True
    template = "admin/reports/briefing/topic_weights.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(
            {topic: forms.Select(choices=choices_for(topic)) for topic in TOPICS}, attrs
        )

    def decompress(self, value: Any) -> list[int | None]:
        """Return the level of each topic, in their order; what is none is as usual."""
        levels = levels_of(value)
        return [
            None if level == 0 and topic not in SOFT else level
            for topic, level in ((topic, levels.get(topic)) for topic in TOPICS)
        ]

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """Set each select beside its topic."""
        widget = self.get_context(name, value, attrs)["widget"]
        rows = [
            {
                "id": sub["attrs"].get("id", ""),
                "label": label,
                "name": sub["name"],
                "options": [option for _, group, _ in sub["optgroups"] for option in group],
            }
            for label, sub in zip(TOPICS.values(), widget["subwidgets"], strict=True)
        ]
        return render_to_string(self.template, {"rows": rows, "attrs": widget["attrs"]})


class TopicWeightsField(forms.MultiValueField):
    """The levels of those topics that are not as usual, by slug."""

    widget = TopicWeightsWidget

    def __init__(self, **options: Any) -> None:
        fields = [
            forms.TypedChoiceField(
                choices=choices_for(topic), coerce=int, empty_value=None, required=False
            )
            for topic in TOPICS
        ]
        super().__init__(fields, **options | {"required": False, "require_all_fields": False})

    def compress(self, values: Sequence[int | None]) -> dict[str, int]:
        """Return what is stored of the choices."""
        chosen = zip(TOPICS, values, strict=False)
        return {topic: level for topic, level in chosen if level is not None}
