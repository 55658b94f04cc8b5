"""A day told by weekday or distance is found where it is certain, and nowhere else."""

from datetime import UTC, date, datetime

import pytest

from reports.domain.analysis import DraftClaim, GroundedClaim, Kind, Quote, SourcePassage
from reports.domain.dating import find_days
from reports.domain.grounding import ground

TUESDAY = datetime(2026, 6, 9, 6, 30, tzinfo=UTC)


def days(text, language="en", at=TUESDAY):
    return [f"{found.day:%a %d}" for found in find_days(text, language=language, published_at=at)]


@pytest.mark.parametrize(
    ("text", "language", "day"),
    [
        pytest.param("The ferry struck a pier on Tuesday.", "en", "Tue 09", id="the same day"),
        pytest.param("Two were injured in Oldtown on Monday.", "en", "Mon 08", id="the day before"),
        pytest.param("The man was shot Friday night, police said.", "en", "Fri 05", id="at night"),
        pytest.param("On Monday, two people were injured.", "en", "Mon 08", id="weekday first"),
        pytest.param("The mayor died yesterday.", "en", "Mon 08", id="yesterday"),
        pytest.param("The shop opens tomorrow.", "en", "Wed 10", id="tomorrow"),
        pytest.param("The index rose today.", "en", "Tue 09", id="today"),
        pytest.param("Am Montag wurden zwei verletzt.", "de", "Mon 08", id="German"),
        pytest.param("Der Bürgermeister starb gestern.", "de", "Mon 08", id="gestern"),
        pytest.param("Deux personnes ont été tuées lundi à Paris.", "fr", "Mon 08", id="French"),
        pytest.param("Le maire est mort hier.", "fr", "Mon 08", id="hier"),
        pytest.param("Dos personas murieron el lunes.", "es", "Mon 08", id="Spanish"),
        pytest.param("El alcalde murió ayer.", "es", "Mon 08", id="ayer"),
    ],
)
def test_a_certain_day_is_found(text, language, day):
    assert days(text, language) == [day]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("The council meets on Friday.", "en", id="present"),
        pytest.param("The council will meet on Friday.", "en", id="future"),
        pytest.param("The parties elected in May meet on Friday.", "en", id="participle"),
        pytest.param("The men were told to meet on Friday.", "en", id="a plan"),
        pytest.param("The mayor resigned ahead of the vote on Friday.", "en", id="ahead of"),
        pytest.param("The mayor died before the match on Friday.", "en", id="before"),
        pytest.param("The mayor was arrested over the march on Friday.", "en", id="over"),
        pytest.param("The mayor who was elected resigns on Friday.", "en", id="relative clause"),
        pytest.param("The council was dissolved and meets on Friday.", "en", id="two verbs"),
        pytest.param("Two were injured, and talks open on Friday.", "en", id="two clauses"),
        pytest.param("Two were injured last Friday.", "en", id="last Friday"),
        pytest.param("Two were injured every Friday.", "en", id="every Friday"),
        pytest.param("Two were injured from Friday to Sunday.", "en", id="a span of days"),
        pytest.param("Two were injured in Friday's fire.", "en", id="possessive"),
        pytest.param("Two were injured by Man Friday's friday.", "en", id="no day"),
        pytest.param("In 1998 the ferry struck a pier on Friday.", "en", id="another year"),
        pytest.param("The cat was seen and sat.", "en", id="sat"),
        pytest.param("He said: “I died yesterday.”", "en", id="speech"),
        pytest.param("The love is as strong today.", "en", id="these days"),
        pytest.param("He has been ill since yesterday.", "en", id="since"),
        pytest.param("Der Rat tagt am Freitag.", "de", id="German, present"),
        pytest.param("Der Rat wird am Freitag gewählt.", "de", id="German, future"),
        pytest.param("Die Wahl wurde verschoben, am Freitag tagt er.", "de", id="German, clauses"),
        pytest.param("Le conseil se réunit vendredi.", "fr", id="French, present"),
        pytest.param("Le maire a été convoqué vendredi.", "fr", id="French, a plan"),
        pytest.param("El consejo se reúne el viernes.", "es", id="Spanish, present"),
        pytest.param("Il sindaco è morto lunedì.", "it", id="a language we do not know"),
    ],
)
def test_what_is_open_has_no_day(text, language):
    assert days(text, language) == []


@pytest.mark.parametrize(
    ("hour", "found"),
    [pytest.param(5, [], id="night in the west"), pytest.param(14, [], id="tomorrow in the east")],
)
def test_where_it_is_two_days_at_once_yesterday_is_none(hour, found):
    assert days("The mayor died yesterday.", at=TUESDAY.replace(hour=hour)) == found


