"""Editors' acts on stories, and their undoing: each article in one story, and every count right."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import close_old_connections, connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ

from patriot.accounts.models import User
from reports.models import Decision, Membership, Story
from reports.pipeline import deciding
from reports.pipeline.cluster import cluster, count_articles
from reports.pipeline.deciding import NotDecided, kept_apart, merge, move, mute, pin, split, unpin
from reports.pipeline.open_stories import changing_stories, open_stories
from reports.pipeline.settling import settle_stories
from reports.pipeline.undoing import undo
from sources.models import Article
from tests import factories
from tests.factories import NOW, a_source, a_story, an_article

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=5)
COUNTS = ("article_count", "outlet_count", "independent_count", "copy_count")


@pytest.fixture
def alice() -> User:
    return factories.a_staff_user(username="alice")


@pytest.fixture
def bob() -> User:
    return factories.a_staff_user(username="bob")


def a_story_of(count: int, *, about: str, **fields: Any) -> Story:
    """Return a story with so many articles, each of an outlet of its own."""
    articles = [
        an_article(
            a_source(f"Outlet {number}", newsroom=fields.get("newsroom", "")),
            title=f"{about}, as outlet {number} has it",
            paragraphs=(f"The {about.lower()} was seen by reporter number {number} of the town.",),
            hours_ago=8 - number / 10,
        )
        for number in range(count)
    ]
    return a_story(articles, **fields)


def articles_of(story: Story) -> list[int]:
    found = Membership.objects.filter(story=story).order_by("article__published_at")
    return list(found.values_list("article", flat=True))


def snapshot() -> dict[str, Any]:
    """Return all that acts change and undoing puts back."""
    members = Membership.objects.values_list("article", "story", "decision", "why", "similarity")
    fields = ("pk", "title", "is_pinned", "is_muted", "merged_into", *COUNTS)
    return {
        "members": {row[0]: row[1:] for row in members},
        "stories": {row[0]: row[1:] for row in Story.objects.values_list(*fields)},
    }


def check_counts() -> None:
    """Count everything anew: nothing may change. Empty stories, and only they, have heirs."""
    before = {s.pk: [getattr(s, name) for name in COUNTS] for s in Story.objects.all()}
    count_articles(before)
    assert {s.pk: [getattr(s, name) for name in COUNTS] for s in Story.objects.all()} == before
    assert not Story.objects.filter(article_count__gt=0, merged_into__isnull=False).exists()
    assert not Story.objects.filter(article_count=0, merged_into=None).exists()
    assert not Story.objects.filter(merged_into=F("pk")).exists()


# --- Each act, and its undoing --------------------------------------------------------
def merges(one: Story, other: Story, by: dict[str, Any]) -> Decision:
    return merge(one.pk, [other.pk], **by)[0]


def splits(one: Story, other: Story, by: dict[str, Any]) -> Decision:
    return split(one.pk, articles_of(one)[:2], **by)


def moves(one: Story, other: Story, by: dict[str, Any]) -> Decision:
    return move(articles_of(one)[1:], from_story=one.pk, to_story=other.pk, **by)


def pins(one: Story, other: Story, by: dict[str, Any]) -> Decision:
    return pin(one.pk, **by)


def mutes(one: Story, other: Story, by: dict[str, Any]) -> Decision:
    return mute(one.pk, **by)


@pytest.mark.parametrize("act", [merges, splits, moves, pins, mutes])
def test_undoing_an_act_leaves_no_trace_but_the_decision(
    act: Callable[..., Decision], alice: User, bob: User
) -> None:
    one, other = a_story_of(4, about="Flood"), a_story_of(3, about="Fire")
    count_articles([one.pk, other.pk])
    before = snapshot()

    decision = act(one, other, {"author": alice, "now": NOW, "note": "Two events."})
    check_counts()
    changed = snapshot()
    undone = undo(decision.pk, author=bob, now=LATER)

    check_counts()
    after = snapshot()
    decision.refresh_from_db()
    assert changed != before
    assert after["members"] == before["members"]
    assert {pk: after["stories"][pk] for pk in before["stories"]} == before["stories"]
    assert undone.left == ()
    assert (decision.made_by, decision.undone_by, decision.undone_at) == (alice, bob, LATER)
    assert decision.note == "Two events."


def test_a_merged_story_is_empty_and_leads_to_its_heir(alice: User) -> None:
    one, other = a_story_of(2, about="Flood"), a_story_of(3, about="Fire")

    [decision] = merge(one.pk, [other.pk], author=alice, now=NOW)

    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.article_count, one.title) == (5, "Flood, as outlet 0 has it")
    assert (other.article_count, other.merged_into) == (0, one)
    moved = Membership.objects.filter(decision=decision)
    assert {member.why["note"] for member in moved} == {"An editor joined its story with this one."}
    assert moved.count() == 3


def test_a_merge_of_three_leaves_a_decision_for_each_and_carries_the_pin(alice: User) -> None:
    one, two, three = (a_story_of(2, about=about) for about in ("Flood", "Fire", "Quake"))
    pin(two.pk, author=alice, now=NOW)

    first, second = merge(one.pk, [two.pk, three.pk], author=alice, now=NOW)

    one.refresh_from_db()
    assert (one.article_count, one.is_pinned) == (6, True)
    assert [first.other, second.other] == [two, three]
    undo(first.pk, author=alice, now=LATER)
    one.refresh_from_db()
    assert (one.article_count, one.is_pinned) == (4, False)
    check_counts()


def test_a_split_off_story_has_the_headline_of_its_earliest_original(alice: User) -> None:
    story = a_story_of(5, about="Flood")
    first, second, *_ = articles_of(story)

    decision = split(story.pk, [first, second], author=alice, now=NOW)

    story.refresh_from_db()
    decision.other.refresh_from_db()
    assert decision.other.title == "Flood, as outlet 0 has it"
    assert decision.other.newsroom == story.newsroom
    # The article that gave the story its headline has left.
    assert story.title == "Flood, as outlet 2 has it"
    assert decision.other.article_count == 2
    assert story.is_described is False


def test_copies_are_told_anew_where_their_original_has_left(alice: User) -> None:
    text = " ".join(f"word{number}" for number in range(60))
    originals = [
        an_article(a_source(f"Outlet {n}"), title=f"Title {n}", paragraphs=(text,), hours_ago=9 - n)
        for n in range(3)
    ]
    other = an_article(a_source("Outlet 7"), title="Own words", hours_ago=2)
    story = a_story([originals[0], other], copies=originals[1:])

    decision = split(story.pk, [originals[0].pk], author=alice, now=NOW)

    copies = dict(Membership.objects.values_list("article", "copy_of"))
    assert copies[originals[1].pk] is None
    assert copies[originals[2].pk] == originals[1].pk
    undo(decision.pk, author=alice, now=LATER)
    copies = dict(Membership.objects.values_list("article", "copy_of"))
    assert copies[originals[1].pk] == copies[originals[2].pk] == originals[0].pk


def test_whoever_describes_stories_is_asked_to_look(alice: User) -> None:
    story = a_story_of(3, about="Flood")
    OrmQ.objects.all().delete()

    split(story.pk, articles_of(story)[:1], author=alice, now=NOW)

    assert [look.func() for look in OrmQ.objects.all()] == ["reports.tasks.describe"]


def test_what_was_published_stays_as_it_was(alice: User) -> None:
    report = factories.a_published_report(sections=2)
    sections = report.current.sections.order_by("position")
    before = list(sections.values())
    first, second = (section.story_id for section in sections)

    merge(first, [second], author=alice, now=NOW)
    split(first, articles_of(Story(pk=first))[:1], author=alice, now=NOW)

    assert list(sections.values()) == before


# --- Refused -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("act", "says"),
    [
        pytest.param(lambda s, by: merge(s.a, [], **by), "Choose another story", id="no other"),
        pytest.param(lambda s, by: merge(s.a, [s.a], **by), "with itself", id="itself"),
        pytest.param(lambda s, by: merge(s.a, [99999], **by), "no story 99999", id="unknown"),
        pytest.param(lambda s, by: merge(s.a, [s.far], **by), "newsrooms", id="other newsroom"),
        pytest.param(lambda s, by: merge(s.a, [s.empty], **by), "no articles any more", id="empty"),
        pytest.param(lambda s, by: split(s.a, [], **by), "Choose the articles", id="no article"),
        pytest.param(lambda s, by: split(s.a, s.articles, **by), "all of its", id="split of all"),
        pytest.param(lambda s, by: split(s.a, [s.foreign], **by), "not in “Flood", id="not there"),
        pytest.param(lambda s, by: split(s.a, range(501), **by), "500 at most", id="too many"),
        pytest.param(
            lambda s, by: move(s.articles[:1], from_story=s.a, to_story=s.a, **by),
            "in this story already",
            id="to where it is",
        ),
        pytest.param(
            lambda s, by: move(s.articles, from_story=s.a, to_story=s.b, **by),
            "merge the two stories instead",
            id="move of all",
        ),
        pytest.param(
            lambda s, by: move(s.articles[:1], from_story=s.a, to_story=s.far, **by),
            "newsrooms",
            id="move to another newsroom",
        ),
        pytest.param(lambda s, by: unpin(s.a, **by), "is not pinned", id="not pinned"),
        pytest.param(lambda s, by: mute(s.empty, **by), "no articles", id="mute of nothing"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(
    act: Callable[..., Any], says: str, alice: User
) -> None:
    a, b = a_story_of(2, about="Flood"), a_story_of(2, about="Fire")

    class Scene:
        empty = Story.objects.create(
            title="Gone", first_article_at=NOW, last_article_at=NOW, merged_into=b, article_count=0
        ).pk
        far = a_story_of(2, about="Quake", newsroom="folder").pk
        articles = articles_of(a)
        foreign = articles_of(b)[0]

    Scene.a, Scene.b = a.pk, b.pk
    before = snapshot()

    with pytest.raises(NotDecided, match=says):
        act(Scene, {"author": alice, "now": NOW})

    assert snapshot() == before
    assert not Decision.objects.exists()


def test_too_large_a_merge_is_refused(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deciding, "MAX_ARTICLES", 2)
    one, other = a_story_of(1, about="Flood"), a_story_of(3, about="Fire")

    with pytest.raises(NotDecided, match="These are 3 articles; one act moves 2 at most"):
        merge(one.pk, [other.pk], author=alice, now=NOW)


def test_a_form_that_is_out_of_date_changes_nothing(alice: User, bob: User) -> None:
    one, other = a_story_of(4, about="Flood"), a_story_of(2, about="Fire")
    chosen = articles_of(one)[:2]
    move(chosen[:1], from_story=one.pk, to_story=other.pk, author=alice, now=NOW)
    before = snapshot()

    with pytest.raises(
        NotDecided, match=r"One of these articles is not in “Flood.*look at it again"
    ):
        split(one.pk, chosen, author=bob, now=LATER)

    assert snapshot() == before


def test_an_act_is_undone_once(alice: User, bob: User) -> None:
    story = a_story_of(2, about="Flood")
    decision = pin(story.pk, author=alice, now=NOW)
    undo(decision.pk, author=bob, now=LATER)

    with pytest.raises(NotDecided, match="bob has undone this already, on 9 June 2026"):
        undo(decision.pk, author=alice, now=LATER)


# --- Undoing what has changed since --------------------------------------------------------
def test_what_was_moved_again_stays_and_is_named(alice: User) -> None:
    one, two, three = (a_story_of(3, about=about) for about in ("Flood", "Fire", "Quake"))
    first, second, _ = articles_of(one)
    decision = move([first, second], from_story=one.pk, to_story=two.pk, author=alice, now=NOW)
    move([first], from_story=two.pk, to_story=three.pk, author=alice, now=NOW)

    undone = undo(decision.pk, author=alice, now=LATER)

    assert undone.returned == 1
    assert undone.left == ("“Flood, as outlet 0 has it” was moved again since, and stays.",)
    assert first in articles_of(three)
    assert second in articles_of(one)
    check_counts()


def test_deleted_articles_are_counted(alice: User) -> None:
    one, two = a_story_of(4, about="Flood"), a_story_of(2, about="Fire")
    chosen = articles_of(one)[:3]
    decision = move(chosen, from_story=one.pk, to_story=two.pk, author=alice, now=NOW)
    Article.objects.filter(pk__in=chosen[:2]).delete()

    undone = undo(decision.pk, author=alice, now=LATER)

    assert (undone.returned, undone.left) == (1, ("2 articles are gone.",))


def test_an_article_whose_story_is_gone_stays_and_grouping_may_have_it(alice: User) -> None:
    one, two = a_story_of(2, about="Flood"), a_story_of(2, about="Fire")
    [chosen, _] = articles_of(one)
    decision = move([chosen], from_story=one.pk, to_story=two.pk, author=alice, now=NOW)
    Decision.objects.filter(pk=decision.pk).update(other=None)
    Story.objects.filter(pk=one.pk).delete()

    undone = undo(decision.pk, author=alice, now=LATER)

    assert undone.returned == 0
    assert "is gone: it stays" in undone.left[0]
    assert Membership.objects.get(article=chosen).decision is None


def test_a_pin_that_was_decided_on_again_stays(alice: User) -> None:
    story = a_story_of(2, about="Flood")
    first = pin(story.pk, author=alice, now=NOW)
    unpin(story.pk, author=alice, now=NOW)
    third = pin(story.pk, author=alice, now=NOW)

    undone = undo(first.pk, author=alice, now=LATER)

    story.refresh_from_db()
    assert story.is_pinned
    assert "was decided again since" in undone.left[0]
    undo(third.pk, author=alice, now=LATER)
    story.refresh_from_db()
    assert not story.is_pinned


@pytest.mark.parametrize("seed", range(12))
def test_any_acts_undone_in_any_order_end_where_they_began(seed: int, alice: User) -> None:
    chance = random.Random(seed)
    stories = [
        a_story_of(chance.randint(1, 5), about=about) for about in ("Flood", "Fire", "Quake")
    ]
    count_articles([story.pk for story in stories])
    before = snapshot()

    decided: list[int] = []
    for _ in range(14):
        decided += [decision.pk for decision in a_random_act(chance, alice)]
        if decided and chance.random() < 0.25:
            undo(decided.pop(chance.randrange(len(decided))), author=alice, now=LATER)
        check_counts()
    chance.shuffle(decided)
    for pk in decided:
        undo(pk, author=alice, now=LATER)
        check_counts()

    after = snapshot()
    assert after["members"] == before["members"]
    for pk, (_, is_pinned, is_muted, *rest) in before["stories"].items():
        assert after["stories"][pk][1:] == (is_pinned, is_muted, *rest)
    assert all(
        (counts[-4], heir is not None) == (0, True)
        for pk, (_, _, _, heir, *counts) in after["stories"].items()
        if pk not in before["stories"]
    )
    assert not Membership.objects.exclude(decision=None).exists()


def a_random_act(chance: random.Random, author: User) -> list[Decision]:
    """Do something to some stories, sensible or not; return what was decided."""
    ids = list(Story.objects.order_by("pk").values_list("pk", flat=True))
    one, other = chance.choice(ids), chance.choice(ids)
    members = articles_of(Story(pk=one))
    chosen = chance.sample(members, chance.randint(0, len(members)))
    by: dict[str, Any] = {"author": author, "now": NOW}
    acts: list[Callable[[], Any]] = [
        lambda: merge(one, [other], **by),
        lambda: split(one, chosen, **by),
        lambda: split(one, chosen, **by),
        lambda: move(chosen, from_story=one, to_story=other, **by),
        lambda: chance.choice([pin, unpin, mute, deciding.unmute])(one, **by),
    ]
    try:
        done = chance.choice(acts)()
    except NotDecided:
        return []
    return done if isinstance(done, list) else [done]


# --- Grouping respects it -------------------------------------------------------------------
def test_split_and_moved_stories_are_kept_apart_until_that_is_undone(alice: User) -> None:
    one, two = a_story_of(4, about="Flood"), a_story_of(2, about="Fire")
    parted = split(one.pk, articles_of(one)[:2], author=alice, now=NOW)
    move(articles_of(one)[:1], from_story=one.pk, to_story=two.pk, author=alice, now=NOW)
    new = parted.other_id

    with CaptureQueriesContext(connection) as queries:
        apart = kept_apart("", [one.pk])

    assert len(queries) == 1
    assert apart == {frozenset({one.pk, new}), frozenset({one.pk, two.pk})}
    assert kept_apart("", [new]) == {frozenset({one.pk, new})}
    assert kept_apart("folder", [one.pk]) == set()
    undo(parted.pk, author=alice, now=LATER)
    assert kept_apart("", [one.pk, new]) == {frozenset({one.pk, two.pk})}


def test_a_merge_lifts_the_split_and_what_is_merged_hands_it_on(alice: User) -> None:
    one, two = a_story_of(4, about="Flood"), a_story_of(2, about="Fire")
    new = split(one.pk, articles_of(one)[:2], author=alice, now=NOW).other_id

    merge(two.pk, [new], author=alice, now=NOW)
    assert kept_apart("", [one.pk, two.pk]) == {frozenset({one.pk, two.pk})}

    merge(one.pk, [two.pk], author=alice, now=NOW)
    assert kept_apart("", [one.pk, two.pk, new]) == set()


def test_grouping_leaves_what_an_editor_split(alice: User) -> None:
    articles = [
        an_article(
            a_source(f"Outlet {number}"),
            title="Crane topples at the docks of Port Averil",
            paragraphs=(f"Harbor master Ilsa Brandt told outlet {number} that the quay is shut.",),
        )
        for number in range(6)
    ]
    cluster([article.pk for article in articles], now=NOW)
    [story] = Story.objects.all()

    decision = split(story.pk, [article.pk for article in articles[:3]], author=alice, now=NOW)
    new = decision.other_id
    with changing_stories():
        settle_stories(open_stories("", now=NOW), [story.pk, new])

    assert set(articles_of(decision.other)) == {article.pk for article in articles[:3]}
    assert set(articles_of(story)) == {article.pk for article in articles[3:]}


# --- Two editors at once ----------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_of_two_editors_who_split_alike_one_wins() -> None:
    alice = factories.a_staff_user(username="alice")
    story = a_story_of(5, about="Flood")
    chosen = articles_of(story)[:2]
    start = threading.Barrier(2)
    said: list[str] = []

    def decide() -> None:
        try:
            start.wait(timeout=60)
            split(story.pk, chosen, author=alice, now=NOW)
            said.append("done")
        except NotDecided as error:
            said.append(str(error))
        finally:
            connection.close()
            close_old_connections()

    editors = [threading.Thread(target=decide) for _ in range(2)]
    for editor in editors:
        editor.start()
    for editor in editors:
        editor.join(timeout=120)

    assert sorted(said)[1] == "done"
    assert "2 of these articles are not in “Flood" in sorted(said)[0]
    assert Decision.objects.count() == 1
    check_counts()
