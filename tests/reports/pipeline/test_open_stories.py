"""A worker's memory of the open stories agrees with the database, whatever happened meanwhile."""

from datetime import timedelta

import pytest
from django.db import connection, transaction

from reports.models import Membership, Story
from reports.pipeline import open_stories as kept
from reports.pipeline.cluster import bury_exhausted, cluster
from reports.pipeline.open_stories import changing_stories, lock_stories, open_stories
from reports.pipeline.settling import settle_stories
from sources.models import Article, Source
from tests.factories import NOW, a_search, a_source, a_story, an_article
from tests.flood import flood, store, stories_by_event

pytestmark = pytest.mark.django_db

CRANE = "Crane topples at the docks of Port Averil"
CRANE_TEXT = (
    "A crane toppled at the docks of Port Averil, blocking the main quay, harbor master Ilsa "
    "Brandt said. Forty ships queue off the breakwater of Port Averil.",
)


def a_crane_article(name: str, *, title: str = CRANE, **fields):
    source = fields.pop("source", None) or a_source(name)
    text = (f"{CRANE_TEXT[0]} {name} was there.",)
    return an_article(source, title=title, paragraphs=text, **fields)


def groups() -> set[frozenset[int]]:
    found: dict[int, set[int]] = {}
    for article, story in Membership.objects.values_list("article", "story"):
        found.setdefault(story, set()).add(article)
    return {frozenset(articles) for articles in found.values()}


def place(ids, *, size: int, forgetful: bool) -> set[frozenset[int]]:
    for start in range(0, len(ids), size):
        if forgetful:
            kept.drop("")
        cluster(ids[start : start + size], now=NOW)
    return groups()


def test_events_become_stories():
    events = store(flood(12, outlets=4))

    cluster(list(events), now=NOW)

    assert all(len(stories) == 1 for stories in stories_by_event(events).values())
    assert Story.objects.count() == 12


def test_a_worker_that_starts_anew_each_time_places_alike():
    ids = list(store(flood(10, outlets=4)))
    with_memory = place(ids, size=7, forgetful=False)
    Membership.objects.all().delete()
    Story.objects.all().delete()
    Article.objects.update(state=Article.State.ENRICHED)
    kept.drop("")

    without = place(ids, size=7, forgetful=True)

    assert without == with_memory


def test_what_another_worker_placed_is_known():
    first = a_crane_article("Harbor Courier")
    cluster([an_article(a_source("Valley Gazette"), title="Bread is dearer").pk], now=NOW)
    mine = kept._kept.pop("")
    cluster([first.pk], now=NOW)  # another worker, with a memory of its own
    kept._kept[""] = mine

    second = a_crane_article("Island Echo")
    cluster([second.pk], now=NOW)

    assert second_story(second) == second_story(first)


def second_story(article: Article) -> int:
    return Membership.objects.get(article=article).story_id


def test_a_look_that_was_rolled_back_leaves_no_trace():
    lost = a_crane_article("Harbor Courier")
    with transaction.atomic():
        cluster([lost.pk], now=NOW)
        transaction.set_rollback(True)

    again = a_crane_article("Island Echo")
    cluster([again.pk], now=NOW)

    assert Membership.objects.get().article == again


def fail_in_the_middle(article: Article) -> None:
    with changing_stories():
        open_stories("", now=NOW).index.remove(article.pk)
        raise ConnectionError


def test_a_failure_in_the_middle_forgets_what_was_not_stored():
    first = a_crane_article("Harbor Courier")
    cluster([first.pk], now=NOW)

    with pytest.raises(ConnectionError):
        fail_in_the_middle(first)

    second = a_crane_article("Island Echo")
    cluster([second.pk], now=NOW)
    assert second_story(second) == second_story(first)


def test_an_article_that_an_editor_moved_is_known_where_it_is_now():
    crane, bread = a_crane_article("Harbor Courier"), an_article(a_source("A"), title="Bread dear")
    cluster([crane.pk, bread.pk], now=NOW)
    Membership.objects.filter(article=crane).update(story=second_story(bread))

    second = a_crane_article("Island Echo")
    cluster([second.pk], now=NOW)

    assert second_story(second) == second_story(bread)


