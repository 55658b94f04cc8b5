"""The API as a whole: no input breaks it, and it is exactly what its schema says."""

from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import yaml
from django.db import OperationalError
from django.test import Client
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for

from patriot.lib.openapi import FEWER
from patriot.lib.problems import CODES
from patriot.operations.api import schema
from tests import factories

STORED_SCHEMA = Path(__file__).parents[3] / "docs" / "openapi.yaml"
COLLECTIONS = ("briefings", "reports", "stories", "articles", "sources")
LISTS = [f"/api/v1/{name}/" for name in COLLECTIONS]
# Counting a request takes the database, whatever is asked.
pytestmark = pytest.mark.django_db
NUL, BROKEN_UTF8, MANY_DIGITS = "%00", "%ff%fe", "9" * 30


# --- Errors -----------------------------------------------------------------------
@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/api/", id="the door"),
        pytest.param("/api/v2/reports/", id="another version"),
        pytest.param("/api/v1/nothing/", id="an unknown name"),
        pytest.param("/api/v1/reports", id="without the final slash"),
        pytest.param("/api/v1/reports/0/", id="no such id"),
        pytest.param("/api/v1/reports/-1/", id="a negative id"),
        pytest.param("/api/v1/reports/1e3/", id="not an id"),
        pytest.param(f"/api/v1/reports/{MANY_DIGITS}/", id="an id beyond the database"),
        pytest.param(f"/api/v1/reports/{'9' * 5000}/", id="an id beyond Python"),
        pytest.param("/api/v1/reports/%D9%A1/", id="foreign digits"),
        pytest.param(f"/api/v1/reports/{NUL}/", id="NUL"),
        pytest.param(f"/api/v1/briefings/{NUL}/", id="NUL in a slug"),
        pytest.param(f"/api/v1/{BROKEN_UTF8}/", id="broken UTF-8"),
        pytest.param("/api/v1/stories/../reports/", id="dots"),
        pytest.param("/api/v1/reports/1%0A/", id="a line feed"),
    ],
)
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_an_unknown_address_is_a_404_problem(client: Client, path: str, method: str) -> None:
    response = getattr(client, method)(path)

    assert response.status_code == 404
    assert_problem(response, "not_found")


@pytest.mark.parametrize("path", [*LISTS, "/api/v1/", "/api/v1/reports/1/", "/api/v1/sources/1/"])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "trace"])
def test_the_api_is_read_only(client: Client, path: str, method: str) -> None:
    response = getattr(client, method)(path)

    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD, OPTIONS"
    assert_problem(response, "method_not_allowed")


