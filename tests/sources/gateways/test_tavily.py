"""Tavily's real SDK against a server that answers well, badly and late."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import requests  # noqa: TID251 (its errors)
import tavily.errors  # noqa: TID251 (its errors)

from patriot.lib.text import text_of_html
from sources.domain.search import Question
from sources.gateways import tavily as gateway
from sources.gateways.tavily import (
    Denied,
    Malformed,
    NotSent,
    OutOfFunds,
    RateLimited,
    Search,
    SearchError,
    Unavailable,
    error_of,
)
from tests.tavily_server import HOSTILE, KEY, Reply, as_json, html, late, refused, result, results

FERRIES = Question("ferries")


@pytest.fixture
def search(tavily_server):
    return a_search(tavily_server)


def a_search(server, **changes):
    return Search(
        **{
            "api_key": KEY,
            "base_url": server.address,
            "allow": [server.authority],
            "deadline": timedelta(seconds=60),
        }
        | changes
    )


# --- What is asked ----------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["", "  "])
def test_without_a_key_there_is_no_search(key):
    with pytest.raises(ValueError, match="TAVILY_API_KEY"):
        Search(api_key=key)


def test_a_question_is_asked_as_the_editor_set_it(tavily_server, search):
    question = Question(
        "ferries & fares", "finance", "week", 5, ("courier.example",), ("spam.example",)
    )

    search.search(question)

    [asked] = tavily_server.asked
    assert asked.path == "/search"
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert "x-tavily-access-mode" not in asked.headers
    assert asked.question == {
        "query": "ferries & fares",
        "search_depth": "basic",
        "topic": "finance",
        "time_range": "week",
        "max_results": 5,
        "include_domains": ["courier.example"],
        "exclude_domains": ["spam.example"],
        "include_raw_content": "text",
        "include_usage": True,
    }


# --- What is found ----------------------------------------------------------------------------


def test_results_become_entries(tavily_server, search):
    tavily_server.answer(results(result(1), result(2)))

    found = search.search(FERRIES)

    assert found.usage.credits == tavily_server.credits == 1
    assert found.request_id == "123e4567-e89b-12d3-a456-426614174111"
    assert timedelta(0) < found.took < timedelta(seconds=60)
    assert (found.feed.title, found.feed.skipped) == ("Search: ferries", {})
    first = found.feed.entries[0]
    assert (first.raw_id, first.url) == ("", "https://courier.example/news/1")
    assert first.title == "Ferry number 1 leaves on time"
    assert text_of_html(first.html) == "Ferry 1 left the old harbor at noon.\n\nIt was full."
    assert first.published_at == datetime(2026, 6, 9, 5, 12, tzinfo=UTC)
    assert first.published_raw == "Tue, 09 Jun 2026 05:12:00 GMT"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param("Tue, 09 Jun 2026 05:12:00 GMT", "09 05:12", id="RFC 822"),
        pytest.param("2026-06-09T05:12:00Z", "09 05:12", id="RFC 3339"),
        pytest.param("2026-06-09T07:12:00.000+02:00", "09 05:12", id="offset"),
        pytest.param("2026-06-09", "09 00:00", id="a day"),
        pytest.param("June 9, 2026", "09 00:00", id="in words"),
        pytest.param(None, None, id="none"),
        pytest.param("", None, id="empty"),
        pytest.param("soon", None, id="no date"),
        pytest.param(1_780_000_000, None, id="no text"),
        pytest.param({"day": 9}, None, id="an object"),
    ],
)
def test_dates_are_read_as_they_occur(tavily_server, search, raw, expected):
    tavily_server.answer(results(result(published_date=raw)))

    [entry] = search.search(FERRIES).feed.entries

    assert (entry.published_at and f"{entry.published_at:%d %H:%M}") == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("If a < b & b > c then <script>alert(1)</script> stays.", id="markup"),
        pytest.param("Write &amp; to get &lt;b&gt;.", id="references"),
        pytest.param("<!-- The mayor resigned. -->", id="a comment"),
        pytest.param("First line\nsecond line\n\nNext paragraph", id="lines and paragraphs"),
        pytest.param("]]></p><style>p{display:none}</style>", id="closing tags"),
    ],
)
def test_text_is_text_whatever_it_looks_like(tavily_server, search, text):
    tavily_server.answer(results(result(raw_content=text, title=text)))

    [entry] = search.search(FERRIES).feed.entries

    assert text_of_html(entry.html) == text
    assert entry.title == " ".join(text.split())


def test_nothing_hidden_and_nothing_endless_comes_in(tavily_server, search):
    tavily_server.answer(
        results(
            result(1, title="Fer\x00ry \u202eevil\u202c", raw_content="A\x00 ferry\u200b left."),
            result(2, title="t" * 50_000, raw_content="<p>" * 400_000),
        )
    )

    first, second = search.search(FERRIES).feed.entries

    assert (first.title, text_of_html(first.html)) == ("Ferry evil", "A ferry left.")
    assert len(second.title) == 1_000
    assert len(text_of_html(second.html)) <= 100_000


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        pytest.param({"raw_content": None}, "Ferry 0 left the old harbor.", id="no page"),
        pytest.param({"raw_content": " \n"}, "Ferry 0 left the old harbor.", id="an empty page"),
        pytest.param({"raw_content": 7, "content": ["x"]}, "", id="no text"),
    ],
)
def test_the_snippet_stands_in_for_a_page_that_was_not_read(tavily_server, search, fields, text):
    tavily_server.answer(results(result(**fields)))

    [entry] = search.search(FERRIES).feed.entries

    assert text_of_html(entry.html) == text


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        *(
            pytest.param(result(**fields), gateway.NO_ADDRESS, id=name)
            for name, fields in HOSTILE.items()
        ),
        pytest.param("https://courier.example/1", gateway.NO_RESULT, id="text"),
        pytest.param(None, gateway.NO_RESULT, id="null"),
        pytest.param([1], gateway.NO_RESULT, id="a list"),
        pytest.param(result(url="https://courier.example/"), gateway.NO_ARTICLE, id="front page"),
        pytest.param(
            result(title=None, content="", raw_content=None),
            gateway.NO_TITLE_AND_NO_TEXT,
            id="nothing in it",
        ),
    ],
)
def test_a_result_of_no_use_is_counted_and_the_others_kept(tavily_server, search, found, reason):
    tavily_server.answer(results(found, result(1)))

    feed = search.search(FERRIES).feed

    assert [entry.url for entry in feed.entries] == ["https://courier.example/news/1"]
    assert feed.skipped == {reason: 1}
    assert feed.entry_count == 2


def test_what_the_editor_did_not_ask_for_is_left_out(tavily_server, search):
    tavily_server.answer(
        results(
            result(1),
            result(2, url="https://spam.example/2"),
            result(3, url="https://www.courier.example/3"),
            result(4, url="https://notcourier.example/4"),
            result(5, url="https://blogs.courier.example/5"),
        )
    )

    feed = search.search(
        Question(
            "ferries",
            include_domains=("courier.example",),
            exclude_domains=("blogs.courier.example",),
        )
    ).feed

    assert [entry.url[-2:] for entry in feed.entries] == ["/1", "/3"]
    assert feed.skipped == {gateway.NOT_ASKED_FOR: 3}


def test_more_results_than_asked_for_are_not_read(tavily_server, search):
    tavily_server.answer(results(*(result(number) for number in range(50))))

    feed = search.search(Question("ferries", max_results=3)).feed

    assert len(feed.entries) == 3
    assert feed.skipped == {gateway.TOO_MANY: 47}


@pytest.mark.parametrize(
    ("usage", "credits"),
    [
        pytest.param({"credits": 2}, "2", id="as counted"),
        pytest.param({"credits": 0.5}, "0.5", id="a half"),
        pytest.param({"credits": 0}, "0", id="nothing"),
        pytest.param(..., "1", id="missing"),
        pytest.param({"credits": "2"}, "1", id="text"),
        pytest.param({"credits": True}, "1", id="a truth"),
        pytest.param({"credits": -5}, "1", id="below nothing"),
        pytest.param({"credits": 10**12}, "1", id="all the money"),
        pytest.param({"credits": float("nan")}, "1", id="not a number"),
        pytest.param([1], "1", id="a list"),
    ],
)
def test_credits_are_what_the_service_counts_or_one(tavily_server, search, usage, credits):
    tavily_server.answer(results(result(), usage=usage))

    assert search.search(FERRIES).usage.credits == Decimal(credits)


@pytest.mark.parametrize("request_id", [..., None, 7, ["a"], "x" * 10_000, "a\x00b\nc"])
def test_a_request_id_is_a_short_line_or_nothing(tavily_server, search, request_id):
    tavily_server.answer(results(request_id=request_id))

    name = search.search(FERRIES).request_id

    assert len(name) <= 100
    assert "\x00" not in name


# --- What goes wrong --------------------------------------------------------------------------

BROKEN = {
    "HTML": html(),
    "an empty body": Reply(),
    "cut off": Reply(b'{"results": ['),
    "a list": as_json([]),
    "null": as_json(None),
    "a number": as_json(7),
    "results are text": results(results="none"),
    "results are null": results(results=None),
    "results are an object": results(results={"0": result()}),
    "ten thousand brackets": Reply(b"[" * 100_000),
    "a number of ten thousand digits": Reply(b'{"results": [' + b"7" * 10_000 + b"]}"),
    "bytes": Reply(bytes(range(256))),
    "UTF-16": Reply('{"results": []}'.encode("utf-16")),
}


@pytest.mark.parametrize("reply", [pytest.param(BROKEN[name], id=name) for name in BROKEN])
def test_what_is_no_answer_is_malformed_and_paid_for(tavily_server, search, reply):
    tavily_server.answer(reply)

    with pytest.raises(Malformed) as caught:
        search.search(FERRIES)

    assert caught.value.usage.credits == tavily_server.credits == 1
    assert caught.value.status == 200


def test_a_reply_without_results_found_nothing(tavily_server, search):
    tavily_server.answer(as_json({"usage": {"credits": 1}}))

    assert search.search(FERRIES).feed.entries == ()


@pytest.mark.parametrize(
    ("reply", "error", "words"),
    [
        pytest.param(refused(400, "Query is too long."), Denied, "Query is too long.", id="400"),
        pytest.param(refused(401, "Unauthorized."), Denied, "TAVILY_API_KEY", id="401"),
        pytest.param(refused(403, "URL is not supported."), Denied, "not supported", id="403"),
        pytest.param(refused(404, "Not Found"), Denied, "404", id="404"),
        pytest.param(refused(422, "No."), Denied, "422", id="422"),
        pytest.param(refused(429, "Too many."), RateLimited, "less often", id="429"),
        pytest.param(refused(503, "Busy."), RateLimited, "less often", id="503"),
        pytest.param(refused(432, "Plan limit."), OutOfFunds, "Plan limit.", id="432"),
        pytest.param(refused(433, "PAYG limit."), OutOfFunds, "limit of Tavily's plan", id="433"),
        pytest.param(refused(500, "Oh."), Unavailable, "500", id="500"),
        pytest.param(html(502), Unavailable, "502", id="a proxy's 502"),
        pytest.param(html(403), Denied, "403", id="a proxy's 403"),
        pytest.param(as_json({"detail": "Gone"}, 500), Unavailable, "Gone", id="detail as text"),
        pytest.param(as_json({"detail": [1]}, 500), Unavailable, "500", id="detail as list"),
        pytest.param(as_json([], 429), RateLimited, "429", id="a list"),
        pytest.param(Reply(b"[" * 100_000, 500), Unavailable, "500", id="brackets"),
        pytest.param(Reply(b"", 204), Unavailable, "204", id="no content"),
        pytest.param(Reply(b"", 304), Denied, "304", id="unchanged"),
        pytest.param(Reply(b"", 302, {"Location": "/other"}), Denied, "redirects", id="elsewhere"),
        pytest.param(Reply(b"", 666), Unavailable, "666", id="a status of its own"),
    ],
)
def test_a_refusal_says_what_to_do_and_costs_nothing(tavily_server, search, reply, error, words):
    tavily_server.answer(reply)

    with pytest.raises(SearchError) as caught:
        search.search(FERRIES)

    assert type(caught.value) is error
    assert words in str(caught.value)
    assert caught.value.status == reply.status
    assert caught.value.usage.credits == tavily_server.credits == 0
    assert len(tavily_server.asked) == 1


@pytest.mark.parametrize(
    ("value", "asked"),
    [
        pytest.param("120", timedelta(minutes=2), id="seconds"),
        pytest.param("9" * 50, timedelta(days=1), id="for ever"),
        pytest.param("Wed, 09 Jun 2100 06:35:00 GMT", timedelta(minutes=5), id="a moment"),
        pytest.param("Wed, 09 Jun 2100 06:00:00 GMT", timedelta(0), id="a moment gone by"),
        pytest.param("soon", None, id="a word"),
        pytest.param("-5", None, id="a negative number"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_who_is_rate_limited_hears_for_how_long(value, asked):
    answer = requests.Response()
    answer.status_code = 429
    answer.headers["Retry-After"] = value
    answer.headers["Date"] = "Wed, 09 Jun 2100 06:30:00 GMT"

    error = error_of(tavily.errors.UsageLimitExceededError(""), answer)

    assert isinstance(error, RateLimited)
    assert error.asked == asked


def test_retry_after_survives_the_sdk(tavily_server, search):
    tavily_server.answer(refused(429, "Too many.", Retry_After="90"))

    with pytest.raises(RateLimited) as caught:
        search.search(FERRIES)

    assert caught.value.asked == timedelta(seconds=90)


def test_who_is_late_may_have_been_paid(tavily_server):
    tavily_server.answer(late(results(result()), seconds=60))
    search = a_search(tavily_server, deadline=timedelta(seconds=2))

    with pytest.raises(Unavailable, match="in time") as caught:
        search.search(FERRIES)

    assert caught.value.usage.credits == tavily_server.credits == 1


def test_an_endless_answer_may_have_been_paid(tavily_server, search):
    tavily_server.answer(Reply(b" " * 6_000_000))

    with pytest.raises(Unavailable, match="broke off") as caught:
        search.search(FERRIES)

    assert caught.value.usage.credits == 1


def test_who_could_not_be_reached_was_not_paid(tavily_server):
    search = a_search(tavily_server, base_url="http://127.0.0.1:9", allow=["127.0.0.1:9"])

    with pytest.raises(Unavailable, match="could not be reached") as caught:
        search.search(FERRIES)

    assert caught.value.usage.credits == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param(
            {"base_url": "http://me:secret@127.0.0.1"}, "not one that we reach", id="a password"
        ),
        pytest.param({"base_url": "file:///etc"}, "cannot be sent", id="no web address"),
        pytest.param({"api_key": "secret\nkey"}, "cannot be sent", id="a key of two lines"),
        pytest.param({"api_key": "secret…"}, "cannot be sent", id="a key beyond ASCII"),
        pytest.param({"api_key": "secret"}, "does not accept TAVILY_API_KEY", id="a wrong key"),
    ],
)
def test_a_wrong_setting_is_named_and_the_key_never_said(tavily_server, changes, words):
    with pytest.raises(Denied) as caught:
        a_search(tavily_server, **changes).search(FERRIES)

    assert words in str(caught.value)
    assert "secret" not in str(caught.value)


def test_its_own_address_may_be_private_and_on_any_port(tavily_server):
    found = a_search(tavily_server, allow=[]).search(FERRIES)

    assert found.request_id
    assert len(tavily_server.asked) == 1


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"base_url": "http://0x7f.1/"}, id="our policy"),
        pytest.param({"api_key": "secret\nkey"}, id="a key of two lines"),
    ],
)
def test_what_we_keep_here_ourselves_was_not_sent(tavily_server, changes):
    with pytest.raises(NotSent):
        a_search(tavily_server, **changes).search(FERRIES)

    assert tavily_server.asked == []


def test_nothing_is_taken_from_the_environment(tavily_server, search, monkeypatch):
    for name in ("TAVILY_HTTP_PROXY", "TAVILY_HTTPS_PROXY", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("TAVILY_API_KEY", "another")

    search.search(FERRIES)

    assert tavily_server.asked[0].headers["authorization"] == f"Bearer {KEY}"


def errors_of(module):
    return [
        error
        for _, error in inspect.getmembers(module, inspect.isclass)
        if issubclass(error, Exception)
    ]


# What only the keyless mode and other endpoints raise, which we never use.
NEVER = {tavily.errors.MissingAPIKeyError, tavily.errors.KeylessUnsupportedEndpointError}


@pytest.mark.parametrize("error", sorted(set(errors_of(tavily.errors)) - NEVER, key=str))
def test_every_error_of_the_sdk_is_translated(search, monkeypatch, error):
    def fail(*_, **__):
        raise error("no")

    monkeypatch.setattr("tavily.TavilyClient.search", fail)

    with pytest.raises(SearchError):
        search.search(FERRIES)


@pytest.mark.parametrize(
    "error",
    [
        each
        for each in errors_of(requests.exceptions)
        if issubclass(each, requests.exceptions.RequestException)
        and each is not requests.exceptions.JSONDecodeError
    ],
)
def test_every_error_of_requests_is_translated(search, monkeypatch, error):
    def fail(*_, **__):
        raise error("no")

    monkeypatch.setattr("tavily.TavilyClient.search", fail)

    with pytest.raises(SearchError):
        search.search(FERRIES)
