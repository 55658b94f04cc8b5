"""The whole way of stories: articles come in, are grouped, told, decided about, and told on.

Nothing is placed by hand: the belt's own steps group, describe, link, rank and tell.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from patriot import schedules
from reports.models import Briefing, Report, Section, Story
from reports.pipeline.deciding import mute, split
from reports.pipeline.slots import open_report_now
from sources.gateways.parser import Parser
from sources.models import Article, Source
from sources.pipeline.index import index_articles
from sources.tasks import web
from tests.factories import NOW, a_briefing, a_fetch, a_source, a_staff_user, an_article

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(days=1)
WIRE = (
    "PORT AVERIL (Reuters) - The banker Otis Fenn went on trial in Port Averil on Monday, accused "
    "of hiding losses of the Averil Savings Bank for nine years. Prosecutors said savers of the "
    "Averil Savings Bank lost 40 million crowns. Lawyers for Otis Fenn said the losses were known."
)
TRIAL = {
    "Harbor Courier": ("Banker Otis Fenn on trial over Averil Savings Bank losses", WIRE),
    "Valley Gazette": ("Averil Savings Bank: trial of Otis Fenn opens", WIRE),
    "Island Echo": (
        "Otis Fenn faces court as savers of Averil Savings Bank watch",
        "Savers filled the gallery in Port Averil as the trial of Otis Fenn opened on Monday. The "
        "banker is accused of hiding losses at the Averil Savings Bank. He looked at nobody.",
    ),
}
OTHER_TRIAL = {
    "Northern Star": (
        "Mill owner Greta Vale on trial over Sorvik fire",
        "The mill owner Greta Vale went on trial in Sorvik on Monday, accused of leaving the doors "
        "of the Sorvik mill locked on the night of the fire. Eleven weavers of the mill died.",
    ),
    "Fjord Post": (
        "Sorvik mill fire: trial of Greta Vale begins",
        "Families of the weavers who died in the Sorvik mill fire came to court as the trial of "
        "the owner, Greta Vale, began on Monday. She says the doors were never locked.",
    ),
}
VERDICT = {
    "Harbor Courier": (
        "Otis Fenn guilty of fraud at Averil Savings Bank",
        "A jury in Port Averil found the banker Otis Fenn guilty of fraud on Tuesday afternoon. "
        "The judge set the sentence of Otis Fenn at seven years, longer than prosecutors wanted.",
    ),
    "Island Echo": (
        "Seven years for Otis Fenn in Averil Savings Bank trial",
        "Otis Fenn will go to prison for seven years for fraud at the Averil Savings Bank, a "
        "judge in Port Averil ruled on Tuesday. Savers in the gallery wept and embraced.",
    ),
}


def come_in(tellings: dict[str, tuple[str, str]], *, at: datetime) -> list[Article]:
    """Have outlets publish, a minute after each other."""
    articles = []
    for minutes, (name, (title, text)) in enumerate(tellings.items()):
        source = Source.objects.filter(name=name).first() or a_source(name)
        moment = at + timedelta(minutes=minutes)
        hours = (NOW - moment) / timedelta(hours=1)
        articles.append(an_article(source, title=title, paragraphs=[text], hours_ago=hours))
        index_articles([(articles[-1], "en")])
        a_fetch(source, started_at=moment)
    return articles


def go_on(now: datetime) -> None:
    Source.objects.update(not_before=now + timedelta(hours=1))
    steps = schedules.timetable(web=web(), parser=Parser.shared())
    schedules.advance(now, steps=steps, briefings=Briefing.objects.none())


def report_of(briefing: Briefing, *, at: datetime) -> Report:
    report = open_report_now(briefing, at)
    for seconds in range(0, 60, 6):
        go_on(at + timedelta(seconds=seconds))
    report.refresh_from_db()
    assert report.is_published, report.reason
    return report


def sections_of(report: Report) -> dict[int, Section]:
    return {section.story_id: section for section in report.current.sections.all()}


def story_of(article: Article) -> Story:
    return Story.objects.get(memberships__article=article)


def test_an_affair_is_grouped_told_decided_about_and_told_on():
    briefing, editor = a_briefing(), a_staff_user()
    wire, copied, own = come_in(TRIAL, at=NOW - timedelta(hours=3))
    mill, fire = come_in(OTHER_TRIAL, at=NOW - timedelta(hours=2))

    # The first morning: two trials are two stories, and who only carried the wire is no voice.
    first = report_of(briefing, at=NOW)
    trial, other = story_of(wire), story_of(mill)
    assert trial != other
    assert story_of(copied) == story_of(own) == trial
    assert story_of(fire) == other
    assert (trial.outlet_count, trial.independent_count, trial.copy_count) == (3, 2, 1)
    assert trial.memberships.get(article=copied).agency == "Reuters"
    assert trial.memberships.get(article=own).why["names"]
    assert trial.is_described
    assert trial.topics[0] in {"crime", "economy"}
    assert "Averil Savings Bank" in trial.organizations
    told = sections_of(first)
    assert told.keys() == {trial.pk, other.pk}
    assert told[trial.pk].status == "new"
    assert told[trial.pk].score

    # An editor takes the second telling of the fire out, and wants the rest of it silent.
    split(other.pk, [fire.pk], author=editor, now=NOW + timedelta(hours=1))
    mute(other.pk, author=editor, now=NOW + timedelta(hours=1))

    # The next morning: one trial goes on, by what is new; what was parted stays parted.
    come_in(VERDICT, at=NOW + timedelta(hours=12))
    come_in({"Fjord Post": OTHER_TRIAL["Fjord Post"]}, at=NOW + timedelta(hours=13))
    second = report_of(briefing, at=NOW + DAY)
    assert story_of(fire) != story_of(mill)
    sections = sections_of(second)
    assert other.pk not in sections
    verdicts = [s for s in sections.values() if s.story.storyline_id == trial.pk]
    assert [section.status for section in verdicts] == ["developing"]
    changed = verdicts[0].claims.filter(kind="changed")
    assert any("seven years" in claim.text or "guilty" in claim.text for claim in changed)

    # Later nobody writes of it any more: it is said once, in a line.
    come_in(
        {
            "Harbor Courier": (
                "Farm show opens in Valmere",
                "The farm show opened with forty goats.",
            )
        },
        at=NOW + timedelta(days=5, hours=-2),
    )
    last = report_of(briefing, at=NOW + 5 * DAY)
    lines = {line["story"]: line["status"] for line in last.current.unchanged}
    assert lines.get(verdicts[0].story_id) == "resolved"
