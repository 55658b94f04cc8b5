"""Why an article belongs to its story, in words."""

import pytest

from reports.domain.reasons import why_in_words


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
            {"terms": ["ferry"], "hours_apart": 49.0},
            False,
            "Shares the word ferry, about 2 days apart.",
            id="days",
        ),
        pytest.param(
            {"names": "Petrel", "terms": [1, None], "hours_apart": "soon"},
            False,
            "Shares the words 1 and None.",
            id="odd types",
        ),
        pytest.param(
            {"terms": ["ferry"], "hours_apart": float("inf")},
            False,
            "Shares the word ferry, long apart.",
            id="endless",
        ),
        pytest.param({"terms": ["x" * 999]}, False, f"Shares the word {'x' * 60}.", id="long"),
    ],
)
def test_a_reason_is_a_sentence(why, is_first, expected):
    assert why_in_words(why, is_first=is_first) == expected
