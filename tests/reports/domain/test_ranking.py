"""Which stories a report tells, and in which order."""

from datetime import UTC, datetime, timedelta

import pytest

from reports.domain.ranking import Candidate, Status, rank, status_of

NOW = datetime(2026, 6, 9, 6, 30, tzinfo=UTC)


def a_story(story_id: int, outlets: str = "courier", **fields) -> Candidate:
    families = frozenset(outlets.split())
    defaults = {
        "outlets": families,
        "independent": len(families),
        "article_count": len(families),
        "first_at": NOW - timedelta(hours=5),
        "last_at": NOW - timedelta(hours=2),
        "weight": 1.0,
    }
    return Candidate(story_id, **defaults | fields)


def order(*candidates: Candidate, max_sections: int = 12) -> list[int]:
    chosen, _ = rank(candidates, now=NOW, max_sections=max_sections)
    return [one.candidate.story_id for one in chosen]


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
        pytest.param(a_story(2, weight=2.0), a_story(1), id="the staff's weight"),
        pytest.param(
            a_story(2, told_until=NOW - timedelta(hours=20)), a_story(1), id="continues a story"
        ),
        pytest.param(a_story(1), a_story(2), id="equal: the older id"),
    ],
)
def test_the_better_story_comes_first(better, worse):
    assert order(worse, better) == [better.story_id, worse.story_id]


def test_the_order_of_the_candidates_does_not_matter():
    stories = [a_story(n, "courier ledger" if n % 3 else "courier") for n in range(1, 30)]

    assert order(*stories) == order(*reversed(stories))


def test_a_score_is_the_sum_of_its_parts():
    chosen, _ = rank([a_story(1, "courier ledger")], now=NOW, max_sections=1)

    assert chosen[0].score == pytest.approx(sum(chosen[0].parts.values()))


def test_one_outlet_does_not_fill_the_report_with_stories_of_its_own():
    loud = [a_story(n, "courier", last_at=NOW) for n in range(1, 10)]
    quiet = [a_story(20, "ledger"), a_story(21, "tribune")]

    chosen = order(*loud, *quiet, max_sections=4)

    assert {20, 21} <= set(chosen)


def test_a_report_is_filled_even_if_only_one_outlet_answers():
    loud = [a_story(n, "courier") for n in range(1, 13)]

    assert len(order(*loud, max_sections=10)) == 10


@pytest.mark.parametrize(
    ("told_until", "status"),
    [
        pytest.param(None, Status.NEW, id="never told"),
        pytest.param(NOW - timedelta(hours=3), Status.DEVELOPING, id="an article since"),
        pytest.param(NOW - timedelta(hours=1), Status.UNCHANGED, id="nothing since"),
    ],
)
def test_a_story_is_new_developing_or_unchanged(told_until, status):
    assert status_of(a_story(1, told_until=told_until)) == status


def test_an_unchanged_story_is_left_out_with_its_reason():
    chosen, left_out = rank([a_story(1, told_until=NOW)], now=NOW, max_sections=12)

    assert chosen == []
    assert left_out[0].reason == "Told before, and nothing new since."


def test_a_round_up_is_left_out_with_its_reason():
    chosen, left_out = rank([a_story(1, is_round_up=True)], now=NOW, max_sections=12)

    assert chosen == []
    assert left_out[0].reason == "It gathers other news and is none of its own."


def test_every_candidate_is_chosen_or_left_out_with_a_reason():
    stories = [a_story(n, "courier ledger" if n % 2 else "courier") for n in range(1, 40)]

    chosen, left_out = rank(stories, now=NOW, max_sections=8)

    ids = [one.candidate.story_id for one in chosen] + [one.story_id for one in left_out]
    assert sorted(ids) == list(range(1, 40))
    assert all(one.reason for one in left_out)


@pytest.mark.parametrize("weight", [0.0, 1e-9, 1e9])
def test_an_extreme_weight_cannot_bury_or_crown_a_story(weight):
    assert len(order(a_story(1, weight=weight), a_story(2, "courier ledger tribune"))) == 2
