"""Whole answers kept for a moment: what is kept, for whom, and for how long."""

import gzip
import threading

import brotli
import pytest
from django.http import HttpResponse
from django.middleware.http import ConditionalGetMiddleware
from django.test import RequestFactory
from django.urls import path
from django.views.decorators.http import condition

from patriot.lib.kept_pages import KeptPages, Page, Shelf, kept

TEXT = "What everybody sees alike. " * 40


class Newsroom:
    """A page whose words and answers a test decides, and how often it was set and checked."""

    def __init__(self):
        self.words = TEXT
        self.headers = {}
        self.cookie = ""
        self.status = 200
        self.set = self.asked = 0
        self.clock = 100.0
        self.shelf = Shelf()
        self.pages = KeptPages(
            ConditionalGetMiddleware(self.answer), shelf=self.shelf, clock=lambda: self.clock
        )

    def answer(self, request):
        self.asked += 1

        @condition(etag_func=lambda _: f'"{hash(self.words)}"')
        def written(request):
            self.set += 1
            return HttpResponse(self.words, status=self.status, headers=self.headers)

        response = written(request)
        if self.cookie:
            response.set_cookie("seen", self.cookie)
        return response

    def get(self, address="/kept/", *, method="GET", **asked):
        return self.pages(RequestFactory().generic(method, address, **asked))


@kept("length=short")
def keepable(request):
    raise AssertionError("The newsroom answers.")


def passing(request):
    raise AssertionError("The newsroom answers.")


urlpatterns = [path("kept/", keepable), path("kept/<int:pk>/", keepable), path("passing/", passing)]


@pytest.fixture
def newsroom(settings):
    settings.ROOT_URLCONF = __name__
    settings.KEPT_PAGE_SECONDS = 1.0
    return Newsroom()


def test_a_page_is_set_once_a_second_however_many_ask(newsroom):
    answers = [newsroom.get() for _ in range(200)]

    assert newsroom.asked == 1
    assert {answer.content.decode() for answer in answers} == {TEXT}
    assert answers[0].headers == answers[-1].headers


def test_after_its_second_a_page_is_checked_and_not_set_again(newsroom):
    newsroom.get()
    newsroom.clock += 1.5

    again = newsroom.get()

    assert (newsroom.asked, newsroom.set) == (2, 1)
    assert again.status_code == 200
    assert again.content.decode() == TEXT


def test_what_changed_is_shown_after_a_second(newsroom):
    newsroom.get()
    newsroom.words = "Corrected."
    at_once = newsroom.get().content.decode()
    newsroom.clock += 1.0

    later = newsroom.get().content.decode()

    assert (at_once, later) == (TEXT, "Corrected.")


@pytest.mark.parametrize("status", [404, 410, 500, 302])
def test_what_is_not_there_any_more_is_not_shown_from_memory(newsroom, status):
    newsroom.get()
    newsroom.status, newsroom.words = status, "Gone."
    newsroom.clock += 1.0

    answers = [newsroom.get().status_code for _ in range(2)]

    assert answers == [status, status]
    assert newsroom.asked == 3
    assert len(newsroom.shelf) == 0


@pytest.mark.parametrize(
    ("address", "method"),
    [
        pytest.param("/passing/", "GET", id="a view that does not say so"),
        pytest.param("/kept/?length=long", "GET", id="another query string"),
        pytest.param("/kept/?length=short&x=1", "GET", id="more than the query string"),
        pytest.param("/kept/?utm_source=" + "x" * 5000, "GET", id="a hostile query string"),
        pytest.param("/nothing/", "GET", id="no address of ours"),
        pytest.param("/kept/", "POST", id="a form"),
    ],
)
def test_whatever_else_is_asked_for_passes_by(newsroom, address, method):
    newsroom.get(address, method=method)
    newsroom.get(address, method=method)

    assert newsroom.asked == 2
    assert len(newsroom.shelf) == 0


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Vary": "Cookie"}, id="what depends on a cookie"),
        pytest.param({"Vary": "Accept-Encoding, Accept-Language"}, id="on a language"),
        pytest.param({"Cache-Control": "private, max-age=9"}, id="what is private"),
        pytest.param({"Cache-Control": "no-store"}, id="what may not be stored"),
    ],
)
def test_what_not_everybody_sees_is_not_kept(newsroom, headers):
    newsroom.headers = headers

    newsroom.get()
    newsroom.get()

    assert newsroom.asked == 2


