"""What differs between two texts."""

from __future__ import annotations

import pytest

from reports.domain.changes import Kind, Line, Side, compare, compare_words

MARKS = {Side.BOTH: "{}", Side.BEFORE: "[-{}-]", Side.AFTER: "[+{}+]"}


def line(origin: int, text: str = "", *, story: int = 1, **fields: object) -> Line:
    return Line(origin, story, **{"kind": "detail", "text": text or f"No. {origin}."} | fields)


def marked(before: str, after: str) -> str:
    return "".join(MARKS[span.side].format(span.text) for span in compare_words(before, after))


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        pytest.param("Eleven weeks.", "Eleven weeks.", "Eleven weeks.", id="the same"),
        pytest.param(
            "It closes for eleven weeks.",
            "It closes for twelve weeks.",
            "It closes for [-eleven-][+twelve+] weeks.",
            id="a word",
        ),
        pytest.param(
            "A man was hurt.",
            "Three men were hurt.",
            "[-A man was-][+Three men were+] hurt.",
            id="words in a row",
        ),
        pytest.param("Costs 1.5 million.", "Costs 1.6 million.", None, id="a number"),
        pytest.param("", "It is new.", "[+It is new.+]", id="from nothing"),
        pytest.param("It was.", "", "[-It was.-]", id="to nothing"),
        pytest.param("", "", "", id="nothing at all"),
        pytest.param("旧橋は閉鎖", "旧橋は開通", "旧橋は[-閉鎖-][+開通+]", id="no spaces"),
        pytest.param("हिन्दी भाषा", "हिन्दी भाषाएँ", "हिन्दी [-भाषा-][+भाषाएँ+]", id="marks stay"),
        pytest.param("Cafe\u0301 open", "Cafe open", "[-Cafe\u0301-][+Cafe+] open", id="an accent"),
        pytest.param("\u0301", "\u0301a", None, id="a mark at the beginning"),
        pytest.param("\ud800 x", "\ud800 y", None, id="half a pair"),
        pytest.param("x " * 3_000, "y " * 3_000, None, id="too long to compare"),
        pytest.param("a b " * 190, "b a " * 190, None, id="as long as is compared"),
    ],
)
def test_two_sentences_are_shown_as_one(before: str, after: str, shown: str | None) -> None:
    spans = compare_words(before, after)

    assert shown is None or marked(before, after) == shown
    assert "".join(one.text for one in spans if one.side != Side.AFTER) == before
    assert "".join(one.text for one in spans if one.side != Side.BEFORE) == after


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        pytest.param([line(1), line(2)], [line(1), line(2)], [], id="the same"),
        pytest.param([line(1)], [line(1, "Other.")], [(Kind.CHANGED, 1)], id="rewritten"),
        pytest.param([line(1)], [line(1), line(9)], [(Kind.ADDED, 9)], id="added"),
        pytest.param(
            [line(1), line(2), line(3)], [line(1), line(3)], [(Kind.DROPPED, 2)], id="dropped"
        ),
        pytest.param([line(1)], [], [(Kind.DROPPED, 1)], id="all dropped"),
        pytest.param(
            [line(1), line(2), line(3)],
            [line(3), line(1), line(2)],
            [(Kind.MOVED, 3)],
            id="only the one that moved",
        ),
        pytest.param(
            [line(1), line(2, story=2)], [line(1), line(2)], [(Kind.MOVED, 2)], id="another story"
        ),
        pytest.param(
            [line(1, kind="lead")], [line(1)], [(Kind.MOVED, 1)], id="from the lead to the details"
        ),
        pytest.param(
            [line(1, quotes=("a",))], [line(1, quotes=("b",))], [(Kind.SUPPORT, 1)], id="quotation"
        ),
        pytest.param(
            [line(1, quotes=("a", "b"))], [line(1, quotes=("b", "a"))], [], id="order of quotations"
        ),
        pytest.param([line(1)], [line(1, note="Unproved.")], [(Kind.SUPPORT, 1)], id="a caveat"),
        pytest.param(
            [line(1), line(2), line(3)],
            [line(2), line(3), line(1, "Other.")],
            [(Kind.CHANGED, 1)],
            id="changed and moved",
        ),
        pytest.param([line(1)], [line(1), line(1, "Twin.")], [], id="an origin twice"),
    ],
)
def test_each_sentence_says_what_became_of_it(
    before: list[Line], after: list[Line], found: list[tuple[Kind, int]]
) -> None:
    changes = compare(before, after)

    said = [(change.kind, change.line.origin) for change in changes.sentences]
    assert sorted(said) == sorted(found)
    assert changes.are_any == bool(found)


def test_what_was_dropped_stands_where_it_was() -> None:
    before = [line(1), line(2), line(3), line(4)]
    after = [line(2, "Other."), line(4, "Another.")]

    changes = compare(before, after)

    assert [change.line.origin for change in changes.sentences] == [1, 2, 3, 4]


def test_a_story_that_moved_does_not_move_its_sentences() -> None:
    first, second, third = (line(n, story=n) for n in (1, 2, 3))

    changes = compare([first, second, third], [third, first, second])

    assert changes.moved_stories == (3,)
    assert changes.sentences == ()


def test_another_choice_is_a_change_too() -> None:
    before = [line(1, summary_position=1, is_short=True), line(2)]
    after = [line(1), line(2, summary_position=1)]

    changes = compare(before, after, titles=("No. 1.", "No. 2."))

    assert changes.is_summary_changed
    assert changes.is_short_changed
    assert [span.text for span in changes.title] == ["No. ", "1", "2", "."]
    assert changes.sentences == ()
