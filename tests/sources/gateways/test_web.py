"""The HTTP client, against servers of every kind on loopback."""

from __future__ import annotations

import gzip
import shutil
import socket
import ssl
import subprocess
import threading
import time
import zlib
from collections import deque
from collections.abc import Iterable
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from types import SimpleNamespace
from typing import Any

import pycurl  # noqa: TID251 (its error codes)
import pytest

from patriot.lib.outbound import Limits, check_url
from sources.gateways.switchboard import failure_of
from sources.gateways.web import (
    ACCEPT_PAGE,
    Answer,
    Busy,
    FetchError,
    Forbidden,
    RateLimited,
    Refused,
    Request,
    TooLarge,
    Unreachable,
    Web,
    polite_pause,
)
from tests.sources.server import Server, answering, never_ending, resetting, sending, silent

LIMITS = Limits(raw_bytes=100_000, decoded_bytes=300_000, deadline=timedelta(seconds=60))
SOON = replace(LIMITS, deadline=timedelta(seconds=1))
OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
def server():
    with Server() as running:
        yield running


def web_for(*servers: Server, limits: Limits = LIMITS, **wishes: Any) -> Web:
    allow = [server.authority for server in servers]
    return Web(user_agent="Test/1", allow=allow, limits=limits, **wishes)


def outcomes(results: Iterable[tuple[Request, Answer | FetchError]]) -> dict[str, str]:
    """Return what became of each path: the body, or the kind of error."""
    return {
        "/" + request.url.rpartition("/")[2]: (
            type(result).__name__ if isinstance(result, FetchError) else result.body.decode()
        )
        for request, result in results
    }


def failure(server: Server, url: str, *, limits: Limits = LIMITS) -> FetchError:
    with pytest.raises(FetchError) as caught:
        web_for(server, limits=limits).fetch(Request(url))
    return caught.value


# --- What a good server gets and gives -----------------------------------------------


def test_a_document_arrives_with_its_headers(server):
    url = server.serve(answering(body=b"<rss/>", Content_Type="text/xml", ETag='W/"a b"'))

    answer = web_for(server).fetch(Request(url))

    assert (answer.status, answer.url, answer.body) == (200, url, b"<rss/>")
    assert answer.headers["content-type"] == "text/xml"
    assert answer.etag == 'W/"a b"'
    assert "User-Agent: Test/1" in server.requests[0]
    assert answer.took > timedelta(0)


def test_validators_go_back_byte_for_byte(server):
    url = server.serve(answering(304))
    etag, moment = 'W/"x--\xe9 \'1"', "Tue, 9 Jun 2026 6:30:00 +0000"

    answer = web_for(server).fetch(Request(url, etag=etag, last_modified=moment))

    assert answer.is_unchanged
    assert f"If-None-Match: {etag}\r\n" in server.requests[0]
    assert f"If-Modified-Since: {moment}\r\n" in server.requests[0]


def test_a_validator_cannot_smuggle_a_header(server):
    url = server.serve(answering(body=b"x"))

    web_for(server).fetch(Request(url, etag="a\r\nX-Evil: 1"))

    assert "X-Evil" not in server.requests[0]


def test_no_proxy_comes_from_the_environment_and_no_cookie_goes_back(server, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    url = server.serve(answering(302, Set_Cookie="a=1; Path=/", Location="/other"))
    server.serve(answering(body=b"there"), "/other")

    answer = web_for(server).fetch(Request(url))

    assert answer.body == b"there"
    assert "cookie" not in "".join(server.requests).lower()


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [
        pytest.param("gzip", gzip.compress, id="gzip"),
        pytest.param("GZIP", gzip.compress, id="upper case"),
        pytest.param("x-gzip", gzip.compress, id="its old name"),
        pytest.param("deflate", zlib.compress, id="deflate"),
        pytest.param("deflate", lambda body: zlib.compress(body)[2:-4], id="bare deflate"),
        pytest.param("gzip", lambda body: body, id="gzip that is none"),
        pytest.param("gzip", lambda b: gzip.compress(b[:9]) + gzip.compress(b[9:]), id="members"),
        pytest.param("identity", lambda body: body, id="identity"),
    ],
)
def test_compressed_documents_are_decompressed(server, encoding, compress):
    body = b"<rss>" + b"news " * 1_000
    url = server.serve(answering(body=compress(body), Content_Encoding=encoding))

    assert web_for(server).fetch(Request(url)).body == body


