"""Addresses of the API that are not public: what a key or a session must hold."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django.utils.cache import patch_cache_control
from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from patriot.accounts.models import ApiKey
from patriot.accounts.roles import SCOPES, only
from patriot.lib.endpoints import Endpoint

SHOW_A_KEY = (
    "This address needs an API key: send the header “Authorization: Bearer <key>”. "
    "Staff make keys at the desk, under “API keys”."
)


def may(request: Request, scope: ApiKey.Scope) -> bool:
    """Tell whether a request came with a key of this scope, whose owner may what it stands for."""
    key = request.auth
    is_held = isinstance(key, ApiKey) and scope in key.scopes
    return is_held and request.user.has_perm(SCOPES[scope])


def by_way_of(request: Request) -> str:
    """Return how somebody did something, for the end of a sentence in a row's history."""
    return f", with the API key {request.auth}" if request.auth else ", through the API"


class KnownOnly(BasePermission):
    """Any key and anybody who signed in."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not request.user.is_authenticated:
            raise NotAuthenticated(SHOW_A_KEY)
        return True


class Allowed(KnownOnly):
    """A key needs the scope, and its owner the permission; a session only the permission."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        super().has_permission(request, view)
        scope = cast("Restricted", view).scope_for(str(request.method))
        if not request.user.has_perm(SCOPES[scope]):
            who = only(SCOPES[scope]).capitalize()
            raise PermissionDenied(f"{who} may {scope.label}.")
        if isinstance(request.auth, ApiKey) and scope not in request.auth.scopes:
            raise PermissionDenied(
                f"This API key may not {scope.label}: "
                f"make one with the scope “{scope}” at the desk, under “API keys”."
            )
        return True


class Private(Endpoint):
    """An address whose answer depends on who asks, and is kept by nobody on the way."""

    is_public = False
    permission_classes: Any = (KnownOnly,)

    def finalize_response(self, *args: Any, **kw: Any) -> Response:
        response = super().finalize_response(*args, **kw)
        patch_cache_control(response, private=True, no_store=True)
        return response


class Restricted(Private):
    """An address that needs a scope of the key and, of its owner, what the scope stands for."""

    permission_classes = (Allowed,)
    problem_codes: ClassVar[tuple[str, ...]] = ("permission_denied",)
    scope: ClassVar[ApiKey.Scope]
    write_scope: ClassVar[ApiKey.Scope | None] = None
    """What it takes to change something; by default the same as to look."""

    def scope_for(self, method: str) -> ApiKey.Scope:
        """Return what a key must hold for this method."""
        if self.write_scope is None or method in SAFE_METHODS:
            return self.scope
        return self.write_scope
