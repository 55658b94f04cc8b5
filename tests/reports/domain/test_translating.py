"""A translation says no figure, name, date or denial that its quotations lack."""

from datetime import UTC, datetime

import pytest

from reports.domain.analysis import DraftClaim, GroundedClaim, Kind, Quote, SourcePassage
from reports.domain.grounding import ground

NOW = datetime(2026, 6, 9, 6, 30, tzinfo=UTC)
GERMAN = (
    "Bei dem Unglück der Fähre Petrel wurden am Dienstag in Deutschland mindestens vierzehn "
    "Menschen verletzt, sagte Bürgermeisterin Ana Ruiz am 3. Mai."
)
ENGLISH = (
    "At least 14 people were injured in Germany on Tuesday when the ferry Petrel struck a pier, "
    "Mayor Ana Ruiz said on 3 May. The damage is $1.2 million."
)
DENIED = "Der Bürgermeister hat das Geld nicht genommen, und Otto Brandt lebt in Oldtown."
TEXTS = {
    1: (GERMAN, "de"),
    2: (ENGLISH, "en"),
    3: (DENIED, "de"),
    4: ("Le maire Paul Martin a dit mardi que plus de 14 personnes sont blessées.", "fr"),
    5: ("El alcalde Paul Martín dijo el martes que al menos 14 personas murieron.", "es"),
    6: ("Der Bürgermeister soll angeblich das Geld genommen haben.", "de"),
    7: ("Nimmt der Bürgermeister das Geld?", "de"),
    8: ("火曜日に港で14人がけがをした。", "ja"),
    9: ("The mayor met Vladimir Putin and Brandt. The president of the WHO spoke.", "en"),
    10: ("Der Chef sagte: „Es ist nicht vorbei.“", "de"),
}
PASSAGES = {
    number: SourcePassage(number, number, 1, text, language, f"family{number}", "Outlet", NOW)
    for number, (text, language) in TEXTS.items()
}


def told(text, number, *, into="en", passages=PASSAGES):
    claim = DraftClaim(Kind.LEAD, text, (Quote(number, TEXTS[number][0]),))
    return ground(claim, passages=passages, language="en", into=into)


@pytest.mark.parametrize(
    ("text", "number", "into"),
    [
        pytest.param("At least 14 people were hurt on Tuesday.", 1, "en", id="a weekday"),
        pytest.param("Mayor Ana Ruiz said so on 3 May, in Germany.", 1, "en", id="a date, a land"),
        pytest.param("At least fourteen hurt in ferry accident", 1, "en", id="a headline"),
        pytest.param(
            "Mindestens 14 Menschen wurden am Dienstag in Deutschland verletzt.", 2, "de", id="de"
        ),
        pytest.param("Der Schaden beträgt 1,2 Millionen Dollar.", 2, "de", id="an amount"),
        pytest.param("The mayor has not taken the money.", 3, "en", id="a denial"),
        pytest.param(
            "Police said more than 14 people were hurt.", 4, "en", id="a common word first"
        ),
        pytest.param("Am 3. Mai wurden mindestens 14 Menschen verletzt.", 2, "de", id="nouns"),
        pytest.param("The mayor allegedly took the money.", 6, "en", id="a reservation"),
        pytest.param("Is the mayor taking the money?", 7, "en", id="a question"),
        pytest.param("More than 14 people were hurt, Mayor Paul Martin said.", 4, "en", id="fr"),
        pytest.param("At least 14 people died on Tuesday.", 5, "en", id="es"),
        pytest.param("The head said: „Es ist nicht vorbei.“", 10, "en", id="a quoted string"),
        pytest.param("At the port 14 people were hurt on this day.", 8, "en", id="ja"),
    ],
)
def test_a_faithful_translation_holds_and_is_marked(text, number, into):
    result = told(text, number, into=into)

    assert isinstance(result, GroundedClaim), result.reason
    assert result.is_translation
    assert result.language == into


def test_what_holds_beside_the_story_holds_beside_its_own_passages():
    text = "Police said more than 14 people were hurt."

    assert isinstance(told(text, 4, passages={4: PASSAGES[4]}), GroundedClaim)


