"""What the pages of the desk share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Model, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest

# The stubs know what these are of; at run time Django's classes take no parameters.
if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
    ModelForm = forms.ModelForm[Any]
    InlineFormSet = BaseInlineFormSet[Any, Any, Any]
else:
    ModelAdmin = admin.ModelAdmin
    TabularInline = admin.TabularInline
    ModelForm = forms.ModelForm
    InlineFormSet = BaseInlineFormSet


class ReadOnly:
    """Rows that staff look at and never write: the pipeline does."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(ReadOnly, ModelAdmin):
    """A list and a page that only show."""

    show_full_result_count = False
    list_per_page = 50


class NamedValues(admin.AllValuesFieldListFilter):
    """A filter by the values that occur, in which the empty value has a name too."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        for choice in super().choices(changelist):
            yield choice | {"display": choice["display"] or "(none)"}


class ReadOnlyInline(ReadOnly, TabularInline):
    """Rows below another one that only show: a plain table that scrolls by keyboard too."""

    template = "admin/desk/rows.html"

    extra = 0
    max_num = 0
    can_delete = False
    show_change_link = False


def log_action(request: HttpRequest, rows: QuerySet[Any], sentence: str) -> None:
    """Write to the history of each row what somebody did to it from the list."""
    user_id = int(request.user.pk or 0)
    LogEntry.objects.log_actions(user_id, rows, CHANGE, change_message=sentence)


def counted(number: int, model: type[Model]) -> str:
    """Return such as “1 source” or “3 sources”."""
    noun = model._meta.verbose_name if number == 1 else model._meta.verbose_name_plural
    return f"{number} {noun}"
