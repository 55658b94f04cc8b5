"""Which story an article belongs to, and why."""

import importlib.util
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.domain.clustering import WINDOW, Item, Placement, StoryIndex
from reports.domain.regrouping import Bounds, Move, grew_enough, settle

NOW = datetime(2026, 6, 9, 6, 30, tzinfo=UTC)
numbers = count(1)


def an_article(title: str, text: str = "", *, family: str = "", hours_ago: float = 2.0, **fields):
    number = next(numbers)
    defaults = {"language": "en", "family": family or f"family {number}"}
    at = NOW - timedelta(hours=hours_ago)
    return Item(number, title, text, published_at=at, **defaults | fields)


def stories_of(items: list[Item]) -> tuple[list[int], list[Placement]]:
    index, stories, placements = StoryIndex(), [], []
    for item in items:
        signature = index.sign(item)
        placement = index.place(signature)
        story = len(stories) + 1 if placement.story is None else placement.story
        index.add(signature, story)
        stories.append(story)
        placements.append(placement)
    return stories, placements


NEW = 1_000
"""The first id of a story that begins by being split off."""


def regroup(members, **bounds) -> list[Move]:
    """Settle stories of these articles, all at once."""
    index = StoryIndex()
    for item, story_id in members:
        index.add(index.sign(item), story_id)
    return settle(index, list(index.groups), new_ids=count(NEW), bounds=Bounds(**bounds))


HARBOR_QUAKE = an_article(
    "Earthquake of magnitude 6.2 kills 44 near Sorvik",
    "An earthquake of magnitude 6.2 struck the fishing town of Sorvik at dawn. Rescuers counted 44 "
    "dead, Mayor Elin Dahlgaard said, and 300 homes along the Varn fjord collapsed. Fishing boats "
    "carried injured families to the hospital ship Halcyon. Geologists expect aftershocks.",
)
SAME_QUAKE = an_article(
    "Sorvik: rescuers search rubble after quake",
    "Rescuers dug through collapsed homes in Sorvik after a quake of magnitude 6.2 killed at least "
    "44 people. Mayor Elin Dahlgaard asked for blankets; the Varn fjord road is cut.",
)
OTHER_QUAKE = an_article(
    "Earthquake of magnitude 5.1 shakes Tamboril, nobody hurt",
    "An earthquake of magnitude 5.1 shook the mountain city of Tamboril in the evening. Governor "
    "Paulo Reinaldo reported cracked walls in the cathedral but no injuries. Schools stay closed "
    "tomorrow while engineers look at ceilings. Vineyards lost bottles worth 2 million. Trains to "
    "Cascavel were stopped overnight, and tourists slept in the botanical garden.",
)
RECENT_TRIAL = an_article(
    "Banker Otis Fenn acquitted of fraud in Lowmere",
    "A jury in Lowmere acquitted the banker Otis Fenn of fraud. Prosecutors had accused him of "
    "hiding losses of 12 million at Fenn & Daughters from its savers.",
)
OTHER_TRIAL = an_article(
    "Banker Greta Ruiz convicted of fraud in Eastholt",
    "A jury in Eastholt convicted the banker Greta Ruiz of fraud. Prosecutors proved that she "
    "moved 80 million from Ruiz Capital to a company of her brother.",
)


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        pytest.param(HARBOR_QUAKE, SAME_QUAKE, True, id="one event in other words"),
        pytest.param(HARBOR_QUAKE, OTHER_QUAKE, False, id="two earthquakes"),
        pytest.param(RECENT_TRIAL, OTHER_TRIAL, False, id="two trials"),
        pytest.param(
            HARBOR_QUAKE,
            an_article("Earthquake kills 44 in Sorvik"),
            True,
            id="a headline and a text",
        ),
        pytest.param(
            an_article("Sorvik earthquake kills 44"),
            an_article("Sorvik earthquake: 44 dead"),
            True,
            id="two headlines",
        ),
        pytest.param(
            an_article("Police in London arrest man"),
            an_article("London police report record year"),
            False,
            id="places and offices alone",
        ),
        pytest.param(
            HARBOR_QUAKE,
            an_article(SAME_QUAKE.title, SAME_QUAKE.text, hours_ago=-WINDOW / timedelta(hours=1)),
            False,
            id="after the window",
        ),
        pytest.param(
            HARBOR_QUAKE,
            an_article(SAME_QUAKE.title, SAME_QUAKE.text, language="no"),
            False,
            id="another language",
        ),
        pytest.param(
            HARBOR_QUAKE,
            an_article(SAME_QUAKE.title, SAME_QUAKE.text, language=""),
            True,
            id="a language unknown",
        ),
    ],
)
def test_an_event_is_one_story_and_its_look_alike_another(first, second, together):
    stories, _ = stories_of([first, second])

    assert (stories[0] == stories[1]) is together


