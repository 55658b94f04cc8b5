"""Discover: find the feeds of whatever address somebody pasted. Nothing is kept.

A feed counts only when it was fetched and read with the code of the worker. First the address
itself, then what its page names and what is known of its site, then what looks like a feed on
it, then its site's front page, at last the usual paths; each only if those before brought
nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import cast

from patriot.lib.text import one_line
from sources.domain.adding import address_key, feed_address
from sources.domain.discovery import (
    FoundFeed,
    Guess,
    Link,
    Origin,
    PageLinks,
    addresses_of,
    format_of,
    front_page,
    known_patterns,
    named_guesses,
    ranked,
    usual_paths,
)
from sources.domain.site_patterns import closed_site, directory_of
from sources.gateways.parser import Parser
from sources.gateways.unreadable import Unreadable
from sources.gateways.web import (
    Answer,
    FetchError,
    Forbidden,
    RateLimited,
    Request,
    Unreachable,
    Web,
)
from sources.pipeline.reading import Failure, read

MAX_REQUESTS = 20
PATIENCE = timedelta(seconds=25)
MAX_NAMED = 10
MAX_LINKED = 6
MAX_LISTS = 2
"""Pages that list feeds, which are read for those that they link to."""
MAX_REFUSALS = 4
"""After so many a host is left alone: it means it."""
MAX_ADDRESS_CHARS = 200

NO_ADDRESS = "This holds no address. Paste one such as https://courier.example/ or courier.example."


@dataclass(frozen=True, slots=True)
class Discovery:
    """What came of a search for feeds."""

    address: str
    """As it was understood; as pasted, if it was not."""
    found: tuple[FoundFeed, ...] = ()
    """Best first."""
    failure: str = ""
    """Why nothing was found, as a sentence for an editor."""
    notes: tuple[str, ...] = ()
    asked: int = 0
    """How many addresses were asked."""


def discover(
    address: str,
    *,
    web: Web,
    parser: Parser,
    now: datetime,
    tell: Callable[[str], None] = lambda sentence: None,
    patience: timedelta = PATIENCE,
) -> Discovery:
    """Return the feeds of an address, however it is written; best first.

    tell:     hears what is being tried, in a few words
    patience: after which nothing more is asked and nobody is waited for

    To find none is an outcome with a sentence, not an exception.
    """
    addresses = addresses_of(address)
    if not addresses:
        pasted = one_line(address, max_chars=MAX_ADDRESS_CHARS)
        return Discovery(pasted, failure=NO_ADDRESS)
    if site := closed_site(addresses[0]):
        return Discovery(addresses[0], failure=f"{site} offers no feeds: it cannot be watched.")
    search = _Search(web=web, parser=parser, now=now, tell=tell, patience=patience)
    try:
        search.run(addresses)
    except _Enough as enough:
        search.notes.append(str(enough))
    found = tuple(ranked(search.found, page=search.page_url))
    return Discovery(
        search.page_url,
        found,
        "" if found else search.why_nothing(),
        tuple(search.notes),
        search.asked,
    )


_Answers = Generator[tuple[Request, Answer | FetchError]]


class _Enough(Exception):
    """Time or requests are spent; the sentence says which."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What came of asking one address."""

    guess: Guess
    result: Answer | FetchError
    feed: FoundFeed | None
    sentence: str = ""
    """Why it is no feed."""

    @property
    def page(self) -> Answer | None:
        """What is there instead of a feed."""
        return self.result if isinstance(self.result, Answer) and not self.feed else None


