"""What every request passes, before anything of ours is asked."""

import re

import pytest
from django.test import Client

from tests import factories


def test_a_probe_may_know_us_by_any_name(client: Client) -> None:
    response = client.get("/healthz", headers={"host": "10.0.0.7:8000"})

    assert response.status_code == 200


@pytest.mark.django_db
def test_nobody_else_may(client: Client) -> None:
    response = client.get("/", headers={"host": "10.0.0.7:8000"})

    assert response.status_code == 400


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/api/v1/reports/", 413, id="the API tells that it is too large"),
        pytest.param("/admin/login/", 400, id="a page says that it is a bad request"),
    ],
)
def test_a_long_body_is_refused_unread(client: Client, path: str, status: int) -> None:
    response = client.generic(
        "POST", path, b"{}", content_type="application/json", CONTENT_LENGTH="1000001"
    )

    assert response.status_code == status


@pytest.mark.parametrize("length", ["", "none", "²", "1000000"])
def test_other_lengths_are_no_reason_to_refuse(client: Client, length: str) -> None:
    response = client.generic(
        "POST", "/healthz", b"", content_type="text/plain", CONTENT_LENGTH=length
    )

    assert response.status_code == 405


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        pytest.param({"X-Request-ID": "of-the-proxy"}, "of-the-proxy", id="of the proxy"),
        pytest.param({"X-Correlation-ID": "of-the-client"}, "of-the-client", id="of the client"),
        pytest.param(
            {"X-Request-ID": "of-the-proxy", "X-Correlation-ID": "of-the-client"},
            "of-the-proxy",
            id="both",
        ),
        pytest.param(
            {"X-Request-ID": "<odd>", "X-Correlation-ID": "of-the-client"},
            "of-the-client",
            id="only one is well formed",
        ),
        pytest.param({"X-Correlation-ID": "a" * 65}, None, id="too long"),
        pytest.param({"X-Correlation-ID": "short"}, None, id="too short"),
        pytest.param({"X-Correlation-ID": 'quoted", "level": "x'}, None, id="a line of its own"),
        pytest.param({}, None, id="none"),
    ],
)
def test_a_request_has_one_id(client: Client, sent: dict[str, str], expected: str | None) -> None:
    answer = client.get("/healthz", headers=sent)

    given = answer["X-Request-ID"]
    assert given == expected or (expected is None and re.fullmatch("[0-9a-f]{32}", given))
    assert answer.get("X-Correlation-ID") == (given if "X-Correlation-ID" in sent else None)


@pytest.mark.django_db
def test_other_sites_take_nothing_but_files_and_cards_into_their_pages(client: Client) -> None:
    report = factories.a_published_report(sections=1)
    paths = ["/", "/nowhere/", "/healthz", "/accounts/login/", "/admin/", "/api/v1/reports/"]
    card = f"{report.get_absolute_url().rstrip('/')}.png"

    answers = {path: client.get(path) for path in [*paths, "/static/none.css", card]}

    said = {path: answer["Cross-Origin-Resource-Policy"] for path, answer in answers.items()}
    assert answers[card].status_code == 200
    assert (said.pop(card), said.pop("/static/none.css")) == ("cross-origin", "cross-origin")
    assert set(said.values()) == {"same-origin"}
