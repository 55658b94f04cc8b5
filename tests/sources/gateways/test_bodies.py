"""Bodies as they come over the wire, honest and not."""

from __future__ import annotations

import gzip
import random
import time
import zlib

import pytest

from patriot.lib.outbound import Limits
from sources.gateways.bodies import Body, Damaged, TooMuch

LIMITS = Limits(raw_bytes=100_000, decoded_bytes=300_000)
TEXT = b"<rss>" + b"news " * 1_000


def read(
    content: bytes, encoding: str = "", *, piece: int = 1_000, limits: Limits = LIMITS
) -> bytes:
    body = Body(limits, encoding)
    for at in range(0, len(content), piece):
        body.add(content[at : at + piece])
    return body.finish()


@pytest.mark.parametrize("piece", [1, 7, 1_000_000], ids=["bytes", "bits", "whole"])
@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        pytest.param("", TEXT, id="plain"),
        pytest.param("gzip", gzip.compress(TEXT), id="gzip"),
        pytest.param("", gzip.compress(TEXT), id="gzip that nobody mentioned"),
        pytest.param("gzip", TEXT, id="gzip that is none"),
        pytest.param(" GZip ,identity", gzip.compress(TEXT), id="words"),
        pytest.param("deflate", zlib.compress(TEXT), id="deflate"),
        pytest.param("deflate", zlib.compress(TEXT)[2:-4], id="bare deflate"),
        pytest.param("gzip", gzip.compress(TEXT[:9]) + gzip.compress(TEXT[9:]), id="members"),
        pytest.param("gzip", gzip.compress(TEXT) + b"\0" * 64, id="padding"),
        pytest.param("none", TEXT, id="none"),
        pytest.param("UTF-8", TEXT, id="a charset"),
        pytest.param("binary", TEXT, id="binary"),
    ],
)
def test_a_body_is_read_however_it_is_compressed(encoding, content, piece):
    assert read(content, encoding, piece=piece) == TEXT


@pytest.mark.parametrize("encoding", ["", "gzip", "deflate"])
def test_an_empty_body_is_empty(encoding):
    assert read(b"", encoding) == b""


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, gzip", "deflate, br"])
def test_what_we_did_not_ask_for_is_refused_with_its_name(encoding):
    with pytest.raises(Damaged, match=encoding):
        Body(LIMITS, encoding)


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        pytest.param(gzip.compress(TEXT)[:-20], "gzip", id="half"),
        pytest.param(gzip.compress(TEXT)[:30] + b"\xff" * 50, "gzip", id="broken"),
        pytest.param(zlib.compress(TEXT)[:40], "deflate", id="half a deflate"),
        pytest.param(gzip.compress(b"") * 4_000, "gzip", id="members without end"),
    ],
)
def test_a_damaged_body_is_an_error_with_a_sentence(content, encoding):
    with pytest.raises(Damaged) as caught:
        read(content, encoding)

    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("content", "encoding", "words"),
    [
        pytest.param(b"x" * 100_001, "", "larger than 0.1 MB", id="raw"),
        pytest.param(gzip.compress(b"x" * 300_001), "gzip", "unfolds", id="gzip"),
        pytest.param(zlib.compress(b"x" * 9_000_000), "deflate", "unfolds", id="deflate"),
        pytest.param(gzip.compress(b"x" * 100_000) * 9, "gzip", "unfolds", id="members"),
    ],
)
def test_too_much_is_too_much(content, encoding, words):
    with pytest.raises(TooMuch, match=words):
        read(content, encoding)


def test_exactly_what_the_limits_allow_is_read():
    assert len(read(b"x" * 100_000)) == 100_000
    assert len(read(gzip.compress(b"x" * 300_000), "gzip")) == 300_000


def test_an_announced_size_is_believed_when_it_is_too_large():
    with pytest.raises(TooMuch):
        Body(LIMITS, announced="100001")


@pytest.mark.parametrize("announced", ["", "100000", "-1", "x", "¹²³⁴⁵⁶"])
def test_other_announcements_mean_nothing(announced):
    body = Body(LIMITS, announced=announced)

    body.add(b"x")

    assert body.finish() == b"x"


@pytest.mark.parametrize("before", range(65_500, 65_540))
def test_a_member_may_begin_anywhere(before):
    """Pieces of 65,536 bytes are looked at together."""
    noise = random.Random(0).randbytes(before - 23)  # stored as it is: 23 bytes of frame
    content = gzip.compress(noise, 0) + gzip.compress(b"news")

    assert read(content, "gzip", piece=16_384) == noise + b"news"


def test_a_trap_of_the_largest_size_costs_no_time():
    largest = Limits()
    traps = [
        gzip.compress(b"") * (largest.raw_bytes // 20),
        gzip.compress(b"\0" * 4_000_000) * 1_000,
    ]

    began = time.process_time()
    for trap in traps:
        with pytest.raises((Damaged, TooMuch)):
            read(trap, "gzip", piece=65_536, limits=largest)

    assert time.process_time() - began < 2
