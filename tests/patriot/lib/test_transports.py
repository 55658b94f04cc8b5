"""The client for SDKs, against servers of every kind on loopback."""

from __future__ import annotations

import gzip
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from datetime import timedelta
from itertools import chain

import httpcore2  # noqa: TID251
import httpx2  # noqa: TID251
import pytest

from patriot.lib import dialing
from patriot.lib.dialing import Deadline, Late, dial, resolve
from patriot.lib.outbound import Forbidden, Target, check_url
from patriot.lib.transports import CORE_ERRORS, TooLarge, client
from tests.sources.server import Server, answering, never_ending, sending, silent

SOON = timedelta(seconds=0.4)
PATIENT = timedelta(seconds=60)
"""For what does not end by the clock: a busy machine is no late answer."""
OK = b"HTTP/1.1 200 OK\r\n"
LENGTH = b"Content-Length: 1000\r\n\r\n"


@pytest.fixture
def server():
    with Server() as running:
        yield running


def client_for(server: Server, **options) -> httpx2.Client:
    return client(allow=[server.authority], **{"deadline": PATIENT} | options)


def leading_to(monkeypatch, *addresses: str) -> None:
    """Have the name news.example lead to these addresses."""
    found = [(2, 1, 6, "", (address, 0)) for address in addresses]
    asked = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *a, **k: found if "news" in host else asked(host, *a, **k),
    )


# --- What a good server gets and gives -----------------------------------------------


def test_an_answer_arrives_whole(server):
    url = server.serve(answering(201, b'{"a": 1}', Content_Type="application/json", X_Own="1"))

    with client_for(server, user_agent="Test/1") as http:
        answer = http.post(url, json={"b": 2})

    assert (answer.status_code, answer.json(), answer.headers["x-own"]) == (201, {"a": 1}, "1")
    assert "POST /feed HTTP/1.1\r\n" in server.requests[0]
    assert "User-Agent: Test/1\r\n" in server.requests[0]
    assert f"Host: {server.authority}\r\n" in server.requests[0]


def test_a_compressed_answer_is_decompressed(server):
    url = server.serve(answering(body=gzip.compress(b"x" * 200_000), Content_Encoding="gzip"))

    answer = client_for(server).get(url)

    assert answer.content == b"x" * 200_000
    assert "Accept-Encoding: gzip\r\n" in server.requests[0]


def test_every_request_has_its_own_connection(server):
    url = server.serve(sending(OK + b"Content-Length: 2\r\nConnection: keep-alive\r\n\r\nok"))

    with client_for(server) as http:
        answers = [http.get(url).text for _ in range(2)]

    assert answers == ["ok", "ok"]
    assert all("Connection: close\r\n" in request for request in server.requests)


def test_a_cookie_is_not_kept(server):
    url = server.serve(answering(Set_Cookie="session=1"))

    with client_for(server) as http:
        http.get(url)
        http.get(url)

    assert "session" not in server.requests[1]


def test_a_redirect_is_an_answer_and_not_a_way(server):
    url = server.serve(answering(302, Location="http://169.254.169.254/"))

    answer = client_for(server).get(url)

    assert answer.status_code == 302
    assert len(server.requests) == 1


def test_a_proxy_of_the_environment_is_not_used(server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    url = server.serve(answering(body=b"ok"))

    assert client_for(server).get(url).text == "ok"


# --- Where it does not go ------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://127.0.0.1/", id="loopback"),
        pytest.param("http://[::1]/", id="loopback by IPv6"),
        pytest.param("http://[::ffff:127.0.0.1]/", id="mapped"),
        pytest.param("http://169.254.169.254/latest/", id="metadata of a cloud"),
        pytest.param("http://10.0.0.1/", id="private"),
        pytest.param("http://news.example:8080/", id="another port"),
        pytest.param("http://user:word@news.example/", id="password"),
        pytest.param("http://localhost/", id="a name for loopback"),
    ],
)
def test_the_policy_holds_for_every_address(url):
    with pytest.raises(Forbidden):
        client(allow=["127.0.0.1:1"], deadline=PATIENT).get(url)


