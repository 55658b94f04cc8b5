"""A folder of feed documents, so that the demonstration can run on somebody's own files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from patriot.demo.press import Document

SUFFIXES = frozenset({".xml", ".rss", ".atom", ".rdf", ".json"})
MAX_BYTES = 15 * 1024 * 1024
_SNIFFED_BYTES = 2048
_FEED_TAGS = (b"<rss", b"<feed", b"<rdf:rdf")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class FolderError(Exception):
    """The folder cannot be served; the message says why and what to do."""


def read_folder(path: Path) -> dict[str, Document]:
    """Return the feed documents of a folder by file name, sorted.

    A document is a file with one of the SUFFIXES, or any that begins like a feed. Hidden files
    and folders inside are left alone. A document is called by its file's stem; by the whole file
    name where two share a stem.
    """
    documents = {file.name: _document(file) for file in _files(path) if _is_feed(file)}
    if not documents:
        raise FolderError(
            f"The folder {path} has no feed documents: "
            "put .xml, .rss, .atom, .rdf or .json files in it."
        )
    return _named(documents)


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise FolderError(f"There is no folder {path}: check the spelling or create it.")
    if not path.is_dir():
        raise FolderError(f"{path} is a file: give the folder that it is in.")
    try:
        inside = sorted(path.iterdir())
    except OSError as error:
        raise FolderError(
            f"The folder {path} cannot be read ({error.strerror}): check its permissions."
        ) from error
    # A broken link is kept, so that it is reported; pipes and devices would make us wait for ever.
    return [
        file
        for file in inside
        if not file.name.startswith(".") and (file.is_file() or not file.exists())
    ]


def _is_feed(file: Path) -> bool:
    if file.suffix.lower() in SUFFIXES:
        return True
    head = _read(file, _SNIFFED_BYTES).removeprefix(_BYTE_ORDER_MARK).lstrip().lower()
    if head.startswith(b"{"):
        return b"jsonfeed.org/version" in head
    return head.startswith(b"<") and any(tag in head for tag in _FEED_TAGS)


def _document(file: Path) -> Document:
    body = _read(file, MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        raise FolderError(
            f"The file {file.name} is larger than {MAX_BYTES >> 20} MB: take it out of the folder."
        )
    return Document(body, _content_type(body), file.stem)


def _read(file: Path, size: int) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(size)
    except OSError as error:
        raise FolderError(
            f"The file {file.name} cannot be read ({error.strerror}): "
            "check its permissions or take it out of the folder."
        ) from error


def _content_type(body: bytes) -> str:
    """Return what to declare. XML goes without a charset, so that its own declaration rules."""
    head = body[:_SNIFFED_BYTES].removeprefix(_BYTE_ORDER_MARK).lstrip().lower()
    if head.startswith(b"{"):
        return "application/feed+json"
    if head.startswith((b"<!doctype html", b"<html")):
        return "text/html"
    return "application/xml"


def _named(documents: dict[str, Document]) -> dict[str, Document]:
    stems = Counter(document.name for document in documents.values())
    return {
        file: document
        if stems[document.name] == 1
        else Document(document.body, document.content_type, file)
        for file, document in documents.items()
    }