@pytest.mark.parametrize(
    ("statuses", "moved_to"),
    [
        pytest.param([301], "/1", id="permanent"),
        pytest.param([308, 301], "/2", id="twice permanent"),
        pytest.param([301, 302], "", id="then temporary"),
        pytest.param([302, 301], "", id="first temporary"),
        pytest.param([303], "", id="see other"),
    ],
)
def test_only_permanent_redirects_move_an_address(server, statuses, moved_to):
    url = server.serve(answering(statuses[0], Location="/1"))
    for number, status in enumerate(statuses[1:], start=1):
        server.serve(answering(status, Location=f"{number + 1}"), f"/{number}")
    last = server.serve(answering(body=b"x"), f"/{len(statuses)}")

    answer = web_for(server).fetch(Request(url))

    assert answer.url == last
    assert answer.moved_permanently_to == (server.url(moved_to) if moved_to else "")


def test_one_host_is_asked_by_one_connection_at_a_time():
    with Server("127.0.0.1") as one, Server("127.0.0.2") as other:
        for number in range(6):
            one.serve(sending(OK + b"Content-Length: 1\r\n\r\n", b"x", every=0.05), f"/{number}")
            other.serve(answering(body=b"y"), f"/{number}")
        requests = [Request(s.url(f"/{n}")) for n in range(6) for s in (one, other)]

        results = list(web_for(one, other).fetch_all(requests))

    assert one.most_at_once == 1
    assert len(results) == 12
    assert not [result for _, result in results if isinstance(result, FetchError)]


def test_a_page_is_asked_for_as_one_and_within_its_own_limits(server):
    url = server.serve(answering(body=b"<p>" + b"x" * 500))

    answer = web_for(server).fetch(Request(url, accept=ACCEPT_PAGE))
    with pytest.raises(TooLarge, match=r"0\.0001 MB"):
        web_for(server).fetch(Request(url, limits=Limits(raw_bytes=100)))

    assert len(answer.body) == 503
    assert "Accept: text/html" in server.requests[0]
    assert "Accept: application/atom+xml" in server.requests[1]


def test_what_comes_after_the_body_does_not_count_as_headers(server):
    head = OK + b"Transfer-Encoding: chunked\r\nETag: a\r\n\r\n"
    url = server.serve(sending(head + b"1\r\nx\r\n0\r\nETag: b\r\nX-Late: 1\r\n\r\n"))

    answer = web_for(server).fetch(Request(url))

    assert (answer.body, answer.etag) == (b"x", "a")
    assert "x-late" not in answer.headers


def test_a_location_may_be_said_twice(server):
    head = b"HTTP/1.1 302 Found\r\nLocation: /there\r\nLocation: /there\r\n\r\n"
    server.serve(answering(body=b"there"), "/there")

    answer = web_for(server).fetch(Request(server.serve(sending(head))))

    assert answer.body == b"there"


# --- Manners -------------------------------------------------------------------------


def test_a_host_is_left_alone_for_a_moment_after_each_visit():
    with Server("127.0.0.1") as one, Server("127.0.0.2") as other:
        requests = [Request(one.serve(answering(body=b"x"), f"/{n}")) for n in range(3)]
        requests.append(Request(other.serve(answering(body=b"y"), "/y")))
        moves = []
        web = web_for(
            one, other, pause=lambda target: moves.append("leave") or timedelta(seconds=0.2)
        )

        began = time.monotonic()
        results = web.fetch_all(requests, may_visit=lambda host: not moves.append(host))
        ended = {request.url[-1]: time.monotonic() - began for request, _ in results}

    assert moves == ["127.0.0.1", "127.0.0.2", *["leave"] * 4]
    assert 0.4 <= ended["2"] < 10


