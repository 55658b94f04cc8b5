"""Addresses of the API that are not public: what a key or a session must hold."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django.utils.cache import patch_cache_control
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from patriot.accounts.models import ApiKey
from patriot.lib.endpoints import Endpoint


class Allowed(BasePermission):
    """A key needs the scope, and its owner the permission; a session only the permission."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not request.user.is_authenticated:
            return False
        needs = cast("Restricted", view)
        if isinstance(request.auth, ApiKey) and needs.scope not in request.auth.scopes:
            raise PermissionDenied(f"This API key lacks the scope “{needs.scope}”.")
        if not request.user.has_perm(needs.permission):
            raise PermissionDenied(f"This needs the permission “{needs.permission}”.")
        return True


class KnownOnly(BasePermission):
    """Any key and anybody who signed in."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user.is_authenticated)


class Private(Endpoint):
    """An address whose answer depends on who asks, and is kept by nobody on the way."""

    is_public = False
    permission_classes: Any = (KnownOnly,)

    def finalize_response(self, *args: Any, **kw: Any) -> Response:
        response = super().finalize_response(*args, **kw)
        patch_cache_control(response, private=True, no_store=True)
        return response


class Restricted(Private):
    """An address that needs a scope of the key and a permission of its owner."""

    permission_classes = (Allowed,)
    problem_codes: ClassVar[tuple[str, ...]] = ("permission_denied",)
    scope: ClassVar[ApiKey.Scope]
    permission: ClassVar[str]