class _Search:
    """One search: what was asked, what was found, and what is left of time and requests."""

    def __init__(
        self,
        *,
        web: Web,
        parser: Parser,
        now: datetime,
        tell: Callable[[str], None],
        patience: timedelta,
    ) -> None:
        self.found: list[FoundFeed] = []
        self.notes: list[str] = []
        self.asked = 0
        self.page_url = ""
        self._web = web
        self._parser = parser
        self._now = now
        self._tell = tell
        self._patience = patience
        self._ends_at = time.monotonic() + patience.total_seconds()
        self._known: set[str] = set()
        self._first: _Asked | None = None
        self._site = ""

    def run(self, addresses: Sequence[str]) -> None:
        """Take one step after the other until one of them finds something."""
        self._first = self._ask_first(addresses)
        if self.found or isinstance(self._first.result, Forbidden):
            return
        page = self._first.page
        links = self._links(page) if page else PageLinks()
        if links.refresh and not links.named:
            page, links = self._send_on(page, links)
        if page:
            self.page_url, self._site = page.url, links.title
        self._ask_named(links, addresses[0])
        if not self._has_news:
            self._ask_linked(links)
        if not self._has_news:
            self._ask_front_page()
        if not self._has_news and not isinstance(self._first.result, Unreachable | RateLimited):
            self._tell("Trying usual paths")
            self._ask(usual_paths(self.page_url, software=links.software), stop_at_first=True)

    @property
    def _has_news(self) -> bool:
        """Whether anything was found but what readers say, which nobody pastes an address for."""
        return any(not found.is_comments for found in self.found)

    def why_nothing(self) -> str:
        """Return why no feed was found, once nothing more is tried."""
        others = self.asked - 1
        tried = f"{others} other address{'es' if others != 1 else ''}"
        if self._first and isinstance(self._first.result, FetchError):
            either = f" No feed was found at {tried} either." if others > 0 else ""
            return f"{self._first.sentence}{either}"
        also = f", nor at {tried} where one might be" if others > 0 else ""
        return f"No feed was found at {self.page_url}{also}."

    # --- The steps ---------------------------------------------------------------------------

    def _ask_first(self, addresses: Sequence[str]) -> _Asked:
        """Ask the address itself; in its other spellings only while nobody answers."""
        tries = []
        for address in addresses:
            self.page_url = address
            self._tell(f"Asking {address}")
            tries += self._ask([Guess(address, Origin.ITSELF)], is_new=True)
            result = tries[-1].result
            if not isinstance(result, Unreachable) or result.status:
                return tries[-1]
        self.page_url = addresses[0]
        return tries[0]

    def _send_on(self, page: Answer | None, links: PageLinks) -> tuple[Answer | None, PageLinks]:
        """Go where a page sends its reader."""
        for asked in self._ask([Guess(links.refresh, Origin.ITSELF)]):
            if asked.page:
                return asked.page, self._links(asked.page)
        return page, links

    def _ask_named(self, links: PageLinks, address: str) -> None:
        """Ask what the page names and what is known of its site."""
        guesses = named_guesses(links.named, origin=Origin.NAMED, limit=MAX_NAMED)
        for url in dict.fromkeys((address, self.page_url, links.canonical)):
            guesses += known_patterns(url)
        self._tell("Reading what the page names")
        self._ask(guesses)
        directory, site = directory_of(self.page_url)
        if directory and not self._has_news:
            for asked in self._ask([Guess(directory, Origin.PATTERN, site)]):
                listed = self._links(asked.page).named if asked.page else []
                self._ask([Guess(link.url, Origin.PATTERN, site) for link in listed[:MAX_NAMED]])

    def _ask_linked(self, links: PageLinks) -> None:
        """Ask what looks like a feed on the page, and read the lists of feeds that it leads to."""
        self._tell("Following links that look like feeds")
        asked = self._ask(named_guesses(links.linked, origin=Origin.LINKED, limit=MAX_LINKED))
        if self._has_news:
            return
        lists = [each.page for each in asked if each.page]
        for page in lists[:MAX_LISTS]:
            below = self._links(page)
            every = [*below.named, *below.linked]
            self._ask(named_guesses(every, origin=Origin.LINKED, limit=MAX_LINKED))

    def _ask_front_page(self) -> None:
        """Ask what the front page of the site names."""
        front = front_page(self.page_url)
        if not front or (self._first and isinstance(self._first.result, Unreachable)):
            return
        self._tell(f"Asking {front}")
        for asked in self._ask([Guess(front, Origin.FRONT)]):
            links = self._links(asked.page) if asked.page else PageLinks()
            self._ask(named_guesses(links.named, origin=Origin.FRONT, limit=MAX_NAMED))

    # --- Asking ------------------------------------------------------------------------------

    def _ask(
        self, guesses: Iterable[Guess], *, is_new: bool = False, stop_at_first: bool = False
    ) -> list[_Asked]:
        """Ask these addresses, none of them twice; raise _Enough when time or requests are over.

        is_new:        another spelling of an address counts as another address
        stop_at_first: the first feed will do
        """
        left = MAX_REQUESTS - self.asked
        fresh = list(islice(self._not_asked(guesses, is_new=is_new), left + 1))
        requests = {Request(guess.url): guess for guess in fresh[:left]}
        asked: list[_Asked] = []
        refusals = 0
        answers = self._web.fetch_all(list(requests), on_idle=self._check_time)
        with closing(cast("_Answers", answers)):  # so that it lets go of what is under way
            for request, result in answers:
                self.asked += 1
                asked.append(self._read(requests[request], result))
                refusals += isinstance(result, FetchError) and result.status in {401, 403, 429}
                is_unwelcome = isinstance(result, RateLimited) or refusals >= MAX_REFUSALS
                if is_unwelcome or (stop_at_first and self._has_news):
                    return asked
                self._check_time()
        if len(fresh) > left:
            raise _Enough(f"The search ended after {MAX_REQUESTS} addresses.")
        return asked

    def _not_asked(self, guesses: Iterable[Guess], *, is_new: bool) -> Iterable[Guess]:
        for guess in guesses:
            key = address_key(guess.url)
            if key and (is_new or key not in self._known):
                self._known.add(key)
                yield guess

    def _check_time(self) -> None:
        if time.monotonic() > self._ends_at:
            seconds = self._patience.total_seconds()
            raise _Enough(f"The search ended after {seconds:g} seconds.")

    def _read(self, guess: Guess, result: Answer | FetchError) -> _Asked:
        """Read an answer as the worker would, and keep it if it is a feed."""
        reading = read(result, parser=self._parser)
        if isinstance(reading, Failure) or reading.feed is None:
            sentence = reading.sentence if isinstance(reading, Failure) else ""
            return _Asked(guess, result, None, sentence)
        feed, answer = reading.feed, reading.answer
        dates = [entry.published_at for entry in feed.entries if entry.published_at]
        found = FoundFeed(
            url=feed_address(answer.moved_permanently_to) or guess.url,
            guess=guess,
            feed=feed,
            format=format_of(answer.body),
            newest_at=min(max(dates), self._now) if dates else None,
            site=self._site,
        )
        self.found.append(found)
        return _Asked(guess, result, found)

    def _links(self, page: Answer) -> PageLinks:
        """Return what a page says of feeds; nothing, if it is no page."""
        try:
            reply = self._parser.ask(
                "links",
                page.body,
                url=page.url,
                content_type=page.headers.get("content-type", ""),
            )
        except Unreadable:
            return PageLinks()
        return PageLinks(
            **reply | {name: [Link(**link) for link in reply[name]] for name in ("named", "linked")}
        )
