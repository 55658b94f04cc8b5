"""Which stories a report tells, and in which order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.domain.ranking import (
    EXPLAINED,
    FEWER_VOICES,
    HEAVIEST,
    LIGHTEST,
    MUTED,
    OLDER,
    OTHER_SOURCES,
    OTHER_TOPICS,
    OUTLET_HAD_ITS_SHARE,
    PINNED,
    ROUND_UP,
    SOFT_NEWS,
    STORYLINE_IS_TOLD,
    TOLD_BEFORE,
    TOPIC_HAD_ITS_SHARE,
    Candidate,
    Part,
    Status,
    levels_of,
    rank,
    status_of,
)

NOW = datetime(2026, 6, 9, 6, 30, tzinfo=UTC)
LIVE = ("Live: markets today",)


def a_story(story_id: int, outlets: str = "", **fields) -> Candidate:
    """Return a story; of an outlet of its own unless it is told of whom."""
    families = frozenset((outlets or f"outlet-{story_id}").split())
    defaults = {
        "outlets": families,
        "independent": len(families),
        "article_count": len(families),
        "first_at": NOW - timedelta(hours=5),
        "last_at": NOW - timedelta(hours=2),
    }
    return Candidate(story_id, **defaults | fields)


def voices(count: int) -> str:
    return " ".join(f"voice-{n}" for n in range(count))


def ranked(*candidates: Candidate, max_sections: int = 12, **how):
    chosen, _ = rank(candidates, now=NOW, max_sections=max_sections, **how)
    return chosen


def order(*candidates: Candidate, **how) -> list[int]:
    return [one.candidate.story_id for one in ranked(*candidates, **how)]


def reasons(*candidates: Candidate, max_sections: int = 12, **how) -> dict[int, str]:
    _, left_out = rank(candidates, now=NOW, max_sections=max_sections, **how)
    return {left.story_id: left.reason for left in left_out}


# --- What a story is worth --------------------------------------------------------
@pytest.mark.parametrize(
    ("better", "worse"),
    [
        pytest.param(
            a_story(2, "courier ledger tribune"), a_story(1, "courier ledger"), id="more voices"
        ),
        pytest.param(
            a_story(2, "courier ledger"),
            a_story(1, "courier", last_at=NOW),
            id="a second voice outweighs freshness",
        ),
        pytest.param(
            a_story(2, "courier ledger"),
            a_story(1, "courier ledger tribune gazette", independent=1),
            id="independent reports outweigh copies",
        ),
        pytest.param(a_story(2, article_count=4), a_story(1), id="its outlets return to it"),
        pytest.param(a_story(2, last_at=NOW), a_story(1), id="fresher"),
        pytest.param(a_story(2), a_story(1, has_text=False), id="more than a headline"),
        pytest.param(a_story(2, prominence=0.9), a_story(1), id="higher in the feeds"),
        pytest.param(a_story(2, weight=2.0), a_story(1), id="the weight of its source"),
        pytest.param(
            a_story(2, "courier", weight=4.0),
            a_story(1, "ledger tribune"),
            id="a source of weight four counts as four",
        ),
        pytest.param(
            a_story(2, told_until=NOW - timedelta(hours=20)), a_story(1), id="continues a story"
        ),
        pytest.param(a_story(2), a_story(1, topics=("sport",)), id="soft news comes later"),
        pytest.param(a_story(2), a_story(1, topics=("lifestyle", "politics")), id="a soft lead"),
        pytest.param(
            a_story(2, topics=("politics", "culture")),
            a_story(1, topics=("culture",)),
            id="politics with culture in it is not soft",
        ),
        pytest.param(
            a_story(2, is_pinned=True, last_at=NOW - timedelta(hours=20)),
            a_story(1, voices(64)),
            id="pinned before all",
        ),
        pytest.param(
            a_story(2, is_pinned=True, titles=LIVE), a_story(1), id="even a round-up, if pinned"
        ),
        pytest.param(a_story(1), a_story(2), id="equal: the older id"),
    ],
)
def test_the_better_story_comes_first(better, worse):
    assert order(worse, better) == [better.story_id, worse.story_id]


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        pytest.param({}, [1, 2, 3], id="none"),
        pytest.param({"sport": 0}, [1, 2, 3], id="sport like any other news"),
        pytest.param({"sport": 1}, [3, 1, 2], id="a little more sport"),
        pytest.param({"economy": 3}, [2, 1, 3], id="the economy first of all"),
        pytest.param({"economy": -3}, [1, 3, 2], id="the economy hardly ever"),
        pytest.param({"health": 2}, [2, 1, 3], id="a second topic counts too"),
    ],
)
def test_the_staff_says_which_topics_it_wants(weights, expected):
    stories = [
        a_story(1, topics=("politics",)),
        a_story(2, topics=("economy", "health")),
        a_story(3, topics=("sport",)),
    ]

    assert order(*stories, topic_weights=weights) == expected


def test_a_royal_birthday_does_not_lead_a_morning():
    birthday = a_story(1, voices(6), topics=("lifestyle",), last_at=NOW)
    election = a_story(2, voices(5), topics=("politics",))

    assert order(birthday, election) == [2, 1]


def test_equal_news_of_sport_is_told_where_it_is_wanted():
    sport = a_story(2, topics=("sport",))

    (one,) = ranked(sport, topic_weights={"sport": 0})

    assert Part.SOFTNESS not in one.parts


@pytest.mark.parametrize("weight", [0.0, 1e-9, 1e9, float("inf"), float("nan")])
def test_an_extreme_weight_cannot_bury_or_crown_a_story(weight):
    assert len(order(a_story(1, weight=weight), a_story(2, "courier ledger tribune"))) == 2


def test_a_score_is_the_sum_of_its_parts_and_each_part_is_explained():
    stories = [
        a_story(n, "courier" if n % 2 else voices(n), topics=("sport", "health"), storyline=n % 3)
        for n in range(1, 20)
    ]

    chosen = ranked(*stories, topic_weights={"health": 2})

    assert all(one.score == sum(one.parts.values()) for one in chosen)
    assert all(isinstance(points, int) for one in chosen for points in one.parts.values())
    assert {part for one in chosen for part in one.parts} <= EXPLAINED.keys()


# --- Against each other -----------------------------------------------------------
def test_one_outlet_does_not_fill_the_report_with_stories_of_its_own():
    loud = [a_story(n, "courier", last_at=NOW) for n in range(1, 10)]
    quiet = [a_story(20, "ledger"), a_story(21, "tribune")]

    chosen = order(*loud, *quiet, max_sections=4)

    assert {20, 21} <= set(chosen)


def test_a_report_is_filled_even_if_only_one_outlet_answers():
    loud = [a_story(n, "courier") for n in range(1, 13)]

    assert len(order(*loud, max_sections=10)) == 10


def test_one_topic_does_not_fill_the_report():
    illness = [a_story(n, voices(3), topics=("health",), last_at=NOW) for n in range(1, 13)]
    others = [a_story(20, voices(3), topics=("economy",)), a_story(21, voices(3))]

    chosen = order(*illness, *others, max_sections=8)

    assert {20, 21} <= set(chosen)


def test_a_topic_that_is_the_news_of_the_day_still_leads():
    illness = [a_story(n, voices(9), topics=("health",)) for n in range(1, 6)]
    others = [a_story(20, voices(3), topics=("economy",))]

    assert order(*illness, *others)[:5] == [1, 2, 3, 4, 5]


def test_a_storyline_is_told_once_while_there_is_other_news():
    first = a_story(1, voices(4), storyline=1)
    second = a_story(2, voices(4), storyline=1)
    other = a_story(3, voices(2), storyline=3)

    assert order(first, second, other) == [1, 3, 2]


def test_what_is_pinned_costs_nothing_and_is_not_cheapened():
    pinned = [a_story(n, "courier", is_pinned=True, topics=("sport",)) for n in range(1, 8)]

    chosen = ranked(*pinned)

    assert all(one.score > PINNED for one in chosen)
    assert not any(Part.ALONE_AGAIN in one.parts for one in chosen)


def test_scores_fall_from_the_first_to_the_last():
    stories = [
        a_story(n, voices(1 + n % 4), topics=(("health", "sport")[n % 2],)) for n in range(1, 40)
    ]

    scores = [one.score for one in ranked(*stories, max_sections=30)]

    assert scores == sorted(scores, reverse=True)


# --- What is told, and why not ----------------------------------------------------
@pytest.mark.parametrize(
    ("fields", "status"),
    [
        pytest.param({}, Status.NEW, id="never told"),
        pytest.param(
            {"told_until": NOW - timedelta(hours=3)}, Status.DEVELOPING, id="an article since"
        ),
        pytest.param(
            {"told_until": NOW - timedelta(hours=1)}, Status.UNCHANGED, id="nothing since"
        ),
        pytest.param(
            {"told_until": NOW - timedelta(hours=3), "only_copies": True},
            Status.UNCHANGED,
            id="only copies since",
        ),
        pytest.param({"only_copies": True}, Status.NEW, id="only copies, but never told"),
    ],
)
def test_a_story_is_new_developing_or_unchanged(fields, status):
    assert status_of(a_story(1, **fields)) == status


FULL = tuple(a_story(n, voices(4), topics=("politics",), storyline=n) for n in (1, 2, 3))


@pytest.mark.parametrize(
    ("story", "reason"),
    [
        pytest.param(a_story(9, voices(9), told_until=NOW), TOLD_BEFORE, id="unchanged"),
        pytest.param(
            a_story(9, told_until=NOW, is_pinned=True), TOLD_BEFORE, id="pinned without news"
        ),
        pytest.param(a_story(9, voices(9), titles=LIVE), ROUND_UP, id="a round-up"),
        pytest.param(a_story(9, voices(9), is_muted=True), MUTED, id="muted"),
        pytest.param(a_story(9, is_muted=True, is_pinned=True), MUTED, id="muted though pinned"),
        pytest.param(
            a_story(9, is_muted=True, titles=LIVE, told_until=NOW), MUTED, id="muted and all else"
        ),
        pytest.param(a_story(9), FEWER_VOICES, id="one voice"),
        pytest.param(a_story(9, voices(4), last_at=NOW - timedelta(hours=30)), OLDER, id="older"),
        pytest.param(a_story(9, voices(4), topics=("sport",)), SOFT_NEWS, id="soft"),
        pytest.param(a_story(9, voices(4), topics=("crime",)), OTHER_TOPICS, id="little wanted"),
        pytest.param(a_story(9, voices(4), weight=1.0), OTHER_SOURCES, id="light sources"),
    ],
)
def test_what_is_left_out_says_its_main_reason(story, reason):
    weights = {"crime": -1} if story.topic == "crime" else {}
    first = [a_story(4, voices(4), is_pinned=True), *FULL]

    said = reasons(*first, story, max_sections=4, topic_weights=weights)

    assert said[9] == reason


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        pytest.param({"storyline": 2}, STORYLINE_IS_TOLD, id="its storyline"),
        pytest.param({"topics": ("politics",)}, TOPIC_HAD_ITS_SHARE, id="its topic"),
    ],
)
def test_what_has_points_enough_is_told_what_cost_it_the_place(fields, reason):
    above = [a_story(n, voices(8), topics=("politics",), storyline=n) for n in (1, 2, 3)]
    last = a_story(4, voices(4), topics=("economy",))
    story = a_story(9, voices(4), prominence=0.6, **fields)

    assert reasons(*above, last, story, max_sections=4)[9] == reason


def test_an_outlet_that_had_its_share_is_told_so():
    loud = [a_story(n, "courier", last_at=NOW, weight=1.4) for n in range(1, 5)]
    quiet = [a_story(n) for n in (20, 21)]

    assert reasons(*loud, *quiet, max_sections=4)[4] == OUTLET_HAD_ITS_SHARE


def test_every_candidate_is_chosen_or_left_out_with_a_reason():
    stories = [a_story(n, "courier ledger" if n % 2 else "courier") for n in range(1, 40)]

    chosen, left_out = rank(stories, now=NOW, max_sections=8, reserves=4, max_left_out=99)

    ids = [one.candidate.story_id for one in chosen] + [one.story_id for one in left_out]
    assert len(chosen) == 12
    assert sorted(ids) == list(range(1, 40))
    assert all(one.reason for one in left_out)


def test_only_the_best_of_what_is_left_out_is_told():
    stories = [a_story(n, voices(1 + n)) for n in range(1, 40)]

    assert list(reasons(*stories, max_sections=1, max_left_out=3)) == [38, 37, 36]


def test_nothing_makes_nothing():
    assert rank([], now=NOW, max_sections=12) == ([], [])


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        pytest.param({"sport": -3, "economy": 2}, {"sport": -3, "economy": 2}, id="good"),
        pytest.param({"sport": 4, "economy": "2", "health": True, "x": 1}, {}, id="odd"),
        pytest.param([1], {}, id="no mapping"),
        pytest.param(None, {}, id="nothing"),
    ],
)
def test_weights_are_read_as_far_as_they_are_any(stored, read):
    assert levels_of(stored) == read


# --- Whatever the stories ---------------------------------------------------------
TOPICS = st.lists(st.sampled_from(["politics", "health", "sport"]), max_size=2, unique=True)


@st.composite
def stories(draw, story_id: int = 0) -> Candidate:
    outlets = draw(st.frozensets(st.sampled_from("abcdefgh"), min_size=1))
    independent = draw(st.integers(1, len(outlets)))
    last_at = NOW - timedelta(minutes=draw(st.integers(-60, 3_000)))
    return a_story(
        story_id,
        " ".join(outlets),
        independent=independent,
        weight=draw(st.none() | st.floats(LIGHTEST * independent, HEAVIEST * independent)),
        article_count=draw(st.integers(len(outlets), 500)),
        last_at=last_at,
        prominence=draw(st.floats(0, 1)),
        told_until=draw(st.none() | st.just(NOW - timedelta(hours=10))),
        has_text=draw(st.booleans()),
        topics=tuple(draw(TOPICS)),
        storyline=draw(st.none() | st.integers(1, 4)),
        is_pinned=draw(st.integers(0, 9)) == 0,
        is_muted=draw(st.integers(0, 9)) == 0,
    )


@st.composite
def mornings(draw) -> list[Candidate]:
    drawn = draw(st.lists(stories(), min_size=1, max_size=25))
    return [replace(story, story_id=number) for number, story in enumerate(drawn, start=1)]


WEIGHTS = st.dictionaries(st.sampled_from(["politics", "sport"]), st.integers(-3, 3))


@settings(max_examples=60, deadline=None)
@given(mornings(), st.randoms(use_true_random=False), WEIGHTS, st.integers(1, 12))
def test_the_order_of_the_candidates_does_not_matter(morning, rng, weights, room):
    shuffled = rng.sample(morning, len(morning))

    told = rank(morning, now=NOW, max_sections=room, topic_weights=weights)

    assert rank(shuffled, now=NOW, max_sections=room, topic_weights=weights) == told


@settings(max_examples=120, deadline=None)
@given(mornings(), WEIGHTS, st.floats(LIGHTEST, HEAVIEST), st.booleans())
def test_another_outlet_never_lowers_a_rank(morning, weights, weight, is_copy):
    story = morning[0]
    usual = story.independent if story.weight is None else story.weight
    grown = replace(
        story,
        outlets=story.outlets | {"another"},
        independent=story.independent + (not is_copy),
        weight=usual + (0 if is_copy else weight),
        article_count=story.article_count + 1,
    )

    before = order(*morning, max_sections=99, topic_weights=weights)
    after = order(grown, *morning[1:], max_sections=99, topic_weights=weights)

    if story.story_id in before:
        assert after.index(story.story_id) <= before.index(story.story_id)


@settings(max_examples=60, deadline=None)
@given(mornings(), WEIGHTS)
def test_the_parts_are_bounded_and_the_pinned_come_first(morning, weights):
    chosen = ranked(*morning, max_sections=99, topic_weights=weights)

    pins = [one.candidate.is_pinned for one in chosen]
    assert pins == sorted(pins, reverse=True)
    for one in chosen:
        others = sum(points for part, points in one.parts.items() if part != Part.PINNED)
        assert -1_500 < others < PINNED / 1.5
        assert not any(points == 0 for points in one.parts.values())


@settings(max_examples=60, deadline=None)
@given(mornings(), WEIGHTS, st.integers(1, 6))
def test_the_quick_choice_is_the_plain_one(morning, weights, room):
    chosen = order(*morning, max_sections=room, topic_weights=weights)

    # Whoever is asked to tell more tells the same first.
    assert order(*morning, max_sections=room + 5, topic_weights=weights)[:room] == chosen
