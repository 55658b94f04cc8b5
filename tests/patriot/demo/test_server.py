"""The demonstration's feed server, over real loopback HTTP."""

import gzip
import hashlib
import socket
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse  # noqa: TID251 (a visitor)

import pytest

from patriot.demo.newsroom import Document
from patriot.demo.server import FeedServer

BODY = b"<rss>" + b"The tide is high. " * 40 + b"</rss>"
DOCUMENTS = {
    "courier.xml": Document(BODY, "application/rss+xml", "Courier"),
    "ein bote.xml": Document(b"<rss/>", "application/xml", "Bote"),
    "sick.xml": Document(b"Internal Server Error", "text/html", "Sick", 500),
}


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer(DOCUMENTS) as running:
        yield running


def ask(server: FeedServer, path: str, *, method: str = "GET", **headers: str):
    """Return the answer and its body."""
    host, port = server.address.removeprefix("http://").split(":")
    connection = HTTPConnection(host, int(port), timeout=60)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, headers=names)
    answer: HTTPResponse = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def test_a_document_comes_with_its_type_and_validators(server: FeedServer):
    answer, body = ask(server, "/courier.xml")

    assert (answer.status, body) == (200, BODY)
    assert answer.headers["Content-Type"] == "application/rss+xml"
    assert answer.headers["ETag"] == f'"{hashlib.sha256(BODY).hexdigest()}"'
    assert answer.headers["Last-Modified"].endswith("GMT")
    assert answer.headers["Content-Length"] == str(len(BODY))


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        pytest.param("{etag}", 304, id="the-same"),
        pytest.param("W/{etag}", 304, id="weak"),
        pytest.param('"other", {etag}', 304, id="one-of-several"),
        pytest.param("*", 304, id="anything"),
        pytest.param('"other"', 200, id="another"),
    ],
)
def test_an_unchanged_document_is_not_sent_again(condition: str, status: int, server: FeedServer):
    etag = ask(server, "/courier.xml")[0].headers["ETag"]

    answer, body = ask(server, "/courier.xml", If_None_Match=condition.format(etag=etag))

    assert answer.status == status
    assert answer.headers["ETag"] == etag
    assert body == (b"" if status == 304 else BODY)


@pytest.mark.parametrize(
    ("accept", "packed"),
    [
        pytest.param("gzip", True, id="asked"),
        pytest.param("br;q=1.0, GZIP;q=0.5", True, id="among-others"),
        pytest.param("identity", False, id="not-asked"),
        pytest.param("gzip;q=0", False, id="refused"),
        pytest.param("", False, id="empty"),
    ],
)
def test_a_document_is_packed_when_asked(accept: str, packed: bool, server: FeedServer):
    answer, body = ask(server, "/courier.xml", Accept_Encoding=accept)

    assert answer.headers.get("Content-Encoding") == ("gzip" if packed else None)
    assert (gzip.decompress(body) if packed else body) == BODY
    assert answer.headers["Vary"] == "Accept-Encoding"


def test_the_packed_form_has_a_validator_of_its_own(server: FeedServer):
    plain = ask(server, "/courier.xml")[0].headers["ETag"]
    packed = ask(server, "/courier.xml", Accept_Encoding="gzip")[0].headers["ETag"]

    again, _ = ask(server, "/courier.xml", Accept_Encoding="gzip", If_None_Match=packed)

    assert plain != packed
    assert again.status == 304


def test_head_answers_without_the_body(server: FeedServer):
    answer, body = ask(server, "/courier.xml", method="HEAD")

    assert (answer.status, body) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(BODY))


@pytest.mark.parametrize("path", ["/", "/nothing.xml", "/../courier.xml", "/courier.xml/"])
def test_other_paths_are_not_found(path: str, server: FeedServer):
    answer, _ = ask(server, path)

    assert answer.status == 404
    assert "ETag" not in answer.headers


def test_a_sick_document_answers_with_its_status(server: FeedServer):
    answer, body = ask(server, "/sick.xml", If_None_Match="*")

    assert (answer.status, body) == (500, b"Internal Server Error")
    assert "ETag" not in answer.headers


def test_addresses_are_quoted_and_queries_do_not_matter(server: FeedServer):
    url = server.url("ein bote.xml")

    answer, body = ask(server, url.removeprefix(server.address) + "?utm_source=rss")

    assert url == f"{server.address}/ein%20bote.xml"
    assert (answer.status, body) == (200, b"<rss/>")


def test_another_edition_replaces_what_changed(server: FeedServer):
    etag = ask(server, "/courier.xml")[0].headers["ETag"]

    server.replace({"courier.xml": Document(b"<rss>2</rss>", "application/rss+xml", "Courier")})

    answer, body = ask(server, "/courier.xml", If_None_Match=etag)
    assert (answer.status, body) == (200, b"<rss>2</rss>")
    assert ask(server, "/sick.xml")[0].status == 404


def test_the_server_listens_on_this_machine_only(server: FeedServer):
    assert server.address.startswith("http://127.0.0.1:")


def test_nothing_is_written_to_the_terminal(server: FeedServer, capfd: pytest.CaptureFixture[str]):
    ask(server, "/courier.xml")
    ask(server, "/nothing.xml")
    port = int(server.address.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port)) as rude:  # noqa: TID251 (a rude visitor)
        rude.sendall(b"\x00\x01 nonsense\r\n\r\n")
        rude.recv(100)

    assert capfd.readouterr() == ("", "")


def test_after_the_block_the_port_is_free_again():
    with FeedServer(DOCUMENTS) as first:
        port = int(first.address.rsplit(":", 1)[1])

    with FeedServer(DOCUMENTS, port=port) as second:
        assert second.address == f"http://127.0.0.1:{port}"
        assert ask(second, "/courier.xml")[0].status == 200


def test_a_taken_port_is_an_os_error(server: FeedServer):
    port = int(server.address.rsplit(":", 1)[1])

    with pytest.raises(OSError, match="in use"), FeedServer(DOCUMENTS, port=port):
        pass


def test_a_server_that_is_not_running_has_no_address():
    with pytest.raises(RuntimeError, match="with block"):
        _ = FeedServer(DOCUMENTS).address
