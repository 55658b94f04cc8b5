"""What clients may ask of every address of the API: fields, order, from another site."""

import re

import pytest

from tests import factories

pytestmark = pytest.mark.django_db

ORIGIN = "https://charts.example.org"


# --- Fields -----------------------------------------------------------------------
def test_only_the_fields_that_were_asked_for(client):
    report = factories.a_published_report(sections=1)

    one = client.get(f"/api/v1/reports/{report.pk}/?fields=id,title").json()
    several = client.get("/api/v1/reports/?fields=number, slot").json()

    assert one == {"id": report.pk, "title": report.current.title}
    assert [set(each) for each in several["results"]] == [{"number", "slot"}]
    assert several["next"] is None


@pytest.mark.parametrize(
    "path",
    [
        *("reports", "stories", "articles", "sources", "briefings"),
        *("storylines", "publishers", "corrections"),
    ],
)
@pytest.mark.parametrize(
    ("fields", "said"),
    [
        pytest.param("id,nothing", "nothing; known here: ", id="unknown"),
        pytest.param("", "blank", id="empty"),
        pytest.param(",", "Nothing is named", id="a comma"),
        pytest.param("url,__class__", "There is no __class__", id="of Python"),
        pytest.param("x" * 501, "500 characters", id="too long"),
    ],
)
def test_fields_that_are_none_are_named(client, path, fields, said):
    response = client.get(f"/api/v1/{path}/", {"fields": fields})

    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert error["field"] == "fields"
    assert said in error["message"]


# --- Order ------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["reports", "articles", "stories"])
def test_the_oldest_first_and_every_row_once(client, name):
    briefing = factories.a_briefing()
    for hours in range(5):
        # Two of one moment: then the row that was added first is the older one.
        article = factories.an_article(hours_ago=hours // 2)
        factories.a_story([article])
        at = factories.NOW.replace(hour=hours)
        factories.a_published_report(briefing, sections=1, slot_at=at, slot=at.time())

    def walked(ordering: str) -> list[int]:
        ids, address = [], f"/api/v1/{name}/?page_size=2&ordering={ordering}"
        while address:
            page = client.get(address).json()
            ids += [row["id"] for row in page["results"]]
            address = page["next"]
        return ids

    assert walked("oldest") == walked("newest")[::-1]
    assert len(set(walked("oldest"))) >= 5


def test_an_order_that_is_none_is_named(client):
    response = client.get("/api/v1/articles/?ordering=random()")

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "ordering"


# --- Other sites ------------------------------------------------------------------
def test_no_other_site_may_read_the_api_unless_it_is_named(client):
    answer = client.get("/api/v1/reports/", headers={"Origin": ORIGIN})

    assert "Access-Control-Allow-Origin" not in answer


def test_a_site_that_is_named_may(client, settings):
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]

    answer = client.get("/api/v1/reports/", headers={"Origin": ORIGIN})
    other = client.get("/api/v1/reports/", headers={"Origin": "https://charts.example.com"})
    page = client.get("/", headers={"Origin": ORIGIN})

    assert answer["Access-Control-Allow-Origin"] == ORIGIN
    assert "ratelimit-remaining" in answer["Access-Control-Expose-Headers"].lower()
    assert "Access-Control-Allow-Credentials" not in answer
    assert "origin" in answer["Vary"].lower()
    assert "Access-Control-Allow-Origin" not in other
    assert "Access-Control-Allow-Origin" not in page


def test_a_site_that_is_named_may_ask_before_it_sends_a_key(client, settings):
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    asked = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,idempotency-key",
    }

    answer = client.options("/api/v1/complete/", headers=asked)

    assert answer.status_code == 200
    assert "POST" in answer["Access-Control-Allow-Methods"]
    assert "idempotency-key" in answer["Access-Control-Allow-Headers"]


# --- Time -------------------------------------------------------------------------
def test_an_answer_says_where_its_time_went(client):
    answer = client.get("/api/v1/reports/")
    page = client.get("/")

    assert re.fullmatch(
        r'db;dur=\d+\.\d;desc="[1-9]\d* queries", app;dur=\d+\.\d', answer["Server-Timing"]
    )
    assert "Server-Timing" not in page


# --- Docs -------------------------------------------------------------------------
def test_the_docs_can_be_switched_off(client, settings):
    settings.API_DOCS = False

    assert client.get("/api/docs/").status_code == 404
    assert client.get("/api/schema/").status_code == 404
    index = client.get("/api/v1/").json()
    assert (index["docs"], index["openapi"]) == (None, None)


# --- The addresses of the services that Patriot stands in for ---------------------
@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/api/v1/complete", 401, id="complete"),
        pytest.param("/api/v1/predictions/sentiment", 400, id="sentiment"),
    ],
)
def test_a_post_needs_no_final_slash(client, path, status):
    for address in (path, f"{path}/"):
        assert client.post(address, {}, content_type="application/json").status_code == status


@pytest.mark.parametrize("path", ["/health", "/health/", "/healthz"])
def test_health_answers_under_any_name(client, path):
    assert client.get(path, headers={"Host": "nobody.example"}).json() == {"status": "ok"}
