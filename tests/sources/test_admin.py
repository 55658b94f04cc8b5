"""The desk's pages of sources, articles and publishers."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.text import slugify
from django_q.models import OrmQ

from patriot.accounts.models import User
from patriot.accounts.roles import Role
from patriot.ledger.models import Call
from patriot.work.models import Heartbeat
from sources.models import Article, Passage, Source
from sources.pipeline import control
from tests import factories
from tests.factories import NOW
from tests.sources.pipeline.feeds import many
from tests.sources.server import answering
from tests.tavily_server import HOSTILE, KEY, refused, result, results

pytestmark = pytest.mark.django_db
FEED_TITLE = "The Courier - Latest News"
SOURCES, ARTICLES = "/admin/sources/source/", "/admin/sources/article/"
HEALTH_FIELDS = ("failures", "ill_since", "last_good_at", "newest_entry_at", "not_before")


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("chief"))
    return client


def act(desk: Client, path: str, action: str, *rows: Any, **fields: str) -> str:
    """Run an action from a list; return the page that follows."""
    chosen = {"action": action, "_selected_action": [row.pk for row in rows]}
    answer = desk.post(path, chosen | fields, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


# --- Sources ------------------------------------------------------------------------
@time_machine.travel(NOW, tick=False)
def test_a_list_says_how_each_source_is(desk: Client) -> None:
    healthy = factories.a_source("Post", last_good_at=NOW - timedelta(minutes=12))
    factories.a_fetch(healthy, new_count=3)
    factories.an_ill_source("Echo", error="HTTP 410: the feed is gone.")
    factories.an_article(healthy)

    page = desk.get(SOURCES).content.decode()

    assert "answered 200 at 6:18 UTC, 3 new" in page
    assert "ill since 8 June: HTTP 410: the feed is gone. Next look at 7:15 UTC." in page
    assert "in 45 min" in page
    assert f'/admin/sources/article/?source__id__exact={healthy.pk}">1</a>' in page


@pytest.mark.parametrize("health", ["healthy", "ill", "paused", "unchecked"])
def test_sources_can_be_listed_by_health(desk: Client, health: str) -> None:
    sources = {
        "healthy": factories.a_source("Post"),
        "ill": factories.an_ill_source("Echo", error="HTTP 500"),
        "paused": factories.a_source("Wire", is_enabled=False, failures=3),
        "unchecked": factories.a_source("Radio", last_good_at=None),
    }

    listed = desk.get(SOURCES, {"health": health}).context["cl"].result_list

    assert [source.pk for source in listed] == [sources[health].pk]


@time_machine.travel(NOW, tick=False)
def test_fetch_now_makes_a_source_due_and_asks_a_worker_to_look(desk: Client) -> None:
    source = factories.a_source()

    page = act(desk, SOURCES, "fetch_now", source)

    source.refresh_from_db()
    assert source.not_before == NOW
    (queued,) = OrmQ.objects.all()
    assert queued.task["func"] == "sources.tasks.collect"
    assert queued.task["args"] == ([source.pk],)
    assert "1 source will be fetched within a minute" in page
    assert LogEntry.objects.get().get_change_message() == "Asked for a fetch now."


@time_machine.travel(NOW, tick=False)
def test_a_paused_source_is_not_fetched_now(desk: Client) -> None:
    paused = factories.a_source(is_enabled=False)

    page = act(desk, SOURCES, "fetch_now", paused)

    paused.refresh_from_db()
    assert paused.not_before > NOW
    assert not OrmQ.objects.exists()
    assert "1 source left alone: paused. Resume first, then fetch." in page
    assert "will be fetched" not in page


@time_machine.travel(NOW, tick=False)
def test_a_source_that_is_just_being_fetched_is_not_asked_for_twice(desk: Client) -> None:
    busy = factories.a_source(leased_until=NOW + timedelta(minutes=1))

    page = act(desk, SOURCES, "fetch_now", busy)

    assert not OrmQ.objects.exists()
    assert "1 source left alone: being fetched at this moment." in page


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize(
    ("silent_for", "is_said"),
    [
        pytest.param(timedelta(seconds=40), False, id="a worker ticks"),
        pytest.param(timedelta(minutes=9), True, id="no worker ticks"),
    ],
)
def test_who_asks_for_a_fetch_hears_that_no_worker_runs(
    desk: Client, silent_for: timedelta, is_said: bool
) -> None:
    Heartbeat.objects.create(name="tick", beat_at=NOW - silent_for)

    page = act(desk, SOURCES, "fetch_now", factories.a_source())

    assert ("nothing is fetched until one runs" in page) == is_said


@time_machine.travel(NOW, tick=False)
def test_a_source_can_be_paused_and_resumed(desk: Client) -> None:
    source = factories.a_source()

    paused = act(desk, SOURCES, "pause", source)
    while_paused = Source.objects.get().is_enabled
    resumed = act(desk, SOURCES, "resume", source)

    source.refresh_from_db()
    assert while_paused is False
    assert source.is_enabled
    assert source.not_before == NOW
    assert "1 source paused." in paused
    assert "1 source resumed. Feeds are due now, searches at their time." in resumed


@pytest.mark.parametrize(
    ("action", "is_enabled", "sentence"),
    [
        pytest.param("pause", False, "1 source left alone: paused already.", id="paused"),
        pytest.param("resume", True, "1 source left alone: not paused.", id="not paused"),
    ],
)
def test_what_is_so_already_is_said_and_not_done(
    desk: Client, action: str, is_enabled: bool, sentence: str
) -> None:
    source = factories.a_source(is_enabled=is_enabled)

    page = act(desk, SOURCES, action, source)

    assert sentence in page
    assert 'class="success"' not in page
    assert Source.objects.get().not_before == source.not_before
    assert not LogEntry.objects.exists()


NEW_SOURCE = {
    "name": "The Post",
    "url": "https://post.example/feed.xml",
    "slug": "the-post",
    "kind": "feed",
    "tags": "",
    "interval": "01:00:00",
    "is_enabled": "on",
    "weight": "1.0",
}


@time_machine.travel(NOW, tick=False)
def test_a_new_source_is_due_at_once(desk: Client) -> None:
    answer = desk.post(f"{SOURCES}add/", NEW_SOURCE)

    assert answer.status_code == 302
    source = Source.objects.get()
    assert source.not_before == NOW
    assert source.publisher is None


def test_the_same_address_twice_is_let_in_with_a_word(desk: Client) -> None:
    first = factories.a_source("The <Post>", url=NEW_SOURCE["url"])
    factories.a_source("Another", url=NEW_SOURCE["url"], newsroom="demo")

    page = desk.post(f"{SOURCES}add/", NEW_SOURCE, follow=True).content.decode()
    second = Source.objects.get(slug="the-post")
    again = desk.post(f"{SOURCES}{second.pk}/change/", NEW_SOURCE, follow=True).content.decode()

    link = f'<a href="/admin/sources/source/{first.pk}/change/">The &lt;Post&gt;</a>'
    assert f"The same address is that of {link}: it is fetched for each." in page
    assert "Another</a>: it is" not in page
    assert "it is fetched for each" not in again


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("ftp://post.example/feed.xml", id="another scheme"),
        pytest.param("file:///etc/passwd", id="a file"),
        pytest.param("javascript:alert(1)", id="a script"),
        pytest.param("https://me:secret@post.example/feed.xml", id="a password"),
        pytest.param("", id="nothing"),
    ],
)
def test_an_address_that_is_not_fetched_is_refused(desk: Client, url: str) -> None:
    answer = desk.post(f"{SOURCES}add/", NEW_SOURCE | {"url": url})

    assert answer.status_code == 200
    assert "url" in answer.context["adminform"].form.errors
    assert not Source.objects.exists()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        pytest.param(
            "http://post.example:8607/feed.xml",
            "Port 8607 is not one that we reach; only 80 and 443 are. "
            "An operator can allow it: add post.example:8607 to PATRIOT_OUTBOUND_ALLOW.",
            id="a port",
        ),
        pytest.param(
            "http://10.0.0.7/feed.xml",
            "10.0.0.7 is not a public address. "
            "An operator can allow it: add 10.0.0.7:80 to PATRIOT_OUTBOUND_ALLOW.",
            id="a private address",
        ),
        pytest.param(
            "https://[::1]/feed.xml",
            "::1 is not a public address. "
            "An operator can allow it: add [::1]:443 to PATRIOT_OUTBOUND_ALLOW.",
            id="a private address of IPv6",
        ),
        pytest.param(
            "https://me:secret@post.example/feed.xml",
            "The address holds a user name or password.",
            id="no operator helps",
        ),
    ],
)
def test_an_address_that_the_policy_forbids_is_refused_in_its_words(
    desk: Client, settings: Any, url: str, sentence: str
) -> None:
    settings.OUTBOUND_ALLOW = []

    answer = desk.post(f"{SOURCES}add/", NEW_SOURCE | {"url": url})

    assert answer.context["adminform"].form.errors["url"] == [sentence]
    assert not Source.objects.exists()


def test_an_address_that_the_operator_allowed_is_saved(desk: Client, settings: Any) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1:8607"]

    answer = desk.post(f"{SOURCES}add/", NEW_SOURCE | {"url": "http://127.0.0.1:8607/feed.xml"})

    assert answer.status_code == 302


@time_machine.travel(NOW, tick=False)
def test_a_source_is_saved_beside_its_fetches_but_its_health_is_not_edited(desk: Client) -> None:
    source = factories.an_ill_source(error="HTTP 500")
    for minutes in range(30):
        factories.a_fetch(source, started_at=NOW - timedelta(minutes=minutes))
    path = f"{SOURCES}{source.pk}/change/"
    before = {field: getattr(source, field) for field in HEALTH_FIELDS}

    page = desk.get(path)
    saved = desk.post(
        path,
        NEW_SOURCE
        | dict.fromkeys(HEALTH_FIELDS, "0")
        | {"fetches-TOTAL_FORMS": "20", "fetches-INITIAL_FORMS": "20"},
    )

    shown = page.context["inline_admin_formsets"][0].formset.initial_forms
    assert len(shown) == 20
    assert saved.status_code == 302
    source.refresh_from_db()
    assert source.name == "The Post"
    assert {field: getattr(source, field) for field in HEALTH_FIELDS} == before
    assert source.fetches.count() == 31


def test_only_a_source_that_brought_nothing_can_be_deleted(desk: Client) -> None:
    article = factories.an_article()
    empty = factories.a_source("Echo")

    kept = desk.post(f"{SOURCES}{article.source_id}/delete/", {"post": "yes"})
    desk.post(f"{SOURCES}{empty.pk}/delete/", {"post": "yes"})
    act(desk, SOURCES, "delete_selected", article.source, post="yes")

    assert kept.status_code == 403
    assert list(Source.objects.all()) == [article.source]


def test_a_viewer_sees_sources_and_cannot_act(client: Client) -> None:
    client.force_login(factories.a_staff_user("view_source"))
    source = factories.a_source()

    act(client, SOURCES, "pause", source)

    source.refresh_from_db()
    assert source.is_enabled
    assert client.get(f"{SOURCES}add/").status_code == 403


@pytest.mark.parametrize(
    ("permission", "action", "is_done"),
    [
        pytest.param("fetch_source", "fetch_now", True, id="may fetch, fetches"),
        pytest.param("change_source", "fetch_now", False, id="may change, does not fetch"),
        pytest.param("change_source", "pause", True, id="may change, pauses"),
        pytest.param("fetch_source", "pause", False, id="may fetch, does not pause"),
    ],
)
def test_each_action_has_its_permission(
    client: Client, permission: str, action: str, is_done: bool
) -> None:
    client.force_login(factories.a_staff_user("view_source", permission))
    source = factories.a_source()

    act(client, SOURCES, action, source)

    assert LogEntry.objects.exists() == is_done


# --- Searches -----------------------------------------------------------------------
NEW_SEARCH = {
    "kind": "search",
    "name": "Ferries",
    "slug": "ferries",
    "query": "ferry timetable",
    "topic": "news",
    "time_range": "week",
    "max_results": "5",
    "include_domains": "",
    "exclude_domains": "",
    "tags": "",
    "interval": "06:00:00",
    "is_enabled": "on",
    "weight": "1.0",
}


@pytest.fixture
def tavily(tavily_server: Any, settings: Any) -> Any:
    """Tavily is on, and is the server of the tests."""
    settings.SERVICES = ["tavily"]
    settings.TAVILY_API_KEY = KEY
    settings.TAVILY_BASE_URL = tavily_server.address
    settings.OUTBOUND_ALLOW = [tavily_server.authority]
    return tavily_server


@time_machine.travel(NOW, tick=False)
def test_a_search_is_added_and_due_at_once(desk: Client) -> None:
    domains = {"include_domains": "Courier.example, bbc.co.uk,courier.example"}

    answer = desk.post(f"{SOURCES}add/", NEW_SEARCH | domains)

    assert answer.status_code == 302
    search = Source.objects.get()
    assert (search.kind, search.query, search.url) == ("search", "ferry timetable", "")
    assert (search.time_range, search.max_results) == ("week", 5)
    assert search.include_domains == ["courier.example", "bbc.co.uk"]
    assert search.not_before == NOW


def test_what_a_search_does_not_say_is_as_usual(desk: Client) -> None:
    blank = {"topic": "", "time_range": "", "max_results": ""}

    desk.post(f"{SOURCES}add/", NEW_SEARCH | blank)

    search = Source.objects.get()
    assert (search.topic, search.time_range, search.max_results) == ("news", "day", 10)


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        pytest.param({"query": " "}, "query", "A search needs a query.", id="no query"),
        pytest.param(
            {"url": "https://post.example/feed"},
            "url",
            "A search has no address: leave this empty, or choose the kind “feed”.",
            id="an address",
        ),
        pytest.param(
            {"kind": "feed", "url": "https://post.example/feed"},
            "query",
            "A feed has no query: leave this empty, or choose the kind “search”.",
            id="a feed with a query",
        ),
        pytest.param(
            {"kind": "feed", "query": ""}, "url", "A feed needs an address.", id="no address"
        ),
        pytest.param(
            {"include_domains": "https://courier.example/news"},
            "include_domains",
            "“https://courier.example/news” is not a domain, such as courier.example.",
            id="an address for a domain",
        ),
        pytest.param(
            {"exclude_domains": "spam"},
            "exclude_domains",
            "“spam” is not a domain, such as courier.example.",
            id="a word for a domain",
        ),
        pytest.param(
            {"max_results": "21"},
            "max_results",
            "Ensure this value is less than or equal to 20.",
            id="too many results",
        ),
    ],
)
def test_a_search_that_cannot_be_asked_is_refused(
    desk: Client, fields: dict[str, str], field: str, sentence: str
) -> None:
    answer = desk.post(f"{SOURCES}add/", NEW_SEARCH | fields)

    assert answer.context["adminform"].form.errors == {field: [sentence]}
    assert not Source.objects.exists()


def test_a_search_stays_a_search_and_says_what_it_costs(desk: Client) -> None:
    search = factories.a_search(interval=timedelta(hours=6))
    path = f"{SOURCES}{search.pk}/change/"

    page = desk.get(path).content.decode()
    saved = desk.post(
        path,
        NEW_SEARCH
        | {"kind": "feed", "url": "https://post.example/feed"}
        | {"fetches-TOTAL_FORMS": "0", "fetches-INITIAL_FORMS": "0"},
    )

    assert "At its interval it costs 4 credits a day, about $0.04." in page
    assert 'name="url"' not in page
    assert saved.status_code == 302
    search.refresh_from_db()
    assert (search.kind, search.query, search.url) == ("search", "ferry timetable", "")


@time_machine.travel(NOW, tick=False)
def test_a_list_says_what_a_search_asks_and_why_it_was_not_asked(desk: Client) -> None:
    search = factories.a_search(last_good_at=NOW - timedelta(hours=2))
    factories.a_fetch(search, outcome="failed", error="It was not asked. The ceiling is reached.")

    page = desk.get(SOURCES).content.decode()

    assert "“old bridge”" in page
    assert "last answered at 4:30 UTC: It was not asked. The ceiling is reached." in page
    assert len(desk.get(SOURCES, {"kind__exact": "feed"}).context["cl"].result_list) == 0


# --- The test fetch -----------------------------------------------------------------
def test_a_test_fetch_of_a_search_shows_what_it_would_bring_and_books_a_credit(
    desk: Client, tavily: Any
) -> None:
    tavily.answer(results(result(1), result(2, **HOSTILE["a script"])))

    answer = desk.post(f"{SOURCES}add/", NEW_SEARCH | {"_try": "Test fetch"})

    page = answer.content.decode()
    assert "2 results, for 1 credit." in page
    assert "At its interval it costs 4 credits a day, about $0.04." in page
    assert "Ferry number 1 leaves on time" in page
    assert "1 left out: no address on the public web." in page
    assert "javascript:" not in page
    assert 'value="ferry timetable"' in page
    assert not Source.objects.exists()
    call = Call.objects.get()
    assert (call.subject, call.part, call.credits) == ("source to be", "test", 1)
    assert tavily.credits == 1


def test_a_test_fetch_that_our_own_policy_keeps_here_says_no_price(
    desk: Client, tavily: Any, settings: Any
) -> None:
    settings.TAVILY_BASE_URL = "http://0x7f.1/"

    answer = desk.post(f"{SOURCES}add/", NEW_SEARCH | {"_try": "Test fetch"})

    page = answer.content.decode()
    assert "not one that we reach" in page
    assert "At its interval it costs" not in page
    assert not Call.objects.exists()


def test_a_test_fetch_of_a_feed_costs_nothing(desk: Client, server: Any, settings: Any) -> None:
    settings.OUTBOUND_ALLOW = [server.authority]
    url = server.serve(answering(body=many(3)))

    page = desk.post(f"{SOURCES}add/", NEW_SOURCE | {"url": url, "_try": "1"}).content.decode()

    assert "3 entries." in page
    assert "Ferry number 2 leaves on time" in page
    assert f'value="{url}"' in page
    assert not Source.objects.exists()
    assert not Call.objects.exists()


def test_an_address_from_which_another_has_moved_is_let_in_with_a_word(desk: Client) -> None:
    factories.a_source("Bay", former_urls=[NEW_SOURCE["url"]])

    page = desk.post(f"{SOURCES}add/", NEW_SOURCE, follow=True).content.decode()

    assert "Bay</a> has moved: it may be the same feed." in page


def test_a_test_fetch_of_a_bad_address_complains_of_nothing_else(desk: Client) -> None:
    bad = NEW_SOURCE | {"url": "http://10.0.0.7/feed.xml", "name": "", "slug": ""}

    answer = desk.post(f"{SOURCES}add/", bad | {"_try": "1"})

    assert list(answer.context["adminform"].form.errors) == ["url"]
    assert not Source.objects.exists()


@pytest.mark.parametrize("row", ["%00", "%0A", "_0A", "%E2%80%AE1"])
def test_an_id_that_cannot_be_one_is_not_found(desk: Client, row: str) -> None:
    paths = [f"{SOURCES}{row}/change/", f"{SOURCES}{row}/delete/", f"{ARTICLES}{row}/change/"]

    answers = [desk.get(path) for path in paths]
    adopted = desk.post(f"{SOURCES}{row}/change/", {"_adopt": "1"})

    assert {answer.status_code for answer in (*answers, adopted)} == {404}
    assert not any(b"\0" in answer.content for answer in answers)


def test_a_superscript_is_no_id(desk: Client) -> None:
    assert desk.get(f"{SOURCES}%C2%B2/change/").status_code == 302


def test_a_test_fetch_needs_no_name_and_proposes_that_of_the_feed(
    desk: Client, server: Any, settings: Any
) -> None:
    settings.OUTBOUND_ALLOW = [server.authority]
    url = server.serve(answering(body=many(3)))
    nameless = NEW_SOURCE | {"url": url, "name": "", "slug": ""}

    tried = desk.post(f"{SOURCES}add/", nameless | {"_try": "1"}).content.decode()
    saved = desk.post(f"{SOURCES}add/", nameless)

    assert "3 entries." in tried
    assert f'name="name" value="{FEED_TITLE}"' in tried
    assert f'name="slug" value="{slugify(FEED_TITLE)}"' in tried
    assert {"name", "slug"} <= set(saved.context["adminform"].form.errors)
    assert not Source.objects.exists()


def test_a_test_fetch_of_changes_keeps_them_in_the_form_and_out_of_the_row(
    desk: Client, tavily: Any
) -> None:
    search = factories.a_search()

    page = desk.post(f"{SOURCES}{search.pk}/change/", NEW_SEARCH | {"_try": "1"}).content.decode()

    assert 'value="ferry timetable"' in page
    assert tavily.asked[0].question["query"] == "ferry timetable"
    assert Source.objects.get().query == "old bridge"
    assert Call.objects.get().subject == f"source {search.pk}"
    assert "fetches-TOTAL_FORMS" in page


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        pytest.param(refused(401, "Unauthorized."), "does not accept TAVILY_API_KEY", id="key"),
        pytest.param(refused(432, "Plan limit."), "limit of Tavily&#x27;s plan", id="plan"),
        pytest.param(
            results(result(title="<script>alert(1)</script>")),
            "&lt;script&gt;alert(1)&lt;/script&gt;",
            id="markup",
        ),
    ],
)
def test_a_test_fetch_says_what_came_of_it(
    desk: Client, tavily: Any, reply: Any, words: str
) -> None:
    tavily.answer(reply)

    page = desk.post(f"{SOURCES}add/", NEW_SEARCH | {"_try": "1"}).content.decode()

    assert words in page
    assert "<script>alert" not in page


def test_a_test_fetch_without_a_key_names_the_setting(desk: Client, settings: Any) -> None:
    settings.SERVICES = []

    page = desk.post(f"{SOURCES}add/", NEW_SEARCH | {"_try": "1"}).content.decode()

    assert "Searches are off: TAVILY_API_KEY is not set" in page


def test_a_test_fetch_keeps_to_the_ceiling(desk: Client, tavily: Any, settings: Any) -> None:
    settings.DAILY_CEILING_USD = Decimal(0)

    page = desk.post(f"{SOURCES}add/", NEW_SEARCH | {"_try": "1"}).content.decode()

    assert "It was not asked. The ceiling of" in page
    assert not tavily.asked


def test_a_test_fetch_of_what_cannot_be_asked_is_refused_and_free(
    desk: Client, tavily: Any
) -> None:
    answer = desk.post(f"{SOURCES}add/", NEW_SEARCH | {"query": "", "_try": "1"})

    assert answer.context["adminform"].form.errors == {"query": ["A search needs a query."]}
    assert not tavily.asked


@pytest.mark.parametrize(
    "permissions",
    [
        pytest.param(("view_source", "fetch_source"), id="may not add"),
        pytest.param(("view_source", "add_source", "change_source"), id="may not fetch"),
    ],
)
def test_who_may_not_spend_or_save_tests_nothing(
    client: Client, tavily: Any, permissions: tuple[str, ...]
) -> None:
    client.force_login(factories.a_staff_user(*permissions))
    search = factories.a_search()

    added = client.post(f"{SOURCES}add/", NEW_SEARCH | {"_try": "1"})
    changed = client.post(f"{SOURCES}{search.pk}/change/", NEW_SEARCH | {"_try": "1"})
    page = client.get(f"{SOURCES}{search.pk}/change/").content.decode()

    assert (added.status_code, changed.status_code) == (403, 403)
    assert not tavily.asked
    assert 'name="_try"' not in page


# --- Articles -----------------------------------------------------------------------
def test_articles_are_only_shown(desk: Client) -> None:
    article = factories.an_article()

    page = desk.get(f"{ARTICLES}{article.pk}/change/")

    assert page.status_code == 200
    assert not page.context["has_change_permission"]
    assert not page.context["has_delete_permission"]
    assert desk.get(f"{ARTICLES}add/").status_code == 403
    assert desk.post(f"{ARTICLES}{article.pk}/delete/").status_code == 403


def test_an_address_that_is_no_link_is_not_linked(desk: Client) -> None:
    article = factories.an_article(url="javascript:alert(1)")

    page = desk.get(f"{ARTICLES}{article.pk}/change/").content.decode()

    assert 'href="javascript' not in page


@time_machine.travel(NOW, tick=False)
def test_a_dead_article_goes_on_where_it_fell_off_the_belt(desk: Client) -> None:
    without_passages = factories.an_article(state="dead", attempts=3)
    Passage.objects.filter(article=without_passages).delete()
    with_passages = factories.an_article(state="dead", attempts=3)
    alive = factories.an_article(state="clustered", attempts=1)

    page = act(desk, ARTICLES, "run_again", without_passages, with_passages, alive)

    states = dict(Article.objects.values_list("pk", "state"))
    assert states == {
        without_passages.pk: "new",
        with_passages.pk: "enriched",
        alive.pk: "clustered",
    }
    assert Article.objects.get(pk=with_passages.pk).attempts == 0
    assert Article.objects.get(pk=alive.pk).attempts == 1
    assert "2 articles back at work; 1 not dead." in page


@time_machine.travel(NOW, tick=False)
def test_an_editor_sees_which_articles_reports_do_without_and_lets_them_in(desk: Client) -> None:
    out, used = factories.an_article(title="Orders"), factories.an_article(title="News")
    Article.objects.filter(pk=out.pk).keep_out(reason="<b>It was refused.</b>", now=NOW)

    listed = desk.get(f"{ARTICLES}?kept_out=yes").content.decode()
    page = desk.get(f"{ARTICLES}{out.pk}/change/").content.decode()
    said = act(desk, ARTICLES, "let_in", out, used)

    reason = "kept out since 9 Jun 2026, 06:30 UTC: &lt;b&gt;It was refused.&lt;/b&gt;"
    assert reason in listed
    assert reason in page
    assert "News" not in listed
    assert "1 article in reports again. 1 already was." in said
    assert Article.objects.usable().count() == 2
    again = desk.get(f"{ARTICLES}{out.pk}/change/").content.decode()
    assert "yes, an editor let it in again" in again
    assert "Let into reports again." in str(LogEntry.objects.get(object_id=out.pk))


@time_machine.travel(NOW, tick=False)
def test_an_editor_keeps_an_article_out_even_one_that_was_let_in(desk: Client) -> None:
    article = factories.an_article()
    Article.objects.filter(pk=article.pk).keep_out(reason="It was refused.", now=NOW)
    Article.objects.filter(pk=article.pk).let_in()

    said = act(desk, ARTICLES, "keep_out", article)

    article.refresh_from_db()
    assert "1 article kept out of reports." in said
    assert (article.quarantined_at, article.released_version) == (NOW, None)
    assert article.quarantine_reason == "An editor kept it out of reports."


def test_who_may_only_look_lets_nothing_in(client: Client) -> None:
    article = factories.an_article()
    Article.objects.filter(pk=article.pk).keep_out(reason="It was refused.", now=NOW)
    client.force_login(factories.a_user_with(Role.VIEWER))

    act(client, ARTICLES, "let_in", article)

    assert not Article.objects.usable().exists()


def test_running_nothing_again_asks_nobody() -> None:
    assert control.run_again([], NOW) == []
    assert not OrmQ.objects.exists()


# --- Publishers ---------------------------------------------------------------------
def test_the_family_of_a_publisher_is_editable_and_its_domain_is_not(desk: Client) -> None:
    publisher = factories.a_publisher("Post", domain="post.example")

    desk.post(
        f"/admin/sources/publisher/{publisher.pk}/change/",
        {"domain": "evil.example", "name": "Post", "family": "press.example", "country": "DE"},
    )

    publisher.refresh_from_db()
    assert (publisher.domain, publisher.family) == ("post.example", "press.example")


# --- Cost ---------------------------------------------------------------------------
def one_more_source() -> None:
    factories.a_fetch(factories.a_source())


def one_more_search() -> None:
    factories.a_fetch(factories.a_search())


def one_more_article() -> None:
    factories.an_article(factories.a_source())


def one_more_publisher() -> None:
    number = Source.objects.count()
    factories.a_source(publisher=factories.a_publisher(f"P{number}", domain=f"p{number}.example"))


@pytest.mark.parametrize(
    ("path", "add"),
    [
        pytest.param(SOURCES, one_more_source, id="sources"),
        pytest.param(SOURCES, one_more_search, id="searches"),
        pytest.param(f"{SOURCES}?q=post", one_more_source, id="a search in sources"),
        pytest.param(ARTICLES, one_more_article, id="articles"),
        pytest.param("/admin/sources/publisher/", one_more_publisher, id="publishers"),
    ],
)
def test_a_list_costs_the_same_queries_for_2_and_20(
    desk: Client, path: str, add: Callable[[], None]
) -> None:
    for _ in range(2):
        add()
    of_2 = queries(desk, path)
    for _ in range(18):
        add()

    assert queries(desk, path) == of_2


def test_a_source_costs_the_same_queries_with_2_and_40_fetches_and_articles(desk: Client) -> None:
    small, large = factories.a_source(), factories.a_source()
    for source, number in ((small, 2), (large, 40)):
        for minutes in range(number):
            factories.a_fetch(source, started_at=NOW - timedelta(minutes=minutes))
            factories.an_article(source)
    of_2 = queries(desk, f"{SOURCES}{small.pk}/change/")

    assert queries(desk, f"{SOURCES}{large.pk}/change/") == of_2


def test_an_article_costs_the_same_queries_with_2_and_40_paragraphs(desk: Client) -> None:
    small, large = (
        factories.an_article(paragraphs=[f"The bridge closes on day {day}." for day in range(n)])
        for n in (2, 40)
    )
    of_2 = queries(desk, f"{ARTICLES}{small.pk}/change/")

    assert queries(desk, f"{ARTICLES}{large.pk}/change/") == of_2


def test_a_publisher_costs_the_same_queries_with_1_and_12_sources(desk: Client) -> None:
    small, large = (factories.a_publisher(f"P{n}", domain=f"p{n}.example") for n in (1, 12))
    for publisher, number in ((small, 1), (large, 12)):
        for _ in range(number):
            factories.an_article(factories.a_source(publisher=publisher))
    of_1 = queries(desk, f"/admin/sources/publisher/{small.pk}/change/")

    assert queries(desk, f"/admin/sources/publisher/{large.pk}/change/") == of_1


def queries(desk: Client, path: str) -> int:
    desk.get(path)  # Django looks its content types up once and keeps them
    with CaptureQueriesContext(connection) as captured:
        assert desk.get(path).status_code == 200
    return len(captured)
