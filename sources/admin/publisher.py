"""Publishers on the desk: who counts as one voice."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ActionForm
from django.contrib.messages import SUCCESS, WARNING
from django.core.exceptions import ValidationError
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from patriot.lib.desk import ModelAdmin, ModelForm, NamedValues, counted, log_action
from patriot.lib.text import one_line
from patriot.templatetags.reading import language_name
from sources.domain.countries import COUNTRIES, country_name
from sources.models import Article, Publisher, Source

MAX_FAMILY_CHARS = 253
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,2}")
NOTHING_TO_DO = "Nothing was done: choose at least two publishers, or name the family."


class PublisherForm(ModelForm):
    """What editors decide about a publisher."""

    class Meta:
        model = Publisher
        fields = ("name", "family", "country", "language")

    def clean_name(self) -> str:
        return one_line(str(self.cleaned_data["name"]), max_chars=200)

    def clean_family(self) -> str:
        return one_line(str(self.cleaned_data["family"]), max_chars=MAX_FAMILY_CHARS)

    def clean_country(self) -> str:
        code = str(self.cleaned_data["country"]).strip().upper()
        if code and code not in COUNTRIES:
            raise ValidationError(
                f"“{code}” is no country's code of ISO 3166, such as DE; for the United Kingdom "
                "it is GB."
            )
        return code

    def clean_language(self) -> str:
        code = str(self.cleaned_data["language"]).strip().lower().replace("_", "-")
        if code and not LANGUAGE.fullmatch(code):
            raise ValidationError(f"“{code}” is no code of a language, such as de or pt-br.")
        return code


class PublisherActionForm(ActionForm):
    """The action, and the family that it needs."""

    family = forms.CharField(
        required=False,
        label="Family:",
        max_length=MAX_FAMILY_CHARS,
        widget=forms.TextInput(attrs={"size": 16, "autocomplete": "off"}),
    )


class CountryFilter(NamedValues):
    """Publishers by country, with its name."""

    def choices(self, changelist: Any) -> Any:
        for choice in super().choices(changelist):
            yield choice | {"display": country_name(str(choice["display"]))}


class LanguageFilter(NamedValues):
    """Publishers by language, with its name."""

    def choices(self, changelist: Any) -> Any:
        for choice in super().choices(changelist):
            yield choice | {"display": language_name(str(choice["display"]))}


@admin.register(Publisher)
class PublisherAdmin(ModelAdmin):
    """Name, family, country and language are editable; publishers come with their sources."""

    form = PublisherForm
    list_display = (
        "name",
        "domain",
        "family",
        "country",
        "language",
        "source_count",
        "article_count",
    )
    list_filter = (("country", CountryFilter), ("language", LanguageFilter))
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("name", "domain", "family")
    ordering = ("name", "pk")
    fields = ("domain", "name", "family", "country", "language", "source_count", "article_count")
    readonly_fields = ("domain", "source_count", "article_count")
    action_form = PublisherActionForm
    actions = ("make_one_family",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        every: QuerySet[Any] = super().get_queryset(request)
        # Subqueries, and no joins: those would multiply sources by articles.
        publishers: QuerySet[Any] = every.annotate(
            source_total=_total(Source.objects.curated()),
            article_total=_total(Article.objects.all()),
        )
        return publishers

    @admin.display(description="sources", ordering="source_total")
    def source_count(self, publisher: Publisher) -> str:
        address = reverse("admin:sources_source_changelist")
        return _linked(f"{address}?publisher__id__exact={publisher.pk}", publisher, "source_total")

    @admin.display(description="articles", ordering="article_total")
    def article_count(self, publisher: Publisher) -> str:
        address = reverse("admin:sources_article_changelist")
        return _linked(f"{address}?publisher__id__exact={publisher.pk}", publisher, "article_total")

    @admin.action(description="Make these one family", permissions=["change"])
    def make_one_family(self, request: HttpRequest, chosen: QuerySet[Publisher]) -> None:
        """Have these count as one voice: in the family that was named, else the largest's."""
        named = one_line(request.POST.get("family", ""), max_chars=MAX_FAMILY_CHARS)
        largest = chosen.order_by("-source_total", "name", "pk").first()  # type: ignore[misc]
        if largest is None or not (named or chosen.count() > 1):
            self.message_user(request, NOTHING_TO_DO, WARNING)
            return
        family = named or largest.family
        changed = list(chosen.exclude(family=family).values_list("pk", flat=True))
        rows = Publisher.objects.filter(pk__in=changed)
        rows.update(family=family)
        log_action(request, rows, f"family: “{family}”")
        self.message_user(
            request,
            f"{counted(len(changed), Publisher)} now of the family {family}: they count as one "
            "voice in reports to come.",
            SUCCESS if changed else WARNING,
        )


def _total(rows: QuerySet[Any]) -> Coalesce:
    of_publisher = rows.filter(publisher=OuterRef("pk")).order_by().values("publisher")
    return Coalesce(Subquery(of_publisher.annotate(total=Count("pk")).values("total")), 0)


def _linked(address: str, publisher: Publisher, total: str) -> str:
    return format_html('<a href="{}">{}</a>', address, getattr(publisher, total, 0))
