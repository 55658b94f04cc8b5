"""Why an article belongs to its story, in words."""

import pytest

from reports.pages.story import why_in_words


@pytest.mark.parametrize(
    ("why", "is_first", "expected"),
    [
        pytest.param({}, True, "With it we found the story.", id="first"),
        pytest.param({}, False, "", id="nothing is known"),
        pytest.param(
            {"names": ["Petrel"], "figures": [], "terms": ["fire", "ferry"], "hours_apart": 2.6},
            False,
            "Shares the name Petrel and the words fire and ferry, about 3 hours apart.",
            id="names and words",
        ),
        pytest.param(
            {"names": ["Petrel"], "note": "It is a live blog."},
            False,
            "Shares the name Petrel. It is a live blog.",
            id="something unusual",
        ),
        pytest.param(
            {"figures": ["212", "14", "19"], "hours_apart": 0},
            False,
            "Shares the figures 212, 14 and 19.",
            id="within its span",
        ),
        pytest.param(
            {"names": "Petrel", "terms": [1, None], "hours_apart": "soon"},
            False,
            "Shares the words 1 and None.",
            id="odd types",
        ),
    ],
)
def test_a_reason_is_a_sentence(why, is_first, expected):
    assert why_in_words(why, is_first=is_first) == expected
