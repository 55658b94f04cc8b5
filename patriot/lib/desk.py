"""What the pages of the desk share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, time
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Model, QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.forms.models import BaseInlineFormSet
from django.http import Http404, HttpRequest

# The stubs know what these are of; at run time Django's classes take no parameters.
if TYPE_CHECKING:
    StockModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
    ModelForm = forms.ModelForm[Any]
    InlineFormSet = BaseInlineFormSet[Any, Any, Any]
else:
    StockModelAdmin = admin.ModelAdmin
    TabularInline = admin.TabularInline
    ModelForm = forms.ModelForm
    InlineFormSet = BaseInlineFormSet


MAX_VALUE_CHARS = 80
MAX_MESSAGE_CHARS = 2_000
SECRET = re.compile(r"password|passwd|secret|token|key|hash|cookie|ping_url", re.IGNORECASE)
# What must not be guessed letter by letter, and what may take a database for ever.
UNASKABLE = frozenset({"address", "hash", "password", "ping_url", "regex", "iregex"})
NOTHING = "nothing"


class SaysWhatChanged:
    """An admin whose history says of each field what it was and what it is."""

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """Return such as “title: “Dawn” → “The Morning””; of secrets only that they changed."""
        changes = ["Added."] if add else [change_of(form, name) for name in form.changed_data]
        for formset in formsets or ():
            changes += changes_below(formset)
        return " · ".join(changes)[:MAX_MESSAGE_CHARS] or "Nothing changed."


def change_of(form: Any, name: str) -> str:
    """Return in words how one field of a form that was saved has changed."""
    field = form.fields.get(name)
    # Django's form of a new password has no field of the name that it reports.
    if field is None:
        return f"{name.replace('_', ' ')}: changed"
    label = (field.label or name.replace("_", " ")).lower()
    if SECRET.search(name) or isinstance(field.widget, forms.PasswordInput):
        return f"{label}: changed"
    before = in_words(field, form.initial.get(name, field.initial))
    return f"{label}: {before} → {in_words(field, form.cleaned_data.get(name))}"


def in_words(field: Any, value: Any) -> str:
    """Return a form field's value on one line, in quotation marks and not too long."""
    words = " ".join(_plain(field, value).split())
    if not words:
        return NOTHING
    is_long = len(words) > MAX_VALUE_CHARS
    return f"“{words[:MAX_VALUE_CHARS]}{'…' if is_long else ''}”"


def _plain(field: Any, value: Any) -> str:  # noqa: PLR0911 (a table of types)
    match value:
        case None | "":
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M %Z}"
        case time():
            return f"{value:%H:%M}"
        case Model() | str() | int():
            return _chosen(field, value)
        case Mapping():
            return ", ".join(f"{name} {each}" for name, each in sorted(value.items()))
        case Iterable():
            return ", ".join(_plain(field, each) for each in value)
        case _:
            return str(value)


def _chosen(field: Any, value: Any) -> str:
    """Return what the form calls a choice; other values say themselves."""
    if isinstance(value, Model):
        return str(value)
    if isinstance(field, forms.ModelChoiceField) and field.queryset is not None:
        return str(field.queryset.filter(pk=value).first() or value)
    labels = dict(getattr(field, "choices", ()))
    return str(labels.get(value, value))


def changes_below(formset: Any) -> list[str]:
    """Return in words what happened to the rows below the one that was saved."""
    rows = [("added", row) for row in formset.new_objects]
    rows += [("changed", row) for row, _ in formset.changed_objects]
    rows += [("deleted", row) for row in formset.deleted_objects]
    return [f"{row._meta.verbose_name} “{str(row)[:MAX_VALUE_CHARS]}” {act}" for act, row in rows]


class ModelAdmin(SaysWhatChanged, StockModelAdmin):
    """A list and a form."""

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Refuse filters of one's own making that tell secrets, or that never end."""
        if UNASKABLE.intersection(lookup.split(LOOKUP_SEP)):
            return False
        return super().lookup_allowed(lookup, value, request)

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """Return the row; what cannot be an id is not found, and not quoted in a message."""
        if not object_id.isprintable():
            raise Http404("There is no such row.")
        return super().get_object(request, object_id, from_field)


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
