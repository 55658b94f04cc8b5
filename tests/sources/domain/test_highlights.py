"""Which piece of a text is shown, and what is marked in it."""

from hypothesis import given
from hypothesis import strategies as st

from sources.domain.highlights import EXCERPT_CHARS, excerpt, hits, marked
from sources.domain.questions import parse_question

BRIDGE = parse_question("bridges").lexemes("en")


def shown(pieces) -> str:
    return "".join(f"[{piece.text}]" if piece.is_marked else piece.text for piece in pieces)


def test_every_form_of_a_word_is_marked():
    assert shown(marked("A bridge, two Bridges.", BRIDGE, "en")) == "A [bridge], two [Bridges]."


def test_an_excerpt_comes_from_where_the_words_are_and_is_cut_between_words():
    text = f"{'Nothing here at all. ' * 40}The bridge closes. {'And nothing there. ' * 40}"

    found = shown(excerpt(text, BRIDGE, "en"))

    assert "The [bridge] closes." in found
    assert found.startswith("… ")
    assert found.endswith(" …")
    assert len(found) <= EXCERPT_CHARS + 6


def test_a_text_without_the_words_is_shown_from_its_beginning():
    assert shown(excerpt("The tunnel.\n\nIt is long.", BRIDGE, "en")) == "The tunnel. It is long."


def test_different_words_count_once_each():
    lexemes = parse_question("old bridge").lexemes("en")

    assert hits("Old, old bridge", lexemes, "en") == 2


@given(st.text(max_size=400), st.text(min_size=1, max_size=20))
def test_an_excerpt_of_any_text_is_bounded_and_its_own_words(text, asked):
    lexemes = frozenset(asked.split())

    pieces = excerpt(text, lexemes, "")

    joined = "".join(piece.text for piece in pieces).removeprefix("… ").removesuffix(" …")
    assert joined in " ".join(text.split())
    assert len(joined) <= EXCERPT_CHARS