def test_only_what_the_operator_listed_is_asked_without_a_pause():
    allow = ["127.0.0.1:80"]

    assert polite_pause(check_url("https://news.example/")) == timedelta(seconds=0.5)
    assert polite_pause(check_url("http://127.0.0.1/", allow=allow)) == timedelta(0)


@pytest.mark.parametrize("status", [429, 503])
def test_a_host_that_asks_for_patience_hears_no_more_from_this_batch(status):
    with Server("127.0.0.1") as tired, Server("127.0.0.2") as other:
        requests = [
            Request(tired.serve(answering(status, Retry_After="90"), "/first")),
            Request(tired.serve(answering(body=b"x"), "/second")),
            Request(other.serve(answering(302, Location=tired.url("/third")), "/moved")),
            Request(other.serve(answering(body=b"fine"), "/other")),
        ]

        results = dict(web_for(tired, other).fetch_all(requests))

    first, second, moved, fine = (results[request] for request in requests)
    assert isinstance(fine, Answer)
    assert len(tired.requests) == 1
    for held, was_sent in ((first, True), (second, False), (moved, False)):
        assert isinstance(held, RateLimited)
        assert held.asked == timedelta(seconds=90)
        assert held.was_sent is was_sent
    assert str(second) == (
        f"127.0.0.1 asked for patience (HTTP {status}) before it was this one's turn."
    )


def test_a_host_where_another_worker_is_hears_nothing():
    with Server("127.0.0.1") as ours, Server("127.0.0.2") as theirs:
        requests = [
            Request(ours.serve(answering(body=b"fine"), "/fine")),
            Request(ours.serve(answering(302, Location=theirs.url("/x")), "/moved")),
            Request(theirs.serve(answering(body=b"x"), "/x")),
            Request(theirs.serve(answering(body=b"x"), "/y")),
        ]
        asked: list[str] = []

        def may_visit(host: str) -> bool:
            asked.append(host)
            return host == "127.0.0.1"

        results = dict(web_for(ours, theirs).fetch_all(requests, may_visit=may_visit))

    fine, moved, x, y = (results[request] for request in requests)
    assert isinstance(fine, Answer)
    assert theirs.requests == []
    assert sorted(asked) == ["127.0.0.1", "127.0.0.2"]
    for held, was_sent in ((moved, True), (x, False), (y, False)):
        assert isinstance(held, Busy)
        assert str(held) == "Another worker is at 127.0.0.2."
        assert held.was_sent is was_sent


def test_whether_a_host_may_be_visited_is_asked_right_before_the_visit(server):
    url = server.serve(answering(302, Location="http://127.0.0.2:1/"))

    asked: list[tuple[str, int]] = []
    web = Web(user_agent="Test/1", allow=[server.authority, "127.0.0.2:1"], limits=LIMITS)
    results = web.fetch_all(
        [Request(url)], may_visit=lambda host: not asked.append((host, len(server.requests)))
    )

    assert outcomes(results) == {"/feed": "Unreachable"}
    assert asked == [("127.0.0.1", 0), ("127.0.0.2", 1)]


def test_the_caller_hears_when_nothing_comes(server):
    url = server.serve(sending(b"", OK + b"Content-Length: 1\r\n\r\nx", every=0.5))
    idle: list[bool] = []

    results = outcomes(web_for(server).fetch_all([Request(url)], on_idle=lambda: idle.append(True)))

    assert results == {"/feed": "x"}
    assert 1 <= len(idle) < 100


# --- Names ---------------------------------------------------------------------------


