"""What every address of the API shares: strict parameters, documented errors, who may ask."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any, ClassVar, NoReturn, cast

from django.urls import reverse
from django.utils.dateparse import parse_date, parse_datetime
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema_field,
)
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import NotFound
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from patriot.lib.pagination import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, CursorField
from patriot.lib.problems import CODES, CONTENT_TYPE, example_of

MAX_NAME_CHARS = 60
MAX_MOMENT_CHARS = 40
MAX_FIELDS_CHARS = 500
NO_CONTENT = 204
# An id that stands for all others in a route.
PLACEHOLDER = 918_273_645


class FieldError(serializers.Serializer[Any]):
    """What is wrong with one parameter."""

    field = serializers.CharField()
    message = serializers.CharField()


class Problem(serializers.Serializer[Any]):
    """An error, as RFC 9457 problem details."""

    type = serializers.CharField(help_text="The address that explains the code.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What is wrong, in a sentence.")
    instance = serializers.CharField(help_text="The path that was asked for.")
    code = serializers.ChoiceField(choices=sorted(CODES))
    message = serializers.CharField(help_text="The same as detail.")
    timestamp = serializers.DateTimeField()
    path = serializers.CharField(help_text="The same as instance.")
    request_id = serializers.CharField(help_text="Quote it when you report a fault.")
    errors = FieldError(many=True)  # type: ignore[assignment] # a field here, not the method


OTHER_PROBLEMS = OpenApiResponse(
    Problem,
    description="Every other error has the same shape.",
    examples=[OpenApiExample("method_not_allowed", example_of("method_not_allowed"))],
)


class Query(serializers.Serializer[Any]):
    """The parameters of a request: what is not declared here is refused by name."""

    @classmethod
    def read(cls, request: Request) -> dict[str, Any]:
        """Return the parameters, parsed. Raises ValidationError naming each that is wrong."""
        given = request.query_params
        query = cls(data=given.dict())
        mistakes = {
            name[:MAX_NAME_CHARS]: [query.complaint(name, len(values))]
            for name, values in given.lists()
            if name not in query.fields or len(values) > 1
        }
        if not query.is_valid():
            mistakes |= query.errors
        if mistakes:
            raise serializers.ValidationError(mistakes)
        found: dict[str, Any] = query.validated_data
        return found

    def complaint(self, name: str, times: int) -> str:
        """Return what is wrong with the name itself."""
        if name in self.fields:
            return f"Given {times} times; give it once."
        known = ", ".join(self.fields)
        return f"There is no such parameter; known here: {known or 'none'}."


def refuse_body(request: Request) -> None:
    """Raise ValidationError if a request says something where nothing can be said."""
    if request.data:
        raise serializers.ValidationError({"body": ["Nothing can be said here: send no body."]})


def with_key(request: Request) -> str:
    """Return the end of what a history says of a request: by which key it came."""
    return f", with the API key {request.auth}." if request.auth else ", through the API."


class FieldsField(serializers.CharField):
    """Names of members, separated by commas."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            required=False,
            help_text="Only these members of each object, such as `id,title`.",
            **options,
        )

    def to_internal_value(self, data: Any) -> frozenset[str]:  # type: ignore[override]
        text: str = super().to_internal_value(data)
        if len(text) > MAX_FIELDS_CHARS:
            raise serializers.ValidationError(f"More than {MAX_FIELDS_CHARS} characters.")
        return frozenset(name.strip() for name in text.split(",") if name.strip())


