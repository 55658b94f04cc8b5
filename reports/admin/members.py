"""A story's articles on the desk: why each is there, and which are least like the others."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib import admin
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html

from patriot.lib.desk import ReadOnlyInline
from reports.domain.parting import Parting, parting
from reports.domain.reasons import why_in_words
from reports.domain.vectors import unit
from reports.models import Membership, Story
from reports.pipeline.rearranging import index_of

TITLE_CHARS = 100
DECIDE = "reports.decide_story"

BY_LIKENESS = "likeness"
"""The value of ?order= that puts first what is least like the others."""

CHOOSE_APART = "apart"
"""The value of ?choose= that ticks the group that stands apart."""

MAX_COMPARED = 200
"""A larger story would keep the editor waiting."""


def parting_of(story: Story) -> Parting | None:
    """Compare the articles of a story; None if there are too few or too many to say anything."""
    if not 1 < story.article_count <= MAX_COMPARED:
        return None
    index = index_of({story.pk})
    group = index.groups.get(story.pk)
    signatures = [index.signature_of(pk) for pk in group.articles] if group else []
    vectors = [unit(index.rarity.weigh(signature).weights) for signature in signatures]
    return parting(signatures, vectors) if len(signatures) > 1 else None


class MembershipInline(ReadOnlyInline):
    """The story's articles, oldest first, or those least like the others."""

    model = Membership
    fk_name = "story"
    verbose_name_plural = "articles"
    fields = readonly_fields = (
        "chosen",
        "headline",
        "publisher",
        "published",
        "likeness",
        "why_",
        "copy",
    )

    # One inline is made for each request.
    parting: Parting | None = None
    chosen_ids: Collection[int] = ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave out what only those can use who may decide."""
        fields = super().get_fields(request, obj)
        may = request.user.has_perm(DECIDE)
        return fields if may else [name for name in fields if name != "chosen"]

    def get_formset(self, request: HttpRequest, obj: Any = None, **options: Any) -> Any:
        """Compare the articles first, if that is asked for."""
        if obj is not None and request.GET.get("order") == BY_LIKENESS:
            self.parting = parting_of(obj)
            if self.parting and request.GET.get("choose") == CHOOSE_APART:
                self.chosen_ids = self.parting.apart
        return super().get_formset(request, obj, **options)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        memberships: QuerySet[Membership] = super().get_queryset(request)
        memberships = memberships.select_related(
            "article__publisher", "copy_of__publisher", "decision__made_by"
        ).defer("signature", "article__text", "article__html", "copy_of__text", "copy_of__html")
        if not self.parting:
            return memberships.order_by("article__published_at", "pk")
        nearness, apart = self.parting.nearness, self.parting.apart
        order = sorted(nearness, key=lambda pk: (pk not in apart, nearness[pk], pk))
        places = [When(article=pk, then=Value(place)) for place, pk in enumerate(order)]
        last = Value(len(order))
        return memberships.order_by(Case(*places, default=last, output_field=IntegerField()), "pk")

    @admin.display(description="choose")
    def chosen(self, membership: Membership) -> str:
        article = membership.article
        ticked = article.pk in self.chosen_ids
        return format_html(
            '<input type="checkbox" name="article" value="{}" aria-label="Choose: {}, {}"{}>',
            article.pk,
            article.publisher.name,
            article.title[:TITLE_CHARS] or "article without a headline",
            " checked" if ticked else "",
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
    def published(self, membership: Membership) -> str:
        return date_format(membership.article.published_at, "DATETIME_FORMAT")

    @admin.display(description="similarity")
    def likeness(self, membership: Membership) -> str:
        if self.parting and membership.article_id in self.parting.nearness:
            return f"{self.parting.nearness[membership.article_id]:.2f} to the others"
        return f"{membership.similarity:.2f}"

    @admin.display(description="why")
    def why_(self, membership: Membership) -> str:
        words = why_in_words(membership.why, is_first=membership.similarity == 1)
        decision = membership.decision
        if decision is None:
            return words
        who = decision.made_by.get_username() if decision.made_by else "somebody"
        why = f": {decision.note}" if decision.note else ""
        return f"{words} ({who}, {decision.made_at:%-d %B %H:%M}{why})"

    @admin.display(description="copy of")
    def copy(self, membership: Membership) -> str:
        original = membership.copy_of
        copied = [f"{original.publisher.name}, article {original.pk}"] if original else []
        return "; ".join(copied + ([f"credits {membership.agency}"] if membership.agency else []))
