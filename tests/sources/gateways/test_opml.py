"""Lists of feeds: each file beside what it should become, and what nobody should send."""

from __future__ import annotations

import dataclasses
import json
from contextlib import suppress
from pathlib import Path

import pytest

from sources.domain.outlines import Outlines
from sources.gateways.opml import MAX_FEEDS, read_outlines
from sources.gateways.parser import Parser
from sources.gateways.unreadable import WrongKind

FOLDER = Path(__file__).parents[2] / "data" / "lists"


def plain(found: Outlines) -> dict:
    """Return a list as JSON has it, without what is empty."""

    def without_empty(fields):
        return {name: value for name, value in fields.items() if value}

    fields = dataclasses.asdict(found)
    fields["feeds"] = [without_empty(feed) for feed in fields["feeds"]]
    return json.loads(json.dumps(without_empty(fields)))


def addresses(document: str | bytes) -> list[str]:
    body = document.encode() if isinstance(document, str) else document
    return [feed.url for feed in read_outlines(body).feeds]


def opml(inside: str) -> str:
    return f"<opml version='2.0'><body>{inside}</body></opml>"


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.name)
        for path in sorted(FOLDER.iterdir())
        if not path.name.endswith(".expected.json")
    ],
)
def test_a_list_becomes_what_it_should(path: Path) -> None:
    expected = json.loads(path.with_name(path.name + ".expected.json").read_text())

    assert plain(read_outlines(path.read_bytes())) == expected


@pytest.mark.parametrize(
    "outline",
    [
        pytest.param('<outline xmlUrl="https://a.example/f"/>', id="by the book"),
        pytest.param('<outline xmlurl="https://a.example/f"/>', id="small letters"),
        pytest.param('<outline XMLURL="https://a.example/f">', id="capitals, not closed"),
        pytest.param("<outline\n\txmlUrl\n=\n'https://a.example/f'\n/>", id="on many lines"),
        pytest.param("<outline xmlUrl=https://a.example/f>", id="without quotes"),
        pytest.param('<outline type="link" xmlUrl="https://a.example/f"/>', id="called a link"),
        pytest.param('<outline type="pie" url="https://a.example/f"/>', id="url, of an odd type"),
        pytest.param('<outline feedUrl="https://a.example/f"/>', id="feedUrl"),
        pytest.param('<o:outline o:xmlUrl="https://a.example/f"/>', id="with a prefix"),
        pytest.param('<outline xmlUrl=" https://a.exa\nmple/f\t"/>', id="white space inside"),
        pytest.param('<outline text="<b>A</b>" xmlUrl="https://a.example/f"/>', id="tags in text"),
        pytest.param('<outline text="a > b" xmlUrl="https://a.example/f"/>', id="> in text"),
        pytest.param('<outline x="1" x="2" xmlUrl="https://a.example/f"/>', id="attribute twice"),
        pytest.param('<outline xmlUrl="https&#58;//a.example/f"/>', id="references"),
        pytest.param("<outline xmlUrl=”https://a.example/f” />", id="typographic quotes"),
        pytest.param('<ModulePrefs xmlUrl="https://a.example/f"/>', id="in another element"),
    ],
)
def test_an_address_is_found_however_it_is_written(outline: str) -> None:
    assert addresses(opml(outline)) == ["https://a.example/f"]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<?xml version='1.0' encoding='utf-8'?>{}", id="UTF-8"),
        pytest.param(b"\xef\xbb\xbf<?xml version='1.0'?>{}", id="byte order mark"),
        pytest.param(b"<?xml version='1.0' encoding='utf-16'?>{}", id="declared UTF-16, is not"),
        pytest.param(b"<?xml version='1.0' encoding='iso-8859-1'?>{}", id="Latin 1, is UTF-8"),
        pytest.param(b"<?xml version='1.0' encoding='rot13'?>{}", id="no encoding at all"),
    ],
)
def test_utf_8_is_read_whatever_is_declared(body: bytes) -> None:
    document = body.replace(b"{}", opml('<outline text="é" xmlUrl="https://a.example/"/>').encode())

    (feed,) = read_outlines(document).feeds

    assert feed.name == "é"


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        pytest.param("utf-16", "utf-16", id="UTF-16 with its mark"),
        pytest.param("utf-16-be", "utf-8", id="UTF-16 without"),
        pytest.param("cp1252", "utf-8", id="windows-1252, declared UTF-8"),
        pytest.param("cp1252", "windows-1252", id="windows-1252"),
        pytest.param("iso-8859-2", "ISO-8859-2", id="Latin 2"),
    ],
)
def test_other_encodings_are_read_too(encoding: str, declared: str) -> None:
    text = f"<?xml version='1.0' encoding='{declared}'?>" + opml(
        '<outline text="ä" xmlUrl="https://a.example/"/>'
    )

    (feed,) = read_outlines(text.encode(encoding)).feeds

    assert (feed.name, feed.url) == ("ä", "https://a.example/")


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        pytest.param("", "The file is empty.", id="empty"),
        pytest.param(" \n\t\n", "The file is empty.", id="blank"),
        pytest.param(opml(""), "The file names no feed.", id="no outline"),
        pytest.param("hello\nyou", "The file names no feed.", id="prose"),
        pytest.param("<rss><channel/></rss>", "This is a feed itself (<rss>)", id="a feed"),
        pytest.param("<html><p>x</p></html>", "This is a page or another document", id="a page"),
        pytest.param("\x89PNG\r\n\x1a\n" * 9, "The file names no feed.", id="a picture"),
    ],
)
def test_what_is_no_list_is_named(document: str, sentence: str) -> None:
    with pytest.raises(WrongKind) as caught:
        read_outlines(document.encode())

    assert sentence in str(caught.value)


