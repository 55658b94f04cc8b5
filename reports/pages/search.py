"""Search: what published reports and stored articles say about a question."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from functools import cache, cached_property
from typing import TypeVar
from urllib.parse import urlencode

from django.db.models import F, Prefetch
from django.db.models.functions import Left
from django.urls import reverse

from patriot.lib.text import one_line
from reports.models import Briefing, Claim, Membership, Report, Section, SectionWords
from reports.pages.spelling import respelled
from sources.domain.highlights import Piece, excerpt, hits, marked
from sources.domain.lexemes import MAX_TEXT_CHARS, index_language
from sources.domain.questions import MAX_CHARS, Question, Unanswerable, parse_question
from sources.models import Article, ArticleWords, Publisher
from sources.models.search import MAX_RANKED, Found, TooSlow

HITS_A_PAGE = 20
REPORTS_ON_TOP = 5
ARTICLES_BELOW = 10
# No publisher has this number.
NOBODY = 0
# What a hit shows, and its address: the rows of briefings and publishers are wide.
_SECTION = (
    "position",
    "story_id",
    "revision__report__slot_at",
    "revision__report__local_date",
    "revision__report__slot",
    "revision__report__briefing__slug",
    "revision__report__briefing__title",
    "revision__report__briefing__timezone",
)
_ARTICLE = (
    "title",
    "url",
    "language",
    "published_at",
    "publisher__name",
    "publisher__domain",
    "publisher__family",
    "membership__story_id",
)
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
    begin: str = ""
    """The first day, as 2026-06-09; of days that are none nothing is kept."""
    end: str = ""
    """The last day."""
    publisher: str = ""
    """A publisher's domain: whose articles, and the reports that quote them."""
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
            begin=_day(parameters.get("from", "")),
            end=_day(parameters.get("to", "")),
            publisher=one_line(parameters.get("publisher", ""), max_chars=100).lower(),
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
            "from": self.begin,
            "to": self.end,
            "publisher": self.publisher,
            "page": self.page if self.page > 1 else "",
        }
        return f"{reverse('reports:search')}?{urlencode({k: v for k, v in given.items() if v})}"

    @property
    def is_narrowed(self) -> bool:
        return bool(self.briefing or self.age or self.begin or self.end or self.publisher)


def _day(value: str) -> str:
    """Return a day as it was given; "" if it is none."""
    try:
        return date.fromisoformat(value.strip()[:10]).isoformat()
    except ValueError:
        return ""