@pytest.mark.parametrize("path", LISTS)
def test_a_client_that_rules_json_out_gets_a_406_problem(client: Client, path: str) -> None:
    response = client.get(path, headers={"accept": "text/html"})

    assert response.status_code == 406
    assert_problem(response, "not_acceptable")


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    ("query", "field"),
    [
        pytest.param("page=2", "page", id="an unknown name"),
        pytest.param("format=xml", "format", id="no other format"),
        pytest.param("page_size=0", "page_size", id="an empty page"),
        pytest.param("page_size=101", "page_size", id="a page too large"),
        pytest.param(f"page_size={MANY_DIGITS}", "page_size", id="a huge page"),
        pytest.param(f"page_size={'9' * 6000}", "page_size", id="a number beyond Python"),
        pytest.param("page_size=", "page_size", id="an empty number"),
        pytest.param(f"page_size={NUL}", "page_size", id="NUL for a number"),
        pytest.param("page_size=5&page_size=6", "page_size", id="given twice"),
        pytest.param("cursor=x", "cursor", id="no cursor"),
        pytest.param(f"cursor={NUL}", "cursor", id="NUL for a cursor"),
        pytest.param("cursor=%ED%A0%80", "cursor", id="a lone surrogate"),
        pytest.param(f"cursor={BROKEN_UTF8}", "cursor", id="broken UTF-8"),
        pytest.param("cursor=OTk5OTk5OTk5OTk5OTk5OTk5LjE", "cursor", id="beyond time"),
    ],
)
def test_every_list_refuses_a_wrong_parameter_by_name(
    client: Client, path: str, query: str, field: str
) -> None:
    response = client.get(f"{path}?{query}")

    assert response.status_code == 400
    assert_problem(response, "invalid")
    assert {error["field"] for error in response.json()["errors"]} == {field}


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        pytest.param("reports", "since=yesterday", "since", id="no date"),
        pytest.param("reports", "since=2026-02-30", "since", id="no such day"),
        pytest.param("reports", "since=2026-06-09T06:30:00", "since", id="no offset"),
        pytest.param("reports", "since=2026-06-09T06:30:00+02:00", "since", id="a bare plus"),
        pytest.param("reports", "since=2026-06-09T25:00:00Z", "since", id="no such hour"),
        pytest.param("reports", "since=0001-01-01T00:00:00%2B14:00", "since", id="before time"),
        pytest.param("reports", "until=9999-12-31T23:59:59-14:00", "until", id="after time"),
        pytest.param("reports", "until=99999-01-01", "until", id="a year too far"),
        pytest.param("reports", f"until={NUL}", "until", id="NUL for a moment"),
        pytest.param("reports", "until=", "until", id="an empty moment"),
        pytest.param("reports", "since=2026-06-09&until=2026-06-09", "until", id="an empty span"),
        pytest.param("reports", "briefing=a/b", "briefing", id="no slug"),
        pytest.param("reports", "briefing=", "briefing", id="an empty slug"),
        pytest.param("reports", f"briefing={NUL}", "briefing", id="NUL for a slug"),
        pytest.param("reports", f"briefing={'a' * 61}", "briefing", id="a long slug"),
        pytest.param("stories", "since=%F0%9F%97%9E", "since", id="a newspaper"),
        pytest.param("articles", "source=0", "source", id="no id"),
        pytest.param("articles", f"story={MANY_DIGITS}", "story", id="an id beyond the database"),
        pytest.param("articles", "language=EN", "language", id="no language code"),
        pytest.param("articles", "language=english", "language", id="a language's name"),
        pytest.param("reports/1", "x=1", "x", id="a detail takes none"),
    ],
)
def test_filters_are_strict(client: Client, path: str, query: str, field: str) -> None:
    response = client.get(f"/api/v1/{path}/?{query}")

    assert response.status_code == 400
    assert_problem(response, "invalid")
    assert {error["field"] for error in response.json()["errors"]} == {field}


def test_an_odd_parameter_name_is_named_in_short(client: Client) -> None:
    response = client.get(f"/api/v1/reports/?{'n' * 3000}=1&{NUL}=2")

    assert response.status_code == 400
    assert {len(error["field"]) for error in response.json()["errors"]} == {60, 1}


def test_thousands_of_parameters_are_a_problem_too(client: Client) -> None:
    response = client.get("/api/v1/reports/?" + "&".join(f"p{n}=1" for n in range(2_001)))

    assert response.status_code == 400
    assert_problem(response, "bad_request")


def test_a_host_that_is_not_ours_gets_a_problem(client: Client) -> None:
    response = client.get("/api/v1/", headers={"host": "evil.example"})

    assert response.status_code == 400
    assert_problem(response, "bad_request")


def test_without_a_database_the_api_says_so(client: Client) -> None:
    with patch("reports.api.views.counted", side_effect=OperationalError("no server")):
        response = client.get("/api/v1/reports/")

    assert response.status_code == 503
    assert response["Retry-After"] == "10"
    assert_problem(response, "unavailable")


def test_an_error_nobody_foresaw_is_a_problem_too(client: Client) -> None:
    client.raise_request_exception = False

    with patch("reports.api.views.counted", side_effect=RuntimeError("swordfish")):
        response = client.get("/api/v1/reports/")

    assert response.status_code == 500
    assert_problem(response, "error")
    assert b"swordfish" not in response.content


def test_a_request_id_goes_through(client: Client) -> None:
    response = client.get("/api/v1/nothing/", headers={"x-request-id": "from-the-client"})

    assert response.json()["request_id"] == "from-the-client"
    assert response["X-Request-ID"] == "from-the-client"


