"""Whole answers of public pages, kept in this process for a moment: the only gzip door, too.

A page that everybody sees alike is set once a second, however many ask for it. A view says with
`kept` that its answers may be kept, and for which query strings; whatever else is asked for
passes by, so nobody can fill the memory with invented addresses. After its second an answer is
checked by its ETag before it is given again: what was corrected or withdrawn is never shown for
longer than that.
"""

from __future__ import annotations

import gzip
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from http import HTTPStatus
from threading import Lock
from typing import Concatenate, NamedTuple, ParamSpec

import brotli  # type: ignore[import-untyped]
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import parse_http_date_safe

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

MAX_BYTES = 32_000_000
MAX_BYTES_OF_ONE = 2_000_000
# What an entry costs beside its bodies: headers, keys, objects.
OVERHEAD = 2_000
# How long one request waits for another that is already setting the same page.
PATIENCE = 5.0
# Shorter answers do not get shorter.
LEAST_TO_COMPRESS = 200
COMPRESSIBLE = ("text/", "application/json", "application/xml", "application/ld+json", "image/svg")
# For pages that live a second: most of the gain, a fraction of the time.
BROTLI_QUALITY, GZIP_LEVEL = 5, 6
MAX_HEADER = 1_000
CONDITIONS = (
    "HTTP_IF_NONE_MATCH",
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_IF_MATCH",
    "HTTP_IF_UNMODIFIED_SINCE",
)
# Those that belong to one form of the answer, not to the page.
OF_ONE_FORM = frozenset({"content-length", "content-encoding", "etag", "vary"})

# Those that tell one client what is left of its allowance.
OF_ONE_CLIENT = frozenset({"ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"})


def kept(*queries: str) -> Callable[[View[P]], View[P]]:
    """Allow the answers of a view to be kept: without a query string, or with one of these."""

    def decorator(view: View[P]) -> View[P]:
        @wraps(view)
        def marked(request: HttpRequest, /, *args: P.args, **named: P.kwargs) -> HttpResponseBase:
            return view(request, *args, **named)

        marked.kept_queries = frozenset({"", *queries})  # type: ignore[attr-defined]
        return marked

    return decorator


class Key(NamedTuple):
    """What an answer depends on."""

    scheme: str
    host: str
    path: str
    query: str

    @classmethod
    def of(cls, request: HttpRequest) -> Key:
        asked = request.META
        host = asked.get("HTTP_HOST") or f"{asked['SERVER_NAME']}:{asked['SERVER_PORT']}"
        return cls(request.scheme or "", host, request.path, asked.get("QUERY_STRING", ""))


@dataclass(slots=True)
class Page:
    """An answer as it came from its view, and its compressed forms, made when first asked for."""

    headers: Mapping[str, str]
    body: bytes
    etag: str
    """Empty if the view gave none."""
    modified_at: int | None
    checked_at: float
    match: ResolverMatch | None = None
    """The route that it came by, for whoever counts answers by route."""
    forms: dict[str, bytes] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """In bytes; the compressed forms are counted before they are made."""
        return len(self.body) * 3 // 2 + OVERHEAD

    def is_newer_than(self, seconds: float, *, now: float) -> bool:
        return now - self.checked_at < seconds

    def in_form(self, encoding: str) -> bytes:
        """Return the body as this content encoding has it; "" is the body itself."""
        if encoding and encoding not in self.forms:
            # Two threads may do it at once; both get the same.
            self.forms[encoding] = _compressed(self.body, encoding)
        return self.forms[encoding] if encoding else self.body

    @property
    def is_compressible(self) -> bool:
        kind = self.headers.get("Content-Type", "")
        return len(self.body) >= LEAST_TO_COMPRESS and kind.startswith(COMPRESSIBLE)


def _compressed(body: bytes, encoding: str) -> bytes:
    if encoding == "br":
        compressed: bytes = brotli.compress(body, quality=BROTLI_QUALITY)
        return compressed
    return gzip.compress(body, GZIP_LEVEL, mtime=0)