def test_an_answer_with_a_cookie_is_its_receivers_alone(newsroom):
    newsroom.cookie = "alice"
    newsroom.get()
    newsroom.cookie = ""

    answer = newsroom.get()

    assert not answer.cookies


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        pytest.param("gzip, deflate, br, zstd", "br", id="a browser"),
        pytest.param("gzip", "gzip", id="an old client"),
        pytest.param("br;q=0, gzip;q=0.5", "gzip", id="brotli refused"),
        pytest.param("GZIP;Q=0.0", "", id="all refused"),
        pytest.param("x" * 100_000 + ",br", "", id="an endless header"),
        pytest.param("", "", id="nothing said"),
    ],
)
def test_a_page_comes_in_the_form_that_the_reader_takes(newsroom, accepted, encoding):
    answer = newsroom.get(HTTP_ACCEPT_ENCODING=accepted)

    read = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}[encoding]
    assert answer.get("Content-Encoding", "") == encoding
    assert read(answer.content).decode() == TEXT
    assert answer["Content-Length"] == str(len(answer.content))
    assert answer["Vary"] == "Accept-Encoding"


def test_whoever_has_the_page_in_any_form_gets_304(newsroom):
    packed = newsroom.get(HTTP_ACCEPT_ENCODING="br")
    plain = newsroom.get()

    answers = [
        newsroom.get(HTTP_IF_NONE_MATCH=tag, HTTP_ACCEPT_ENCODING="gzip")
        for tag in (packed["ETag"], plain["ETag"], f'"other", {plain["ETag"]}', "*")
    ]

    assert [answer.status_code for answer in answers] == [304] * 4
    assert {answer.content for answer in answers} == {b""}
    assert newsroom.get(HTTP_IF_NONE_MATCH='"other"').status_code == 200
    assert newsroom.asked == 1


def test_the_first_who_asks_may_have_the_page_already(newsroom):
    tag = newsroom.get()["ETag"]
    newsroom.shelf.drop(next(iter(newsroom.shelf._pages)))

    first = newsroom.get(HTTP_IF_NONE_MATCH=tag)
    second = newsroom.get()

    assert (first.status_code, second.status_code) == (304, 200)
    assert second.content.decode() == TEXT


def test_head_is_answered_as_get_without_its_body(newsroom):
    head = newsroom.get(method="HEAD")
    page = newsroom.get()

    assert head.content == b""
    assert page.content.decode() == TEXT
    assert head.headers == page.headers


def test_hosts_and_schemes_have_pages_of_their_own(newsroom):
    for asked in ({"HTTP_HOST": "a.example"}, {"HTTP_HOST": "b.example"}, {"secure": True}, {}):
        newsroom.get(**asked)

    assert newsroom.asked == 4


def test_the_shelf_is_bounded_and_drops_what_was_not_asked_for(newsroom):
    newsroom.shelf._max_bytes = 60_000
    for number in range(100):
        newsroom.get(f"/kept/{number}/")
        newsroom.get("/kept/")

    assert 5 < len(newsroom.shelf) < 20
    assert newsroom.shelf.size <= 60_000
    assert newsroom.asked == 101


def test_a_burst_at_publication_sets_the_page_once(newsroom):
    is_setting, may_go_on = threading.Event(), threading.Event()
    inner = newsroom.answer

    def slow(request):
        is_setting.set()
        assert may_go_on.wait(20)
        return inner(request)

    newsroom.pages._get_response = slow
    answers = []
    readers = [
        threading.Thread(target=lambda: answers.append(newsroom.get().content)) for _ in range(20)
    ]
    for reader in readers:
        reader.start()
    assert is_setting.wait(20)
    may_go_on.set()
    for reader in readers:
        reader.join(20)

    assert answers == [TEXT.encode()] * 20
    assert newsroom.asked == 1


def test_a_page_that_is_put_twice_counts_once():
    shelf = Shelf()
    page = Page(headers={}, body=b"x" * 1000, etag="", modified_at=None, checked_at=0.0)

    shelf.put("key", page)
    shelf.put("key", page)
    size = shelf.size
    shelf.drop("key")

    assert (size, shelf.size) == (page.size, 0)
