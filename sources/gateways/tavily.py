"""The door to Tavily: the only module that imports its SDK.

Errors:

* SearchError      the question has no answer; its sentence is for an editor
  · Unavailable    nobody answered, or not to the end: ask again later
  · RateLimited    too many questions: wait as long as `asked`
  · OutOfFunds     the account's own limit is reached: somebody must pay
  · Denied         the key, the question or the address is refused: somebody must mend it
    · NotSent      by ourselves: the service heard nothing of it
  · Malformed      it answered something that is no answer
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from patriot.ledger.prices import Usage
from patriot.lib import outbound
from patriot.lib.text import clean_text, one_line
from sources.domain.dates import MAX_RAW_CHARS, parse_date
from sources.domain.entry import Entry, Feed
from sources.domain.publishers import registrable_domain
from sources.domain.search import CREDITS, MAX_QUERY_CHARS, Question
from sources.domain.urls import canonical_url, names_a_page

if TYPE_CHECKING:
    import requests  # noqa: TID251 (its types)

ADDRESS = "https://api.tavily.com"
DEPTH = "basic"
DEADLINE = timedelta(seconds=30)
MAX_TITLE_CHARS = 1_000
MAX_TEXT_CHARS = 100_000
MAX_SENTENCE_CHARS = 300
MAX_ID_CHARS = 100
# More than any search costs; beyond it the count is no count.
MAX_CREDITS = 100

NO_RESULT = "not a result"
NO_ADDRESS = "no address on the public web"
NO_ARTICLE = "a front page, not an article"
NO_TITLE_AND_NO_TEXT = "no title and no text"
NOT_ASKED_FOR = "from a domain that was not asked for"
TOO_MANY = "beyond the number asked for"

_NOTHING = Usage()
_ONE_SEARCH = Usage(credits=CREDITS)
_OUT_OF_FUNDS = {432, 433}  # the plan's limit, the pay-as-you-go limit
_TRY_LATER = {408, 425}
_TOO_BUSY = {429, 503}


class SearchError(Exception):
    """The question has no answer; the sentence is for an editor."""

    def __init__(
        self,
        sentence: str,
        *,
        status: int | None = None,
        usage: Usage = _NOTHING,
        asked: timedelta | None = None,
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.usage = usage
        """What it may have cost all the same."""
        self.asked = asked
        """How long the service wants to be left alone, if it said so."""


class Unavailable(SearchError):
    """Nobody answered, or not to the end: ask again later."""


class RateLimited(SearchError):
    """Too many questions: wait as long as `asked`."""


class OutOfFunds(SearchError):
    """The account's own limit is reached: somebody must pay."""


class Denied(SearchError):
    """The key, the question or the address is refused: somebody must mend it."""


class NotSent(Denied):
    """Our policy or our settings kept it here: the service heard nothing of it."""


class Malformed(SearchError):
    """It answered something that is no answer."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a question brought."""

    feed: Feed
    usage: Usage
    request_id: str
    took: timedelta


class Search:
    """Asks Tavily, under the outbound policy and one total deadline."""

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str = "",
        allow: Collection[str] = (),
        deadline: timedelta = DEADLINE,
        user_agent: str = "",
    ) -> None:
        """Raises ValueError without a key: the SDK would turn to a public mode without one.

        base_url: its own host and port may be private, the operator chose it
        allow:    further "host:port" pairs that need not be public
        """
        if not api_key.strip():
            raise ValueError("A search needs the key of an account: TAVILY_API_KEY.")
        self._api_key = api_key.strip()
        self._base_url = (base_url or ADDRESS).rstrip("/")
        self._allow = frozenset([*allow, *_own(base_url)])
        self._deadline = deadline
        self._user_agent = user_agent

    def search(self, question: Question) -> Found:
        """Ask once, and pay for it; never twice. Raises SearchError."""
        began = time.monotonic()
        reply = self._ask(question)
        took = timedelta(seconds=time.monotonic() - began)
        feed = feed_of(reply, question)
        return Found(feed, usage_of(reply), _request_id(reply), took)

    def _ask(self, question: Question) -> dict[str, Any]:
        """Return the reply, of which nothing is certain but that it has a list of results."""
        import requests  # noqa: PLC0415, TID251 (slow to import; here only its errors)
        from tavily import TavilyClient, errors  # noqa: PLC0415, TID251 (this is the door)

        from patriot.lib.sessions import session  # noqa: PLC0415 (slow to import)

        answers: list[requests.Response] = []
        with closing(
            session(allow=self._allow, deadline=self._deadline, user_agent=self._user_agent)
        ) as wire:
            # The SDK's errors have lost the status and Retry-After.
            wire.hooks["response"].append(lambda answer, **_: answers.append(answer))
            try:
                client = TavilyClient(self._api_key, api_base_url=self._base_url, session=wire)
                reply = client.search(**_parameters(question, self._deadline))
                results = reply["results"]
            except (
                requests.exceptions.RequestException,
                errors.UsageLimitExceededError,
                errors.BadRequestError,
                errors.ForbiddenError,
                errors.InvalidAPIKeyError,
                errors.TimeoutError,
                # What the SDK does not foresee in an answer: a list, a status of its own, a
                # number of five thousand digits, ten thousand brackets.
                AttributeError,
                LookupError,
                TypeError,
                ValueError,
                RecursionError,
            ) as error:
                raise error_of(error, answers[-1] if answers else None) from error
        if not isinstance(results, list):
            raise _malformed(200)
        return dict(reply)


