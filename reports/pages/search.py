"""Search: what published reports and stored articles say about a question."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from functools import cache, cached_property
from typing import TypeVar
from urllib.parse import urlencode

from django.db.models import F, Prefetch
from django.db.models.functions import Left
from django.urls import reverse

from patriot.lib.text import one_line
from reports.models import Briefing, Claim, Membership, Report, Section, SectionWords
from sources.domain.highlights import Piece, excerpt, hits, marked
from sources.domain.lexemes import MAX_TEXT_CHARS, index_language
from sources.domain.questions import MAX_CHARS, Question, Unanswerable, parse_question
from sources.models import Article, ArticleWords
from sources.models.search import MAX_RANKED, Found, TooSlow

HITS_A_PAGE = 20
REPORTS_ON_TOP = 5
ARTICLES_BELOW = 10
LAST_PAGE = MAX_RANKED // HITS_A_PAGE

TOO_SLOW = (
    "This search took too long, and we stopped it. Please try again with rarer words, or with "
    "fewer of them."
)


Member = TypeVar("Member", bound=StrEnum)


class Where(StrEnum):
    """What is searched; a page may also show the best of both."""

    REPORTS = "reports"
    ARTICLES = "articles"


class Age(StrEnum):
    """How old a hit may be."""

    WEEK = "week"
    MONTH = "month"
    YEAR = "year"

    @property
    def span(self) -> timedelta:
        return timedelta(days={"week": 7, "month": 31, "year": 366}[self.value])

    @property
    def in_words(self) -> str:
        return f"the last {self.value}"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a reader asked for: the address of a search, read and written."""

    text: str = ""
    where: Where | None = None
    briefing: str = ""
    age: Age | None = None
    page: int = 1

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> Wish:
        """Read a query string; what makes no sense counts as not given."""
        page = parameters.get("page", "")
        number = int(page) if page.isascii() and page.isdecimal() and len(page) < 4 else 1
        return cls(
            # One more than allowed, so that a question that is too long is not cut in silence.
            text=one_line(parameters.get("q", ""), max_chars=MAX_CHARS + 1),
            where=_member(Where, parameters.get("in", "")),
            briefing=parameters.get("briefing", "")[:60],
            age=_member(Age, parameters.get("age", "")),
            page=min(max(number, 1), LAST_PAGE),
        )

    @property
    def url(self) -> str:
        """The address of this search."""
        given = {
            "q": self.text,
            "in": self.where or "",
            "briefing": self.briefing,
            "age": self.age or "",
            "page": self.page if self.page > 1 else "",
        }
        return f"{reverse('reports:search')}?{urlencode({k: v for k, v in given.items() if v})}"

    @property
    def is_narrowed(self) -> bool:
        return bool(self.briefing or self.age)


def _member(kind: type[Member], value: str) -> Member | None:
    return next((member for member in kind if member == value), None)


@dataclass(frozen=True, slots=True)
class Hit:
    """One result, ready to be set."""

    title: tuple[Piece, ...]
    title_language: str
    excerpt: tuple[Piece, ...]
    excerpt_language: str
    url: str
    """In a report: of its section. Of an article: at its publisher; may be empty."""
    at: datetime
    zone: tzinfo
    section: Section | None = None
    article: Article | None = None
    story_id: int | None = None


