"""The desk for sources: states, bulk actions, fetches, digests, in few queries."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ

from patriot.accounts.models import User
from patriot.accounts.roles import Role
from sources import tasks
from sources.models import Article, Digest, Fetch, Source
from sources.pipeline.index import index_articles
from tests import factories
from tests.factories import NOW
from tests.sources.server import Server, answering

pytestmark = pytest.mark.django_db
SOURCES, FETCHES, DIGESTS = (f"/admin/sources/{name}/" for name in ("source", "fetch", "digest"))
DAY = timedelta(days=1)
INLINE = {"fetches-TOTAL_FORMS": "0", "fetches-INITIAL_FORMS": "0"}
FORM = INLINE | {
    "name": "The Post",
    "url": "https://post.example/feed.xml",
    "slug": "the-post",
    "kind": "feed",
    "tags": "",
    "interval": "",
    "full_text": "short",
    "is_enabled": "on",
    "weight": "1.0",
}


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("chief"))
    return client


def act(desk: Client, path: str, action: str, *rows: Any, **fields: str) -> str:
    chosen = {"action": action, "_selected_action": [row.pk for row in rows]}
    answer = desk.post(path, chosen | fields, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


# --- The list -----------------------------------------------------------------------
def test_a_list_tells_gone_silent_and_unchecked_apart(desk: Client) -> None:
    newest = NOW - timedelta(days=9, hours=1)
    factories.a_source("Gone", gone_at=NOW - 37 * DAY)
    factories.a_source("Calm", newest_entry_at=newest, articles_per_day=4.0)
    factories.a_source("New", last_good_at=None)
    answered = factories.a_source("Post")
    factories.a_fetch(answered, outcome="unchanged", status=304)

    page = desk.get(SOURCES).content.decode()

    assert '<span class="condition gone">gone since 3 May: HTTP 410</span>' in page
    assert "silent for 9 days, usually 4 articles a day" in page
    assert "unchecked: not looked at yet" in page
    assert "answered 304 at 6:15 UTC, nothing new" in page
    assert "none: gone" in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        pytest.param({}, "answered 200 at 6:15 UTC, has never brought an entry", id="never"),
        pytest.param({"newest_entry_at": NOW - DAY}, "6:15 UTC, nothing new", id="a day ago"),
        pytest.param({"has_article": True}, "6:15 UTC, nothing new", id="without a date"),
        pytest.param({"kind": "search"}, "6:15 UTC, nothing new", id="a search"),
    ],
)
def test_a_feed_without_any_entry_is_told_from_a_calm_one(
    desk: Client, fields: dict[str, Any], words: str
) -> None:
    has_article = fields.get("has_article", False)
    fields = {name: value for name, value in fields.items() if name != "has_article"}
    if "kind" in fields:
        source = factories.a_search(last_good_at=NOW - timedelta(minutes=15))
    else:
        source = factories.a_source(**{"newest_entry_at": None} | fields)
    factories.a_fetch(source, entry_count=0)
    if has_article:
        factories.an_article(source)

    page = desk.get(SOURCES).content.decode()

    assert words in page.replace("answered at", "answered 200 at")


def test_a_sparkline_says_in_words_what_it_draws(desk: Client) -> None:
    source = factories.a_source()
    for days in (0, 0, 1, 13, 14):
        factories.an_article(source, hours_ago=1 + days * 24)

    page = desk.get(SOURCES).content.decode()

    words = "Articles a day since 27 May: 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2"
    assert f'role="img" aria-label="{words}"><title>{words}</title>' in page
    assert page.count("<rect ") == 14
    assert "style=" not in page.partition("sparkline")[2].partition("</svg>")[0]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("tag=politics", ["Tagged"], id="tag"),
        pytest.param("language=de", ["German"], id="language"),
        pytest.param("full_text__exact=always", ["Whole"], id="full text"),
        pytest.param("health=gone", ["Gone"], id="gone"),
        pytest.param("health=silent", ["Silent"], id="silent"),
        pytest.param("health=nonsense", None, id="nonsense"),
        pytest.param("tag=%01", [], id="not a tag"),
    ],
)
def test_sources_are_found_by_what_they_are(desk: Client, query: str, found: Any) -> None:
    factories.a_source("Tagged", tags=["politics", "local"])
    factories.a_source("German", language="de")
    factories.a_source("Whole", full_text="always")
    factories.a_source("Gone", gone_at=NOW)
    factories.a_source("Silent", newest_entry_at=NOW - 20 * DAY, articles_per_day=3.0)

    listed = desk.get(f"{SOURCES}?{query}").context["cl"].result_list

    names = [source.name for source in listed]
    assert names == found if found is not None else len(names) == 5


# --- Actions ------------------------------------------------------------------------
def test_a_source_that_is_gone_is_watched_again_when_it_is_resumed(desk: Client) -> None:
    source = factories.a_source(gone_at=NOW - DAY, is_enabled=False)

    act(desk, SOURCES, "resume", source)

    source.refresh_from_db()
    assert source.gone_at is None
    assert list(Source.objects.due(NOW)) == [source]


def test_a_source_that_is_gone_can_be_asked_and_is_still_gone_since_it_was(
    desk: Client, server: Server, settings: Any
) -> None:
    settings.OUTBOUND_ALLOW = [server.authority]
    url = server.serve(answering(410))
    source = factories.a_source(url=url, gone_at=NOW - DAY, failures=1, ill_since=NOW - DAY)

    act(desk, SOURCES, "fetch_now", source)
    (queued,) = OrmQ.objects.all()
    tasks.collect(*queued.task["args"])

    source.refresh_from_db()
    assert len(server.requests) == 1
    assert (source.gone_at, source.ill_since) == (NOW - DAY, NOW - DAY)
    assert source.failures == 2
    assert not Source.objects.due(NOW + 30 * DAY).exists()


def test_tags_come_and_go_without_a_script(desk: Client) -> None:
    plain, tagged = factories.a_source(), factories.a_source(tags=["world", "old"])

    added = act(desk, SOURCES, "add_tag", plain, tagged, tag=" world ")
    removed = act(desk, SOURCES, "remove_tag", plain, tagged, tag="old")

    assert "1 source tagged “world”." in added
    assert "1 source left alone: tagged “world” already." in added
    assert "1 source no longer tagged “old”." in removed
    assert [source.tags for source in Source.objects.order_by("pk")] == [["world"], ["world"]]
    assert LogEntry.objects.count() == 2
    assert 'name="tag"' in added


@pytest.mark.parametrize("tag", ["", "two words", "<b>", "x" * 41, "\x00"])
def test_what_is_no_tag_is_refused_in_a_sentence(desk: Client, tag: str) -> None:
    source = factories.a_source()

    page = act(desk, SOURCES, "add_tag", source, tag=tag)

    assert Source.objects.get().tags == []
    assert "tagged “" not in page


@pytest.mark.parametrize(
    ("action", "policy"),
    [
        ("read_pages_never", "never"),
        ("read_pages_when_short", "short"),
        ("read_pages_always", "always"),
    ],
)
def test_the_policy_for_full_text_is_set_for_many(desk: Client, action: str, policy: str) -> None:
    usual = [factories.a_source(full_text=each) for each in ("never", "short", "always")]

    page = act(desk, SOURCES, action, *usual)

    assert set(Source.objects.values_list("full_text", flat=True)) == {policy}
    assert "2 sources set to full text" in page
    assert "from the next new or changed article on." in page
    assert "1 source left alone: that is so already." in page


def test_feeds_follow_their_rhythm_and_searches_keep_their_interval(desk: Client) -> None:
    feed = factories.a_source(interval=timedelta(hours=2))
    search = factories.a_search()

    page = act(desk, SOURCES, "follow_rhythm", feed, search)

    assert Source.objects.get(pk=feed.pk).interval is None
    assert Source.objects.get(pk=search.pk).interval == timedelta(hours=1)
    assert "1 source looked at by the rhythm from now on." in page
    assert "each look costs a credit" in page


def test_who_may_only_look_changes_nothing(client: Client) -> None:
    client.force_login(factories.a_user_with(Role.VIEWER))
    source = factories.a_source()

    page = act(client, SOURCES, "add_tag", source, tag="world")

    assert Source.objects.get().tags == []
    assert 'value="add_tag"' not in page


# --- One source ---------------------------------------------------------------------
def test_a_new_address_is_adopted_by_a_button(desk: Client) -> None:
    source = factories.a_source(
        moved_to="https://new.example/feed", moves_seen=2, etag='"old"', body_hash="x"
    )
    path = f"{SOURCES}{source.pk}/change/"

    before = desk.get(path).content.decode()
    after = desk.post(path, FORM | {"_adopt": "1"}, follow=True).content.decode()

    source.refresh_from_db()
    assert "moved for good to https://new.example/feed, seen twice" in before
    assert (source.url, source.moved_to, source.moves_seen) == ("https://new.example/feed", "", 0)
    assert (source.etag, source.body_hash) == ("", "")
    assert source.name != FORM["name"]
    assert source.not_before == NOW
    assert "1 source read at the new address from now on." in after
    assert 'name="_adopt"' not in after


def test_a_new_address_inside_the_house_is_not_adopted(desk: Client) -> None:
    source = factories.a_source(moved_to="http://127.0.0.1:9/feed", moves_seen=3)

    page = act(desk, SOURCES, "adopt_new_address", source)

    source.refresh_from_db()
    assert source.url != source.moved_to
    assert "the new address is not one that we reach" in page


def test_who_may_not_change_adopts_nothing(client: Client) -> None:
    client.force_login(factories.a_user_with(Role.VIEWER))
    source = factories.a_source(moved_to="https://new.example/feed", moves_seen=2)

    answer = client.post(f"{SOURCES}{source.pk}/change/", FORM | {"_adopt": "1"})

    assert answer.status_code == 403
    assert Source.objects.get().url == source.url


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        pytest.param(
            {"interval": timedelta(hours=2)}, "every 2 hours, as set here", id="an editor's"
        ),
        pytest.param({}, "every hour, until its rhythm is known", id="unknown"),
        pytest.param({"articles_per_day": 4.0}, "every 2 hours, by its rhythm", id="rhythm"),
    ],
)
def test_how_often_it_is_looked_at_is_told_in_words(
    desk: Client, fields: dict[str, Any], words: str
) -> None:
    source = factories.a_source(**fields)

    assert words in desk.get(f"{SOURCES}{source.pk}/change/").content.decode()


def test_a_feed_without_an_interval_follows_its_rhythm(desk: Client) -> None:
    answer = desk.post(f"{SOURCES}add/", FORM)

    assert answer.status_code == 302
    assert (Source.objects.get().interval, Source.objects.get().full_text) == (None, "short")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        pytest.param(
            {"kind": "search", "url": "", "query": "ferry"},
            "A search needs an interval, such as 06:00:00: each look costs a credit.",
            id="a search without one",
        ),
        pytest.param(
            {"interval": "00:14:59"}, "At least a quarter of an hour: 00:15:00.", id="too often"
        ),
        pytest.param(
            {"interval": "-1 00:00:00"}, "At least a quarter of an hour: 00:15:00.", id="backwards"
        ),
    ],
)
def test_an_interval_that_cannot_be_kept_is_refused(
    desk: Client, fields: dict[str, str], sentence: str
) -> None:
    answer = desk.post(f"{SOURCES}add/", FORM | fields)

    assert answer.context["adminform"].form.errors["interval"] == [sentence]


def test_what_is_known_of_one_address_is_forgotten_with_it(desk: Client) -> None:
    source = factories.a_source(etag='"old"', body_hash="x", gone_at=NOW, moved_to="https://m.ex/")

    desk.post(f"{SOURCES}{source.pk}/change/", FORM)

    source.refresh_from_db()
    assert source.url == FORM["url"]
    assert (source.etag, source.body_hash, source.gone_at, source.moved_to) == ("", "", None, "")


# --- Fetches ------------------------------------------------------------------------
def test_all_fetches_are_listed_behind_the_last_twenty(desk: Client) -> None:
    source = factories.a_source()
    for number in range(60):
        factories.a_fetch(source, started_at=NOW - timedelta(minutes=60 - number))
    factories.a_fetch(source, outcome=Fetch.Outcome.FAILED, error="<b>It broke.</b>")

    page = desk.get(f"{SOURCES}{source.pk}/change/").content.decode()
    listed = desk.get(f"{FETCHES}?source__id__exact={source.pk}")
    failed = desk.get(f"{FETCHES}?outcome__exact=failed").content.decode()

    assert f"{FETCHES}?source__id__exact={source.pk}" in page
    assert len(listed.context["cl"].result_list) == 50
    assert "&lt;b&gt;It broke.&lt;/b&gt;" in failed


@pytest.mark.parametrize("path", [SOURCES, FETCHES, DIGESTS])
def test_lists_cost_the_same_for_2_and_20(desk: Client, path: str) -> None:
    def queries() -> int:
        desk.get(path)
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(path).status_code == 200
        return len(captured)

    def add(number: int) -> None:
        source = factories.a_source(tags=[f"tag-{number}"])
        factories.a_fetch(source)
        factories.an_article(source)
        Digest.objects.create(on=date(2026, 1, 1) + number * DAY, text="x\n\ny", not_before=NOW)

    for number in range(2):
        add(number)
    of_2 = queries()
    for number in range(2, 20):
        add(number)

    assert queries() == of_2
    assert of_2 <= 13


# --- Digests ------------------------------------------------------------------------
def test_a_digest_that_was_not_mailed_is_shown_and_can_be_sent_again(
    desk: Client, settings: Any
) -> None:
    settings.MAIL_IS_ON = True
    lost = Digest.objects.create(
        on=NOW.date(), text="1 ill\n\nEcho", attempts=3, last_error="No answer.", not_before=NOW
    )

    first = desk.get("/admin/").content.decode()
    listed = desk.get(f"{DIGESTS}?became=given-up").content.decode()
    page = act(desk, DIGESTS, "send_again", lost)

    lost.refresh_from_db()
    assert "1 digest that was not mailed" in first
    assert "given up after 3 attempts: No answer." in listed
    assert "1 digest to be sent within a minute" in page
    assert lost.attempts == 0


def test_without_a_mail_server_the_desk_says_that_nobody_is_mailed(
    desk: Client, settings: Any
) -> None:
    settings.MAIL_IS_ON = False
    Digest.objects.create(on=NOW.date(), text="1 ill\n\nEcho", sent_at=NOW, not_before=NOW)

    page = desk.get(DIGESTS).content.decode()

    assert "No mail server is set (EMAIL_URL)" in page
    assert "kept here." in page


# --- Publishers ---------------------------------------------------------------------
PUBLISHERS, ARTICLES = "/admin/sources/publisher/", "/admin/sources/article/"
PUBLISHER = {"name": "The Post", "family": "press.example", "country": "de", "language": "pt_BR"}


def test_name_family_country_and_language_of_a_publisher_are_editable(desk: Client) -> None:
    publisher = factories.a_publisher("Post", domain="post.example")

    desk.post(f"{PUBLISHERS}{publisher.pk}/change/", PUBLISHER)

    publisher.refresh_from_db()
    assert (publisher.name, publisher.family) == ("The Post", "press.example")
    assert (publisher.country, publisher.language) == ("DE", "pt-br")


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        pytest.param({"country": "UK"}, "country", "for the United Kingdom it is GB", id="UK"),
        pytest.param({"country": "xk"}, "country", "“XK” is no country's code", id="no country"),
        pytest.param({"language": "german"}, "language", "such as de or pt-br", id="a name"),
        pytest.param({"language": "d<"}, "language", "such as de or pt-br", id="a sign"),
    ],
)
def test_what_is_no_code_is_refused(
    desk: Client, fields: dict[str, str], field: str, words: str
) -> None:
    publisher = factories.a_publisher("Post")

    answer = desk.post(f"{PUBLISHERS}{publisher.pk}/change/", PUBLISHER | fields)

    assert words in answer.context["adminform"].form.errors[field][0]


def test_publishers_are_counted_and_found_by_country(desk: Client) -> None:
    publisher = factories.a_publisher("Post", country="FR", language="fr")
    source = factories.a_source(publisher=publisher)
    for _ in range(3):
        factories.an_article(source)
    factories.a_source(publisher=publisher)
    factories.a_publisher("Echo")

    page = desk.get(f"{PUBLISHERS}?country=FR")

    (listed,) = page.context["cl"].result_list
    assert (listed.source_total, listed.article_total) == (2, 3)
    assert ">France</a>" in page.content.decode()


@pytest.mark.parametrize(
    ("named", "family"), [("", "large.example"), ("the-group.example", "the-group.example")]
)
def test_publishers_are_made_one_voice(desk: Client, named: str, family: str) -> None:
    small = factories.a_publisher("A small one", domain="small.example")
    large = factories.a_publisher("Large", domain="large.example")
    factories.a_source(publisher=large)

    page = act(desk, PUBLISHERS, "make_one_family", small, large, family=named)

    small.refresh_from_db(), large.refresh_from_db()
    assert (small.family, large.family) == (family, family)
    assert f"now of the family {family}" in page


def test_one_publisher_alone_is_a_family_already(desk: Client) -> None:
    publisher = factories.a_publisher("Post", domain="post.example")

    page = act(desk, PUBLISHERS, "make_one_family", publisher)

    assert "choose at least two publishers" in page


# --- Articles -----------------------------------------------------------------------
def test_an_article_says_where_its_text_is_from(desk: Client) -> None:
    article = factories.an_article(text_from="page", page_error="Its robots.txt says no.")

    page = desk.get(f"{ARTICLES}{article.pk}/change/").content.decode()

    assert "the article&#x27;s page" in page or "the article's page" in page
    assert "Its robots.txt says no." in page


def test_articles_are_searched_by_their_words(desk: Client) -> None:
    found = factories.an_article(title="Ferry sinks", paragraphs=["It went down quickly."])
    factories.an_article(title="Bridge closes")
    index_articles([(article, article.language) for article in Article.objects.all()])

    listed = desk.get(ARTICLES, {"q": "ferries -bridge"}).context["cl"].result_list
    refused = desk.get(ARTICLES, {"q": "-ferry"})

    assert list(listed) == [found]
    assert "Please add at least one word" in refused.content.decode()