def _own(base_url: str) -> list[str]:
    """Return host:port of an address that the operator set; a bad one is told when it is asked."""
    try:
        return [outbound.authority_of(base_url)] if base_url else []
    except outbound.Forbidden:
        return []


def _parameters(question: Question, deadline: timedelta) -> dict[str, Any]:
    return {
        "query": question.query[:MAX_QUERY_CHARS],
        "search_depth": DEPTH,
        "topic": question.topic,
        "time_range": question.time_range,
        "max_results": question.max_results,
        "include_domains": list(question.include_domains) or None,
        "exclude_domains": list(question.exclude_domains) or None,
        "include_raw_content": "text",
        "include_usage": True,
        "timeout": deadline.total_seconds(),
    }


# --- What went wrong --------------------------------------------------------------------------


def error_of(error: Exception, answer: requests.Response | None) -> SearchError:
    """Return what an SDK's exception means, by the answer where there was one."""
    if answer is None:
        return _unanswered(error)
    status = answer.status_code
    if status == 200:
        return _malformed(status)
    if 300 <= status < 400:
        return Denied(f"Tavily's address redirects (HTTP {status}).", status=status)
    return _refused(status, _detail(answer), _asked(answer.headers))


def _unanswered(error: Exception) -> SearchError:
    """Return the error of a question without an answer; it may have been paid if it was sent."""
    import requests  # noqa: PLC0415, TID251 (its errors)

    # The SDK says of time-outs only that there was one.
    wire = error if isinstance(error, requests.exceptions.RequestException) else error.__context__
    if isinstance(error, ValueError) or isinstance(wire, ValueError):
        # Its own words would repeat the key.
        return NotSent("TAVILY_API_KEY or TAVILY_BASE_URL holds what cannot be sent.")
    if isinstance(wire, requests.exceptions.ConnectionError):
        if isinstance(wire.__cause__, outbound.Forbidden):
            return NotSent(f"Tavily's address is not one that we reach: {wire.__cause__}")
        return Unavailable(f"Tavily could not be reached: {_sentence(wire)}")
    if isinstance(wire, requests.exceptions.ReadTimeout):
        return Unavailable("Tavily did not answer in time.", usage=_ONE_SEARCH)
    if isinstance(wire, requests.exceptions.RequestException):
        return Unavailable(f"Tavily's answer broke off: {_sentence(wire)}", usage=_ONE_SEARCH)
    return Unavailable(f"Tavily could not be asked: {_sentence(error)}")


def _refused(status: int, detail: str, asked: timedelta | None) -> SearchError:
    said = f" It says: {detail}" if detail else ""
    if status in _OUT_OF_FUNDS:
        return OutOfFunds(
            f"The limit of Tavily's plan or account is reached (HTTP {status}).{said}",
            status=status,
        )
    if status in _TOO_BUSY:
        return RateLimited(
            f"Tavily wants to be asked less often (HTTP {status}).{said}",
            status=status,
            asked=asked,
        )
    if status == 401:
        return Denied(f"Tavily does not accept TAVILY_API_KEY (HTTP 401).{said}", status=status)
    if 400 <= status < 500 and status not in _TRY_LATER:
        return Denied(f"Tavily refuses the question (HTTP {status}).{said}", status=status)
    return Unavailable(f"Tavily is not available (HTTP {status}).{said}", status=status)


