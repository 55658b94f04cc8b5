"""The HTTP client, against servers of every kind on loopback."""

from __future__ import annotations

import gzip
import shutil
import ssl
import subprocess
import time
import zlib
from datetime import timedelta

import pycurl  # noqa: TID251 (its error codes)
import pytest

from patriot.lib.outbound import Limits
from sources.gateways.switchboard import failure_of
from sources.gateways.web import (
    FetchError,
    Forbidden,
    RateLimited,
    Refused,
    Request,
    TooLarge,
    Unreachable,
    Web,
)
from tests.sources.server import Server, answering, never_ending, sending

LIMITS = Limits(raw_bytes=100_000, decoded_bytes=300_000, deadline=timedelta(seconds=1))
OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
def server():
    with Server() as running:
        yield running


def web_for(*servers: Server, limits: Limits = LIMITS) -> Web:
    return Web(user_agent="Test/1", allow=[server.authority for server in servers], limits=limits)


def failure(server: Server, url: str) -> FetchError:
    with pytest.raises(FetchError) as caught:
        web_for(server).fetch(Request(url))
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
        pytest.param(302, Refused, "HTTP 302", id="redirect to nowhere"),
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
        pytest.param({"Retry_After": "Tue, 09 Jun 2026 07:30:00 GMT"}, None, id="no clock"),
        pytest.param({"Retry_After": "soon"}, None, id="nonsense"),
        pytest.param({"Retry_After": "9" * 30}, timedelta(seconds=10**8), id="for ever"),
        pytest.param({}, None, id="not said"),
    ],
)
def test_patience_is_asked_for_in_seconds_or_until_a_date(server, headers, asked):
    error = failure(server, server.serve(answering(429, **headers)))

    assert isinstance(error, RateLimited)
    assert error.asked == asked


@pytest.mark.parametrize(
    ("behavior", "kind", "words"),
    [
        pytest.param(
            never_ending(OK, b"X-A: b\r\n", every=0.02), Unreachable, "seconds", id="headers"
        ),
        pytest.param(
            never_ending(OK + b"\r\n", b"x", every=0.02), Unreachable, "seconds", id="slow body"
        ),
        pytest.param(sending(b"", every=3), Unreachable, "seconds", id="silence"),
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
        pytest.param(sending(b"SSH-2.0-OpenSSH\r\n"), Unreachable, "", id="not HTTP"),
        pytest.param(sending(b""), Unreachable, "without an answer", id="hangs up"),
        pytest.param(
            sending(OK + b"X: " + b"x" * 500_000), TooLarge, "100 kB", id="a header without end"
        ),
    ],
)
def test_a_bad_server_ends_as_an_error_within_its_deadline(server, behavior, kind, words):
    began = time.monotonic()

    error = failure(server, server.serve(behavior))

    assert type(error) is kind
    assert words in str(error)
    assert time.monotonic() - began < 2.5


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl to make a certificate")
def test_a_certificate_that_nobody_signed_is_not_trusted(server, tmp_path):
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    make = "openssl req -x509 -newkey rsa:2048 -nodes -days 9 -subj /CN=localhost -keyout"
    subprocess.run([*make.split(), key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.context = context
    server.serve(answering(body=b"secret"))

    error = failure(server, server.url().replace("http:", "https:"))

    assert type(error) is Unreachable
    assert "secure connection" in str(error)


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
        slow.serve(sending(b"", every=3))
        requests = [Request(slow.serve(sending(b"", every=3)))]
        requests += [Request(quick.serve(answering(body=b"x"), f"/{n}")) for n in range(5)]
        began = time.monotonic()

        order = []
        for request, result in web_for(slow, quick).fetch_all(requests):
            order.append((request.url, type(result).__name__, time.monotonic() - began))

    assert [name for _, name, _ in order] == ["Answer"] * 5 + ["Unreachable"]
    assert order[4][2] < 0.9


def test_a_slow_caller_does_not_make_the_others_late():
    with Server("127.0.0.1") as one, Server("127.0.0.2") as other:
        one.serve(answering(body=b"x"))
        other.serve(sending(OK + b"Content-Length: 2\r\n\r\n", b"x", b"y", every=0.2))

        results = []
        for _, result in web_for(one, other).fetch_all([Request(one.url()), Request(other.url())]):
            results.append(result)
            time.sleep(1.2)  # longer than the deadline

    assert not [result for result in results if isinstance(result, FetchError)]


def test_a_caller_may_stop_listening():
    with Server("127.0.0.1") as one, Server("127.0.0.2") as other:
        one.serve(answering(body=b"x"))
        other.serve(sending(b"", every=2))
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