def test_one_private_address_among_public_ones_is_enough(monkeypatch):
    leading_to(monkeypatch, "93.184.215.14", "10.1.2.3")

    with pytest.raises(Forbidden, match=r"news\.example leads to 10\.1\.2\.3, not a public"):
        client(allow=[], deadline=PATIENT).get("http://news.example/")


def test_the_very_address_that_was_judged_is_dialed(monkeypatch):
    dialed = []
    leading_to(monkeypatch, "93.184.215.14")
    monkeypatch.setattr(socket, "create_connection", lambda a, timeout: dialed.append(a) or 1 / 0)

    with pytest.raises(ZeroDivisionError):
        client(allow=[], deadline=PATIENT).get("https://news.example/")

    assert dialed == [("93.184.215.14", 443)]


def test_redirects_that_an_sdk_follows_are_judged_too(server):
    url = server.serve(answering(302, Location="http://127.0.0.1:9/"))

    with pytest.raises(Forbidden):
        client_for(server).get(url, follow_redirects=True)


# --- How long it listens -------------------------------------------------------------


@pytest.mark.parametrize(
    "behavior",
    [
        pytest.param(silent(), id="stalls"),
        pytest.param(silent(OK + LENGTH + b"x"), id="stalls in the body"),
        pytest.param(never_ending(OK, b"X: y\r\n", every=0.05), id="drips headers"),
        pytest.param(never_ending(b"", b"HTTP/1.1 100 Go\r\n\r\n", every=0.05), id="drips 100s"),
        pytest.param(never_ending(OK + LENGTH, b"x", every=0.05), id="drips a body"),
    ],
)
def test_no_server_outlives_the_deadline(server, behavior):
    url = server.serve(behavior)
    began = time.monotonic()

    with pytest.raises(httpx2.TimeoutException):
        client_for(server, deadline=SOON).get(url, timeout=None)

    assert time.monotonic() - began < 20


def test_a_server_that_does_not_read_is_left(server):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        authority = f"127.0.0.1:{deaf.getsockname()[1]}"

        with pytest.raises(httpx2.TimeoutException):
            client(allow=[authority], deadline=SOON).post(
                f"http://{authority}/", content=b"x" * 20_000_000
            )


def test_a_server_that_does_not_speak_tls_in_time_is_left():
    with socket.create_server(("127.0.0.1", 0)) as mute:
        authority = f"127.0.0.1:{mute.getsockname()[1]}"

        with pytest.raises(httpx2.ConnectTimeout):
            client(allow=[authority], deadline=SOON).get(f"https://{authority}/")


def test_a_slow_resolver_is_not_waited_for(monkeypatch):
    is_over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: is_over.wait(60) and [])

    with pytest.raises(httpx2.ConnectTimeout, match=r"news\.example was not found in time"):
        client(allow=[], deadline=timedelta(seconds=0.1)).get("http://news.example/")
    is_over.set()


# --- How much it reads ---------------------------------------------------------------


@pytest.mark.parametrize(
    "behavior",
    [
        pytest.param(answering(body=b"x" * 20_000), id="announced"),
        pytest.param(never_ending(OK + b"\r\n", b"x" * 1000), id="without an end"),
        pytest.param(
            never_ending(
                OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1;" + b"e" * 999 + b"\r\nx\r\n"
            ),
            id="mostly chunk extensions",
        ),
        pytest.param(
            answering(body=gzip.compress(b"x" * 1_000_000), Content_Encoding="gzip"), id="a bomb"
        ),
    ],
)
def test_more_than_the_limit_is_not_read(server, behavior):
    url = server.serve(behavior)

    with pytest.raises(TooLarge):
        client_for(server, max_bytes=10_000).get(url)