@pytest.fixture
def names(monkeypatch):
    """A name server of our own: host to IP addresses, or to what it does instead."""
    known: dict[str, list[str] | Exception] = {}
    really = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, **wishes: Any) -> list[Any]:
        found = known.get(host, OSError("Name or service not known"))
        if isinstance(found, Exception):
            raise found
        return [entry for each in found for entry in really(each, port, **wishes)]

    monkeypatch.setattr("patriot.lib.dialing.socket.getaddrinfo", getaddrinfo)
    return known


def test_a_name_is_dialed_at_the_address_that_was_judged(server, names):
    names["news.example"] = ["127.0.0.1"]
    server.serve(answering(body=b"x"))
    web = Web(user_agent="Test/1", allow=[f"news.example:{server.port}"], limits=LIMITS)

    answer = web.fetch(Request(f"http://news.example:{server.port}/feed"))

    assert answer.body == b"x"
    assert f"Host: news.example:{server.port}" in server.requests[0]


def test_the_next_address_of_a_name_is_dialed_when_nobody_answers_at_the_first(server, names):
    names["news.example"] = ["127.0.0.9", "127.0.0.1"]
    server.serve(answering(body=b"x"))
    web = Web(user_agent="Test/1", allow=[f"news.example:{server.port}"], limits=LIMITS)

    assert web.fetch(Request(f"http://news.example:{server.port}/feed")).body == b"x"


@pytest.mark.parametrize(
    "addresses",
    [
        pytest.param(["127.0.0.1"], id="private"),
        pytest.param(["8.8.8.8", "127.0.0.1"], id="public and private"),
        pytest.param(["2606:4700::1111", "::ffff:10.0.0.1"], id="IPv4 inside IPv6"),
        pytest.param(["169.254.169.254"], id="metadata"),
    ],
)
def test_a_name_with_any_private_address_is_not_dialed_at_all(names, addresses, monkeypatch):
    names["news.example"] = addresses
    monkeypatch.setattr("sources.gateways.switchboard.socket.socket", None)

    with pytest.raises(Forbidden, match=r"news\.example leads to .*, not a public address"):
        Web(user_agent="Test/1", limits=LIMITS).fetch(Request("http://news.example/"))


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(OSError("no such name"), id="unknown"),
        pytest.param(UnicodeError("label too long"), id="impossible"),
        pytest.param([], id="no address"),
    ],
)
def test_a_name_that_nobody_knows_is_unreachable(names, answer):
    names["news.example"] = answer

    with pytest.raises(Unreachable, match=r"The name news\.example was not found\."):
        Web(user_agent="Test/1", limits=LIMITS).fetch(Request("http://news.example/"))


def test_a_name_is_looked_up_once_for_a_batch_and_again_for_the_next(server, names, monkeypatch):
    names["news.example"] = ["127.0.0.1"]
    server.serve(answering(body=b"x"))
    web = Web(user_agent="Test/1", allow=[f"news.example:{server.port}"], limits=LIMITS)
    url = f"http://news.example:{server.port}/feed"

    first = outcomes(web.fetch_all([Request(url), Request(url)]))
    names["news.example"] = ["127.0.0.9"]  # where nobody answers
    second = outcomes(web.fetch_all([Request(url)]))

    assert (first, second) == ({"/feed": "x"}, {"/feed": "Unreachable"})


@pytest.fixture
def slow_names(monkeypatch):
    """A name server that answers to nobody before the test is over, or two minutes."""
    is_over = threading.Event()
    monkeypatch.setattr(
        "patriot.lib.dialing.socket.getaddrinfo", lambda *_, **__: is_over.wait(120) and []
    )
    yield
    is_over.set()


@pytest.mark.usefixtures("slow_names")
def test_a_slow_name_server_delays_nobody_else(server):
    url = server.serve(answering(body=b"x"))
    slow = [Request(f"http://slow{n}.example/") for n in range(40)]

    with closing(web_for(server).fetch_all([*slow, Request(url)])) as results:
        request, result = next(results)

    assert request.url == url
    assert isinstance(result, Answer)


