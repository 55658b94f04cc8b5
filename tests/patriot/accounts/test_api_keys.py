"""API keys: shown once, kept as a digest, and never worth more than their owner."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from patriot.accounts.models import ApiKey, User
from patriot.accounts.roles import Role
from patriot.accounts.tokens import Token
from patriot.lib.rates import Rate
from patriot.work.models import Job
from reports.models import Report
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
ME, JOBS, KEYS = "/api/v1/me/", "/api/v1/jobs/", "/admin/accounts/apikey/"


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveler:
        yield traveler


@pytest.fixture
def editor():
    return factories.a_user_with(Role.EDITOR, username="alice")


def get(path: str, token: str, *, at: str = "127.0.0.1", **more: Any) -> Any:
    headers = {"authorization": f"Bearer {token}"} | more
    return Client().get(path, headers=headers, REMOTE_ADDR=at)


def post(path: str, token: str, **more: Any) -> Any:
    headers = {"authorization": f"Bearer {token}"}
    sent = {"data": b"", "content_type": "application/x-www-form-urlencoded"} | more
    return Client(enforce_csrf_checks=True).post(path, headers=headers, **sent)


# --- The token --------------------------------------------------------------------
def test_a_token_holds_256_random_bits_that_scanners_can_find():
    one, other = Token.make(), Token.make()

    assert one.reveal().startswith(f"patriot_{one.prefix}_")
    assert len(bytes.fromhex(one.secret)) == 32
    assert one.secret != other.secret
    assert Token.parse(one.reveal()) == one
    assert one.secret not in repr(one)


def test_only_a_digest_is_stored(editor):
    key, token = factories.an_api_key(editor)

    row = ApiKey.objects.filter(pk=key.pk).values().get()
    assert token.rpartition("_")[2] not in str(row)
    assert key.belongs_to(Token.parse(token))


NEW, OLD = "n3w-pepper" * 5, "0ld-pepper" * 5


@pytest.mark.parametrize(
    ("before", "after", "fallbacks"),
    [
        pytest.param("", NEW, [], id="from before there was a pepper"),
        pytest.param(OLD, NEW, [OLD], id="under the earlier one"),
        pytest.param(OLD, NEW, ["other", OLD], id="under one long before"),
        pytest.param(NEW, NEW, [OLD], id="under today's"),
        pytest.param(OLD, "", [OLD], id="under one that was given up"),
        pytest.param(OLD, NEW, [], id="under one that nobody knows any more"),
    ],
)
def test_a_key_outlives_its_pepper_and_is_stored_anew_when_used(
    editor, settings, before, after, fallbacks
):
    settings.API_KEY_PEPPER = before
    key, token = factories.an_api_key(editor)
    stored = key.hash
    settings.API_KEY_PEPPER, settings.API_KEY_PEPPER_FALLBACKS = after, fallbacks

    first = get(ME, token).status_code
    settings.API_KEY_PEPPER_FALLBACKS = []
    second = get(ME, token).status_code

    key.refresh_from_db()
    works = before in {after, "", *fallbacks}
    assert [first, second] == ([200, 200] if works else [401, 401])
    assert (key.hash == Token.parse(token).digest(after)) is works
    assert (key.hash == stored) is (before == after or not works)


@pytest.mark.parametrize("guess", ["", "a guess"])
def test_who_writes_to_the_database_makes_no_key_once_all_have_a_pepper(editor, settings, guess):
    settings.API_KEY_PEPPER, settings.API_KEYS_WITHOUT_PEPPER = NEW, False
    key, token = factories.an_api_key(editor)
    forged = Token(Token.parse(token).prefix, "ab" * 32)

    before = get(ME, token).status_code
    ApiKey.objects.filter(pk=key.pk).update(hash=forged.digest(guess))

    assert [before, get(ME, forged.reveal()).status_code] == [200, 401]


def test_a_key_is_bound_to_networks_as_they_were_typed(desk):
    page = made(desk, networks="203.0.113.9, 2001:DB8::/32")
    token = page.context["token"]

    key = ApiKey.objects.get()
    assert key.networks == ["203.0.113.9/32", "2001:db8::/32"]
    assert get(ME, token, at="203.0.113.9").status_code == 200
    assert get(ME, token).status_code == 401
    assert "203.0.113.9/32, 2001:db8::/32" in desk.get(f"{KEYS}{key.pk}/change/").content.decode()


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"scopes": ["everything"]}, id="an unknown scope"),
        pytest.param({"expires_at": NOW}, id="no life"),
        pytest.param({"expires_at": NOW + timedelta(days=366)}, id="more than a year"),
        pytest.param({"daily_ceiling_usd": -1}, id="a ceiling below nothing"),
    ],
)
def test_the_database_refuses_what_no_key_may_be(editor, fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.an_api_key(editor, **fields)


# --- Who asks ---------------------------------------------------------------------
def test_a_key_is_told_who_it_is(editor):
    key, token = factories.an_api_key(editor, "jobs:read")

    response = get(ME, token)

    assert response.json() == {
        "username": "alice",
        "role": "editor",
        "is_superuser": False,
        "by": "key",
        "key": f"newsletter script ({key.prefix})",
        "scopes": ["jobs:read"],
        "expires_at": "2026-09-07T06:30:00Z",
    }
    assert response["Cache-Control"] == "private, no-store"


def test_a_session_is_told_who_it_is(client, editor):
    client.force_login(editor)

    assert client.get(ME).json()["by"] == "session"


def test_nobody_is_asked_for_a_key(client):
    response = client.get(ME)

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="Patriot API"'
    assert response.json()["code"] == "not_authenticated"


@pytest.mark.parametrize("path", [ME, JOBS])
@pytest.mark.parametrize("headers", [{}, {"authorization": f"Token patriot_{'0' * 12}"}])
def test_who_shows_no_key_is_told_how_to(client, path, headers):
    response = client.get(path, headers=headers)

    assert response.status_code == 401
    assert "“Authorization: Bearer <key>”" in response.json()["detail"]


@pytest.mark.parametrize(
    ("path", "method", "said"),
    [
        pytest.param(ME, "put", "the method PUT: it knows GET, HEAD, OPTIONS.", id="of one's own"),
        pytest.param(
            "/api/v1/reports/", "delete", "DELETE: it knows GET, HEAD, OPTIONS.", id="public"
        ),
        pytest.param(
            "/api/v1/briefings/x/reports/", "get", "GET: it knows POST, OPTIONS.", id="a POST"
        ),
    ],
)
def test_another_method_is_told_which_there_are(client, editor, path, method, said):
    client.force_login(editor)

    response = getattr(client, method)(path)

    assert response.status_code == 405
    assert said in response.json()["detail"]


UNKNOWN = "patriot_" + "0" * 12 + "_" + "0" * 64


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="nothing"),
        pytest.param("x", id="not like ours"),
        pytest.param(UNKNOWN, id="unknown"),
        pytest.param(UNKNOWN + "0", id="too long"),
        pytest.param(UNKNOWN.upper(), id="in capitals"),
        pytest.param(f"{UNKNOWN} {UNKNOWN}", id="twice"),
        pytest.param("9" * 100_000, id="very long"),
        pytest.param("patriot_" + "٠" * 12 + "_" + "0" * 64, id="foreign digits"),
        pytest.param("\x00", id="NUL"),
    ],
)
@pytest.mark.parametrize("path", [ME, "/api/v1/reports/"])
def test_what_is_no_key_is_refused_in_one_sentence_everywhere(path, token):
    raw = token.encode().decode("latin-1")

    response = Client().get(path, HTTP_AUTHORIZATION=f"Bearer {raw}")

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="Patriot API", error="invalid_token"'
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["detail"].startswith("This is no API key of ours")


def test_a_wrong_secret_is_told_nothing_that_an_unknown_key_is_not(editor):
    key, _ = factories.an_api_key(editor, revoked_at=NOW)
    forged = f"patriot_{key.prefix}_{'0' * 64}"

    with CaptureQueriesContext(connection) as of_forged:
        about_forged = get(ME, forged).json()
    with CaptureQueriesContext(connection) as of_unknown:
        about_unknown = get(ME, UNKNOWN).json()

    assert about_forged["detail"] == about_unknown["detail"]
    assert len(of_forged) == len(of_unknown)


@pytest.mark.parametrize(
    ("fields", "owner", "said"),
    [
        pytest.param({"revoked_at": NOW}, {}, "was revoked", id="revoked"),
        pytest.param(
            {"made_at": NOW - timedelta(days=90)}, {}, "has expired", id="expired this very moment"
        ),
        pytest.param({}, {"is_active": False}, "no longer active", id="the owner is gone"),
    ],
)
def test_its_holder_is_told_why_a_key_no_longer_works(fields, owner, said):
    user = factories.a_user_with(Role.EDITOR, **owner)
    _, token = factories.an_api_key(user, "jobs:read", **fields)

    response = get(JOBS, token)

    assert response.status_code == 401
    assert said in response.json()["detail"]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        pytest.param("203.0.113.9", 200, id="inside"),
        pytest.param("2001:db8::5", 200, id="inside of IPv6"),
        pytest.param("203.0.114.9", 401, id="outside"),
    ],
)
def test_a_key_may_be_bound_to_networks(editor, address, status):
    _, token = factories.an_api_key(editor, networks=["203.0.113.0/24", "2001:db8::/32"])

    answer = get(ME, token, at=address)

    assert answer.status_code == status
    if status == 401:
        assert (
            "works from other addresses only; this request came from 203.0.114.9"
            in (answer.json()["detail"])
        )


def test_too_many_failed_keys_of_one_address_are_throttled():
    answers = [get(ME, UNKNOWN) for _ in range(21)]

    assert [answer.status_code for answer in answers] == [401] * 20 + [429]
    assert answers[-1]["Retry-After"] == "3"


def test_another_scheme_is_not_ours_to_judge(client):
    response = client.get("/api/v1/", headers={"authorization": "Basic YTpi"})

    assert response.status_code == 200


# --- What it may ------------------------------------------------------------------
@pytest.mark.parametrize(
    ("role", "scopes", "status"),
    [
        pytest.param(Role.VIEWER, ["jobs:read"], 200, id="both"),
        pytest.param(Role.ADMINISTRATOR, [], 403, id="no scope"),
        pytest.param(Role.ADMINISTRATOR, ["reports:produce"], 403, id="another scope"),
        pytest.param(None, ["jobs:read"], 403, id="an owner without the permission"),
    ],
)
def test_a_key_needs_its_scope_and_its_owners_permission(role, scopes, status):
    _, token = factories.an_api_key(factories.a_user_with(role), *scopes)

    response = get(JOBS, token)

    assert response.status_code == status
    if status == 403:
        assert response.json()["code"] == "permission_denied"


@pytest.mark.parametrize(
    ("path", "role", "scopes", "said"),
    [
        pytest.param(
            JOBS, None, ["jobs:read"], "Only viewers and above may look at jobs.", id="no role"
        ),
        pytest.param(
            "/api/v1/briefings/x/reports/",
            Role.VIEWER,
            ["reports:produce"],
            "Only editors and above may have reports produced.",
            id="a role that is too low",
        ),
        pytest.param(
            JOBS,
            Role.EDITOR,
            ["reports:produce"],
            "This API key may not look at jobs: make one with the scope “jobs:read” at the desk, "
            "under “API keys”.",
            id="a key that may less",
        ),
    ],
)
def test_a_refusal_says_who_may(path, role, scopes, said):
    _, token = factories.an_api_key(factories.a_user_with(role), *scopes)

    response = get(path, token) if path == JOBS else post(path, token)

    assert response.status_code == 403
    assert response.json()["detail"] == said


def test_a_key_loses_what_its_owner_loses(editor):
    _, token = factories.an_api_key(editor, "jobs:read")
    assert get(JOBS, token).status_code == 200

    editor.groups.clear()

    assert get(JOBS, token).status_code == 403


def test_a_key_opens_neither_the_desk_nor_a_session(editor):
    _, token = factories.an_api_key(editor, "jobs:read", "reports:produce")

    desk = get("/admin/", token)
    api = get(ME, token)

    assert desk.status_code == 302
    assert api.status_code == 200
    assert not api.cookies
    assert not Session.objects.exists()


def test_a_session_needs_the_csrf_token_to_change_something(editor):
    briefing = factories.a_briefing()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(editor)

    response = strict.post(f"/api/v1/briefings/{briefing.slug}/reports/")

    assert response.status_code == 403
    assert "X-CSRFToken" in response.json()["detail"]
    assert not Report.objects.exists()


def test_a_public_address_reads_no_session(client, editor, django_assert_num_queries):
    client.force_login(editor)

    with django_assert_num_queries(1):  # the throttle's
        response = client.get("/api/v1/")

    assert "Cookie" not in response.get("Vary", "")


# --- What it costs ----------------------------------------------------------------
def test_a_request_with_a_key_takes_five_queries(editor, django_assert_num_queries):
    _, token = factories.an_api_key(editor, "jobs:read")
    get(JOBS, token)

    # the key with its owner, two for permissions, the throttle, the list
    with django_assert_num_queries(5):
        get(JOBS, token)


def test_a_public_request_with_a_key_takes_one_query_more(editor, django_assert_num_queries):
    _, token = factories.an_api_key(editor)
    get("/api/v1/briefings/", token)

    with django_assert_num_queries(3):
        get("/api/v1/briefings/", token)


def test_its_last_use_is_noted_once_a_minute(editor, clock):
    key, token = factories.an_api_key(editor)

    def noted(seconds: int) -> timedelta:
        clock.move_to(NOW + timedelta(seconds=seconds))
        get(ME, token)
        key.refresh_from_db()
        return key.last_used_at - NOW

    assert [noted(0), noted(59), noted(61)] == [
        timedelta(0),
        timedelta(0),
        timedelta(seconds=61),
    ]


def test_keys_have_an_allowance_of_their_own(editor, settings):
    settings.API_RATE_ANONYMOUS, settings.API_RATE_KEY = Rate.parse("1/min"), Rate.parse("2/min")
    _, token = factories.an_api_key(editor)
    Client().get("/api/v1/")

    answers = [get("/api/v1/", token).status_code for _ in range(3)]

    assert answers == [200, 200, 429]


# --- Jobs -------------------------------------------------------------------------
def a_job(number: int = 1, **fields: Any) -> Job:
    usual = {"kind": "select", "subject": f"report {number}", "created_at": NOW, "not_before": NOW}
    return Job.objects.create(**usual | fields)


@pytest.fixture
def reader(editor) -> str:
    return factories.an_api_key(editor, "jobs:read", "reports:produce")[1]


def test_jobs_are_listed_the_newest_first_page_by_page(reader):
    jobs = [a_job(number) for number in range(5)]

    first = get(f"{JOBS}?page_size=3", reader).json()
    second = get(first["next"], reader).json()

    listed = [job["id"] for job in first["results"] + second["results"]]
    assert listed == [job.pk for job in reversed(jobs)]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("query", "count"),
    [("state=dead", 1), ("subject=report 2", 1), ("state=done", 0), ("subject=report%2", 0)],
)
def test_jobs_are_filtered(reader, query, count):
    a_job(1, state="dead", finished_at=NOW, last_error="It broke.")
    a_job(2)

    assert len(get(f"{JOBS}?{query}", reader).json()["results"]) == count


@pytest.mark.parametrize("query", ["state=lost", "subject=%00", "subject=" + "x" * 61, "kind=lost"])
def test_a_wrong_filter_is_refused(reader, query):
    assert get(f"{JOBS}?{query}", reader).status_code == 400


def test_one_job_is_shown_without_what_the_step_wrote(reader):
    job = a_job(output={"claims": ["not verified"]})

    shown = get(f"{JOBS}{job.pk}/", reader).json()

    assert shown["state"] == "waiting"
    assert "output" not in shown
    assert get(f"{JOBS}999/", reader).status_code == 404


# --- Producing --------------------------------------------------------------------
def test_a_report_is_asked_for(reader):
    briefing = factories.a_briefing()
    path = f"/api/v1/briefings/{briefing.slug}/reports/"

    first, again = post(path, reader), post(path, reader)

    report = Report.objects.get()
    body = first.json()
    assert [first.status_code, again.status_code] == [202, 202]
    assert body["id"] == again.json()["id"] == report.pk
    assert body["state"] == "producing"
    assert first["Location"] == body["url"] == f"http://testserver/api/v1/reports/{report.pk}/"
    assert {job["kind"] for job in body["jobs"]} >= {"select"}
    assert get(body["jobs"][0]["url"], reader).json()["subject"] == report.subject
    note = LogEntry.objects.first().change_message
    assert "newsletter script" in note
    assert reader not in note


@pytest.mark.parametrize(
    ("slug", "query", "body", "status"),
    [
        pytest.param("nothing", "", None, 404, id="no such briefing"),
        pytest.param("morning", "?now=1", None, 400, id="a parameter"),
        pytest.param("morning", "", {"lead": 1}, 400, id="a body"),
        pytest.param("morning", "", {}, 202, id="an empty object"),
    ],
)
def test_nothing_can_be_said_with_it(reader, slug, query, body, status):
    factories.a_briefing(slug="morning")
    more = {} if body is None else {"data": body, "content_type": "application/json"}

    response = post(f"/api/v1/briefings/{slug}/reports/{query}", reader, **more)

    assert response.status_code == status
    assert Report.objects.exists() is (status == 202)


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        pytest.param("text/plain", b"{", 415, id="another type"),
        pytest.param("application/json", b"{", 400, id="half an object"),
        pytest.param("application/json", b"[" * 200_000, 400, id="lists without end"),
        pytest.param("application/json", b'{"a":' * 200_000, 400, id="objects without end"),
        pytest.param("application/json", b"[" * 50_000 + b"]" * 50_000, 400, id="too deep"),
        pytest.param("application/json", b"\xff", 400, id="no UTF-8"),
        pytest.param("application/json", b"9" * 10_000, 400, id="a long number"),
    ],
)
def test_a_body_that_is_none_is_refused(reader, kind, body, status):
    factories.a_briefing(slug="morning")

    path = "/api/v1/briefings/morning/reports/"
    response = post(path, reader, data=body, content_type=kind)

    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert not Report.objects.exists()


# --- The desk ---------------------------------------------------------------------
@pytest.fixture
def desk(client, editor) -> Client:
    client.force_login(editor)
    return client


def made(desk: Client, **fields: Any) -> Any:
    usual = {"name": "script", "scopes": ["jobs:read"], "daily_ceiling_usd": "1.00", "life": 30}
    return desk.post(f"{KEYS}add/", usual | fields)


def test_a_key_is_shown_once_and_works(desk, editor, caplog):
    with caplog.at_level(logging.DEBUG):
        page = made(desk)

    key = ApiKey.objects.get()
    token = page.context["token"]
    assert page.status_code == 200
    assert token in page.content.decode()
    assert "expires in 30 days, on 9 July 2026" in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert key.owner == editor
    assert get(JOBS, token).status_code == 200

    secret = token.rpartition("_")[2]
    kept = [str(entry.__dict__) for entry in LogEntry.objects.all()]
    kept += [Session.objects.get().session_data, str(desk.cookies), caplog.text]
    kept += [desk.get(path).content.decode() for path in (KEYS, f"{KEYS}{key.pk}/change/")]
    kept += [desk.get(f"{KEYS}{key.pk}/history/").content.decode()]
    assert not any(secret in text or key.hash in text for text in kept)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"scopes": ["everything"]}, id="an unknown scope"),
        pytest.param({"life": 9999}, id="another life"),
        pytest.param({"name": ""}, id="no name"),
        pytest.param({"name": "\x00"}, id="NUL"),
        pytest.param({"daily_ceiling_usd": ""}, id="no ceiling"),
        pytest.param({"daily_ceiling_usd": "-0.01"}, id="a ceiling below nothing"),
        pytest.param({"daily_ceiling_usd": "1000.01"}, id="a ceiling that is none"),
        pytest.param({"networks": "10.0.0.1, example.org"}, id="a name instead of an address"),
    ],
)
def test_a_wrong_form_makes_no_key(desk, fields):
    page = made(desk, **fields)

    assert page.status_code == 200
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize(
    ("role", "scopes"),
    [
        (Role.VIEWER, ["jobs:read", "desk:read"]),
        (
            Role.EDITOR,
            [
                *("jobs:read", "reports:produce", "texts:complete", "desk:read", "jobs:write"),
                *("sources:fetch", "sources:write", "prompts:try"),
            ],
        ),
        (Role.ADMINISTRATOR, ApiKey.Scope.values),
    ],
)
def test_a_key_is_offered_the_scopes_that_its_owner_can_use(client, role, scopes):
    client.force_login(factories.a_user_with(role))

    form = client.get(f"{KEYS}add/").context["adminform"].form
    made(client, scopes=["jobs:read", "reports:produce"])

    assert [value for value, _ in form.fields["scopes"].choices] == scopes
    assert ApiKey.objects.exists() is ("reports:produce" in scopes)


@pytest.mark.parametrize(
    "lookup", ["hash", "hash__startswith", "hash__gt", "hash__regex", "hash__substr__startswith"]
)
def test_digests_cannot_be_guessed_piece_by_piece(client, editor, lookup):
    factories.an_api_key(editor)
    for user in (editor, User.objects.create_superuser("chief")):
        client.force_login(user)

        assert client.get(KEYS, {lookup: "0"}).status_code == 400


def test_other_rows_do_not_tell_of_digests_either(client):
    client.force_login(User.objects.create_superuser("chief"))
    lookups = {
        "/admin/accounts/user/": ("api_keys__hash__startswith", "password__startswith"),
        "/admin/auth/group/": ("user__password__startswith", "user__api_keys__hash__startswith"),
        KEYS: ("owner__password__startswith",),
    }

    for path, names in lookups.items():
        assert {client.get(path, {name: "0"}).status_code for name in names} == {400}, path


def test_nobody_makes_a_key_for_somebody_else(desk, editor):
    other = factories.a_user_with(Role.ADMINISTRATOR)

    made(desk, owner=other.pk, owner_id=other.pk, expires_at_0="2099-01-01")

    assert ApiKey.objects.get().owner == editor


def test_one_sees_and_revokes_ones_own_keys_only(desk, editor):
    own, own_token = factories.an_api_key(editor, name="own")
    foreign, foreign_token = factories.an_api_key(
        factories.a_user_with(Role.VIEWER), name="foreign"
    )

    page = desk.get(KEYS).content.decode()
    revoke(desk, own, foreign)

    assert own.prefix in page
    assert foreign.prefix not in page
    assert desk.get(f"{KEYS}{foreign.pk}/change/").status_code == 302
    assert get(ME, own_token).status_code == 401
    assert get(ME, foreign_token).status_code == 200


def test_an_administrator_revokes_everybodys(client, editor):
    key, token = factories.an_api_key(editor)
    client.force_login(factories.a_user_with(Role.ADMINISTRATOR))

    asked = revoke(client, key, confirmed=False)
    assert get(ME, token).status_code == 200

    revoke(client, key)
    assert "cannot be undone" in asked.content.decode()
    assert get(ME, token).status_code == 401
    assert str(LogEntry.objects.get().object_id) == str(key.pk)


def revoke(desk: Client, *keys: ApiKey, confirmed: bool = True) -> Any:
    form = {"action": "revoke", "_selected_action": [key.pk for key in keys]}
    return desk.post(KEYS, form | ({"confirmed": "yes"} if confirmed else {}))


@pytest.mark.parametrize("page", ["change", "delete"])
def test_a_key_is_neither_changed_nor_deleted(client, editor, page):
    key, _ = factories.an_api_key(editor)
    client.force_login(factories.a_user_with(Role.ADMINISTRATOR))

    response = client.post(f"{KEYS}{key.pk}/{page}/", {"name": "x", "post": "yes"})

    key.refresh_from_db()
    assert response.status_code == 403
    assert key.name == "newsletter script"


def test_the_list_costs_the_same_queries_for_2_and_20(client):
    client.force_login(factories.a_user_with(Role.ADMINISTRATOR))

    def cost(number: int) -> int:
        for _ in range(number):
            factories.an_api_key(factories.a_user_with(Role.VIEWER), "jobs:read")
        client.get(KEYS)
        with CaptureQueriesContext(connection) as captured:
            client.get(KEYS)
        return len(captured)

    assert cost(2) == cost(18)
