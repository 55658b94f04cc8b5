"""What clients send in the body of a request: strict, and clean before anybody reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from patriot.lib.endpoints import MAX_NAME_CHARS

MAX_UNKNOWN = 10
"""Unknown fields that are named; whoever sends more knows enough then."""


class TextField(serializers.CharField):
    """Text as JSON has it: a number is none."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class WholeNumberField(serializers.IntegerField):
    """A number as JSON has it: neither "7" nor true nor 7.5 is one."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class YesOrNoField(serializers.BooleanField):
    """True or false as JSON has them: neither "yes" nor 1 is one."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=str(data)[:MAX_NAME_CHARS])
        return data


class OneOfField(serializers.ChoiceField):
    """One of a few words: what is no string is none of them."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid_choice", input=str(data)[:MAX_NAME_CHARS])
        return str(super().to_internal_value(data))


class Body(serializers.Serializer[Any]):
    """A JSON object with the fields that are declared, and no others."""

    def to_internal_value(self, data: Any) -> Any:
        """Refuse what is not asked for by name: a field with a typo must not pass for none."""
        unknown = [name for name in data if name not in self.fields] if _is_object(data) else []
        if unknown:
            sentence = f"There is no such field; known here: {', '.join(self.fields)}."
            names = (str(name)[:MAX_NAME_CHARS] for name in unknown[:MAX_UNKNOWN])
            raise serializers.ValidationError({name: [sentence] for name in names})
        return super().to_internal_value(data)


def _is_object(data: Any) -> bool:
    return isinstance(data, Mapping)
