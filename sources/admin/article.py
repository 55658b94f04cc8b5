"""Articles on the desk: what came in, and what became of it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from patriot.lib.counting import EstimatingPaginator
from patriot.lib.desk import NamedValues, ReadOnlyAdmin, ReadOnlyInline, counted, log_action
from patriot.lib.text import one_line
from sources.admin.filters import LanguageOfSources
from sources.domain.questions import MAX_CHARS, Unanswerable, parse_question
from sources.models import Article, Passage, Source
from sources.models.search import ArticleWords, TooSlow
from sources.pipeline import control

TITLE_CHARS = 100
LIST = "sources_article_changelist"
TOO_SLOW = "The search took too long: please ask with rarer words."


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
        LanguageOfSources,
        ("source__newsroom", NamedValues),
    )
    list_select_related = ("publisher", "source")
    # Asked of the index of words: see get_search_results.
    search_fields = ("title",)
    search_help_text = (
        "Words of title and text, “phrases” in quotation marks, -without; the best 200."
    )
    paginator = EstimatingPaginator
    # By nothing else: no other order has an index.
    sortable_by = ("published_at",)
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
        "text_from",
        "page_error",
        "text",
    )
    readonly_fields = ("link",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The list needs no texts, and nothing here needs the markup."""
        articles: QuerySet[Any] = super().get_queryset(request).defer("html")
        is_list = request.resolver_match and request.resolver_match.url_name == LIST
        return articles.defer("text", "html") if is_list else articles

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Ask the index of words, as readers do: titles alone would mean reading them all."""
        if not search_term:
            return queryset, False
        try:
            return queryset.filter(pk__in=_found(search_term)), False
        except (Unanswerable, TooSlow) as error:
            self.message_user(request, str(error) or TOO_SLOW, messages.WARNING)
            return queryset.none(), False

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


def _found(words: str) -> tuple[int, ...]:
    """Return the articles that answer best. Raises Unanswerable and TooSlow."""
    question = parse_question(one_line(words, max_chars=MAX_CHARS))
    newsrooms = Source.objects.order_by("newsroom").values_list("newsroom", flat=True).distinct()
    now = timezone.now()  # noqa: TID251 (an interface)
    found = ArticleWords.objects.search(
        question, languages=ArticleWords.objects.languages(), among=list(newsrooms), now=now
    )
    return found.ids