def test_a_story_that_was_deleted_with_its_source_is_not_joined():
    gone = a_crane_article("Harbor Courier")
    keeper = an_article(a_source("A"), title="Bread is dearer")
    cluster([gone.pk, keeper.pk], now=NOW)
    Source.objects.filter(pk=gone.source_id).delete()
    Story.objects.filter(memberships=None).delete()

    again = a_crane_article("Island Echo")
    cluster([again.pk], now=NOW)

    assert Membership.objects.get(article=again).story.article_count == 1


def test_a_story_is_closed_after_its_window():
    old = a_crane_article("Harbor Courier", hours_ago=90)
    cluster([old.pk], now=NOW - timedelta(hours=89))

    new = a_crane_article("Island Echo")
    cluster([new.pk], now=NOW)

    assert second_story(new) != second_story(old)


def test_an_article_of_yesterday_that_comes_late_still_finds_its_story():
    first = a_crane_article("Harbor Courier", hours_ago=40)
    cluster([first.pk], now=NOW)

    late = a_crane_article("Island Echo", hours_ago=38)
    cluster([late.pk], now=NOW)

    assert second_story(late) == second_story(first)


def test_a_changed_article_is_known_by_what_it_says_now():
    article = an_article(a_source("Harbor Courier"), title="Something happened")
    cluster([article.pk], now=NOW)
    Article.objects.filter(pk=article.pk).update(
        title=CRANE, text=CRANE_TEXT[0], state=Article.State.ENRICHED
    )
    cluster([article.pk], now=NOW)

    other = a_crane_article("Island Echo")
    cluster([other.pk], now=NOW)

    assert second_story(other) == second_story(article)


def test_the_packed_signature_of_another_form_is_signed_anew():
    first = a_crane_article("Harbor Courier")
    cluster([first.pk], now=NOW)
    Membership.objects.update(signature=b"\x00 an older form")
    kept.drop("")

    second = a_crane_article("Island Echo")
    cluster([second.pk], now=NOW)

    assert second_story(second) == second_story(first)


def test_what_a_search_for_a_story_found_joins_that_story_or_none():
    crane, bread = a_crane_article("Harbor Courier"), an_article(a_source("A"), title="Bread dear")
    cluster([crane.pk, bread.pk], now=NOW)
    search = a_search(for_story=second_story(bread), publisher=a_source("B").publisher)
    unlike = a_crane_article("Island Echo", source=search)

    cluster([unlike.pk], now=NOW)

    unlike.refresh_from_db()
    assert not Membership.objects.filter(article=unlike).exists()
    assert unlike.state == Article.State.CLUSTERED


def test_what_a_search_for_a_story_found_joins_it_where_it_is_now():
    crane = a_crane_article("Harbor Courier")
    heir = a_story([crane])
    merged = Story.objects.create(
        title="x", first_article_at=NOW, last_article_at=NOW, merged_into=heir
    )
    search = a_search(for_story=merged.pk, publisher=a_source("B").publisher)
    found = a_crane_article("Island Echo", source=search)

    cluster([found.pk], now=NOW)

    assert second_story(found) == heir.pk


@pytest.mark.parametrize("count", [3, 30])
def test_a_look_costs_the_same_queries_however_many_it_places(count, django_assert_num_queries):
    cluster([a_crane_article("Harbor Courier").pk], now=NOW)
    ids = list(store(flood(count, outlets=1)))

    with django_assert_num_queries(16):
        cluster(ids, now=NOW)


def test_only_one_changes_stories_at_a_time(django_assert_num_queries):
    with transaction.atomic(), django_assert_num_queries(1) as asked:
        lock_stories()

    assert "pg_advisory_xact_lock" in asked.captured_queries[0]["sql"]


# --- What hostile outlets try ------------------------------------------------------------------

