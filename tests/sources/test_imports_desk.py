"""The desk's pages of imports: bring a list, look at it, take it in; hand ours on."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from patriot.accounts.roles import Role
from sources.gateways.opml import read_outlines
from sources.models import Import, Source
from tests.factories import NOW, a_source, a_user_with

pytestmark = pytest.mark.django_db

IMPORTS = "/admin/sources/import/"
ADD = f"{IMPORTS}add/"
LIST = """<opml version="2.0"><body><outline text="News">
<outline text="Courier" xmlUrl="https://courier.example/rss"/>
<outline text="Harbor &lt;b&gt; Post" xmlUrl="https://harborpost.example/feed.xml"/>
<outline text="Twin" xmlUrl="http://courier.example/rss"/>
<outline text="Inside" xmlUrl="http://10.0.0.7/rss"/>
</outline></body></opml>"""


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(a_user_with(Role.EDITOR, username="bob"))
    return client


def a_file(content: str | bytes = LIST, name: str = "feeds.opml") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)


def bring(desk: Client, **fields: Any) -> Any:
    return desk.post(ADD, {"_save": "Look"} | fields, follow=True)


def page_of(answer: Any) -> str:
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_a_list_is_looked_at_row_by_row_and_nothing_is_added(desk: Client) -> None:
    a_source("Harbor Post", url="https://harborpost.example/feed.xml")

    page = page_of(bring(desk, file=a_file(), tags="From Ana, 2026"))

    stored = Import.objects.get()
    assert (stored.name, stored.author.username, stored.created_at) == ("feeds.opml", "bob", NOW)
    assert stored.applied_at is None
    assert Source.objects.count() == 1
    assert "known as Harbor Post" in page
    assert "Harbor &lt;b&gt; Post" in page
    assert "twice in the file (row 1)" in page
    assert "refused: 10.0.0.7 is not a public address." in page
    assert "from-ana, 2026, news" in page
    assert 'value="Add this feed"' in page
    assert LogEntry.objects.get().get_change_message() == "Read: 4 feeds."


def test_what_is_new_is_added_once(desk: Client) -> None:
    bring(desk, file=a_file())
    stored = Import.objects.get()
    address = f"{IMPORTS}{stored.pk}/apply/"

    first = page_of(desk.post(address, follow=True))
    again = page_of(desk.post(address, follow=True))

    stored.refresh_from_db()
    assert stored.applied_at == NOW
    assert sorted(Source.objects.values_list("name", flat=True)) == ["Courier", "Harbor <b> Post"]
    assert "2 sources added. They are unchecked until the first fetch" in first
    assert "added as Courier" in first
    assert "Add th" not in first
    assert "nothing was added twice" in again
    told = [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")]
    assert told == [
        "Read: 4 feeds.",
        "Added 2 sources.",
        "Added by the list “feeds.opml”.",
        "Added by the list “feeds.opml”.",
    ]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        pytest.param({}, "Choose a file or paste a list.", id="nothing"),
        pytest.param({"file": a_file(), "pasted": "https://a.example/"}, "not both", id="too much"),
        pytest.param({"file": a_file(b" ")}, "The file is empty.", id="blank"),
        pytest.param({"file": a_file(b"")}, "The submitted file is empty.", id="empty"),
        pytest.param({"pasted": "<rss/>"}, "This is a feed itself (&lt;rss&gt;)", id="a feed"),
        pytest.param({"pasted": "hello"}, "The file names no feed.", id="prose"),
        pytest.param(
            {"file": a_file(b"x" * 5_000_001)}, "The file is larger than 5 MB", id="too large"
        ),
    ],
)
def test_what_cannot_be_read_is_a_sentence(desk: Client, fields: Any, sentence: str) -> None:
    page = page_of(bring(desk, **fields))

    assert sentence in page
    assert not Import.objects.exists()


def test_a_list_can_be_pasted(desk: Client) -> None:
    page = page_of(
        bring(desk, pasted="The Courier https://courier.example/rss\nhttps://b.example/")
    )

    assert "<title>A pasted list" in page
    assert 'value="Add these 2 feeds"' in page


def test_the_starter_list_is_looked_at_like_any_other(desk: Client) -> None:
    page = page_of(desk.post(ADD, {"_starter": "Take"}, follow=True))

    assert "The starter list" in page
    assert "UN News" in page
    assert not Source.objects.exists()


def test_a_list_of_which_nothing_is_new_cannot_be_added(desk: Client) -> None:
    a_source("Courier", url="https://courier.example/rss")

    page = page_of(bring(desk, pasted="https://courier.example/rss"))

    assert "Nothing of this list is new" in page
    assert "formaction" not in page


def test_rows_can_be_listed_by_verdict_and_page(desk: Client) -> None:
    lines = [f"https://a{number}.example/rss" for number in range(450)] + ["http://10.0.0.7/"]
    bring(desk, pasted="\n".join(lines))
    address = f"{IMPORTS}{Import.objects.get().pk}/change/"

    first, last = page_of(desk.get(address)), page_of(desk.get(address, {"p": "3"}))
    refused = page_of(desk.get(address, {"verdict": "refused"}))
    nonsense = page_of(desk.get(address, {"verdict": "<b>", "p": "x"}))

    assert "Page 1 of 3" in first
    assert first.count('<td class="condition') == 200
    assert "10.0.0.7" in last
    assert "10.0.0.7" not in first
    assert refused.count('<td class="condition') == 1
    assert nonsense.count('<td class="condition') == 200


@pytest.mark.parametrize("number", [2, 2_000])
def test_the_pages_take_as_many_queries_whatever_a_list_holds(
    desk: Client, django_assert_num_queries: Any, number: int
) -> None:
    bring(desk, pasted="\n".join(f"https://a{place}.example/rss" for place in range(number)))
    stored = Import.objects.get()
    ContentType.objects.get_for_models(Source, Import)  # which are asked once per process

    # Session, user and two of permissions come first; then the import with its author.
    with django_assert_num_queries(QUERIES_OF_A_PAGE):
        desk.get(f"{IMPORTS}{stored.pk}/change/")
    with django_assert_num_queries(QUERIES_OF_THE_LIST):
        desk.get(IMPORTS)
    with django_assert_num_queries(QUERIES_OF_ADDING):
        desk.post(f"{IMPORTS}{stored.pk}/apply/")
    with django_assert_num_queries(QUERIES_OF_THE_EXPORT):
        desk.get(f"{IMPORTS}export/")


QUERIES_OF_A_PAGE, QUERIES_OF_THE_LIST, QUERIES_OF_ADDING, QUERIES_OF_THE_EXPORT = 6, 6, 25, 5


def test_earlier_imports_say_what_came_of_them(desk: Client) -> None:
    bring(desk, file=a_file(name="first.opml"))
    desk.post(f"{IMPORTS}{Import.objects.get().pk}/apply/")
    bring(desk, pasted="https://courier.example/rss\nhttps://b.example/rss")

    page = page_of(desk.get(IMPORTS))

    assert "first.opml" in page
    assert "2 added" in page
    assert "looked at, 1 could be added" in page


def test_viewers_look_and_do_not_add(client: Client) -> None:
    chief = Client()
    chief.force_login(a_user_with(Role.EDITOR))
    bring(chief, file=a_file())
    stored = Import.objects.get()
    client.force_login(a_user_with(Role.VIEWER))

    page = page_of(client.get(f"{IMPORTS}{stored.pk}/change/"))
    refused = client.post(f"{IMPORTS}{stored.pk}/apply/")

    assert "Editors decide." in page
    assert "formaction" not in page
    assert refused.status_code == 403
    assert not Source.objects.exists()


def test_our_feeds_are_handed_on(desk: Client) -> None:
    a_source("Courier & Sons", url="https://courier.example/rss", is_enabled=False)

    answer = desk.get(f"{IMPORTS}export/")

    assert answer["Content-Disposition"] == 'attachment; filename="feeds.opml"'
    assert [feed.name for feed in read_outlines(answer.content).feeds] == ["Courier & Sons"]
