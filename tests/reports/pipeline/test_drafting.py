"""The next text of a report."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from reports.models import Claim, Evidence, Report
from reports.pipeline.drafting import ChangedMeanwhile, next_text
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def report() -> Report:
    """A report with a published text."""
    return factories.a_published_report()


def test_a_copy_says_what_its_model_says(report: Report, now: datetime) -> None:
    base = report.current

    copy = next_text(base, editor=None, edits="Nothing yet.", now=now)

    assert (copy.number, copy.based_on, copy.title) == (base.number + 1, base, base.title)
    for model, path in ((Claim, "section__revision"), (Evidence, "claim__section__revision")):
        shown = [name for name in ("kind", "text", "quote", "start") if hasattr(model, name)]
        rows = [
            list(model.objects.filter(**{path: one}).order_by("pk").values_list(*shown))
            for one in (base, copy)
        ]
        assert rows[0] == rows[1] != []
    assert copy.published_at is None


def test_a_sentence_keeps_its_permalink_through_all_texts(report: Report, now: datetime) -> None:
    base = report.current
    first = Claim.objects.filter(section__revision=base).order_by("pk").first()

    second = next_text(base, editor=None, edits="", now=now)
    third = next_text(second, editor=None, edits="", now=now)

    claim = Claim.objects.get(section__revision=third, origin=first.pk)
    assert (claim.anchor, claim.text) == (first.anchor, first.text)


def test_of_two_who_change_the_same_text_one_wins(report: Report, now: datetime) -> None:
    winner = next_text(report.current, editor=None, edits="The first.", now=now)

    with pytest.raises(ChangedMeanwhile) as raised:
        next_text(report.current, editor=None, edits="The second.", now=now + timedelta(1))

    assert raised.value.newest == winner
    assert report.revisions.count() == 2
