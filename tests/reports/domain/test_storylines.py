"""Which story continues which: the same affair's next part, and nothing that only looks like it."""

from datetime import timedelta

import pytest

from reports.domain.signatures import Item, sign
from reports.domain.storylines import (
    MAX_PARTS,
    REACH,
    Status,
    Usage,
    best_continuation,
    continuation,
    part_of,
    standing_of,
    status_of,
)
from tests.factories import NOW

# What the newsroom's other stories are called these days.
OTHERS = [
    "President Orlov signs budget",
    "President Orlov visits flood region",
    "Orlov calls snap election",
    "Orlov and premier at odds over taxes",
    *(f"Marrow fever: {n} new cases in the capital" for n in range(200)),
    *(f"President Orlov speaks on matter {n}" for n in range(60)),
    *(f"Council of town {n} debates its budget" for n in range(100)),
]
USAGE = Usage.of(OTHERS, language="en")


def a_part(title, text="", *, pk=1, days_ago=0.0, language="en", lasting=timedelta(0)):
    at = NOW - timedelta(days=days_ago)
    item = Item(pk, title, text, language, "courier", at)
    return part_of(pk, [(title, sign(item))], began_at=at, last_at=at + lasting)


TRIAL = a_part(
    "Trial of banker Otis Fenn opens in Port Averil",
    "Prosecutors accuse Otis Fenn of hiding losses of the Averil Savings Bank for years.",
    days_ago=6,
)
QUAKE = a_part(
    "Earthquake destroys homes in Skarnholm",
    "A quake of magnitude 6.4 struck the fishing town of Skarnholm at dawn, rescuers said.",
    days_ago=2,
)
TALKS = a_part(
    "Norrany and Veldmark open talks on river Issel",
    "Delegations met in Talbrück for the first time about the dams on the Issel.",
    days_ago=9,
)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        pytest.param(
            TRIAL,
            a_part(
                "Otis Fenn guilty of fraud at Averil Savings Bank",
                "A jury found the banker Otis Fenn guilty on all counts on Monday.",
                pk=2,
            ),
            id="verdict after trial",
        ),
        pytest.param(
            QUAKE,
            a_part(
                "Aftershock hits Skarnholm as rescuers dig",
                "A strong aftershock shook Skarnholm while rescuers searched the harbor.",
                pk=2,
            ),
            id="aftershock after quake",
        ),
        pytest.param(
            TALKS,
            a_part(
                "Second round of Issel talks between Norrany and Veldmark",
                "Norrany and Veldmark meet again in Talbrück on Tuesday about dams on the Issel.",
                pk=2,
            ),
            id="second round of talks",
        ),
    ],
)
def test_the_next_part_of_an_affair_continues_it(earlier, later):
    link = continuation(later, earlier, usage=USAGE)

    assert link is not None
    assert link.story_id == earlier.story_id
    assert link.names


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        pytest.param(
            QUAKE,
            a_part(
                "Earthquake destroys homes in Lantera",
                "A quake of magnitude 5.9 struck the mountain town of Lantera, rescuers said.",
                pk=2,
            ),
            id="another quake",
        ),
        pytest.param(
            TRIAL,
            a_part(
                "Trial of doctor Mira Solen opens in Port Averil",
                "Prosecutors accuse Mira Solen of selling false certificates for years.",
                pk=2,
            ),
            id="another trial in the same town",
        ),
        pytest.param(
            a_part(
                "Lumenor unveils a cheaper phone", "Lumenor showed a phone in Veld.", days_ago=3
            ),
            a_part("Lumenor to cut 900 jobs", "The maker Lumenor will dismiss staff.", pk=2),
            id="the same company's two announcements",
        ),
        pytest.param(
            a_part("President Orlov signs dam treaty", "Orlov signed it on Sunday.", days_ago=2),
            a_part("President Orlov dismisses health minister", "Orlov gave no reason.", pk=2),
            id="one president",
        ),
        pytest.param(
            a_part("Marrow fever: 30 new cases in the capital", days_ago=1),
            a_part("Marrow fever: 44 new cases in the capital", pk=2),
            id="one pandemic",
        ),
        pytest.param(
            a_part("Man dies at Khoo Teck Hospital", days_ago=1),
            a_part("Khoo Teck Hospital nurse tells of happy tears", pk=2),
            id="one hospital",
        ),
        pytest.param(a_part("", days_ago=1), a_part("", pk=2), id="nothing to go by"),
        pytest.param(
            a_part("🔥🔥🔥 ⚡", days_ago=1), a_part("🔥🔥🔥 ⚡", pk=2), id="signs and no words"
        ),
    ],
)
def test_what_only_looks_alike_continues_nothing(earlier, later):
    assert continuation(later, earlier, usage=USAGE) is None