@pytest.mark.usefixtures("slow_names")
def test_a_slow_name_server_is_not_waited_for():
    requests = [Request(f"http://slow{n}.example/") for n in range(40)]

    began = time.monotonic()
    results = dict(Web(user_agent="Test/1", limits=SOON).fetch_all(requests))

    assert time.monotonic() - began < 20
    assert {type(results[request]) for request in requests} == {Unreachable}


# --- What a bad one gets -------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        pytest.param(401, Refused, "password", id="401"),
        pytest.param(403, Refused, "does not let us", id="403"),
        pytest.param(404, Refused, "no document", id="404"),
        pytest.param(410, Refused, "gone for good", id="410"),
        pytest.param(418, Refused, "HTTP 418", id="418"),
        pytest.param(429, RateLimited, "patience", id="429"),
        pytest.param(503, RateLimited, "patience", id="503"),
        pytest.param(500, Unreachable, "trouble", id="500"),
        pytest.param(502, Unreachable, "HTTP 502", id="502"),
        pytest.param(408, Unreachable, "HTTP 408", id="408"),
        pytest.param(300, Refused, "HTTP 300", id="300"),
        pytest.param(
            301,
            Refused,
            "redirects us, but names no other address (HTTP 301)",
            id="redirect to nowhere",
        ),
        pytest.param(302, Refused, "redirects us, but", id="for now, and to nowhere"),
    ],
)
def test_a_status_without_a_document_is_an_error_with_a_sentence(server, status, kind, words):
    error = failure(server, server.serve(answering(status, b"<h1>No</h1>")))

    assert type(error) is kind
    assert words in str(error)
    assert error.status == status


@pytest.mark.parametrize(
    ("headers", "asked"),
    [
        pytest.param({"Retry_After": "120"}, timedelta(minutes=2), id="seconds"),
        pytest.param(
            {
                "Date": "Tue, 09 Jun 2026 06:30:00 GMT",
                "Retry_After": "Tue, 09 Jun 2026 07:30:00 GMT",
            },
            timedelta(hours=1),
            id="a date, by the server's clock",
        ),
        pytest.param(
            {"Retry_After": "Tue, 09 Jun 2026 06:40:00 GMT"},
            timedelta(minutes=10),
            id="a date, by our clock",
        ),
        pytest.param({"Retry_After": "Tue, 09 Jun 2026 06:00:00 GMT"}, None, id="in the past"),
        pytest.param(
            {"Retry_After": "Fri, 31 Dec 9999 23:59:59 GMT"}, timedelta(seconds=10**8), id="never"
        ),
        pytest.param({"Retry_After": "Tue, 99 Jun 2026 06:00:00 GMT"}, None, id="no date"),
        pytest.param({"Retry_After": "soon"}, None, id="nonsense"),
        pytest.param({"Retry_After": "9" * 30}, timedelta(seconds=10**8), id="for ever"),
        pytest.param({}, None, id="not said"),
    ],
)
def test_patience_is_asked_for_in_seconds_or_until_a_date(server, headers, asked, now, monkeypatch):
    monkeypatch.setattr("sources.gateways.fetch_errors.time.time", now.timestamp)

    error = failure(server, server.serve(answering(429, **headers)))

    assert isinstance(error, RateLimited)
    assert error.asked == asked


@pytest.mark.parametrize(
    "behavior",
    [
        pytest.param(never_ending(OK, b"X-A: b\r\n", every=0.02), id="headers"),
        pytest.param(never_ending(OK + b"\r\n", b"x", every=0.02), id="slow body"),
        pytest.param(silent(), id="silence"),
    ],
)
def test_a_server_that_goes_on_is_left_at_the_deadline(server, behavior):
    began = time.monotonic()

    error = failure(server, server.serve(behavior), limits=SOON)

    assert type(error) is Unreachable
    assert "within 1 seconds" in str(error)
    assert 1 <= time.monotonic() - began < 20


