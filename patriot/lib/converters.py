"""Path converters: what may stand in an address."""

from __future__ import annotations

from django.urls import register_converter


class IDConverter:
    """The id of a row: a number that fits the database, without signs and leading zeros."""

    regex = "[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(IDConverter, "id")
