"""Articles on the desk: what came in, and what became of it."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from patriot.lib.desk import NamedValues, ReadOnlyAdmin, ReadOnlyInline, counted, log_action
from sources.models import Article, Passage
from sources.pipeline import control

TITLE_CHARS = 100


class PassageInline(ReadOnlyInline):
    """What quotations are checked against."""

    model = Passage
    fields = readonly_fields = ("version", "number", "text", "sha256")
    ordering = ("-version", "number")


@admin.register(Article)
class ArticleAdmin(ReadOnlyAdmin):
    """Only shown: articles are what publishers wrote."""

    list_display = ("headline", "outlet", "language", "published_at", "state")
    list_filter = (
        "state",
        ("language", NamedValues),
        ("source__newsroom", NamedValues),
    )
    list_select_related = ("publisher", "source")
    search_fields = ("title", "url")
    ordering = ("-published_at", "-pk")
    inlines = (PassageInline,)
    actions = ("run_again",)
    fields = (
        "title",
        "link",
        "publisher",
        "source",
        "author",
        "language",
        "published_at",
        "published_raw",
        "first_seen_at",
        "updated_at",
        "version",
        "state",
        "attempts",
        "last_error",
        "text",
    )
    readonly_fields = ("link",)

    def has_revive_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may put dead articles back to work."""
        return request.user.has_perm("work.revive_job")

    @admin.display(description="title", ordering="title")
    def headline(self, article: Article) -> str:
        return article.title[:TITLE_CHARS] or article.url[:TITLE_CHARS] or "(no title)"

    @admin.display(description="publisher", ordering="publisher__name")
    def outlet(self, article: Article) -> str:
        return article.publisher.name

    @admin.display(description="address")
    def link(self, article: Article) -> str:
        if not article.url.startswith(("http://", "https://")):
            return "–"
        return format_html(
            '<a href="{}" rel="noreferrer noopener nofollow">{}</a>', article.url, article.url
        )

    @admin.action(description="Run again (dead ones)", permissions=["revive"])
    def run_again(self, request: HttpRequest, chosen: QuerySet[Article]) -> None:
        ids = list(chosen.values_list("pk", flat=True))
        revived = control.run_again(ids, timezone.now())  # noqa: TID251 (an interface)
        log_action(request, Article.objects.filter(pk__in=revived), "Run again.")
        self.message_user(
            request,
            f"{counted(len(revived), Article)} back at work; {len(ids) - len(revived)} not dead.",
            messages.SUCCESS if revived else messages.WARNING,
        )
