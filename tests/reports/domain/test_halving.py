"""Whether the articles of one story fall into two groups."""

import pytest

from reports.domain.halving import halves, likeness
from reports.domain.vectors import unit

# Two bouts of one boxer: what they share is in all articles, what tells them apart in half.
RAHMAN = [
    unit({"boxer": 2.0, "title": 1.0, "rahman": 2.0, "arena": 1.0, f"a{i}": 1.0}) for i in range(4)
]
THOMPSON = [
    unit({"boxer": 2.0, "title": 1.0, "thompson": 2.0, "bern": 1.0, f"b{i}": 1.0}) for i in range(3)
]
ONE_BOUT = [
    unit({"boxer": 2.0, "title": 1.0, "rahman": 2.0, f"c{i}": 1.0, f"d{i % 3}": 0.5})
    for i in range(8)
]


def test_two_look_alikes_fall_into_their_events():
    alike, sides = halves([*RAHMAN, *THOMPSON], fewest=3)

    assert alike < 0.7
    assert sides in ((True,) * 4 + (False,) * 3, (False,) * 4 + (True,) * 3)


def test_the_order_of_articles_changes_nothing():
    vectors = [RAHMAN[0], THOMPSON[0], RAHMAN[1], THOMPSON[1], RAHMAN[2], THOMPSON[2], RAHMAN[3]]

    alike, sides = halves(vectors, fewest=3)

    assert alike == pytest.approx(halves([*RAHMAN, *THOMPSON], fewest=3)[0])
    assert sides in ((True, False) * 3 + (True,), (False, True) * 3 + (False,))


def test_one_event_has_halves_as_alike_as_their_articles():
    alike, _ = halves(ONE_BOUT, fewest=3)

    assert alike > 0.8


@pytest.mark.parametrize(
    "vectors",
    [
        pytest.param([], id="none"),
        pytest.param(RAHMAN[:1], id="one"),
        pytest.param([*RAHMAN[:3], *THOMPSON[:2]], id="too few for two halves"),
        pytest.param([RAHMAN[0]] * 8, id="equal articles"),
        pytest.param([{}] * 8, id="empty articles"),
        pytest.param([unit({f"only {i}": 1.0}) for i in range(8)], id="nothing in common"),
    ],
)
def test_what_cannot_be_divided_is_alike(vectors):
    assert halves(vectors, fewest=3)[0] == 1.0


def test_likeness_is_measured_against_that_within():
    assert likeness(RAHMAN[:2], RAHMAN[2:]) == pytest.approx(1.0)
    assert likeness(RAHMAN, THOMPSON) < 0.7
    assert likeness(RAHMAN[:1], THOMPSON) == 1.0