@pytest.mark.parametrize(
    ("text", "number", "into", "why"),
    [
        pytest.param("At least 15 people were hurt.", 1, "en", "15", id="a digit"),
        pytest.param("The 14 people were hurt.", 1, "en", "limits", id="a limit dropped"),
        pytest.param("Up to 14 people were hurt.", 1, "en", "limits", id="another limit"),
        pytest.param("The people were hurt on Monday.", 1, "en", "Monday", id="a weekday"),
        pytest.param("The people were hurt on 4 May.", 1, "en", "4 May", id="a date"),
        pytest.param("The people were hurt in April.", 1, "en", "April", id="a month"),
        pytest.param("The mayor is Ana Lopez.", 1, "en", "Lopez", id="a name"),
        pytest.param("Joe Biden was hurt in the accident.", 1, "en", "Joe", id="a name at first"),
        pytest.param("Otto hurt people in the accident.", 1, "en", "Otto", id="of the story"),
        pytest.param("In the accident otto hurt people.", 1, "en", "otto", id="in small letters"),
        pytest.param("Trump hurt people in the accident.", 1, "en", "Trump", id="maybe a name"),
        pytest.param("The people were hUrt.", 1, "en", "hUrt", id="a capital inside"),
        pytest.param("The people were hurt in France.", 1, "en", "France", id="another land"),
        pytest.param("The French were hurt.", 1, "en", "French", id="another people"),
        pytest.param("The FBI was at the accident.", 1, "en", "FBI", id="an acronym"),
        pytest.param("No people were hurt in the accident.", 1, "en", "denies", id="denied"),
        pytest.param("The mayor has taken the money.", 3, "en", "denies", id="a denial dropped"),
        pytest.param("The mayor has taken the money.", 6, "en", "doubts", id="a doubt dropped"),
        pytest.param("The mayor has taken the money.", 7, "en", "asks", id="a question dropped"),
        pytest.param("The head said: “It is not over.”", 10, "en", "quotation", id="a quotation"),
        pytest.param("The people were hurt 🔥.", 1, "en", "sign", id="an emoji"),
        pytest.param("Join the people on t.me/x.", 1, "en", "address", id="an address"),
        pytest.param("The <b>people</b> were hurt.", 1, "en", "markup", id="markup"),
        pytest.param("Less than 14 people were hurt.", 4, "en", "limits", id="French, turned"),
        pytest.param("Less than 14 people died.", 5, "en", "limits", id="Spanish, turned"),
        pytest.param(
            "Mindestens 14 Menschen hat der Joe Biden verletzt.", 2, "de", "Joe", id="de, names"
        ),
        pytest.param(
            "Der Bürgermeister hat Frankreich besucht.", 2, "de", "Frankreich", id="de, a land"
        ),
        pytest.param("The people " + "were in the sea and " * 15, 3, "en", "longer", id="long"),
    ],
)
def test_a_translation_brings_no_fact_of_its_own(text, number, into, why):
    result = told(text.strip(), number, into=into)

    assert not isinstance(result, GroundedClaim)
    assert why in result.reason


def test_without_a_second_reading_no_translation_holds():
    assert not isinstance(told("At least 14 people were hurt.", 1, into=""), GroundedClaim)


def test_a_sentence_in_its_quotations_language_is_no_translation():
    result = told("Mindestens vierzehn Menschen wurden am Dienstag verletzt.", 1)

    assert isinstance(result, GroundedClaim), result.reason
    assert not result.is_translation
    assert result.language == "de"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Vierzehn Menschen wurden am Dienstag getötet.", id="with small words"),
        pytest.param("Vierzehn Menschen verletzt, getötet", id="without"),
        pytest.param("Quatorze personnes sont blessées.", id="in a third language"),
    ],
)
def test_what_is_not_in_the_report_s_language_is_no_translation_into_it(text):
    assert not isinstance(told(text, 1), GroundedClaim)


def test_a_translation_of_two_languages_needs_one_of_them():
    claim = DraftClaim(
        Kind.LEAD, "At least 14 people were hurt.", (Quote(1, GERMAN), Quote(4, TEXTS[4][0]))
    )

    result = ground(claim, passages=PASSAGES, language="en", into="en")

    assert "several languages" in result.reason
