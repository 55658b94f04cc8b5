"""A worker that mails may die at any statement: nobody is missed, at most one gets it twice."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.test import override_settings

from reports.channels import mailing
from reports.models import Delivery, Subscription
from reports.pipeline import deliver, publish, subscribing
from tests.factories import NOW, a_draft_report, a_subscription
from tests.functional.test_kills import run_mortal
from tests.mail_server import MailServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

READERS = [f"reader{number}@readers.test" for number in range(4)]
GONE = "gone@readers.test"
AFTER_THE_LEASE = NOW + deliver.LEASE + timedelta(minutes=2)


def advance(address: str, clock: datetime) -> None:
    """Deliver what is due, as a worker would."""
    mail = {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": int(address),
        "DEFAULT_FROM_EMAIL": "desk@news.test",
    }
    with override_settings(**mail):
        due = list(Delivery.objects.due(clock).values_list("pk", flat=True))
        deliver.deliver(due, senders={"email": mailing.send}, now=clock)


@pytest.mark.parametrize("statements", [1, 3, 4, 5, 12, 24, 26, 28, 30, 32, 34, 36])
def test_nobody_is_missed_and_at_most_the_one_in_flight_gets_it_twice(statements):
    with MailServer() as server:
        draft = a_draft_report()
        for reader in [*READERS, GONE]:
            a_subscription(draft.briefing, reader)
        publish.publish_report(draft, now=NOW)
        subscribing.end(Subscription.objects.filter(address=GONE), NOW)

        run_mortal(statements, str(server.port), NOW, module=__name__)
        advance(str(server.port), NOW)
        advance(str(server.port), AFTER_THE_LEASE)

    got = Counter(letter["To"] for letter in server.letters)
    assert set(got) == set(READERS)
    assert got.total() <= len(READERS) + 1
    ids = {letter["Message-ID"] for letter in server.letters}
    assert len(ids) == len(READERS), "what comes twice says that it is the same"
    sent = Delivery.objects.filter(state=Delivery.State.SENT)
    assert sent.count() == len(READERS)
