"""Nobody may use what does not say who may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

if TYPE_CHECKING:  # it reads this permission from the settings while it is imported
    from rest_framework.views import APIView


class Nobody(BasePermission):
    """The permission of an address of the API that names none."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return False
