"""Addresses that must get no mail."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from patriot.lib.desk import ModelAdmin
from reports.models import Suppression
from reports.pipeline import subscribing
from reports.pipeline.outbox import address_hash


class SuppressionForm(forms.ModelForm):  # type: ignore[type-arg]
    """Which address, and why: the address itself is not kept."""

    address = forms.EmailField(max_length=254, help_text="Only a hash of it is kept.")

    class Meta:
        model = Suppression
        fields = ("detail",)


@admin.register(Suppression)
class SuppressionAdmin(ModelAdmin):
    """Added by mail services, and by staff; lifted by staff."""

    form = SuppressionForm
    list_display = ("hint", "cause", "detail", "created_at")
    list_filter = ("cause",)
    search_fields = ("hint", "detail")
    ordering = ("-created_at", "-pk")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("address", "detail") if obj is None else ("hint", "cause", "detail", "created_at")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Suppress the address, and end what it gets."""
        now = timezone.now()  # noqa: TID251 (an interface)
        address = form.cleaned_data["address"]
        subscribing.suppress(address, cause=Suppression.Cause.STAFF, detail=obj.detail, now=now)
        stored = Suppression.objects.get(address_hash=address_hash(address))
        obj.pk, obj.hint = stored.pk, stored.hint
