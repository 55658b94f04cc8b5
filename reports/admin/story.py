"""Stories on the desk: which articles are told as one event, and why."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from patriot.lib.counting import EstimatingPaginator
from patriot.lib.desk import ReadOnlyAdmin, ReadOnlyInline
from reports.models import Membership, Story
from sources.models import Source

TITLE_CHARS = 100
MAX_CHOICES = 200


class MembershipInline(ReadOnlyInline):
    """The story's articles, oldest first."""

    model = Membership
    fk_name = "story"
    verbose_name_plural = "articles"
    fields = readonly_fields = ("headline", "publisher", "published", "likeness", "why_", "copy")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        memberships: QuerySet[Membership] = super().get_queryset(request)
        return (
            memberships.select_related("article__publisher", "copy_of__publisher")
            .defer("article__text", "copy_of__text")
            .order_by("article__published_at", "pk")
        )

    @admin.display(description="article")
    def headline(self, membership: Membership) -> str:
        article = membership.article
        address = reverse("admin:sources_article_change", args=[article.pk])
        return format_html('<a href="{}">{}</a>', address, article.title[:TITLE_CHARS] or "(none)")

    @admin.display(description="publisher")
    def publisher(self, membership: Membership) -> str:
        return membership.article.publisher.name

    @admin.display(description="published")
    def published(self, membership: Membership) -> Any:
        return membership.article.published_at

    @admin.display(description="similarity")
    def likeness(self, membership: Membership) -> str:
        return f"{membership.similarity:.2f}"

    @admin.display(description="why")
    def why_(self, membership: Membership) -> str:
        return why_in_words(membership.why)

    @admin.display(description="copy of")
    def copy(self, membership: Membership) -> str:
        original = membership.copy_of
        return f"{original.publisher.name}, article {original.pk}" if original else ""


def why_in_words(why: dict[str, Any]) -> str:
    """Return such as “shares Old Bridge · bridge, repair · 2 hours apart”."""
    shared = [", ".join(map(str, why.get(key) or ())) for key in ("names", "figures", "terms")]
    parts = [part for part in shared if part]
    if why.get("hours_apart"):
        parts.append(f"{why['hours_apart']:g} hours apart")
    if why.get("note"):
        parts.append(str(why["note"]))
    return " · ".join(parts) or "it began the story"


class OfSources(admin.SimpleListFilter):
    """Stories by something that their sources say: stories are too many to ask."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        field = str(self.parameter_name)
        values = Source.objects.order_by(field).values_list(field, flat=True).distinct()
        return [(value, value) for value in values[:MAX_CHOICES] if value]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if not value:
            return queryset
        known = dict(self.lookup_choices)
        return (
            queryset.filter(**{str(self.parameter_name): value})
            if value in known
            else (queryset.none())
        )


class NewsroomFilter(OfSources):
    title = parameter_name = "newsroom"


class LanguageFilter(OfSources):
    title = parameter_name = "language"


@admin.register(Story)
class StoryAdmin(ReadOnlyAdmin):
    """Only shown."""

    list_display = (
        "headline",
        "article_count",
        "outlet_count",
        "independent_count",
        "language",
        "last_article_at",
    )
    list_filter = (NewsroomFilter, LanguageFilter)
    search_fields = ("title",)
    paginator = EstimatingPaginator
    ordering = ("-last_article_at", "-pk")
    inlines = (MembershipInline,)

    @admin.display(description="title", ordering="title")
    def headline(self, story: Story) -> str:
        return story.title[:TITLE_CHARS]

    def view_on_site(self, story: Story) -> str:
        """Return the story's page."""
        return reverse("reports:story", args=[story.pk])
