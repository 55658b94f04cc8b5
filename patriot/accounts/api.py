"""The API's own answer to “who am I?”."""

from __future__ import annotations

from typing import Any, cast

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from patriot.accounts.access import Private
from patriot.accounts.models import ApiKey, User
from patriot.accounts.roles import Role, role_of


class MeSerializer(serializers.Serializer[Any]):
    """Who asks, and what the answer to more questions would depend on."""

    username = serializers.CharField(help_text="Of the person, or of the key's owner.")
    role = serializers.ChoiceField(choices=[role.value for role in Role], allow_null=True)
    is_superuser = serializers.BooleanField(
        help_text="Who is may do everything, whatever the role."
    )
    by = serializers.ChoiceField(choices=["key", "session"])
    key = serializers.CharField(allow_null=True, help_text="The key's name and public prefix.")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=ApiKey.Scope.choices),
        help_text="Of the key. Whoever is signed in needs none.",
    )
    expires_at = serializers.DateTimeField(allow_null=True, help_text="When the key does.")


class Me(Private):
    """Say who this key or this session is, and what it may do."""

    serializer_class = MeSerializer

    def get(self, request: Request) -> Response:
        self.query = self.query_class.read(request)
        user = cast("User", request.user)
        key = cast("ApiKey | None", request.auth)
        found = {
            "username": user.get_username(),
            "role": role_of(user),
            "is_superuser": user.is_superuser,
            "by": "key" if key else "session",
            "key": str(key) if key else None,
            "scopes": key.scopes if key else [],
            "expires_at": key.expires_at if key else None,
        }
        return Response(self.get_serializer(found).data)
