"""Articles on the desk: what came in, and what became of it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import formats, timezone
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


KEPT_OUT = "An editor kept it out of reports."


class KeptOut(admin.SimpleListFilter):
    """Articles that no report may use."""

    title = "reports"
    parameter_name = "kept_out"
    ONLY = "yes"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(self.ONLY, "kept out of them")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Article]) -> QuerySet[Article]:
        if self.value() != self.ONLY:
            return queryset
        return queryset.filter(quarantined_at__isnull=False)


class PassageInline(ReadOnlyInline):
    """What quotations are checked against."""

    model = Passage
    fields = readonly_fields = ("version", "number", "text", "sha256")
    ordering = ("-version", "number")


@admin.register(Article)
class ArticleAdmin(ReadOnlyAdmin):
    """Only shown: articles are what publishers wrote."""

    list_display = ("headline", "outlet", "language", "published_at", "state", "in_reports")
    list_filter = (
        "state",
        KeptOut,
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
    actions = ("run_again", "let_in", "keep_out")
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
        "in_reports",
        "attempts",
        "last_error",
        "text_from",
        "page_error",
        "text",
    )
    readonly_fields = ("link", "in_reports")

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

    def has_release_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may keep articles out of reports, and let them in."""
        return request.user.has_perm("sources.release_article")

    @admin.display(description="title", ordering="title")
    def headline(self, article: Article) -> str:
        return article.title[:TITLE_CHARS] or article.url[:TITLE_CHARS] or "(no title)"

    @admin.display(description="publisher", ordering="publisher__name")
    def outlet(self, article: Article) -> str:
        return article.publisher.name

    @admin.display(description="in reports")
    def in_reports(self, article: Article) -> str:
        """Say why no report uses it, or that an editor let it in again."""
        if article.quarantined_at:
            return f"kept out since {_moment(article.quarantined_at)}: {article.quarantine_reason}"
        if article.released_version == article.version:
            return "yes, an editor let it in again"
        return "yes"

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

    @admin.action(description="Let into reports again", permissions=["release"])
    def let_in(self, request: HttpRequest, chosen: QuerySet[Article]) -> None:
        ids = chosen.values_list("pk", flat=True)
        released = Article.objects.filter(pk__in=list(ids)).let_in()
        self._tell(request, chosen, released, "Let into reports again.", "in reports again")

    @admin.action(description="Keep out of reports", permissions=["release"])
    def keep_out(self, request: HttpRequest, chosen: QuerySet[Article]) -> None:
        ids = chosen.values_list("pk", flat=True)
        now = timezone.now()  # noqa: TID251 (an interface)
        kept_out = Article.objects.filter(pk__in=list(ids)).keep_out(reason=KEPT_OUT, now=now)
        self._tell(request, chosen, kept_out, "Kept out of reports.", "kept out of reports")

    def _tell(
        self,
        request: HttpRequest,
        chosen: QuerySet[Article],
        changed: Collection[int],
        act: str,
        outcome: str,
    ) -> None:
        log_action(request, Article.objects.filter(pk__in=changed), act)
        others = chosen.count() - len(changed)
        said = f"{counted(len(changed), Article)} {outcome}."
        self.message_user(
            request,
            f"{said} {others} already {'was' if others == 1 else 'were'}." if others else said,
            messages.SUCCESS if changed else messages.WARNING,
        )


def _moment(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return formats.date_format(local, "DATETIME_FORMAT")


def _found(words: str) -> tuple[int, ...]:
    """Return the articles that answer best. Raises Unanswerable and TooSlow."""
    question = parse_question(one_line(words, max_chars=MAX_CHARS))
    newsrooms = Source.objects.order_by("newsroom").values_list("newsroom", flat=True).distinct()
    now = timezone.now()  # noqa: TID251 (an interface)
    found = ArticleWords.objects.search(
        question, languages=ArticleWords.objects.languages(), among=list(newsrooms), now=now
    )
    return found.ids