WIRE = (
    "A crane toppled at the docks of Port Averil on Monday, blocking the main quay for a week, "
    "harbor master Ilsa Brandt said. Forty ships queue off the breakwater of Port Averil, among "
    "them the grain carrier Halcyon. Divers found no leak below the waterline of the quay."
)


def test_decoys_do_not_hide_copies_from_each_other():
    source = a_source("Decoy Daily")
    decoys = [
        an_article(source, title=f"{CRANE} {n}", paragraphs=[f"{WIRE} Decoy {n} says so." * 2])
        for n in range(12)
    ]
    copies = [an_article(a_source(f"Copy {n}"), title=CRANE, paragraphs=[WIRE]) for n in range(9)]

    cluster([article.pk for article in decoys + copies], now=NOW)

    story = Membership.objects.get(article=copies[0]).story
    assert story.independent_count <= 2
    assert story.copy_count >= 8


def test_who_dates_a_copy_back_does_not_become_the_original():
    rival = an_article(a_source("Rival"), title=CRANE, paragraphs=[WIRE], hours_ago=2)
    hostile = an_article(a_source("Hostile"), title=CRANE, paragraphs=[WIRE], hours_ago=9)
    cluster([rival.pk], now=NOW)
    cluster([hostile.pk], now=NOW)

    with changing_stories():
        opened = open_stories("", now=NOW)
        found = opened.index.copies_in(second_story(rival))

    assert found == {rival.pk: None, hostile.pk: rival.pk}
    assert Membership.objects.get(article=hostile).copy_of == rival


def test_what_a_search_found_never_becomes_a_story_by_a_second_look():
    crane = [a_crane_article(f"Outlet {n}") for n in range(4)]
    cluster([article.pk for article in crane], now=NOW)
    search = a_search(for_story=second_story(crane[0]), publisher=a_source("B").publisher)
    words = "Halcyon grain harvest silo price ferry timetable regatta lighthouse painter"
    found = [
        an_article(search, title=f"{CRANE}: {words}", paragraphs=[f"{CRANE_TEXT[0]} {words} {n}."])
        for n in range(6)
    ]
    cluster([article.pk for article in found], now=NOW)

    with changing_stories():
        opened = open_stories("", now=NOW)
        settle_stories(opened, list(opened.index.groups))

    stories = set(Membership.objects.filter(article__source=search).values_list("story", flat=True))
    assert stories <= {second_story(crane[0])}
    assert len({second_story(article) for article in crane}) == 1


def test_an_original_that_was_deleted_is_nobodys_original():
    original = an_article(a_source("Rival"), title=CRANE, paragraphs=[WIRE])
    keeper = a_crane_article("Keeper")
    cluster([original.pk, keeper.pk], now=NOW)
    last = an_article(a_source("A"), title="Bread is dearer")
    cluster([last.pk], now=NOW)
    Article.objects.filter(pk=original.pk).delete()

    copy = an_article(a_source("Hostile"), title=CRANE, paragraphs=[WIRE])
    cluster([copy.pk], now=NOW)

    assert Membership.objects.get(article=copy).copy_of is None


def test_an_article_without_a_word_says_so_and_its_story_has_a_name():
    article = an_article(title="", paragraphs=[])

    cluster([article.pk], now=NOW)

    member = Membership.objects.get()
    assert member.why["note"] == "It has no words by which it could be compared."
    assert member.story.title == "(without a title)"


NO_STORIES = """
CREATE FUNCTION refuse_story() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'The disk is full'; END $$;
CREATE TRIGGER no_stories BEFORE INSERT ON reports_story EXECUTE FUNCTION refuse_story();
"""


def test_a_failure_is_told_on_the_article_until_it_is_given_up():
    article = a_crane_article("Harbor Courier")
    with connection.cursor() as cursor:
        cursor.execute(NO_STORIES)

    for _ in range(3):
        assert cluster([article.pk], now=NOW) == 0
    bury_exhausted(NOW)

    article.refresh_from_db()
    assert article.state == Article.State.DEAD
    assert article.last_error.startswith("Placing it in a story failed: ")
    assert "The disk is full" in article.last_error