class DetailQuery(Query):
    """What the address of one object understands."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # A serializer has `fields` itself, so this one cannot be declared like the others.
        return super().get_fields() | {"fields": FieldsField()}


class ListQuery(DetailQuery):
    """What every list understands."""

    cursor = CursorField(required=False, help_text="Where to go on: take it from `next`.")
    page_size = serializers.IntegerField(
        min_value=1, max_value=MAX_PAGE_SIZE, default=DEFAULT_PAGE_SIZE
    )


@extend_schema_field({"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]})
class MomentField(serializers.Field[datetime, str, str, Any]):
    """An RFC 3339 moment with its offset, or a date, which means its midnight in UTC."""

    def to_internal_value(self, data: Any) -> datetime:
        text = str(data)[:MAX_MOMENT_CHARS]
        try:
            moment = parse_datetime(text) if len(text) > len("2026-06-09") else None
            day = None if moment else parse_date(text)
        except ValueError:  # well formed, but no such day
            self.refuse()
        if day:
            return datetime.combine(day, time(), tzinfo=UTC)
        if moment is None or moment.tzinfo is None:
            self.refuse()
        try:
            return moment.astimezone(UTC)
        except OverflowError:  # year 1 or 9999, east or west of here
            self.refuse()

    def refuse(self) -> NoReturn:
        """Say what a moment looks like."""
        raise serializers.ValidationError(
            "Expected a date such as 2026-06-09, or a moment with its offset such as "
            "2026-06-09T06:30:00Z (a plus sign must be sent as %2B)."
        )


@dataclass(frozen=True, slots=True)
class Act:
    """What a method that changes something does differently from looking at the same address.

    It takes no parameters in its address. Its own docstring describes it.
    """

    success: int = 200
    problem_codes: tuple[str, ...] = ()
    header_parameters: tuple[OpenApiParameter, ...] = ()
    answer: type[serializers.BaseSerializer[Any]] | None = None
    """By default what the address shows."""


class Documented(AutoSchema):
    """Adds to each operation its parameters and the problems that it can answer with."""

    @property
    def endpoint(self) -> Endpoint:
        """The view that is being described."""
        return cast("Endpoint", self.view)

    @property
    def act(self) -> Act | None:
        """What the method being described does differently; None where only one is known."""
        return self.endpoint.acts.get(self.method)

    def get_override_parameters(self) -> list[Any]:
        if self.act:
            return list(self.act.header_parameters)
        query_class = self.endpoint.query_class
        in_address = [query_class] if query_class().fields else []
        return [*in_address, *self._fields_parameter(), *self.endpoint.header_parameters]

    def _fields_parameter(self) -> Iterator[OpenApiParameter]:
        """Yield the parameter `fields` with the names that this address knows, in its place."""
        asked = self.endpoint.query_class().fields.get("fields")
        if asked is None:
            return
        serializer: Any = self.endpoint.get_serializer_class()()
        names = list(getattr(serializer, "child", serializer).fields)
        listed = {"type": "array", "minItems": 1, "items": {"type": "string", "enum": names}}
        yield OpenApiParameter(
            "fields", listed, description=asked.help_text or "", style="form", explode=False
        )

    def get_response_serializers(self) -> Any:
        act = self.act
        success = act.success if act else self.endpoint.success
        told = act.answer if act and act.answer else super().get_response_serializers()
        found: dict[Any, Any] = {(success, "application/json"): told}
        if success == NO_CONTENT:
            found = {success: OpenApiResponse(description="Done.")}
        for media_type, meaning in self.endpoint.also.items():
            found[success, media_type] = meaning
        return (
            found
            | {
                (status, CONTENT_TYPE): OpenApiResponse(
                    Problem,
                    description=" Or: ".join(CODES[code][1] for code in codes),
                    examples=[OpenApiExample(code, example_of(code)) for code in codes],
                )
                for status, codes in self._problems().items()
            }
            | {("default", CONTENT_TYPE): OTHER_PROBLEMS}
        )

    def get_summary(self) -> str:
        method = getattr(self.view, self.method.lower()) if self.act else self.endpoint
        return (method.__doc__ or "").strip().partition("\n")[0].rstrip(".")

    def _is_list_view(self, serializer: Any = None) -> bool:
        return isinstance(self.view, ListEndpoint) and self.act is None

    def _problems(self) -> dict[str, list[str]]:
        """Return what can go wrong: the codes of each status."""
        endpoint = self.endpoint
        own = self.act.problem_codes if self.act else endpoint.problem_codes
        codes = ["invalid", "not_authenticated", *own, "not_acceptable"]
        codes += ["throttled", "error", "unavailable"]
        found: dict[str, list[str]] = {}
        for code in codes:
            found.setdefault(str(CODES[code][0]), []).append(code)
        return found


class Endpoint(GenericAPIView[Any]):
    """A public, read-only address.

    No session is read here, so that answers are the same for everybody. A key is looked at
    when one is sent: it may ask more often.
    """

    permission_classes: Any = (AllowAny,)
    is_public: ClassVar[bool] = True
    query_class: ClassVar[type[Query]] = Query
    header_parameters: ClassVar[tuple[OpenApiParameter, ...]] = ()
    problem_codes: ClassVar[tuple[str, ...]] = ()
    success: ClassVar[int] = 200
    acts: ClassVar[Mapping[str, Act]] = {}
    """By method, where an address is both looked at and changed."""
    also: ClassVar[Mapping[str, Any]] = {}
    """In which other media types it can answer, and what these hold."""
    schema = Documented()
    query: dict[str, Any]

    def get_authenticators(self) -> list[BaseAuthentication]:
        every = super().get_authenticators()
        if not self.is_public:
            return every
        return [way for way in every if not isinstance(way, SessionAuthentication)]

    def get_serializer(self, *args: Any, **options: Any) -> Any:
        """Return the serializer, with those fields that were asked for. Raises ValidationError."""
        serializer: Any = super().get_serializer(*args, **options)
        fields: dict[str, Any] = getattr(serializer, "child", serializer).fields
        for name in fields.keys() - self.wanted(fields):
            del fields[name]
        return serializer

    def wanted(self, known: Collection[str]) -> Collection[str]:
        """Return which of these members were asked for. Raises ValidationError on others."""
        asked: frozenset[str] | None = getattr(self, "query", {}).get("fields")
        if asked is None:
            return known
        unknown = sorted(name[:MAX_NAME_CHARS] for name in asked.difference(known))
        if unknown or not asked:
            said = f"There is no {', '.join(unknown[:5])}" if unknown else "Nothing is named"
            raise serializers.ValidationError(
                {"fields": f"{said}; known here: {', '.join(known)}."}
            )
        return asked


class ListEndpoint(Endpoint):
    """A list, page by page."""

    query_class: ClassVar[type[Query]] = ListQuery

    def get(self, request: Request) -> Response:
        self.query = self.query_class.read(request)
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.written(page))

    def written(self, page: Any) -> Any:
        """Return the objects of one page as their serializer says them. Raises ValidationError."""
        return self.get_serializer(page, many=True).data


class RowsEndpoint(ListEndpoint):
    """A list that clients poll: a function writes its rows, a tenth of the serializer's work.

    What it writes is what the serializer would, which the schema is made of; a test holds that.
    """

    columns: ClassVar[tuple[str, ...]] = ()
    """What the rows hold, by the names that `QuerySet.values_list` knows."""

    def paginate_queryset(self, queryset: Any) -> Any:
        """Return one page of named rows."""
        return super().paginate_queryset(queryset.values_list(*self.columns, named=True))

    def written(self, page: Any) -> Any:
        """Return the objects of one page. Raises ValidationError."""
        known = self.serializer_class._declared_fields  # type: ignore[union-attr]
        wanted = self.wanted(known)
        objects = self.write(page)
        if len(wanted) == len(known):
            return list(objects)
        return [{name: row[name] for name in row if name in wanted} for row in objects]

    def write(self, rows: Sequence[Any]) -> Iterable[dict[str, Any]]:
        """Yield the object of each row."""
        raise NotImplementedError

    def addresses(self, view_name: str) -> Callable[[Any], str]:
        """Return what gives the absolute address of an object by its id: reversed once for all."""
        route = reverse(view_name, args=[PLACEHOLDER])
        before, _, after = self.request.build_absolute_uri(route).rpartition(str(PLACEHOLDER))
        return lambda pk: f"{before}{pk}{after}"


class DetailEndpoint(Endpoint):
    """One object, by what is in its address."""

    query_class: ClassVar[type[Query]] = DetailQuery
    problem_codes: ClassVar[tuple[str, ...]] = ("not_found",)
    noun: ClassVar[str] = "object"

    def get(self, request: Request, **address: Any) -> Response:
        self.query = self.query_class.read(request)
        return Response(self.get_serializer(self.found(**address)).data)

    def found(self, **address: Any) -> Any:
        """Return the object. Raises NotFound."""
        row = self.get_queryset().filter(**address).first()
        if row is None:
            raise NotFound(f"There is no {self.noun} {next(iter(address.values()))}.")
        return row
