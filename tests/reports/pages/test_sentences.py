"""How claims become sentences and notes."""

from datetime import timedelta

import pytest

from reports.models import Claim
from reports.pages.sentences import CONTEXT_CHARS, Notes, Part, Sentence, as_paragraph, sentence_of
from tests.cast import COURIER, RADIO
from tests.factories import (
    NOW,
    a_claim,
    a_draft_report,
    a_section,
    a_source,
    a_story,
    an_article,
)


def a_sentence(outlet: str = "", text: str = "Words.", **fields) -> Sentence:
    return Sentence(
        anchor="claim-1",
        kind=Claim.Kind.DETAIL,
        text=text,
        language="en",
        parts=(Part(text=text, language="en", outlet=outlet, notes=(), **fields),),
        is_translation=False,
    )


def a_section_about(*paragraphs: str, **fields):
    story = a_story([an_article(paragraphs=paragraphs, **fields)])
    return a_section(a_draft_report(sections=0).revisions.get(), story)


@pytest.mark.parametrize(
    ("outlets", "named"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param(["A"], [True], id="one"),
        pytest.param(["A", "A", "B"], [False, True, True], id="a run is named at its end"),
        pytest.param(["A", "B", "A"], [True, True, True], id="no runs"),
        pytest.param(["A", "", "A"], [True, True, True], id="own words end a run"),
    ],
)
def test_an_outlet_is_named_once_for_a_run_of_its_words(outlets, named):
    paragraph = as_paragraph([a_sentence(outlet) for outlet in outlets])

    assert [sentence.parts[0].names_outlet for sentence in paragraph] == named


@pytest.mark.parametrize(
    ("run", "attributed"),
    [
        pytest.param([(9, True)], ["9"], id="one"),
        pytest.param([(9, False), (9, False)], ["", "outlet"], id="no such word"),
        pytest.param([(9, True), (9, False)], ["", "9"], id="one article is named at its end"),
        pytest.param([(9, False), (8, False)], ["", "outlet"], id="two articles without it"),
        pytest.param([(9, True), (8, False)], ["9", "outlet"], id="two articles are told apart"),
        pytest.param([(9, True), (8, True)], ["9", "8"], id="two moments"),
    ],
)
def test_a_moment_is_named_with_the_outlet_and_belongs_to_one_article(run, attributed):
    paragraph = as_paragraph(
        a_sentence("A", published_at=NOW - timedelta(hours=hours), names_moment=is_relative)
        for hours, is_relative in run
    )

    parts = [sentence.parts[0] for sentence in paragraph]
    hours_ago = [int((NOW - part.published_at) / timedelta(hours=1)) for part in parts]
    assert attributed == [
        (str(hours) if part.names_moment else "outlet") if part.names_outlet else ""
        for part, hours in zip(parts, hours_ago, strict=True)
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("quote", "text", "named"),
    [
        pytest.param("It ends tomorrow.", "", True, id="a publisher's own words"),
        pytest.param("It ends soon.", "", False, id="without such a word"),
        pytest.param("It ends tomorrow.", "It ends tomorrow, it says.", False, id="other words"),
    ],
)
def test_a_quotation_with_a_word_like_tomorrow_names_its_moment(quote, text, named):
    section = a_section_about(quote)

    sentence = sentence_of(a_claim(section, quotes=[quote], text=text), Notes())

    assert sentence.names_moment is named


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Nobody spoke.", False, id="plain"),
        pytest.param("“Nobody,” she said.", True, id="printed marks"),
        pytest.param('"Nobody," she said.', True, id="typed marks"),
        pytest.param("„Niemand“, sagte sie.", True, id="German marks"),
    ],
)
def test_words_with_marks_of_their_own_are_told_apart(text, expected):
    assert Part(text, "en", "", ()).holds_quotation is expected


@pytest.mark.django_db
def test_a_note_shows_the_quotation_among_its_neighbors_and_no_more():
    far, near = "Far away. " * 60, "Just before. "
    section = a_section_about(f"{far}{near}The quote itself. {near}{far}")

    sentence = sentence_of(a_claim(section, quotes=["The quote itself."]), Notes())

    (note,) = sentence.notes
    assert note.quote == "The quote itself."
    assert note.before.startswith("… ")
    assert note.before.endswith(near)
    assert note.after.startswith(f" {near}")
    assert note.after.endswith(" …")
    assert len(note.before) < 270


@pytest.mark.django_db
def test_a_passage_without_a_single_space_is_cut_all_the_same():
    section = a_section_about("x" * 900 + "QUOTE" + "y" * 900)

    (note,) = sentence_of(a_claim(section, quotes=["QUOTE"]), Notes()).notes

    assert note.before == "… " + "x" * CONTEXT_CHARS
    assert note.after == "y" * CONTEXT_CHARS + " …"


@pytest.mark.django_db
def test_equal_spans_share_a_number_and_others_count_on():
    section = a_section_about("First sentence. Second sentence.")
    notes = Notes()

    numbers = [
        [note.number for note in sentence_of(a_claim(section, quotes=quotes), notes).notes]
        for quotes in (["First sentence."], ["Second sentence.", "First sentence."])
    ]

    assert numbers == [[1], [2, 1]]
    assert [note.number for note in notes] == [1, 2]


@pytest.mark.django_db
def test_quotations_set_side_by_side_each_name_their_outlet():
    courier = an_article(a_source(COURIER), paragraphs=("It says 17 were hurt.",))
    radio = an_article(a_source(RADIO), paragraphs=("We count\n14 hurt.",), hours_ago=1)
    story = a_story([courier, radio])
    section = a_section(a_draft_report(sections=0).revisions.get(), story)
    quotes = ["It says 17 were hurt.", "We count\n14 hurt."]
    claim = a_claim(section, quotes=quotes, text="“It says 17 were hurt.” — “We count 14 hurt.”")

    sentence = sentence_of(claim, Notes())

    assert [(part.text, part.outlet) for part in sentence.parts] == [
        ("It says 17 were hurt.", COURIER),
        ("We count 14 hurt.", RADIO),
    ]
    assert sentence.outlet == ""


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "outlet"),
    [
        pytest.param("A line\nbroken in two.", COURIER, id="as it stands"),
        pytest.param("A line broken in two.", COURIER, id="with other white space"),
        pytest.param("A line, broken in two.", "", id="with another sign"),
    ],
)
def test_words_are_a_publishers_own_only_if_they_are_the_quoted_ones(text, outlet):
    section = a_section_about("A line\nbroken in two.")

    sentence = sentence_of(a_claim(section, quotes=["A line\nbroken in two."], text=text), Notes())

    assert sentence.outlet == outlet


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("claimed", "spoken", "expected"),
    [
        pytest.param("en", "de", True, id="from German"),
        pytest.param("en", "en-GB", False, id="the same language"),
        pytest.param("en", "", False, id="unknown"),
    ],
)
def test_a_sentence_in_another_language_than_its_evidence_is_a_translation(
    claimed, spoken, expected
):
    section = a_section_about("Die Brücke ist zu.", language=spoken)
    claim = a_claim(section, quotes=["Die Brücke ist zu."], text="The bridge is closed.")
    claim.language = claimed

    assert sentence_of(claim, Notes()).is_translation is expected
