"""Cutting articles into passages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.domain.passages import MAX_CHARS, MAX_PASSAGES, cut


@pytest.mark.parametrize(
    ("title", "text", "passages"),
    [
        pytest.param("Head", "One.\n\nTwo.", [(0, "Head"), (1, "One."), (2, "Two.")], id="plain"),
        pytest.param("", "One.", [(1, "One.")], id="no headline"),
        pytest.param("Head", "", [(0, "Head")], id="only a headline"),
        pytest.param(" ", "\n\n \n\n", [], id="nothing"),
        pytest.param("H", "a\nb\n\n\n\n c ", [(0, "H"), (1, "a\nb"), (2, "c")], id="lines"),
    ],
)
def test_headline_and_paragraphs_are_numbered(title, text, passages):
    assert cut(title, text) == passages


def test_a_long_paragraph_is_parted_at_the_ends_of_sentences():
    sentence = "The ferry left at noon, said the harbor master (“on time”). "
    passages = [text for _, text in cut("", sentence * 100)]

    assert len(passages) > 1
    assert all(len(text) <= MAX_CHARS for text in passages)
    assert all(text.startswith("The ferry") and text.endswith(").") for text in passages)
    assert " ".join(passages) == (sentence * 100).strip()


@pytest.mark.parametrize(
    ("text", "joint"),
    [
        pytest.param("渡船は正午に出た。" * 300, "", id="Japanese"),
        pytest.param("word " * 900, " ", id="no sentence ends"),
        pytest.param("x" * 5_000, "", id="no spaces"),
    ],
)
def test_a_long_paragraph_loses_nothing(text, joint):
    passages = [piece for _, piece in cut("", text)]

    assert all(len(piece) <= MAX_CHARS for piece in passages)
    assert joint.join(passages) == text.strip()


def test_there_are_only_so_many():
    assert len(cut("Head", "x\n\n" * 10_000)) == MAX_PASSAGES + 1


@given(st.text(" .!?\n。a\u00a0", max_size=4_000))
def test_no_passage_is_empty_or_long_and_the_order_stays(text):
    passages = cut("", text)

    assert [number for number, _ in passages] == list(range(1, len(passages) + 1))
    assert all(piece and len(piece) <= MAX_CHARS for _, piece in passages)
    assert "".join("".join(piece.split()) for _, piece in passages) == "".join(text.split())
