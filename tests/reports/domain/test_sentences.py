"""Sentences are cut where readers would cut them, and no character is lost."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.domain.sentences import split_sentences


def texts(text, language="en"):
    return [sentence.text for sentence in split_sentences(text, language)]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        pytest.param("It rained. It stopped.", "en", ["It rained.", "It stopped."], id="plain"),
        pytest.param(
            "Dr. J. Smith of the U.S. Army left St. Louis at 5 p.m. daily. He slept.",
            "en",
            ["Dr. J. Smith of the U.S. Army left St. Louis at 5 p.m. daily.", "He slept."],
            id="titles, initials, acronyms, hours",
        ),
        pytest.param(
            "She lives in the U.S. The house is old.",
            "en",
            ["She lives in the U.S.", "The house is old."],
            id="an acronym may end a sentence",
        ),
        pytest.param(
            "It grew by 3.5 per cent. Prices rose 1.2.",
            "en",
            ["It grew by 3.5 per cent.", "Prices rose 1.2."],
            id="decimals",
        ),
        pytest.param(
            "He said no. They left. No. 5 is alive.",
            "en",
            ["He said no.", "They left.", "No. 5 is alive."],
            id="no as an answer and as a number",
        ),
        pytest.param(
            "He sat. Anna left.", "en", ["He sat.", "Anna left."], id="sat is no Saturday"
        ),
        pytest.param(
            "“It is over.” She smiled. (It was not.) Rain fell.",
            "en",
            ["“It is over.”", "She smiled.", "(It was not.)", "Rain fell."],
            id="closing marks belong to the sentence",
        ),
        pytest.param(
            "“Stop!” Ana Ruiz said. The ferry stopped.",
            "en",
            ["“Stop!” Ana Ruiz said.", "The ferry stopped."],
            id="a speech tag goes on",
        ),
        pytest.param(
            "Well … maybe not... Then it sank.",
            "en",
            ["Well … maybe not...", "Then it sank."],
            id="ellipsis",
        ),
        pytest.param(
            "Am 3. Mai kam, z. B. in der Str. 5, Hilfe. Die Polizei half.",
            "de",
            ["Am 3. Mai kam, z. B. in der Str. 5, Hilfe.", "Die Polizei half."],
            id="German ordinals and abbreviations",
        ),
        pytest.param(
            "Es starben 14. Die Feuerwehr half.",
            "de",
            ["Es starben 14.", "Die Feuerwehr half."],
            id="a German sentence may end with a number",
        ),
        pytest.param(
            "He was 14. Ana was 9.", "en", ["He was 14.", "Ana was 9."], id="no ordinal in English"
        ),
        pytest.param(
            "今日は雨。明日は晴れ！", "ja", ["今日は雨。", "明日は晴れ！"], id="no spaces"
        ),
        pytest.param("One\n\ntwo three", "en", ["One", "two three"], id="a blank line ends"),
        pytest.param("", "en", [], id="nothing"),
        pytest.param("  ...  ", "", ["..."], id="only marks"),
    ],
)
def test_sentences_end_where_readers_would_end_them(text, language, expected):
    assert texts(text, language) == expected


@given(st.text(max_size=300), st.sampled_from(["en", "de", "", "xx", "zh"]))
def test_offsets_are_exact_and_nothing_but_space_is_lost(text, language):
    sentences = split_sentences(text, language)

    assert all(text[s.start : s.end] == s.text and s.text == s.text.strip() for s in sentences)
    assert "".join("".join(s.text.split()) for s in sentences) == "".join(text.split())


@pytest.mark.parametrize(
    "unit",
    [
        pytest.param("1. ", id="numbers"),
        pytest.param("a.", id="dots"),
        pytest.param("! ", id="cries"),
        pytest.param(".\n", id="short lines"),
        pytest.param("”", id="marks"),
        pytest.param("A. B", id="initials"),
    ],
)
def test_hostile_text_takes_linear_time(unit):
    started = time.process_time()

    split_sentences(unit * 20_000, "de")

    assert time.process_time() - started < 3