@pytest.mark.parametrize(
    ("behavior", "kind", "words"),
    [
        pytest.param(never_ending(OK + b"\r\n", b"x" * 9_999), TooLarge, "0.1 MB", id="endless"),
        pytest.param(
            sending(OK + b"Content-Length: 99999999\r\n\r\n" + b"x" * 200_000),
            TooLarge,
            "0.1 MB",
            id="too large",
        ),
        pytest.param(
            answering(body=gzip.compress(b"x" * 10_000_000), Content_Encoding="gzip"),
            TooLarge,
            "unfolds",
            id="bomb",
        ),
        pytest.param(
            answering(body=zlib.compress(b"x" * 10_000_000), Content_Encoding="deflate"),
            TooLarge,
            "unfolds",
            id="deflate bomb",
        ),
        pytest.param(
            answering(body=gzip.compress(b"x" * 200_000) * 50, Content_Encoding="gzip"),
            TooLarge,
            "unfolds",
            id="bomb of many members",
        ),
        pytest.param(
            answering(body=b"x", Content_Encoding="br"), Unreachable, "did not ask", id="brotli"
        ),
        pytest.param(
            answering(body=b"x", Content_Encoding="gzip, gzip"),
            Unreachable,
            "did not ask",
            id="twice compressed",
        ),
        pytest.param(
            answering(body=gzip.compress(b"abc" * 99)[:-20], Content_Encoding="gzip"),
            Unreachable,
            "middle",
            id="half a gzip",
        ),
        pytest.param(
            answering(body=gzip.compress(b"a")[:10] + b"\xff" * 50, Content_Encoding="gzip"),
            Unreachable,
            "damaged",
            id="broken gzip",
        ),
        pytest.param(
            sending(OK + b"Content-Length: 100\r\n\r\nshort"), Unreachable, "broke off", id="lie"
        ),
        pytest.param(
            sending(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nx"), Unreachable, "", id="chunk"
        ),
        pytest.param(
            sending(OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"),
            Unreachable,
            "broke off",
            id="a chunk too few",
        ),
        pytest.param(
            sending(OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nx"),
            Unreachable,
            "",
            id="a chunk beyond counting",
        ),
        pytest.param(
            sending(OK + b"Content-Length: x\r\n\r\nbody"), Unreachable, "", id="no length"
        ),
        pytest.param(
            sending(b"SSH-2.0-OpenSSH\r\n"), Unreachable, "does not speak HTTP", id="not HTTP"
        ),
        pytest.param(sending(b"<rss/>"), Unreachable, "does not speak HTTP", id="HTTP 0.9"),
        pytest.param(
            sending(b"HTTP/1.1 2000 OK\r\n\r\n"),
            Unreachable,
            "does not speak",
            id="a status too long",
        ),
        pytest.param(
            never_ending(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
            TooLarge,
            "headers",
            id="continue for ever",
        ),
        pytest.param(
            sending(OK + b"".join(b"X-%d: y\r\n" % n for n in range(100_000))),
            TooLarge,
            "headers",
            id="100,000 headers",
        ),
        pytest.param(
            never_ending(b"HTTP/1.1 404 Not Found\r\n\r\n", b"x", every=0.02),
            Refused,
            "404",
            id="an error page without end",
        ),
        pytest.param(
            answering(body=b"x", Content_Encoding="zstd"), Unreachable, "did not ask", id="zstd"
        ),
        pytest.param(resetting(), Unreachable, "", id="reset at once"),
        pytest.param(
            resetting(OK + b"Content-Length: 9\r\n\r\nx"), Unreachable, "broke off", id="reset"
        ),
        pytest.param(sending(b""), Unreachable, "without an answer", id="hangs up"),
        pytest.param(
            sending(OK + b"X: " + b"x" * 500_000), TooLarge, "100 kB", id="a header without end"
        ),
    ],
)
def test_a_bad_server_ends_as_an_error_long_before_its_deadline(server, behavior, kind, words):
    error = failure(server, server.serve(behavior))

    assert type(error) is kind
    assert words in str(error)
    assert "seconds" not in str(error)


@pytest.fixture
def certified(server, tmp_path, monkeypatch):
    """A function that gives the server a certificate, and says whether we trust its signer."""
    if not shutil.which("openssl"):
        pytest.skip("needs openssl to make a certificate")

    def certify(address: str, *, is_trusted: bool) -> None:
        key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
        make = "openssl req -x509 -newkey rsa:2048 -nodes -days 9 -subj /CN=news"
        names = ["-addext", f"subjectAltName=IP:{address}", "-keyout", key, "-out", certificate]
        subprocess.run([*make.split(), *names], check=True, capture_output=True)
        server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.context.load_cert_chain(certificate, key)
        if is_trusted:
            store = [(pycurl.CAINFO, certificate)]
            monkeypatch.setattr("sources.gateways.switchboard._trust_store", lambda: store)
        monkeypatch.setattr("sources.gateways.switchboard._idle", deque())

    return certify


def secured(url: str) -> str:
    return url.replace("http:", "https:")


def test_a_document_comes_over_a_connection_that_is_signed(server, certified):
    certified("127.0.0.1", is_trusted=True)
    server.serve(answering(body=b"x"))

    assert web_for(server).fetch(Request(secured(server.url()))).body == b"x"


@pytest.mark.parametrize(
    ("address", "is_trusted"),
    [
        pytest.param("127.0.0.1", False, id="signed by nobody"),
        pytest.param("127.0.0.2", True, id="of somebody else"),
    ],
)
def test_a_certificate_that_proves_nothing_is_not_accepted(server, certified, address, is_trusted):
    certified(address, is_trusted=is_trusted)
    server.serve(answering(body=b"secret"))

    error = failure(server, secured(server.url()))

    assert type(error) is Unreachable
    assert "secure connection" in str(error)
    assert server.requests == []


@pytest.mark.parametrize(
    ("behavior", "words"),
    [
        pytest.param(silent(), "within 1 seconds", id="silence"),
        pytest.param(sending(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "secure connection", id="HTTP"),
        pytest.param(resetting(), "secure connection", id="reset"),
    ],
)
def test_a_server_without_tls_is_an_error_within_its_deadline(behavior, words):
    with Server(greeting=behavior) as server:
        limits = SOON if "within" in words else LIMITS
        error = failure(server, secured(server.url()), limits=limits)

    assert type(error) is Unreachable
    assert words in str(error)


def test_nobody_there_is_unreachable():
    with Server() as server:
        url, web = server.url(), web_for(server)

    with pytest.raises(Unreachable, match="Nobody answers"):
        web.fetch(Request(url))


def test_redirects_end(server):
    url = server.serve(answering(302, Location="/feed"))

    error = failure(server, url)

    assert "More than 5 redirects" in str(error)
    assert len(server.requests) == 6


@pytest.mark.parametrize(
    "location",
    [
        pytest.param("http://10.0.0.1/", id="a private address"),
        pytest.param("http://169.254.169.254/latest/meta-data", id="cloud metadata"),
        pytest.param("http://127.0.0.1:1/", id="another port of an allowed host"),
        pytest.param("http://localhost/", id="a name of this machine"),
        pytest.param("http://[::1]/", id="IPv6 loopback"),
        pytest.param("http://[::ffff:127.0.0.1]/", id="IPv4 inside IPv6"),
        pytest.param("http://2130706433/", id="an address as one number"),
        pytest.param("file:///etc/passwd", id="a file"),
        pytest.param("gopher://127.0.0.1/", id="another protocol"),
        pytest.param("//user:password@example.org/", id="credentials"),
    ],
)
def test_a_redirect_goes_nowhere_that_we_would_not_go_ourselves(server, location):
    error = failure(server, server.serve(answering(302, Location=location)))

    assert type(error) is Forbidden


def test_a_name_that_leads_to_a_private_address_is_not_dialed(server):
    error = failure(server, "http://localhost/feed")

    assert type(error) is Forbidden
    assert "not a public address" in str(error)
    assert server.requests == []


def test_a_bad_server_does_not_delay_the_others():
    with Server("127.0.0.1") as slow, Server("127.0.0.2") as quick:
        requests = [Request(slow.serve(silent()))]
        requests += [Request(quick.serve(answering(body=b"x"), f"/{n}")) for n in range(5)]

        with closing(web_for(slow, quick).fetch_all(requests)) as results:
            first_five = dict(islice(results, 5))

    assert list(first_five) == requests[1:]
    assert {type(result) for result in first_five.values()} == {Answer}


def test_many_large_documents_arrive_one_after_the_other(monkeypatch):
    monkeypatch.setattr("sources.gateways.switchboard.MAX_HELD_BYTES", 100_000)
    monkeypatch.setattr("sources.gateways.switchboard.LARGE_BYTES", 10_000)
    pieces = [bytes([n]) * 10_000 for n in range(9)]
    small_has_come = threading.Event()

    def send_the_end_after_the_small_one(connection: socket.socket) -> None:
        sending(OK + b"\r\n", *pieces[:-1], every=0.01)(connection)
        small_has_come.wait(60)
        connection.sendall(pieces[-1])

    with ExitStack() as stack:
        servers = [stack.enter_context(Server(f"127.0.0.{n}")) for n in range(1, 9)]
        slow = stack.enter_context(Server("127.0.0.9"))
        quick = stack.enter_context(Server("127.0.0.10"))
        large = [Request(each.serve(send_the_end_after_the_small_one)) for each in servers]
        never = Request(slow.serve(silent()))
        small = Request(quick.serve(sending(b"", OK + b"\r\nx", every=0.1)))
        web = web_for(*servers, slow, quick)

        bodies = {}
        with closing(web.fetch_all([*large, never, small])) as results:
            for request, result in islice(results, 9):
                bodies[request] = result.body
                small_has_come.set()

    assert next(iter(bodies.items())) == (small, b"x")
    assert [bodies[request] for request in large] == [b"".join(pieces)] * 8


def test_an_error_does_not_keep_the_document_alive(server):
    url = server.serve(answering(body=gzip.compress(b"x" * 10_000_000), Content_Encoding="gzip"))

    [(_, error)] = web_for(server).fetch_all([Request(url)])

    assert isinstance(error, TooLarge)
    assert (error.__traceback__, error.__cause__, error.__context__) == (None, None, None)


def test_a_slow_caller_does_not_make_the_others_late(monkeypatch):
    clock = SimpleNamespace(late=0.0, monotonic=lambda: time.monotonic() + clock.late)
    clock.sleep = time.sleep
    monkeypatch.setattr("sources.gateways.switchboard.time", clock)
    with Server("127.0.0.1") as one, Server("127.0.0.2") as other:
        one.serve(answering(body=b"x"))
        other.serve(sending(OK + b"Content-Length: 2\r\n\r\n", b"x", b"y", every=0.2))

        results = []
        for _, result in web_for(one, other).fetch_all([Request(one.url()), Request(other.url())]):
            results.append(result)
            clock.late += 3600  # far longer than the deadline

    assert not [result for result in results if isinstance(result, FetchError)]


def test_a_caller_may_stop_listening():
    with Server("127.0.0.1") as one, Server("127.0.0.2") as other:
        one.serve(answering(body=b"x"))
        other.serve(silent())
        answers = web_for(one, other).fetch_all([Request(one.url()), Request(other.url())])

        request, _ = next(answers)
        answers.close()

        assert request.url == one.url()


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(getattr(pycurl, name), id=name)
        for name in sorted(dir(pycurl))
        if name.startswith("E_") and not name.startswith("E_MULTI") and name != "E_OK"
    ],
)
def test_every_error_of_the_library_is_mapped_to_a_sentence(code):
    error = failure_of(code, "what libcurl\nsays", host="news.example")

    assert type(error) in {Unreachable, TooLarge}
    assert "news.example" in str(error)
    assert str(error).endswith(".")
    assert "\n" not in str(error)