def _malformed(status: int) -> Malformed:
    return Malformed(
        "Tavily answered something that is no list of results.", status=status, usage=_ONE_SEARCH
    )


def _detail(answer: requests.Response) -> str:
    """Return what the service says about a refusal, if that is text."""
    try:
        detail = answer.json()["detail"]
        return _sentence(detail["error"] if isinstance(detail, dict) else detail)
    except (LookupError, TypeError, ValueError, RecursionError):
        return ""


def _sentence(value: object) -> str:
    text = value if isinstance(value, str) else str(value) if isinstance(value, Exception) else ""
    return one_line(text, max_chars=MAX_SENTENCE_CHARS)


def _asked(headers: Mapping[str, str]) -> timedelta | None:
    """Return the wait that Retry-After asks for (RFC 9110 §10.2.3); None if it asks nothing."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value[:9]), 86_400))
    try:
        until = parsedate_to_datetime(value)
        return max(until.astimezone(UTC) - _date_of(headers), timedelta(0))
    except (ValueError, TypeError, OverflowError):
        return None


def _date_of(headers: Mapping[str, str]) -> datetime:
    """Return the server's own clock, for a moment that it names. Raises ValueError."""
    return parsedate_to_datetime(headers.get("Date", "")).astimezone(UTC)


# --- What was found ---------------------------------------------------------------------------


def feed_of(reply: Mapping[str, Any], question: Question) -> Feed:
    """Return a reply's results as entries; those that are of no use are counted by reason."""
    results = reply["results"]
    wanted = results[: question.max_results]
    skipped = Counter({TOO_MANY: len(results) - len(wanted)})
    entries = []
    for result in wanted:
        entry = entry_of(result, question)
        if isinstance(entry, Entry):
            entries.append(entry)
        else:
            skipped[entry] += 1
    return Feed(
        title=f"Search: {one_line(question.query, max_chars=MAX_QUERY_CHARS)}",
        entries=tuple(entries),
        skipped=dict(+skipped),
    )


def entry_of(result: object, question: Question) -> Entry | str:
    """Return a result as an entry, or the reason why it is of no use."""
    if not isinstance(result, dict):
        return NO_RESULT
    url = canonical_url(_text(result.get("url"), max_chars=4_000))
    if not url or registrable_domain(url) is None:
        return NO_ADDRESS
    if not names_a_page(url):
        return NO_ARTICLE
    if not question.admits(urlsplit(url).hostname or ""):
        return NOT_ASKED_FOR
    title = one_line(_raw(result.get("title")), max_chars=MAX_TITLE_CHARS)
    text = _text(result.get("raw_content"), max_chars=MAX_TEXT_CHARS) or _text(
        result.get("content"), max_chars=MAX_TEXT_CHARS
    )
    if not title and not text:
        return NO_TITLE_AND_NO_TEXT
    date = one_line(_raw(result.get("published_date")), max_chars=MAX_RAW_CHARS)
    return Entry(
        url=url,
        title=title,
        html=html_of_text(text),
        published_raw=date,
        published_at=parse_date(date),
    )


def html_of_text(text: str) -> str:
    """Return plain text as HTML that reads the same: what looks like markup stays text."""
    paragraphs = text.split("\n\n")
    return "".join(
        f"<p>{escape(paragraph, quote=False).replace(chr(10), '<br>')}</p>"
        for paragraph in paragraphs
        if paragraph.strip()
    )


def usage_of(reply: Mapping[str, Any]) -> Usage:
    """Return the credits that the service counted; one search where its count is none."""
    usage = reply.get("usage")
    count = usage.get("credits") if isinstance(usage, dict) else None
    if isinstance(count, bool) or not isinstance(count, int | float):
        return _ONE_SEARCH
    if not 0 <= count <= MAX_CREDITS:  # not a number neither
        return _ONE_SEARCH
    return Usage(credits=Decimal(str(count)).quantize(Decimal("0.001")))


def _request_id(reply: Mapping[str, Any]) -> str:
    return one_line(_raw(reply.get("request_id")), max_chars=MAX_ID_CHARS)


def _raw(value: object) -> str:
    return value if isinstance(value, str) else ""


def _text(value: object, *, max_chars: int) -> str:
    return clean_text(_raw(value), max_chars=max_chars)
