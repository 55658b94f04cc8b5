"""What a mail service tells of bounces and complaints, and what it answers to letters."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from django.test import RequestFactory
from pytest_httpserver import HTTPServer

from patriot import bounces
from patriot.lib import mail, mail_services
from reports.models import Subscription, Suppression
from tests.factories import a_briefing, a_subscription

ADA = "ada@readers.example"
SECRET = "postmark:a-long-and-random-word"
LETTER = mail.Letter(ADA, "Title", "Text", "report-1", html="<p>Text</p>")


@pytest.fixture(autouse=True)
def service(settings: Any) -> None:
    settings.EMAIL_PROVIDER = "postmark"
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = mail_services.settings_of("postmark", "a-key", SECRET)


def tell(secret: str = SECRET, **event: object) -> int:
    """Tell as Postmark does; return the answer's status."""
    assert bounces.take_note
    signed = base64.b64encode(secret.encode()).decode()
    request = RequestFactory().post(
        "/hooks/mail/postmark/tracking/",
        json.dumps({"MessageID": "1", "MessageStream": "outbound", **event}),
        content_type="application/json",
        headers={"Authorization": f"Basic {signed}"},
    )
    return PostmarkTrackingWebhookView.as_view()(request).status_code


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("event", "cause"),
    [
        pytest.param(
            {"RecordType": "Bounce", "Type": "HardBounce", "Email": "Ada@readers.example"},
            "bounce",
            id="nobody there",
        ),
        pytest.param(
            {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "Email": ADA},
            "complaint",
            id="a complaint",
        ),
    ],
)
def test_who_is_gone_or_complained_gets_nothing_more(event, cause):
    one = a_subscription(a_briefing(), ADA)

    assert tell(**event) == 200

    one.refresh_from_db()
    assert one.state == Subscription.State.ENDED
    assert Suppression.objects.get().cause == cause


@pytest.mark.django_db
def test_a_full_mailbox_is_no_reason():
    one = a_subscription(a_briefing(), ADA)

    tell(RecordType="Bounce", Type="SoftBounce", Email=ADA)

    one.refresh_from_db()
    assert one.state == Subscription.State.ACTIVE


@pytest.mark.django_db
def test_nobody_else_can_say_so():
    one = a_subscription(a_briefing(), ADA)

    with pytest.raises(Exception, match="auth"):
        tell("postmark:a-guess", RecordType="Bounce", Type="HardBounce", Email=ADA)

    one.refresh_from_db()
    assert one.state == Subscription.State.ACTIVE


@pytest.fixture
def postmark(httpserver: HTTPServer, settings: Any) -> HTTPServer:
    settings.ANYMAIL = settings.ANYMAIL | {"POSTMARK_API_URL": httpserver.url_for("/")}
    return httpserver


def answer(server: HTTPServer, status: int, code: int) -> None:
    told = [{"ErrorCode": code, "Message": "Said.", "MessageID": "1", "To": ADA}]
    server.expect_request("/email/batch").respond_with_json(told, status)
    server.expect_request("/email").respond_with_json(told[0], status)


def test_a_letter_goes_to_the_service_with_its_headers(postmark):
    answer(postmark, 200, 0)

    with mail.Postbox() as box:
        box.post(LETTER)

    request, _ = postmark.log[0]
    sent = json.loads(request.data)
    assert request.headers["X-Postmark-Server-Token"] == "a-key"
    assert {header["Name"] for header in sent["Headers"]} >= {"Message-ID", "Auto-Submitted"}
    assert (sent["TextBody"], sent["HtmlBody"]) == ("Text", "<p>Text</p>")


@pytest.mark.parametrize(
    ("status", "error", "concerns_all"),
    [
        pytest.param(500, mail.Unreachable, True, id="in trouble"),
        pytest.param(429, mail.Unreachable, True, id="too many"),
        pytest.param(401, mail.Refused, True, id="our key"),
        pytest.param(400, mail.Refused, False, id="the letter"),
    ],
)
def test_what_a_service_answers_is_told_in_a_sentence(postmark, status, error, concerns_all):
    answer(postmark, status, 1)

    with mail.Postbox() as box, pytest.raises(error) as raised:
        box.post(LETTER)

    assert raised.value.concerns_all is concerns_all


def test_a_service_that_is_not_there_is_asked_again_later(settings):
    settings.ANYMAIL = settings.ANYMAIL | {"POSTMARK_API_URL": "http://127.0.0.1:9/"}

    with mail.Postbox() as box, pytest.raises(mail.Unreachable):
        box.post(LETTER)
