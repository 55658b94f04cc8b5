"""Every kind of answer says what browsers need to know to keep its readers safe."""

from __future__ import annotations

import pytest
from django.test import Client

from patriot.accounts.models import User
from patriot.operations import middleware
from tests import factories

pytestmark = pytest.mark.django_db

WANTED = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
}
ADDRESSES = [
    pytest.param("/", 200, id="page"),
    pytest.param("/reports/", 200, id="list"),
    pytest.param("/nowhere/", 404, id="error"),
    pytest.param("/search/?q=%00", None, id="odd search"),
    pytest.param("/reports", 301, id="redirect"),
    pytest.param("/admin/", 302, id="desk, before the sign-in"),
    pytest.param("/accounts/login/", 200, id="sign-in"),
    pytest.param("/static/patriot/base.css", 200, id="static file"),
    pytest.param("/static/patriot/nowhere.css", 404, id="no static file"),
    pytest.param("/favicon.ico", None, id="icon"),
    pytest.param("/robots.txt", 200, id="robots.txt"),
    pytest.param("/feed.xml", None, id="feed"),
    pytest.param("/corrections/feed.xml", None, id="feed of corrections"),
    pytest.param("/sitemap.xml", 200, id="sitemap"),
    pytest.param("/api/v1/reports/", 200, id="API"),
    pytest.param("/api/v1/nowhere/", 404, id="API's error"),
    pytest.param("/api/v1/keys/", None, id="API, for nobody"),
    pytest.param("/api/docs/", 200, id="API's pages"),
    pytest.param("/healthz", 200, id="probe"),
]


@pytest.fixture(autouse=True)
def _as_in_production(settings) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    # Nobody has collected the static files of the tests.
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True


@pytest.mark.parametrize(("path", "status"), ADDRESSES)
def test_every_kind_of_answer_is_safe(client: Client, path, status) -> None:
    answer = client.get(path, secure=True)

    answer.close()
    assert status in (None, answer.status_code)
    assert is_safe(answer) == []


def is_safe(answer) -> list[str]:
    """Return what is missing of an answer, or otherwise than it should be."""
    wrong = [name for name, value in WANTED.items() if answer.get(name) != value]
    policy = answer.get("Content-Security-Policy", "")
    if not {"default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} <= set(
        policy.split("; ")
    ):
        wrong.append(f"Content-Security-Policy: {policy}")
    if "unsafe" in policy or "form-action 'self'" not in policy:
        wrong.append(policy)
    if answer.get("Referrer-Policy") not in ("same-origin", "no-referrer"):
        wrong.append("Referrer-Policy")
    if "camera=()" not in answer.get("Permissions-Policy", ""):
        wrong.append("Permissions-Policy")
    if answer.get("X-Frame-Options", "DENY") != "DENY":
        wrong.append("X-Frame-Options")
    wrong += [
        f"cookie {name}"
        for name, cookie in answer.cookies.items()
        if not (cookie["samesite"] and cookie["path"] == "/")
    ]
    return wrong


def test_the_desk_and_its_lists_are_safe(client: Client) -> None:
    report = factories.a_published_report(sections=1)
    client.force_login(User.objects.create_superuser("chief"))
    paths = [
        *("/admin/", "/admin/reports/report/", f"/admin/reports/report/{report.pk}/change/"),
        *(report.get_absolute_url(), f"/api/v1/reports/{report.pk}/", "/accounts/2fa/"),
        "/admin/reports/report/?q=%00",
    ]

    wrong = {path: found for path in paths if (found := is_safe(client.get(path, secure=True)))}

    assert wrong == {}


def test_an_error_that_nobody_foresaw_is_safe(client: Client, monkeypatch) -> None:
    def break_down(request):
        raise RuntimeError("nobody foresaw it")

    monkeypatch.setitem(middleware.PROBES, "/healthz", break_down)
    client.raise_request_exception = False

    answer = client.get("/healthz", secure=True)

    assert (answer.status_code, is_safe(answer)) == (500, [])