VERDICT = "Otis Fenn guilty of fraud at Averil Savings Bank"


@pytest.mark.parametrize(
    "days_ago",
    [
        pytest.param(0.3, id="the same morning"),
        pytest.param(-1, id="later than the story"),
        pytest.param(REACH.days + 1, id="too long ago"),
    ],
)
def test_only_a_story_of_the_weeks_before_is_continued(days_ago):
    earlier = a_part(VERDICT, days_ago=days_ago)

    assert continuation(a_part(VERDICT, pk=2), earlier, usage=USAGE) is None


def test_a_link_says_what_is_shared_and_how_far_apart():
    later = a_part(VERDICT, "A jury found Otis Fenn guilty in Port Averil.", pk=2)

    link = continuation(later, TRIAL, usage=USAGE)

    assert link is not None
    assert "Otis Fenn" in link.names
    assert link.days_apart == 6.0
    assert link.evidence > 0


def test_more_evidence_is_asked_for_the_longer_ago():
    words = "Sale of planes at Virga", "Bidder looks at planes at Virga"
    later = a_part(words[1], pk=2)
    near, far = a_part(words[0], days_ago=1), a_part(words[0], days_ago=29)

    assert continuation(later, near, usage=USAGE) is not None
    assert continuation(later, far, usage=USAGE) is None


def test_a_storyline_does_not_drift_away_from_its_beginning():
    middle = a_part(
        "Averil Savings Bank buyer Dorn Holding faces tax raid",
        "Officers searched Dorn Holding, the buyer of the bank in the Otis Fenn affair.",
        pk=2,
        days_ago=3,
    )
    later = a_part("Dorn Holding faces second tax raid", "Officers came to Dorn Holding.", pk=3)

    assert continuation(later, middle, usage=USAGE) is not None
    assert continuation(later, middle, usage=USAGE, beginning=TRIAL) is None


def test_of_several_the_one_with_most_evidence_is_continued():
    near = a_part("Otis Fenn posts bail", "The banker Otis Fenn left jail.", pk=7, days_ago=5)
    later = a_part(VERDICT, "A jury in Port Averil found the banker Otis Fenn guilty.", pk=9)

    link = best_continuation(later, [near, TRIAL], usage=USAGE, beginnings={}, lengths={})

    assert link is not None
    assert link.story_id == TRIAL.story_id


def test_a_storyline_that_became_a_topic_takes_no_more():
    later = a_part(VERDICT, "A jury found Otis Fenn guilty in Port Averil.", pk=2)
    lengths = {TRIAL.story_id: MAX_PARTS}

    assert best_continuation(later, [TRIAL], usage=USAGE, beginnings={}, lengths=lengths) is None


@pytest.mark.parametrize(
    ("began", "last", "parts", "told", "expected"),
    [
        pytest.param(5, 1, 1, None, Status.NEW, id="young and untold"),
        pytest.param(30, 1, 1, None, Status.DEVELOPING, id="a day old"),
        pytest.param(5, 1, 2, None, Status.DEVELOPING, id="continues another"),
        pytest.param(30, 1, 1, 8, Status.DEVELOPING, id="news since it was told"),
        pytest.param(30, 9, 1, 8, Status.UNCHANGED, id="nothing since it was told"),
        pytest.param(200, 73, 3, 80, Status.RESOLVED, id="nothing for three days"),
    ],
)
def test_a_storyline_stands_as_readers_see_it(began, last, parts, told, expected):
    hours = timedelta(hours=1)

    status = status_of(
        began_at=NOW - began * hours,
        last_at=NOW - last * hours,
        parts=parts,
        told_until=None if told is None else NOW - told * hours,
        now=NOW,
    )

    assert status == expected


@pytest.mark.parametrize(
    ("last", "told", "expected"),
    [
        pytest.param(24, 24, Status.UNCHANGED, id="yesterday"),
        pytest.param(80, 48, Status.UNCHANGED, id="quiet, but told lately"),
        pytest.param(80, 79, Status.RESOLVED, id="quiet and told long ago"),
    ],
)
def test_what_was_told_pauses_before_it_is_over(last, told, expected):
    hours = timedelta(hours=1)

    found = standing_of(last_at=NOW - last * hours, told_at=NOW - told * hours, now=NOW)

    assert found == expected
