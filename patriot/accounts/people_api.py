"""The API of accounts: for administrators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, cast

from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import APIException, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from patriot.accounts import people
from patriot.accounts.access import Restricted, by_way_of
from patriot.accounts.models import ApiKey, User
from patriot.accounts.people import AS_IT_IS, Wish
from patriot.accounts.roles import Role, role_of
from patriot.lib.bodies import Body, OneOfField, YesOrNoField
from patriot.lib.desk import log_action
from patriot.lib.endpoints import Act, DetailEndpoint, ListEndpoint, ListQuery, Query
from patriot.lib.pagination import ByID

ROLES = [role.value for role in Role]
NO_ROLE = "none"


class UserSerializer(serializers.Serializer[Any]):
    """Somebody with an account."""

    id = serializers.IntegerField()
    url = serializers.HyperlinkedIdentityField(view_name="api:user", lookup_url_kwarg="pk")
    username = serializers.CharField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    email = serializers.CharField(help_text="May be empty.")
    role = serializers.SerializerMethodField(help_text="null for none: no way to the desk.")
    is_superuser = serializers.BooleanField(help_text="May do everything, whatever the role.")
    is_active = serializers.BooleanField(
        help_text="Of whoever is not, sign-in and API keys are refused."
    )
    has_second_factor = serializers.BooleanField()
    last_login = serializers.DateTimeField(allow_null=True)
    date_joined = serializers.DateTimeField()

    @extend_schema_field({"type": ["string", "null"], "enum": [*ROLES, None]})
    def get_role(self, user: User) -> str | None:
        return role_of(user)


class ChangedUser(Body):
    """What is to become of somebody."""

    is_active = YesOrNoField(required=False)
    role = OneOfField(
        choices=ROLES, required=False, allow_null=True, help_text="null takes it away."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError({"body": [f"Name one of {', '.join(self.fields)}."]})
        return attrs


class UserQuery(ListQuery):
    """Which people: by role, by whether they may come in."""

    role = serializers.ChoiceField(choices=[*ROLES, NO_ROLE], required=False)
    state = serializers.ChoiceField(choices=["active", "inactive"], required=False)


class SomebodyMustBeLeft(APIException):
    """Nobody would be left who could let people in."""

    status_code = 409
    default_code = "last_administrator"
    default_detail = "Nobody would be left who can let people in: name another one first."


class Users(Restricted):
    """What both addresses share. Neither passwords nor factors are ever told."""

    serializer_class = UserSerializer
    scope = ApiKey.Scope.READ_USERS
    write_scope = ApiKey.Scope.WRITE_USERS

    def get_queryset(self) -> QuerySet[Any]:
        return people.everybody().defer("password")


class UserList(Users, ListEndpoint):
    """List the people with an account, in the order in which they were added."""

    pagination_class = ByID
    query_class = UserQuery

    def get_queryset(self) -> QuerySet[Any]:
        found = super().get_queryset()
        if role := self.query.get("role"):
            # The highest counts: whoever has none of those above, and this one.
            above = ROLES if role == NO_ROLE else ROLES[ROLES.index(role) + 1 :]
            found = found.exclude(pk__in=_with_roles(above))
            found = found if role == NO_ROLE else found.filter(pk__in=_with_roles([role]))
        if state := self.query.get("state"):
            found = found.filter(is_active=state == "active")
        return found


def _with_roles(roles: list[str]) -> QuerySet[Any, Any]:
    return User.objects.filter(Q(groups__name__in=roles)).values("pk")


class UserDetail(Users, DetailEndpoint):
    """Somebody with an account."""

    problem_codes = ("permission_denied", "not_found")
    acts: ClassVar[Mapping[str, Act]] = {
        "PATCH": Act(
            200,
            (
                *("permission_denied", "not_found", "too_large"),
                *("unsupported_media_type", "last_administrator"),
            ),
        )
    }
    noun = "user"

    @extend_schema(
        request=ChangedUser,
        examples=[
            OpenApiExample("Somebody leaves", value={"is_active": False}, request_only=True),
            OpenApiExample("Another role", value={"role": "publisher"}, request_only=True),
        ],
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Let somebody in, keep somebody out, or give another role.

        Whoever is kept out is signed out, and their API keys are refused. Nobody changes
        themselves, only superusers change a superuser, and somebody who can let people in is
        always left.
        """
        Query.read(request)
        body = ChangedUser(data=request.data)
        body.is_valid(raise_exception=True)
        user = self.found(pk=pk)
        for sentence in self.changed(user, body.validated_data):
            rows = User.objects.filter(pk=pk)
            log_action(request._request, rows, f"{sentence}{by_way_of(request)}.")
        return Response(self.get_serializer(self.found(pk=pk)).data)

    def changed(self, user: User, wanted: Mapping[str, Any]) -> list[str]:
        """Return what has changed, in words. Raises PermissionDenied or SomebodyMustBeLeft."""
        role = wanted.get("role", AS_IT_IS)
        wish = Wish(
            is_active=wanted.get("is_active", AS_IT_IS),
            role=Role(role) if isinstance(role, str) else role,
        )
        try:
            return people.change(user, wish, by=cast("User", self.request.user))
        except people.NotYours as error:
            raise PermissionDenied(str(error)) from error
        except people.LastAdministrator as error:
            raise SomebodyMustBeLeft from error