class Shelf:
    """The pages of one process: the longest unasked-for one goes when it is full."""

    def __init__(self, *, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._pages: OrderedDict[Key, Page] = OrderedDict()
        self._turns: dict[Key, Lock] = {}
        self._lock = Lock()
        self.size = 0

    def __len__(self) -> int:
        return len(self._pages)

    def get(self, key: Key) -> Page | None:
        with self._lock:
            page = self._pages.get(key)
            if page is not None:
                self._pages.move_to_end(key)
            return page

    def put(self, key: Key, page: Page) -> None:
        with self._lock:
            self._remove(key)
            self._pages[key] = page
            self.size += page.size
            while self.size > self._max_bytes:
                self._remove(next(iter(self._pages)))

    def drop(self, key: Key) -> None:
        with self._lock:
            self._remove(key)

    def _remove(self, key: Key) -> None:
        page = self._pages.pop(key, None)
        self.size -= page.size if page else 0

    @contextmanager
    def turn(self, key: Key, *, patience: float) -> Iterator[bool]:
        """Be the only one who sets this page; yields False if somebody else still is.

        patience: seconds to wait for them
        """
        with self._lock:
            turn = self._turns.setdefault(key, Lock())
        is_ours = turn.acquire(timeout=patience) if patience else turn.acquire(blocking=False)
        try:
            yield is_ours
        finally:
            if is_ours:
                with self._lock:
                    if self._turns.get(key) is turn:
                        del self._turns[key]
                turn.release()


class KeptPages:
    """Answers from the shelf what everybody sees alike, and compresses whatever else passes."""

    def __init__(
        self,
        get_response: Callable[[HttpRequest], HttpResponse],
        *,
        shelf: Shelf | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._get_response = get_response
        self._gzip = GZipMiddleware(get_response)
        self._shelf = Shelf() if shelf is None else shelf
        self._clock = clock

    def __call__(self, request: HttpRequest) -> HttpResponse:
        seconds: float = settings.KEPT_PAGE_SECONDS
        if not seconds or request.method not in ("GET", "HEAD"):
            return self.passed_on(request)
        key = Key.of(request)
        page = self._shelf.get(key)
        if page is not None and page.is_newer_than(seconds, now=self._clock()):
            return self.give(request, page)
        if page is None and not self.may_keep(request, key):
            return self.passed_on(request)
        return self._fetched(request, key, page, seconds)

    def may_keep(self, request: HttpRequest, key: Key) -> bool:
        """Tell whether the answer to a request that is not on the shelf may be put there."""
        return _may_be_kept(key)

    def give(self, request: HttpRequest, page: Page) -> HttpResponse:
        """Return a page from the shelf as this reader takes it."""
        return _answer(request, page)

    def passed_on(self, request: HttpRequest) -> HttpResponse:
        """Return what the view answers, compressed."""
        return self._gzip.process_response(request, self._get_response(request))  # type: ignore[return-value]

    def _fetched(
        self, request: HttpRequest, key: Key, page: Page | None, seconds: float
    ) -> HttpResponse:
        """Have the page set or checked by one request; others take what that one gets."""
        # While one looks whether it still holds, the others may have it for as long again.
        now = self._clock()
        has_time = page is not None and page.is_newer_than(2 * seconds, now=now)
        with self._shelf.turn(key, patience=0 if has_time else PATIENCE) as is_ours:
            if not is_ours and page is not None and has_time:
                return self.give(request, page)
            page = self._shelf.get(key)
            if page is not None and page.is_newer_than(seconds, now=self._clock()):
                return self.give(request, page)
            return self._asked_for(request, key, page)

    def _asked_for(self, request: HttpRequest, key: Key, page: Page | None) -> HttpResponse:
        # Before the view looks: what it then sees may be newer than that, never older.
        now = self._clock()
        with _as_if_new(request, etag=page.etag if page else ""):
            response = self._get_response(request)
        if page is not None and response.status_code == HTTPStatus.NOT_MODIFIED:
            page.checked_at = now
            return _with_own(response, _answer(request, page))
        found = _page_of(response, now=now, match=request.resolver_match)
        if found is None:
            self._shelf.drop(key)
            return self._gzip.process_response(request, response)  # type: ignore[return-value]
        self._shelf.put(key, found)
        return _with_own(response, _answer(request, found))


def _may_be_kept(key: Key) -> bool:
    try:
        view = resolve(key.path).func
    except (Resolver404, ValueError):
        return False
    return key.query in getattr(view, "kept_queries", ())


@contextmanager
def _as_if_new(request: HttpRequest, *, etag: str) -> Iterator[None]:
    """Ask for the whole page, whatever this reader asks; or whether ours with this ETag holds."""
    method = request.method
    saved = {name: request.META.pop(name) for name in CONDITIONS if name in request.META}
    request.method = "GET"
    if etag:
        request.META["HTTP_IF_NONE_MATCH"] = etag
    try:
        yield
    finally:
        request.META.pop("HTTP_IF_NONE_MATCH", None)
        request.META.update(saved)
        request.method = method


def _page_of(response: HttpResponse, *, now: float, match: ResolverMatch | None) -> Page | None:
    """Return an answer as it can be kept; None if it is not the same for everybody."""
    if response.status_code != HTTPStatus.OK or response.streaming or response.cookies:
        return None
    if _words_in(response.get("Vary", "")) - {"accept-encoding"}:
        return None
    if _words_in(response.get("Cache-Control", "")) & {"private", "no-store", "no-cache"}:
        return None
    if response.has_header("Content-Encoding") or len(response.content) > MAX_BYTES_OF_ONE:
        return None
    left_out = OF_ONE_FORM | OF_ONE_CLIENT
    headers = {name: said for name, said in response.items() if name.lower() not in left_out}
    modified = response.get("Last-Modified", "")
    return Page(
        headers=headers,
        body=response.content,
        etag=response.get("ETag", ""),
        modified_at=parse_http_date_safe(modified) if modified else None,
        checked_at=now,
        match=match,
    )


def _with_own(response: HttpResponse, answer: HttpResponse) -> HttpResponse:
    """Return an answer with what the view said to this client alone."""
    for name, said in response.items():
        if name.lower() in OF_ONE_CLIENT:
            answer[name] = said
    return answer


def _words_in(header: str) -> set[str]:
    return {word.partition("=")[0].strip().lower() for word in header.split(",")} - {""}


def _answer(request: HttpRequest, page: Page) -> HttpResponse:
    """Return the page in the form that this reader takes, or 304 if they have it."""
    encoding = _chosen_encoding(request) if page.is_compressible else ""
    body = page.in_form(encoding)
    request.resolver_match = page.match
    response = HttpResponse(body if request.method == "GET" else b"", headers=page.headers)
    response["Content-Length"] = str(len(body))
    if page.is_compressible:
        patch_vary_headers(response, ["Accept-Encoding"])
    if encoding:
        response["Content-Encoding"] = encoding
    if page.etag:
        response["ETag"] = _weak(page.etag) if encoding else page.etag
    if any(name in request.META for name in CONDITIONS):
        return _unless_known(request, page, response)
    return response


def _unless_known(request: HttpRequest, page: Page, response: HttpResponse) -> HttpResponse:
    """Return 304, or 412, where the conditions of the request say so."""
    verdict = get_conditional_response(
        request, etag=page.etag or None, last_modified=page.modified_at, response=response
    )
    if verdict is None or verdict is response:
        return response
    for name, said in page.headers.items():
        if not name.lower().startswith("content-"):
            verdict.setdefault(name, said)
    return verdict


def _weak(etag: str) -> str:
    """Return the tag of a form that says the same in other bytes (RFC 9110 §8.8.1)."""
    return etag if etag.startswith("W/") else f"W/{etag}"


def _chosen_encoding(request: HttpRequest) -> str:
    """Return "br" or "gzip" if the reader takes it, the shorter one first; else ""."""
    asked = request.META.get("HTTP_ACCEPT_ENCODING", "")
    if not asked:
        return ""
    taken = set(_accepted(asked[:MAX_HEADER]))
    return "br" if "br" in taken else "gzip" if "gzip" in taken else ""


def _accepted(header: str) -> Iterator[str]:
    """Yield what a header accepts; a weight of nought is a refusal (RFC 9110 §12.5.3)."""
    for offer in header.split(","):
        name, _, weight = offer.lower().replace(" ", "").partition(";q=")
        if weight.rstrip("0") not in ("0.", "") or not weight:
            yield name.strip()