def test_where_it_is_tomorrow_already_only_other_weekdays_are_certain():
    late = TUESDAY.replace(hour=23)

    assert days("Two were injured on Wednesday.", at=late) == []
    assert days("Two were injured on Monday.", at=late) == ["Mon 08"]


@pytest.mark.parametrize("unit", ["was shot on Friday ", "yesterday ", "Friday, ", "of "])
def test_hostile_sentences_have_no_days(unit):
    assert days(unit * 5_000) == []


# --- claims ----------------------------------------------------------------------------------

TEXTS = {
    1: ("Two people were injured in Oldtown on Tuesday.", "en"),
    2: ("Two people were injured in Oldtown on 9 June.", "en"),
    3: ("Two people were injured yesterday, on a farm.", "en"),
    4: ("The council will meet on Friday in Oldtown.", "en"),
    5: ("Zwei Menschen wurden am Montag in Oldtown verletzt.", "de"),
    6: ("Two people were injured on Monday, and on 9 June two died.", "en"),
    7: ("Two people were injured on 9 June 1998 in Oldtown.", "en"),
}
PASSAGES = {
    number: SourcePassage(number, number, 1, text, language, "courier", "The Courier", TUESDAY)
    for number, (text, language) in TEXTS.items()
}


def told(text, number, into="", quote=""):
    claim = DraftClaim(Kind.LEAD, text, (Quote(number, quote or TEXTS[number][0]),))
    return ground(claim, passages=PASSAGES, language="en", into=into)


@pytest.mark.parametrize(
    ("text", "number", "into"),
    [
        pytest.param("On 9 June two people were injured.", 1, "", id="a date for a weekday"),
        pytest.param("Two people were injured on 9 June 2026.", 1, "", id="with the year"),
        pytest.param("On Tuesday, 9 June, two people were injured.", 1, "", id="both"),
        pytest.param("On Tuesday two people were injured.", 2, "", id="a weekday for a date"),
        pytest.param("Two people were injured on 9 June 2026.", 2, "", id="a year for a date"),
        pytest.param("Two people were injured on 8 June.", 3, "", id="a date for yesterday"),
        pytest.param("On Monday two people were injured.", 3, "", id="a weekday for yesterday"),
        pytest.param("Am 8. Juni wurden zwei Menschen verletzt.", 5, "", id="German"),
        pytest.param("On 8 June two people were hurt.", 5, "en", id="translated"),
        pytest.param("On Monday two people were hurt.", 5, "en", id="translated weekday"),
    ],
)
def test_a_claim_may_tell_the_same_day_otherwise(text, number, into):
    result = told(text, number, into)

    assert isinstance(result, GroundedClaim), result.reason


@pytest.mark.parametrize(
    ("text", "number", "into"),
    [
        pytest.param("On 10 June two people were injured.", 1, "", id="the day after"),
        pytest.param("On 2 June two people were injured.", 1, "", id="a week before"),
        pytest.param("On 16 June two people were injured.", 1, "", id="a week after"),
        pytest.param("Two people were injured on 9 June 2025.", 1, "", id="another year"),
        pytest.param("Two people were injured in June 2026.", 1, "", id="a month alone"),
        pytest.param("On Wednesday two people were injured.", 2, "", id="another weekday"),
        pytest.param("On Tuesday two people were injured.", 3, "", id="today for yesterday"),
        pytest.param("On 5 June the council will meet.", 4, "", id="a Friday to come"),
        pytest.param("On 12 June the council will meet.", 4, "", id="nor that one for sure"),
        pytest.param("On Tuesday two people were injured.", 7, "", id="a weekday of long ago"),
        pytest.param("On Monday, 9 June, two people were injured.", 6, "", id="mixed"),
        pytest.param("Two people were injured on Monday 9 June.", 6, "", id="mixed, side by side"),
        pytest.param("On 9 June two people were hurt.", 5, "en", id="translated"),
        pytest.param("On Tuesday two people were hurt.", 5, "en", id="translated weekday"),
    ],
)
def test_a_claim_never_tells_another_day(text, number, into):
    assert not isinstance(told(text, number, into), GroundedClaim)


def test_a_day_must_be_quoted_to_be_told():
    result = told("On 9 June two people were injured.", 1, quote="Two people were injured in")

    assert not isinstance(result, GroundedClaim)


@pytest.mark.parametrize("day", range(1, 31))
def test_of_all_days_of_the_month_one_holds(day):
    result = told(f"Two people were injured on {day} June.", 1)

    assert isinstance(result, GroundedClaim) == (date(2026, 6, day) == TUESDAY.date())