def test_more_feeds_than_anybody_reads_are_cut_off_and_it_is_said() -> None:
    lines = "\n".join(f"https://a{number}.example/" for number in range(MAX_FEEDS + 10))

    found = read_outlines(lines.encode())

    assert len(found.feeds) == MAX_FEEDS
    assert "Only the first 20,000 feeds were read." in found.notes


def test_an_entity_is_never_expanded() -> None:
    bomb = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha"}">' for n in range(12))
    outline = '<outline text="&e11;" xmlUrl="https://a.example/"/>'

    (feed,) = read_outlines(f"<!DOCTYPE opml [{bomb}]>{opml(outline)}".encode()).feeds

    assert feed.name == "&e11;"


@pytest.mark.parametrize(
    "document",
    [
        pytest.param('<outline a="' * 200_000, id="quotes that never close"),
        pytest.param("<outline " * 200_000, id="tags that never close"),
        pytest.param("<outline " + "a=b " * 400_000, id="attributes"),
        pytest.param('<outline text="a">' * 200_000, id="depth"),
        pytest.param("<outline a" + " " * 2_000_000, id="white space"),
        pytest.param("<!--" * 500_000 + "<outline/>", id="comments"),
        pytest.param('xmlurl="' * 300_000, id="broken lines"),
        pytest.param('<outline text="' + "x =" * 700_000, id="equals signs"),
        pytest.param("a,b\n" * 200_000, id="rows"),
        pytest.param("url\n" + '"' * 2_000_000, id="a cell without an end"),
        pytest.param("http://" * 300_000, id="one endless line"),
        pytest.param("<dl>" * 400_000, id="deep bookmarks"),
    ],
)
def test_hostile_lists_end_soon_and_in_a_sentence(document: str, parser: Parser) -> None:
    with suppress(WrongKind):
        found = parser.ask("outlines", document.encode())

        assert len(found["feeds"]) <= MAX_FEEDS


@pytest.mark.parametrize(
    ("header", "notes"),
    [
        pytest.param("url,name,tags", (), id="all are known"),
        pytest.param(
            "Name,URL,Full text,country,", ("Columns not read: Full text, country.",), id="two"
        ),
        pytest.param("Name;URL;Remarks", ("Column not read: Remarks.",), id="one"),
        pytest.param(
            "url," + ",".join(f"x{n}" for n in range(60)) + "," + "y" * 300,
            ("Columns not read: x0, x1, x2, x3, x4, x5, x6, x7, x8, x9 and 51 more.",),
            id="many",
        ),
    ],
)
def test_columns_that_nobody_reads_are_named(header: str, notes: tuple[str, ...]) -> None:
    delimiter = ";" if ";" in header else ","
    row = delimiter.join(["https://courier.example/rss"] * 3)

    found = read_outlines(f"{header}\n{row}\n".encode())

    assert found.notes == notes