def test_a_membership_says_what_it_stands_on():
    _, (_, placement) = stories_of([HARBOR_QUAKE, SAME_QUAKE])

    assert "Sorvik" in placement.why.terms
    assert "Mayor Elin Dahlgaard" in placement.why.names
    assert placement.why.figures == ("6.2", "44")
    assert placement.why.hours_apart == 0.0
    assert 0 < placement.similarity <= 1


def test_hours_apart_are_counted_to_the_nearest_article():
    late = an_article(SAME_QUAKE.title, SAME_QUAKE.text, hours_ago=-10)

    _, placements = stories_of([HARBOR_QUAKE, late])

    assert placements[1].why.hours_apart == 12.0


def test_a_copy_names_the_earliest_article_of_another_publisher():
    original = an_article("Quake hits Sorvik", HARBOR_QUAKE.text * 2, hours_ago=5)
    again = an_article("Sorvik in ruins", HARBOR_QUAKE.text * 2, hours_ago=4)
    own = an_article("Sorvik, again", HARBOR_QUAKE.text * 2, family=original.family, hours_ago=3)

    _, placements = stories_of([original, again, own])

    assert placements[0].copy_of is None
    assert placements[1].copy_of == original.id
    assert placements[2].copy_of == again.id


ROUND_UP = an_article("Live updates: quake in Sorvik, strike in Lowmere", HARBOR_QUAKE.text)


def test_a_round_up_joins_no_story_and_says_why():
    stories, placements = stories_of([HARBOR_QUAKE, ROUND_UP])

    assert stories[0] != stories[1]
    assert "round-up" in placements[1].why.note


def test_nothing_joins_a_round_up():
    stories, _ = stories_of([ROUND_UP, HARBOR_QUAKE, SAME_QUAKE])

    assert stories[0] not in stories[1:]
    assert stories[1] == stories[2]


def test_a_second_look_sets_a_round_up_apart():
    moves = regroup([(HARBOR_QUAKE, 1), (ROUND_UP, 1), (SAME_QUAKE, 1)])

    assert [(move.item_id, move.to_story >= NEW) for move in moves] == [(ROUND_UP.id, True)]
    assert "round-up" in moves[0].why.note


def test_a_second_look_leaves_a_lone_round_up():
    assert regroup([(HARBOR_QUAKE, 1), (ROUND_UP, 2), (SAME_QUAKE, 1)]) == []


def test_a_theme_that_several_towns_share_is_no_story():
    teasers = [
        an_article(
            "Beekeepers in Lowmere turn to acoustic monitoring",
            "A cooperative hopes that humming hives warn of mites before whole colonies collapse.",
        ),
        an_article(
            "Foresters disappointed by acoustic monitoring",
            "Bats fell silent near Sorvik, so cameras and droppings must tell how many remain.",
        ),
    ]

    stories, _ = stories_of(teasers)

    assert len(set(stories)) == 2


RUMOR = an_article(
    "Rumors that Otis Fenn is ill are denied", "Otis Fenn was at a desk, allies insisted."
)
SAME_RUMOR = an_article(
    "Savers ask about banker Otis Fenn", "Otis Fenn has missed a birthday for once."
)


def test_one_rare_name_is_evidence_enough():
    stories, placements = stories_of([RUMOR, SAME_RUMOR])

    assert stories[0] == stories[1]
    assert "Otis Fenn" in placements[1].why.names


def test_a_name_in_the_news_every_day_is_not():
    errands = ["parade", "budget", "harvest", "bridges", "vaccines", "taxes", "opera", "fisheries"]
    index = StoryIndex()
    for story_id, errand in enumerate(errands, start=1):
        article = an_article(f"Otis Fenn at {errand}", f"Otis Fenn on {errand}.")
        index.add(index.sign(article), story_id)
    index.add(index.sign(RUMOR), 100)

    assert index.place(index.sign(SAME_RUMOR)).story is None


def test_a_chain_of_small_overlaps_is_not_one_story():
    rng = random.Random(11)
    towns = [invented_word(rng).title() for _ in range(30)]
    links = [
        an_article(
            f"{here} {invented_word(rng)} {there} {invented_word(rng)}",
            f"In {here} {invented_word(rng)} {invented_word(rng)}, and {there} "
            + " ".join(invented_word(rng) for _ in range(12)),
        )
        for here, there in pairwise(towns)
    ]

    stories, _ = stories_of(links)

    assert max(Counter(stories).values()) <= 3


def invented_word(rng: random.Random) -> str:
    return "".join(rng.choice("bdfgklmnprstv") + rng.choice("aeiou") for _ in range(4))


