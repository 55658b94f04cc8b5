"""Pages of a list, by cursor: stable while rows are added, and as fast at the end as at the start.

A cursor says after which row to go on. It is opaque to clients, and read here as strictly
as any other parameter.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Model, Q, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

DEFAULT_PAGE_SIZE = 25
MAX_PAGE_SIZE = 100
NEWEST, OLDEST = "newest", "oldest"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
CURSOR_TEXT = re.compile(r"[A-Za-z0-9_-]{1,60}", re.ASCII)
CURSOR_PARTS = re.compile(r"(-?[0-9]{1,18})\.([0-9]{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The row after which a page begins: its moment (the epoch where there is none) and id."""

    moment: datetime
    id: int

    def __str__(self) -> str:
        parts = f"{(self.moment - EPOCH) // MICROSECOND}.{self.id}"
        return base64.urlsafe_b64encode(parts.encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Read a cursor of ours. Raises ValueError on anything else."""
        if not CURSOR_TEXT.fullmatch(text):
            raise ValueError("not base64url")
        try:
            parts = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
            found = CURSOR_PARTS.fullmatch(parts)
            if not found:
                raise ValueError("not a moment and an id")
            return cls(EPOCH + int(found[1]) * MICROSECOND, int(found[2]))
        except (binascii.Error, OverflowError) as error:
            raise ValueError("not a cursor") from error


@extend_schema_field(OpenApiTypes.STR)
class CursorField(serializers.CharField):
    """A cursor in a query string."""

    def to_internal_value(self, data: Any) -> Cursor:  # type: ignore[override]
        try:
            return Cursor.parse(super().to_internal_value(data))
        except ValueError as error:
            raise serializers.ValidationError(
                "This is no cursor of ours: take it from `next` of the page before."
            ) from error


class ByID(BasePagination):
    """Rows in the order in which they were added."""

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any]:
        """Return one page of rows; one more is read, to know whether another page follows."""
        query = view.query  # type: ignore[union-attr] # ListEndpoint has read it
        self.request = request
        rows = list(self.after(queryset, query.get("cursor"))[: query["page_size"] + 1])
        page = rows[: query["page_size"]]
        self.cursor = self.cursor_of(page[-1]) if len(rows) > len(page) else None
        return page

    def after(self, queryset: QuerySet[Any], cursor: Cursor | None) -> QuerySet[Any]:
        """Return the rows after the cursor, in order."""
        rows = queryset.order_by("pk")
        return rows.filter(pk__gt=cursor.id) if cursor else rows

    def cursor_of(self, row: Model) -> Cursor:
        """Return the cursor after a row."""
        return Cursor(EPOCH, row.pk)

    def get_paginated_response(self, data: Any) -> Response:
        """Return the page with the address of the next one."""
        here = self.request.build_absolute_uri()
        following = replace_query_param(here, "cursor", str(self.cursor)) if self.cursor else None
        return Response({"next": following, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe the page for OpenAPI."""
        return {
            "type": "object",
            "required": ["next", "results"],
            "properties": {
                "next": {
                    "type": ["string", "null"],
                    "format": "uri",
                    "description": "The address of the next page; null on the last one.",
                },
                "results": schema,
            },
        }


class LastAddedFirst(ByID):
    """Rows in the order in which they were added, the last first unless asked otherwise."""

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any]:
        """Return one page of rows, in the order that was asked for."""
        self.is_rising = view.query.get("ordering") == OLDEST  # type: ignore[union-attr] # as above
        return super().paginate_queryset(queryset, request, view)

    def after(self, queryset: QuerySet[Any], cursor: Cursor | None) -> QuerySet[Any]:
        if self.is_rising:
            return super().after(queryset, cursor)
        rows = queryset.order_by("-pk")
        return rows.filter(pk__lt=cursor.id) if cursor else rows


class NewestFirst(LastAddedFirst):
    """Rows by a moment, newest first unless asked otherwise; of one moment, the later row first."""

    moment_field = "published_at"

    def after(self, queryset: QuerySet[Any], cursor: Cursor | None) -> QuerySet[Any]:
        field = self.moment_field
        sign, beyond = ("", "gt") if self.is_rising else ("-", "lt")
        rows = queryset.order_by(f"{sign}{field}", f"{sign}pk")
        if cursor is None:
            return rows
        # The first condition alone lets the index begin at the cursor.
        return rows.filter(
            Q(**{f"{field}__{beyond}e": cursor.moment}),
            Q(**{f"{field}__{beyond}": cursor.moment}) | Q(**{f"pk__{beyond}": cursor.id}),
        )

    def cursor_of(self, row: Model) -> Cursor:
        return Cursor(getattr(row, self.moment_field), row.pk)


Pagination = ByID  # what settings name as the default
