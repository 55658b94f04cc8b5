"""What an SDK sends through requests goes only where the outbound policy lets it go."""

from __future__ import annotations

import gzip
from datetime import timedelta

import pytest
import requests  # noqa: TID251 (as an SDK does)
from requests import exceptions  # noqa: TID251

from patriot.lib.sessions import session
from tests.sources.server import Server, answering, never_ending, sending

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def server():
    with Server() as running:
        yield running


@pytest.fixture
def wire(server):
    with session(allow=[server.authority], deadline=MINUTE, max_bytes=10_000) as made:
        yield made


def test_a_request_arrives_as_it_was_prepared_and_its_answer_as_it_was_sent(server, wire):
    url = server.serve(answering(200, b'{"a": 1}', X_Limit="7"), "/search?q=1")

    answer = wire.post(url, data="{}", headers={"Authorization": "Bearer key"})

    request = server.requests[0]
    assert request.startswith("POST /search?q=1 HTTP/1.1\r\n")
    assert "Authorization: Bearer key\r\n" in request
    assert "Content-Length: 2\r\n" in request
    assert (answer.status_code, answer.headers["x-limit"]) == (200, "7")
    assert answer.json() == {"a": 1}
    assert answer.request.url == answer.url == url


def test_a_compressed_answer_is_read(server, wire):
    url = server.serve(answering(200, gzip.compress(b'{"a": 1}'), Content_Encoding="gzip"))

    answer = wire.get(url)

    assert answer.json() == {"a": 1}


def test_a_redirect_is_not_followed(server, wire):
    aim = server.serve(answering(200, b"secret"), "/secret")
    url = server.serve(answering(302, Location=aim))

    with pytest.raises(exceptions.TooManyRedirects):
        wire.get(url)

    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://127.0.0.1:9/", id="this machine"),
        pytest.param("http://169.254.169.254/latest/", id="the cloud's metadata"),
        pytest.param("https://user:secret@courier.example/", id="a password"),
    ],
)
def test_what_the_policy_forbids_is_a_failed_connection(wire, url):
    with pytest.raises(exceptions.ConnectionError):
        wire.get(url)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://courier.example/"])
def test_other_schemes_have_no_way_out(wire, url):
    with pytest.raises(exceptions.InvalidSchema):
        wire.get(url)


@pytest.mark.parametrize(
    ("behavior", "error"),
    [
        pytest.param(
            never_ending(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 5_000),
            exceptions.ChunkedEncodingError,
            id="without end",
        ),
        pytest.param(
            answering(200, gzip.compress(b"x" * 1_000_000), Content_Encoding="gzip"),
            exceptions.ChunkedEncodingError,
            id="a bomb",
        ),
        pytest.param(
            answering(200, b"no gzip", Content_Encoding="gzip"),
            exceptions.ContentDecodingError,
            id="damaged",
        ),
        pytest.param(
            sending(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"),
            exceptions.ChunkedEncodingError,
            id="cut off",
        ),
        pytest.param(sending(b"hello\r\n"), exceptions.ChunkedEncodingError, id="no HTTP"),
    ],
)
def test_an_answer_has_one_size_and_must_be_whole(server, wire, behavior, error):
    url = server.serve(behavior)

    with pytest.raises(error):
        wire.get(url, timeout=60)


def test_an_answer_has_one_deadline(server):
    drip = never_ending(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"{", every=0.3)
    url = server.serve(drip)

    with (
        session(allow=[server.authority], deadline=SECOND, max_bytes=10_000) as hurried,
        pytest.raises(exceptions.ReadTimeout),
    ):
        hurried.get(url, timeout=60)


def test_nobody_there_is_a_failed_connection(wire, server):
    url = server.url()
    server.__exit__()

    with pytest.raises(exceptions.ConnectionError):
        wire.get(url)


def test_nothing_is_taken_from_the_environment(server, wire, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login me password secret")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    url = server.serve(answering(200, b"here"))

    answer = wire.get(url, proxies={"http": "http://127.0.0.1:9"})

    assert answer.text == "here"
    assert "Authorization" not in server.requests[0]


def test_cookies_are_not_kept(server, wire):
    url = server.serve(answering(200, Set_Cookie="a=1"))

    wire.get(url)
    wire.get(url)

    assert "Cookie" not in server.requests[1]


def test_a_body_that_is_read_bit_by_bit_is_not_sent(server, wire):
    with pytest.raises(TypeError):
        wire.post(server.url(), data=iter([b"a"]))


def test_it_is_what_sdks_take_for_a_session(wire):
    assert isinstance(wire, requests.Session)