def test_in_a_week_about_one_thing_its_name_glues_nothing():
    rng = random.Random(7)
    word = partial(invented_word, rng)
    items = [
        an_article(
            f"Coronavirus: {word()} {word()} {word()}",
            f"Because of the coronavirus pandemic {word()} and {word()} in {word().title()} "
            f"{word()} their {word()} until the lockdown ends.",
        )
        for _ in range(120)
    ]

    stories, _ = stories_of(items)

    assert max(Counter(stories).values()) <= 2


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="headlines only"),
        pytest.param("different", id="with texts"),
    ],
)
def test_a_template_title_makes_no_giant_story(text):
    rng = random.Random(3)

    def body() -> str:
        return " ".join(invented_word(rng) for _ in range(30)) if text else ""

    items = [
        an_article("Minutes: markets today", body(), family="ledger", hours_ago=20 - i)
        for i in range(15)
    ]

    stories, placements = stories_of(items)

    assert max(Counter(stories).values()) <= 3
    if not text:
        assert "again and again" in placements[-1].why.note


@pytest.mark.parametrize(
    ("title", "text"),
    [
        pytest.param("", "", id="empty"),
        pytest.param("🔥" * 50, "🎉 🎉", id="emoji"),
        pytest.param("x " * 500_000, "y " * 500_000, id="a megabyte"),
        pytest.param("a" * 1_000_000, "", id="one word"),
        pytest.param("ALL SHOUTED: QUAKE IN SORVIK", "SORVIK " * 40, id="capitals"),
        pytest.param("Путин 政府 Sorvik مدينة", "मुंबई 서울 " * 20, id="mixed scripts"),
        pytest.param("the and of", "it was not", id="stop words"),
        pytest.param("\ud800 \x00 \u202e", "\ufeff", id="broken characters"),
    ],
)
def test_bad_articles_begin_stories_of_their_own(title, text):
    odd = an_article(title, text)

    stories, _ = stories_of([HARBOR_QUAKE, odd, OTHER_QUAKE])

    assert len(set(stories)) == 3


@pytest.mark.parametrize("year", [1, 1900, 9999])
def test_wrong_dates_join_nothing_and_break_nothing(year):
    wrong = Item(
        10_000, SAME_QUAKE.title, SAME_QUAKE.text, "en", "x", datetime(year, 1, 1, tzinfo=UTC)
    )

    stories, _ = stories_of([HARBOR_QUAKE, wrong])

    assert stories[0] != stories[1]


def test_the_same_articles_give_the_same_stories_bit_by_bit():
    items = [item for item, _ in invented_press()]

    assert stories_of(items) == stories_of(items)


def test_a_rebuilt_index_goes_on_like_the_old_one():
    items = [item for item, _ in invented_press()]
    stories, placements = stories_of(items)
    index = StoryIndex()
    for item, story in list(zip(items, stories, strict=True))[:-1]:
        index.add(index.sign(item), story)

    again = index.place(index.sign(items[-1]))

    assert again.story == placements[-1].story
    assert again.why == placements[-1].why
    assert again.similarity == pytest.approx(placements[-1].similarity, abs=1e-2)


def test_regrouping_parts_two_events_that_were_taken_for_one():
    quakes = [varied(HARBOR_QUAKE, SAME_QUAKE, i) for i in range(4)]
    others = [varied(OTHER_QUAKE, OTHER_QUAKE, i) for i in range(4)]

    moves = regroup([(item, 1) for item in [*quakes, *others]])

    assert {move.item_id for move in moves} in (ids(quakes), ids(others))
    assert {move.from_story for move in moves} == {1}
    assert len({move.to_story for move in moves}) == 1
    assert moves[0].to_story >= NEW
    assert moves[0].why.terms


def test_regrouping_joins_one_event_that_was_taken_for_two():
    quakes = [varied(HARBOR_QUAKE, SAME_QUAKE, i) for i in range(7)]

    moves = regroup([(item, 1 if i < 4 else 2) for i, item in enumerate(quakes)])

    assert {(move.item_id, move.to_story) for move in moves} == {(q.id, 1) for q in quakes[4:]}


def test_regrouping_leaves_alone_what_is_right():
    quakes = [varied(HARBOR_QUAKE, SAME_QUAKE, i) for i in range(4)]
    trials = [varied(RECENT_TRIAL, RECENT_TRIAL, i) for i in range(3)]

    assert regroup([*((q, 1) for q in quakes), *((t, 2) for t in trials), (OTHER_TRIAL, 3)]) == []
    assert regroup([]) == []


def test_what_an_editor_placed_stays():
    quakes = [varied(HARBOR_QUAKE, SAME_QUAKE, i) for i in range(4)]
    others = [varied(OTHER_QUAKE, OTHER_QUAKE, i) for i in range(4)]
    members = [(item, 1) for item in [*quakes, *others]]

    assert regroup(members, fixed={quakes[0].id}) == []