# --- What may go wrong ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("behavior", "expected"),
    [
        pytest.param(sending(OK + LENGTH + b"x"), httpx2.RemoteProtocolError, id="broken off"),
        pytest.param(sending(b"220 mail\r\n"), httpx2.RemoteProtocolError, id="another protocol"),
        pytest.param(sending(), httpx2.RemoteProtocolError, id="closed at once"),
        pytest.param(
            answering(body=b"x", Content_Encoding="br"), httpx2.DecodingError, id="brotli"
        ),
        pytest.param(
            answering(body=b"nonsense" * 9, Content_Encoding="gzip"),
            httpx2.DecodingError,
            id="damaged",
        ),
        pytest.param(
            answering(body=gzip.compress(b"x" * 99)[:-9], Content_Encoding="gzip"),
            httpx2.RemoteProtocolError,
            id="gzip broken off",
        ),
    ],
)
def test_an_exchange_that_breaks_off_is_told_in_the_words_of_httpx2(server, behavior, expected):
    url = server.serve(behavior)

    with pytest.raises(expected):
        client_for(server).get(url)


def test_nobody_there_is_a_connect_error(server):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        authority = f"127.0.0.1:{closed.getsockname()[1]}"

    with pytest.raises(httpx2.ConnectError):
        client(allow=[authority], deadline=PATIENT).get(f"http://{authority}/")


def test_a_name_without_an_address_is_a_connect_error(monkeypatch):
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    with pytest.raises(httpx2.ConnectError, match=r"news\.example was not found"):
        client(allow=[], deadline=PATIENT).get("http://news.example/")


def test_the_next_address_is_tried_when_one_does_not_answer(server, monkeypatch):
    leading_to(monkeypatch, "::1", "127.0.0.1")
    target = Target("", "http", "news.example", server.port, is_allowed=True)

    with dial(target, deadline=Deadline(PATIENT)) as connection:
        assert connection.getpeername() == ("127.0.0.1", server.port)


@pytest.fixture
def certificate(tmp_path):
    """A certificate of localhost that signed itself, and its key."""
    if not shutil.which("openssl"):
        pytest.skip("needs openssl to make a certificate")
    paths = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1"
    names = "-subj /CN=localhost -addext subjectAltName=DNS:localhost"
    subprocess.run(
        [*command.split(), *names.split(), "-out", paths[0], "-keyout", paths[1]],
        check=True,
        capture_output=True,
    )
    return paths


@pytest.fixture
def secure_server(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with Server(context=context) as running:
        running.serve(answering(body=b"secret"))
        yield running


def secure_get(server: Server, host: str) -> httpx2.Response:
    http = client(allow=[f"{host}:{server.port}"], deadline=PATIENT)
    return http.get(f"https://{host}:{server.port}/feed")


def test_a_certificate_that_nobody_vouches_for_is_refused(secure_server):
    with pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        secure_get(secure_server, "localhost")


def test_the_certificate_is_that_of_the_host_and_not_of_its_address(
    secure_server, certificate, monkeypatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    leading_to(monkeypatch, "127.0.0.1")

    answer = secure_get(secure_server, "localhost")

    assert answer.content == b"secret"
    with pytest.raises(httpx2.ConnectError, match="Hostname mismatch"):
        secure_get(secure_server, "news.example")


def test_every_error_of_the_protocol_code_is_translated():
    known = {
        error
        for error in map(httpcore2.__dict__.get, httpcore2.__all__)
        if isinstance(error, type) and issubclass(error, Exception)
    }

    assert known == set(CORE_ERRORS)


def test_a_deadline_says_how_much_is_left_until_it_raises(monkeypatch):
    clock = chain([100.0, 101.5, 103.0])
    monkeypatch.setattr(dialing.time, "monotonic", lambda: next(clock))
    deadline = Deadline(timedelta(seconds=2))

    assert deadline.remaining() == 0.5
    with pytest.raises(Late, match="No answer within 2 seconds"):
        deadline.remaining()


def test_a_public_target_resolves_to_its_addresses(monkeypatch):
    leading_to(monkeypatch, "93.184.215.14", "93.184.215.14", "93.184.215.15")

    found = resolve(check_url("http://news.example/"), deadline=Deadline(PATIENT))

    assert found == ("93.184.215.14", "93.184.215.15")


def test_the_rest_of_the_house_does_not_wait_for_httpx2():
    told = subprocess.run(
        [sys.executable, "-c", "import sys, patriot.lib.dialing; print('httpx2' in sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
    )

    assert told.stdout.strip() == "False"
