"""Somebody's own folder of feed documents."""

from pathlib import Path

import pytest

from patriot.demo import folder
from patriot.demo.folder import FolderError, read_folder

RSS = b'<?xml version="1.0" encoding="ISO-8859-1"?><rss version="2.0"><channel/></rss>'
ATOM = b'\xef\xbb\xbf<feed xmlns="http://www.w3.org/2005/Atom"/>'
JSON = b'{"version": "https://jsonfeed.org/version/1.1", "title": "A", "items": []}'


def test_documents_come_sorted_and_named_after_their_files(tmp_path: Path):
    (tmp_path / "tide.json").write_bytes(JSON)
    (tmp_path / "courier.xml").write_bytes(RSS)
    (tmp_path / "post.ATOM").write_bytes(ATOM)

    documents = read_folder(tmp_path)

    assert list(documents) == ["courier.xml", "post.ATOM", "tide.json"]
    assert [document.name for document in documents.values()] == ["courier", "post", "tide"]
    assert documents["courier.xml"].body == RSS
    assert all(document.status == 200 for document in documents.values())


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param(RSS, "application/xml", id="xml-declares-its-own-encoding"),
        pytest.param(ATOM, "application/xml", id="after-a-byte-order-mark"),
        pytest.param(JSON, "application/feed+json", id="json"),
        pytest.param(b"\n <!DOCTYPE html><p>gone", "text/html", id="a-page-instead-of-a-feed"),
        pytest.param(b"", "application/xml", id="empty"),
    ],
)
def test_the_content_type_comes_from_the_content(body: bytes, content_type: str, tmp_path: Path):
    (tmp_path / "feed.xml").write_bytes(body)

    assert read_folder(tmp_path)["feed.xml"].content_type == content_type


@pytest.mark.parametrize(
    ("name", "body", "found"),
    [
        pytest.param("feed", RSS, True, id="rss-without-a-suffix"),
        pytest.param("feed.txt", ATOM, True, id="atom-as-text"),
        pytest.param("feed.php", JSON, True, id="json-feed-as-php"),
        pytest.param("page.html", b"<!doctype html><p>hello", False, id="page"),
        pytest.param("notes.txt", b"rss is <rss>", False, id="text-that-mentions-rss"),
        pytest.param("package.lock", b'{"version": 1}', False, id="other-json"),
        pytest.param(".hidden.xml", RSS, False, id="hidden"),
    ],
)
def test_what_begins_like_a_feed_is_one(name: str, body: bytes, found: bool, tmp_path: Path):
    (tmp_path / "always.xml").write_bytes(RSS)
    (tmp_path / name).write_bytes(body)

    assert (name in read_folder(tmp_path)) is found


def test_folders_inside_are_left_alone(tmp_path: Path):
    (tmp_path / "deep.xml").mkdir()
    (tmp_path / "deep.xml" / "feed.xml").write_bytes(RSS)
    (tmp_path / "feed.xml").write_bytes(RSS)

    assert list(read_folder(tmp_path)) == ["feed.xml"]


def test_files_that_share_a_stem_keep_their_whole_names(tmp_path: Path):
    (tmp_path / "courier.rss").write_bytes(RSS)
    (tmp_path / "courier.xml").write_bytes(RSS)
    (tmp_path / "tide.xml").write_bytes(RSS)

    names = [document.name for document in read_folder(tmp_path).values()]

    assert names == ["courier.rss", "courier.xml", "tide"]


def missing(folder: Path) -> Path:
    return folder / "nowhere"


def a_file(folder: Path) -> Path:
    (folder / "feed.xml").write_bytes(RSS)
    return folder / "feed.xml"


def nothing_in_it(folder: Path) -> Path:
    (folder / "notes.txt").write_text("Nothing here.")
    return folder


def a_broken_link(folder: Path) -> Path:
    (folder / "gone.xml").symlink_to(folder / "elsewhere")
    return folder


def too_large(folder: Path) -> Path:
    (folder / "huge.xml").write_bytes(RSS + b" " * 400)
    return folder


@pytest.mark.parametrize(
    ("arrange", "sentence"),
    [
        pytest.param(missing, r"^There is no folder .*nowhere: check the spelling", id="missing"),
        pytest.param(a_file, r"feed\.xml is a file: give the folder", id="a-file"),
        pytest.param(nothing_in_it, r"has no feed documents: put \.xml", id="no-feeds"),
        pytest.param(a_broken_link, r"^The file gone\.xml cannot be read", id="unreadable-file"),
        pytest.param(too_large, r"^The file huge\.xml is larger than .* MB: take", id="too-large"),
    ],
)
def test_what_is_wrong_with_a_folder_is_said_in_a_sentence(
    arrange, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(folder, "MAX_BYTES", 400)

    with pytest.raises(FolderError, match=sentence):
        read_folder(arrange(tmp_path))


def test_a_folder_that_may_not_be_listed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)

    with pytest.raises(FolderError, match=r"cannot be read \(Permission denied\): check"):
        read_folder(tmp_path)