def test_what_an_editor_parted_is_not_made_one():
    quakes = [varied(HARBOR_QUAKE, SAME_QUAKE, i) for i in range(7)]
    members = [(item, 1 if i < 4 else 2) for i, item in enumerate(quakes)]

    assert regroup(members, apart={frozenset({1, 2})}) == []


def test_an_event_that_everybody_tells_is_one_story():
    rng = random.Random(7)
    words = [invented_word(rng) for _ in range(40)]

    def telling(number: int) -> Item:
        said = [*rng.sample(words, 20), *(invented_word(rng) for _ in range(12))]
        title = f"{words[0].title()} {' '.join(rng.sample(words, 4))}"
        return an_article(title, " ".join(said), family=f"family {number % 60}")

    stories, _ = stories_of([telling(number) for number in range(1_500)])

    assert len(set(stories)) <= 3


def sizes(index: StoryIndex) -> list[int]:
    parts = [*vars(index).values(), *vars(index.rarity).values()]
    return [len(part) for part in parts if isinstance(part, dict)]


def test_an_index_that_forgets_everything_is_empty():
    items = [item for item, _ in invented_press()]
    index = StoryIndex()
    for item in items:
        signature = index.sign(item)
        index.add(signature, index.place(signature).story or item.id)
    assert all(sizes(index))

    index.forget(max(item.published_at for item in items) + timedelta(hours=1))

    assert len(index) == 0
    assert not any(sizes(index))


def test_a_story_that_was_pinned_is_not_joined_to_another():
    quakes = [varied(HARBOR_QUAKE, SAME_QUAKE, i) for i in range(7)]
    members = [(item, 1 if i < 4 else 2) for i, item in enumerate(quakes)]

    assert regroup(members, lasting={2}) == []


@pytest.mark.parametrize(
    ("before", "after", "is_due"),
    [
        pytest.param(0, 1, False, id="it began"),
        pytest.param(1, 2, False, id="two know too little"),
        pytest.param(2, 3, True, id="three"),
        pytest.param(3, 4, False, id="one more"),
        pytest.param(0, 50, True, id="many at once"),
        pytest.param(51, 52, True, id="past a step"),
        pytest.param(60, 61, False, id="between two steps"),
    ],
)
def test_a_story_is_looked_at_again_when_it_has_grown(before, after, is_due):
    assert grew_enough(before, after) is is_due


def varied(one: Item, other: Item, number: int) -> Item:
    """The same event once more: sentences of two articles in another order, and a word of color."""
    sentences = list(dict.fromkeys([*one.text.split(". "), *other.text.split(". ")]))
    random.Random(number).shuffle(sentences)
    title = (one, other)[number % 2].title
    return an_article(title, ". ".join(sentences[: len(sentences) * 4 // 5]) + f" Color{number}.")


def ids(items: list[Item]) -> set[int]:
    return {item.id for item in items}


def test_the_invented_press_is_grouped_by_its_events():
    rows = list(invented_press())
    items, events = zip(*rows, strict=True)
    precision, recall, f1 = bench.b_cubed(events, bench.as_in_the_newsroom(items))

    assert f1 >= 0.85, (precision, recall)


WORDS = st.sampled_from(
    [
        "Sorvik",
        "quake",
        "Varn",
        "44",
        "dead",
        "police",
        "Live:",
        "the",
        "🔥",
        "政府",
        "é",
        "MAYOR",
        "6.2",
        ",",
        ".",
    ]
)
ARTICLES = st.builds(
    lambda title, text, family, language, hours: an_article(
        " ".join(title), " ".join(text), family=family, language=language, hours_ago=hours
    ),
    st.lists(WORDS, max_size=8),
    st.lists(WORDS | st.text(max_size=12), max_size=40),
    st.sampled_from(["", "a", "b"]),
    st.sampled_from(["en", "de", ""]),
    st.integers(-100, 100),
)


@settings(max_examples=60)
@given(st.lists(ARTICLES, max_size=12))
def test_every_article_gets_exactly_one_story(items):
    stories, placements = stories_of(items)

    moves = regroup(list(zip(items, stories, strict=True)))

    assert len(stories) == len(items)
    assert all(0 <= placement.similarity <= 1 for placement in placements)
    assert all(p.story in stories for p in placements if p.story is not None)
    assert len({move.item_id for move in moves}) == len(moves)
    assert {move.item_id for move in moves} <= {item.id for item in items}
    assert all(0 <= move.similarity <= 1 for move in moves)


def load_bench():
    path = Path(__file__).resolve().parents[3] / "benchmarks" / "stories.py"
    spec = importlib.util.spec_from_file_location("benchmarks_stories", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


bench = load_bench()
invented_press = bench.invented