def assert_problem(response: Any, code: str) -> None:
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["code"] == code
    assert body["status"] == response.status_code
    assert body["type"].endswith(f"#{code}")
    assert body["path"] == body["instance"]
    assert body["message"] == body["detail"]
    assert body["timestamp"]
    assert body["request_id"] == response["X-Request-ID"]
    assert_is(body, "Problem")


# --- Answers are what the schema says ---------------------------------------------
def closed(node: Any) -> Any:
    """Return a schema in which objects hold all that is declared and nothing else."""
    if isinstance(node, list):
        return [closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    if FEWER in str(node.get("anyOf", "")):
        return node["anyOf"][0]
    inner = {key: closed(value) for key, value in node.items()}
    if "properties" in inner and inner.get("type") == "object":
        inner.setdefault("additionalProperties", False)
    return inner


def assert_is(body: Any, declared: Any, *, whole: bool = True) -> None:
    """Hold an answer against a component, by its name, or against any schema."""
    if isinstance(declared, str):
        declared = {"$ref": f"#/components/schemas/{declared}"}
    document = closed(schema()) if whole else schema()
    wanted = (closed(declared) if whole else declared) | {"components": document["components"]}
    errors = Draft202012Validator(wanted).iter_errors(body)
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


def test_every_answer_is_exactly_what_the_schema_says(client: Client) -> None:
    report = factories.a_published_report(sections=3)
    story = report.current.sections.first().story
    factories.an_article()
    factories.an_ill_source(error="HTTP 500")
    details = {
        "briefings": report.briefing.slug,
        "reports": report.pk,
        "stories": story.pk,
        "articles": story.memberships.first().article_id,
        "sources": story.memberships.first().article.source_id,
    }

    for collection, key in details.items():
        paths = schema()["paths"]
        identifier = "slug" if collection == "briefings" else "id"
        for path, template in (
            (f"/api/v1/{collection}/", f"/api/v1/{collection}/"),
            (f"/api/v1/{collection}/{key}/", f"/api/v1/{collection}/{{{identifier}}}/"),
        ):
            answer = client.get(path)
            declared = paths[template]["get"]["responses"]["200"]["content"]["application/json"]

            assert answer["Content-Type"] == "application/json"
            assert_is(answer.json(), declared["schema"])
            assert_is(client.get(f"{path}?fields=url").json(), declared["schema"], whole=False)
            for item in answer.json().get("results", []):
                assert client.get(item["url"]).json()["url"] == item["url"]


def test_the_index_leads_everywhere(client: Client) -> None:
    body = client.get("/api/v1/").json()

    assert_is(body, "Index")
    statuses = {name: client.get(address).status_code for name, address in body.items()}
    # A search needs a question, and some of them a key.
    others = {name: status for name, status in statuses.items() if status != 200}
    assert others == {"search": 400, **dict.fromkeys(("subscriptions", "users", "jobs", "me"), 401)}


def test_head_and_options_answer(client: Client) -> None:
    for path in LISTS:
        assert client.head(path).status_code == 200
        assert client.head(path).content == b""
        assert client.options(path).status_code == 200


# --- The description itself -------------------------------------------------------
def test_the_stored_schema_is_current(client: Client) -> None:
    served = client.get("/api/schema/")

    assert served["Content-Type"] == "application/json"
    assert yaml.safe_load(STORED_SCHEMA.read_text(encoding="utf-8")) == served.json(), (
        "run: manage.py spectacular --file docs/openapi.yaml"
    )


def test_the_schema_is_openapi_3_1() -> None:
    document = schema()
    text = str(document)

    assert document["openapi"] == "3.1.0"
    assert document["info"]["title"]
    assert document["info"]["version"]
    assert "nullable" not in text  # gone with 3.0
    components = document["components"]["schemas"]
    assert all(f"'{name}'" in text for name in references(document))
    assert references(document) <= set(components)
    for component in components.values():
        validator_for(component, default=Draft202012Validator).check_schema(component)


def test_every_operation_is_named_described_and_documents_its_problems() -> None:
    operations = [
        (path, operation)
        for path, methods in schema()["paths"].items()
        for operation in methods.values()
    ]

    names = [operation["operationId"] for _, operation in operations]
    assert len(set(names)) == len(names)
    for path, operation in operations:
        assert operation["description"]
        declared = {parameter["name"] for parameter in operation.get("parameters", [])}
        in_path = {part.strip("{}") for part in path.split("/") if part.startswith("{")}
        assert in_path <= declared
        always = {"400", "401", "406", "429", "500", "503", "default"}
        success = {"200", "201", "202", "204"} & operation["responses"].keys()
        assert always <= operation["responses"].keys()
        assert len(success) == 1
        assert ("404" in operation["responses"]) is bool(in_path)
        for status, response in operation["responses"].items():
            kind = "application/json" if status in success else "application/problem+json"
            streams = ["text/event-stream"] if path.endswith("/complete/") else []
            kinds = [] if status == "204" else [kind, *(streams if status in success else [])]
            assert list(response.get("content", ())) == kinds
    assert "410" in schema()["paths"]["/api/v1/reports/{id}/"]["get"]["responses"]


def test_the_schema_says_what_is_public_and_what_needs_a_key_or_a_session() -> None:
    document = schema()
    schemes = document["components"]["securitySchemes"]
    needs = {
        f"{method} {path}": operation["security"]
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }

    private = {name: ways for name, ways in needs.items() if {} not in ways}
    public = [ways for name, ways in needs.items() if name not in private]
    assert {name: way["type"] for name, way in schemes.items()} == {
        "bearer": "http",
        "session": "apiKey",
    }
    assert set(private) == {
        "get /api/v1/me/",
        "get /api/v1/sources/{id}/health/",
        *("get /api/v1/subscriptions/", "post /api/v1/subscriptions/"),
        *(f"{method} /api/v1/subscriptions/{{id}}/" for method in ("get", "patch", "delete")),
        "get /api/v1/subscriptions/{id}/deliveries/",
        "post /api/v1/subscriptions/{id}/secret/",
        "post /api/v1/subscriptions/{id}/test/",
        *("get /api/v1/users/", "get /api/v1/users/{id}/", "patch /api/v1/users/{id}/"),
        "get /api/v1/jobs/",
        "get /api/v1/jobs/{id}/",
        *(f"post /api/v1/sources/{{id}}/{deed}/" for deed in ("fetch", "pause", "resume")),
        *("get /api/v1/sources/{id}/fetches/", "post /api/v1/sources/import/"),
        *("get /api/v1/imports/{id}/", "get /api/v1/prompts/", "get /api/v1/trials/{id}/"),
        *("post /api/v1/trials/", "post /api/v1/trials/{id}/stop/"),
        *("post /api/v1/jobs/{id}/cancel/", "post /api/v1/jobs/{id}/run-again/"),
        "post /api/v1/briefings/{slug}/reports/",
        "post /api/v1/complete/",
    }
    assert all(ways == [{"bearer": []}, {"session": []}] for ways in private.values())
    assert all(ways == [{"bearer": []}, {}] for ways in public)
    for name in private.keys() - {"get /api/v1/me/"}:
        method, path = name.split()
        assert "403" in document["paths"][path][method]["responses"]


def references(node: Any) -> set[str]:
    if isinstance(node, dict):
        before, _, name = node.get("$ref", "").rpartition("/")
        own = {name} if before == "#/components/schemas" else set()
        return own.union(*map(references, node.values()))
    if isinstance(node, list):
        return set().union(*map(references, node))
    return set()


def test_the_docs_have_no_inline_style_or_script(client: Client) -> None:
    page = client.get("/api/docs/")

    assert page.status_code == 200
    assert b"<style" not in page.content
    assert b" style=" not in page.content
    assert page.content.count(b"<script") == page.content.count(b'<script src="/static/')
    policy = page["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "img-src 'self' data:" in policy.split("; ")


def test_every_problem_is_explained_where_its_type_leads(client: Client) -> None:
    page = client.get("/api/problems/").content.decode()

    for code in CODES:
        assert f'id="{code}"' in page