def _midnight(day: str, *, later: int = 0) -> datetime | None:
    """Return where a day begins (UTC), or another one so many days later."""
    try:
        return datetime.combine(date.fromisoformat(day) + timedelta(days=later), time(), tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


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
    is_of_nobody: bool = False
    """A publisher was named that none of ours is."""
    respelled: str = ""
    """The question as it was probably meant; it finds something."""

    @property
    def respelled_url(self) -> str:
        return replace(self.wish, text=self.respelled, page=1).url

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
        search = _search(wish, question, briefings, now)
        results = tuple(_results(wish, search))
    except Unanswerable as error:
        return SearchPage(wish, briefings, problem=str(error))
    except TooSlow:
        return SearchPage(wish, briefings, problem=TOO_SLOW, is_too_slow=True)
    page = SearchPage(wish, briefings, question=question, results=results)
    if not page.is_empty:
        return page
    if search.is_of_nobody:
        return replace(page, is_of_nobody=True)
    return replace(page, respelled=_respelled(wish, briefings, now))


def _search(wish: Wish, question: Question, briefings: Sequence[Briefing], now: datetime) -> Search:
    return Search(
        question,
        briefings,
        now=now,
        since=max(filter(None, [since(wish, now), _midnight(wish.begin)]), default=None),
        until=_midnight(wish.end, later=1),
        publisher=wish.publisher,
    )


def _respelled(wish: Wish, briefings: Sequence[Briefing], now: datetime) -> str:
    """Return the question with its words as titles spell them, if that finds something."""
    text = respelled(wish.text, among=_newsrooms(briefings))
    if not text or len(text) > MAX_CHARS:
        return ""
    try:
        search = _search(wish, parse_question(text), briefings, now)
        is_any = any(found.total for _, found in _found(wish, search))
    except (Unanswerable, TooSlow):
        return ""
    return text if is_any else ""


def _newsrooms(briefings: Iterable[Briefing]) -> list[str]:
    """Return those whose articles are found: our own, and what briefings read."""
    return sorted({"", *(briefing.newsroom for briefing in briefings)})


def since(wish: Wish, now: datetime) -> datetime | None:
    """Return the moment before which nothing is looked for."""
    return now - wish.age.span if wish.age else None


def _results(wish: Wish, search: Search) -> Iterable[Results]:
    """Return the chosen place alone, page by page, or the best of both."""
    begin = (wish.page - 1) * HITS_A_PAGE
    here = slice(begin, begin + HITS_A_PAGE)
    for where, found in _found(wish, search):
        if where is Where.REPORTS:
            hits = search.sections(found.ids[here if wish.where else slice(REPORTS_ON_TOP)])
        else:
            hits = search.read(found.ids[here if wish.where else slice(ARTICLES_BELOW)])
        yield Results(wish, where, found, tuple(hits))


def _found(wish: Wish, search: Search) -> Iterable[tuple[Where, Found]]:
    """Yield what the chosen places have; nothing is asked before it is wanted."""
    if wish.where is not Where.ARTICLES:
        yield Where.REPORTS, search.reports(wish.briefing)
    if wish.where is not Where.REPORTS:
        yield Where.ARTICLES, search.articles()


class Search:
    """One question, asked of the index; and its hits, set with their words marked."""

    def __init__(
        self,
        question: Question,
        briefings: Sequence[Briefing],
        *,
        now: datetime,
        since: datetime | None = None,
        until: datetime | None = None,
        publisher: str = "",
    ) -> None:
        """Search until a moment, and for what is of one publisher or quotes it, by its domain.

        Raises Unanswerable if every word is a stop word in every language.
        """
        self._question = question
        self._briefings = briefings
        self._now = now
        self._since, self._until = since, until
        self._domain = publisher.strip().lower().removeprefix("www.")
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

    @cached_property
    def _publisher(self) -> int | None:
        """Return the publisher's key; None for all, and nobody's if none has this domain."""
        if not self._domain:
            return None
        known = Publisher.objects.filter(domain=self._domain).values_list("pk", flat=True).first()
        return NOBODY if known is None else known

    @property
    def is_of_nobody(self) -> bool:
        """Tell whether a publisher was named that none of ours is."""
        return self._publisher == NOBODY

    def reports(self, slug: str = "") -> Found:
        """Return the sections of published reports, of one briefing or of all. Raises TooSlow."""
        chosen = [each.pk for each in self._briefings if slug in ("", each.slug)]
        return SectionWords.objects.search(
            self._question,
            languages=self._languages,
            among=chosen,
            now=self._now,
            since=self._since,
            until=self._until,
            publisher=self._publisher,
        )

    def articles(self) -> Found:
        """Return articles of our own newsroom, and of those that a briefing reads. Raises TooSlow.

        What was only tried out, in a newsroom without a briefing, is on no page either.
        """
        return ArticleWords.objects.search(
            self._question,
            languages=self._languages,
            among=_newsrooms(self._briefings),
            now=self._now,
            since=self._since,
            until=self._until,
            publisher=self._publisher,
        )

    def sections(self, ids: Sequence[int]) -> Iterable[Hit]:
        """Yield sections in this order, each with the sentence that answers best."""
        stored = (
            Section.objects.filter(
                revision=F("revision__report__current"),
                revision__report__state=Report.State.PUBLISHED,
            )
            .select_related("revision__report__briefing")
            .only(*_SECTION)
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
            Article.objects.only(*_ARTICLE)
            .annotate(beginning=Left("text", MAX_TEXT_CHARS))
            .select_related("publisher", "membership")
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