@dataclass(frozen=True, slots=True)
class Results:
    """What was found in one place, and the part of it that is shown."""

    wish: Wish
    where: Where
    found: Found
    hits: tuple[Hit, ...]

    @property
    def first(self) -> int:
        """The number of the first hit shown."""
        return 1 + (self.wish.page - 1) * HITS_A_PAGE if self.wish.where else 1

    @property
    def is_all(self) -> bool:
        return len(self.found.ids) <= len(self.hits)

    @property
    def all_url(self) -> str:
        return replace(self.wish, where=self.where, page=1).url

    @property
    def last_page(self) -> int:
        return max(1, -(-len(self.found.ids) // HITS_A_PAGE))

    @property
    def previous_url(self) -> str:
        page = self.wish.page
        return replace(self.wish, page=min(page - 1, self.last_page)).url if page > 1 else ""

    @property
    def next_url(self) -> str:
        page = self.wish.page
        return replace(self.wish, page=page + 1).url if page < self.last_page else ""

    @property
    def ends_early(self) -> bool:
        """There are more hits than pages, and this is the last page."""
        return self.wish.page >= self.last_page and self.found.total > len(self.found.ids)


@dataclass(frozen=True, slots=True)
class SearchPage:
    """The answer to a wish. Without a question it only asks for one."""

    wish: Wish
    briefings: Sequence[Briefing]
    problem: str = ""
    is_too_slow: bool = False
    question: Question | None = None
    results: tuple[Results, ...] = ()

    @property
    def ages(self) -> tuple[Age, ...]:
        return tuple(Age)

    @property
    def is_empty(self) -> bool:
        """There was a question, and nothing answers it."""
        return bool(self.question) and not any(part.found.total for part in self.results)

    @property
    def places(self) -> tuple[tuple[str, str, bool], ...]:
        """Where one may search: a name, an address, and whether it is here."""
        return tuple(
            (name, replace(self.wish, where=where, page=1).url, self.wish.where is where)
            for name, where in (
                ("All", None),
                ("Reports", Where.REPORTS),
                ("Articles", Where.ARTICLES),
            )
        )

    @property
    def any_word_url(self) -> str:
        """The same search for any of the words; empty if there is only one."""
        if self.question is None or self.question.word_count < 2:
            return ""
        text = self.question.with_any_word
        return replace(self.wish, text=text, page=1).url if len(text) <= MAX_CHARS else ""

    @property
    def everywhere_url(self) -> str:
        """The same search without filters; empty if there are none."""
        if not (self.wish.is_narrowed or self.wish.where):
            return ""
        return Wish(text=self.wish.text).url


def search_page(wish: Wish, *, now: datetime) -> SearchPage:
    """Return the answer to a wish, in a number of queries that does not depend on it."""
    briefings = list(Briefing.objects.order_by("title", "pk"))
    if wish.briefing not in {briefing.slug for briefing in briefings}:
        wish = replace(wish, briefing="")
    if not wish.text:
        return SearchPage(wish, briefings)
    try:
        question = parse_question(wish.text)
        search = Search(question, briefings, now=now, since=since(wish, now))
        results = tuple(_results(wish, search))
    except Unanswerable as error:
        return SearchPage(wish, briefings, problem=str(error))
    except TooSlow:
        return SearchPage(wish, briefings, problem=TOO_SLOW, is_too_slow=True)
    return SearchPage(wish, briefings, question=question, results=results)


def since(wish: Wish, now: datetime) -> datetime | None:
    """Return the moment before which nothing is looked for."""
    return now - wish.age.span if wish.age else None


def _results(wish: Wish, search: Search) -> Iterable[Results]:
    """Return the chosen place alone, page by page, or the best of both."""
    begin = (wish.page - 1) * HITS_A_PAGE
    here = slice(begin, begin + HITS_A_PAGE)
    if wish.where is not Where.ARTICLES:
        found = search.reports(wish.briefing)
        ids = found.ids[here if wish.where else slice(REPORTS_ON_TOP)]
        yield Results(wish, Where.REPORTS, found, tuple(search.sections(ids)))
    if wish.where is not Where.REPORTS:
        found = search.articles()
        ids = found.ids[here if wish.where else slice(ARTICLES_BELOW)]
        yield Results(wish, Where.ARTICLES, found, tuple(search.read(ids)))


class Search:
    """One question, asked of the index; and its hits, set with their words marked."""

    def __init__(
        self,
        question: Question,
        briefings: Sequence[Briefing],
        *,
        now: datetime,
        since: datetime | None = None,
    ) -> None:
        """Raises Unanswerable if every word is a stop word in every language."""
        self._question = question
        self._briefings = briefings
        self._now = now
        self._since = since
        self._wanted = cache(question.lexemes)
        if not question.rough(self._languages):
            raise Unanswerable(
                "These words are too short, or almost every text has them. Please add one that "
                "says what it is about."
            )

    @cached_property
    def _languages(self) -> list[str]:
        """Return the languages of the texts: those of articles, and those reports are told in."""
        told = {index_language(briefing.language) for briefing in self._briefings}
        return sorted({*ArticleWords.objects.languages(), *told})

    def reports(self, slug: str = "") -> Found:
        """Return the sections of published reports, of one briefing or of all. Raises TooSlow."""
        chosen = [each.pk for each in self._briefings if slug in ("", each.slug)]
        return SectionWords.objects.search(
            self._question,
            languages=self._languages,
            among=chosen,
            now=self._now,
            since=self._since,
        )

    def articles(self) -> Found:
        """Return articles of our own newsroom, and of those that a briefing reads. Raises TooSlow.

        What was only tried out, in a newsroom without a briefing, is on no page either.
        """
        newsrooms = {"", *(briefing.newsroom for briefing in self._briefings)}
        return ArticleWords.objects.search(
            self._question,
            languages=self._languages,
            among=sorted(newsrooms),
            now=self._now,
            since=self._since,
        )

    def sections(self, ids: Sequence[int]) -> Iterable[Hit]:
        """Yield sections in this order, each with the sentence that answers best."""
        stored = (
            Section.objects.filter(
                revision=F("revision__report__current"),
                revision__report__state=Report.State.PUBLISHED,
            )
            .select_related("revision__report__briefing")
            .defer("revision__record")
            .prefetch_related(Prefetch("claims", Claim.objects.order_by("position")))
            .in_bulk(ids)
        )
        for pk in ids:
            # Withdrawn between the two queries: then it is gone.
            if pk in stored and stored[pk].claims.all():
                yield self._section(stored[pk])

    def _section(self, section: Section) -> Hit:
        report, claims = section.revision.report, list(section.claims.all())
        headline = next((one for one in claims if one.kind == Claim.Kind.HEADLINE), claims[0])
        others = [claim for claim in claims if claim is not headline] or [headline]
        best = max(others, key=self._answers)
        return Hit(
            title=self._marked(headline.text, headline.language, marked),
            title_language=headline.language,
            excerpt=self._marked(best.text, best.language, marked),
            excerpt_language=best.language,
            url=f"{report.get_absolute_url()}#{section.anchor}",
            at=report.slot_at,
            zone=report.briefing.zone,
            section=section,
            story_id=section.story_id,
        )

    def _answers(self, claim: Claim) -> int:
        """Return how many of the words a sentence has; the first of equals is taken."""
        language = index_language(claim.language)
        return hits(claim.text, self._wanted(language), language)

    def read(self, ids: Sequence[int]) -> Iterable[Hit]:
        """Yield articles in this order, each with the passage that answers best."""
        stored = (
            Article.objects.defer("text")
            .annotate(beginning=Left("text", MAX_TEXT_CHARS))
            .select_related("publisher", "source", "membership")
            .in_bulk(ids)
        )
        yield from (self._article(stored[pk]) for pk in ids if pk in stored)

    def _article(self, article: Article) -> Hit:
        membership: Membership | None = getattr(article, "membership", None)
        language = article.language
        return Hit(
            title=self._marked(article.title, language, marked),
            title_language=language,
            excerpt=self._marked(article.beginning, language, excerpt),  # type: ignore[attr-defined] # annotated
            excerpt_language=language,
            url=article.url,
            at=article.published_at,
            zone=UTC,
            article=article,
            story_id=membership.story_id if membership else None,
        )

    def _marked(self, text: str, language: str, way: Marking) -> tuple[Piece, ...]:
        indexed = index_language(language)
        return way(text, self._wanted(indexed), indexed)


Marking = Callable[[str, frozenset[str], str], tuple[Piece, ...]]
