"""Which sentences mean another day on another day."""

import pytest

from reports.pages.relative import names_a_relative_day


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("Drivers will cross for the last time tomorrow.", "en", id="tomorrow"),
        pytest.param("Today the council votes.", "en-GB", id="at the beginning"),
        pytest.param("The talks end this\nevening, he said.", "en", id="this evening"),
        pytest.param("Bridge to Close Tonight", "en", id="a title in capitals"),
        pytest.param("It is yesterday’s decision.", "en", id="a genitive"),
        pytest.param("Two died last night.", "en", id="last night"),
        pytest.param("The bridge closes on Friday.", "en", id="a weekday"),
        pytest.param("On Friday 12 people were hurt.", "en", id="a weekday before a count"),
        pytest.param("On Friday's march nobody spoke.", "en", id="a weekday's"),
        pytest.param("The Friday mail was late.", "en", id="no name without its capital"),
        pytest.param("USA Today wrote yesterday of it.", "en", id="a name and a word"),
        pytest.param("Die Brücke ist seit heute gesperrt.", "de", id="heute"),
        pytest.param("Gestern Abend brannte die Fähre.", "de", id="gestern"),
        pytest.param("Die Sitzung am morgigen Tag entfällt.", "de-AT", id="morgig"),
        pytest.param("Am Donnerstagabend wird gewählt.", "de", id="a German weekday's evening"),
        pytest.param("Le pont ferme aujourd’hui.", "fr", id="aujourd'hui"),
        pytest.param("Le vote aura lieu après-demain.", "fr", id="après-demain"),
        pytest.param("Il est mort mardi.", "fr", id="a French weekday"),
        pytest.param("Le pont ferme demain.", "", id="a language that is not known"),
        pytest.param("El puente se cierra.", "es", id="a language without a list"),
    ],
)
def test_a_sentence_with_such_a_word_needs_its_date(text, language):
    assert names_a_relative_day(text, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("The repair takes eleven weeks.", "en", id="no such word"),
        pytest.param("Monday.com sold its office.", "en", id="a company"),
        pytest.param("The survey was paid for by USA Today.", "en", id="a newspaper"),
        pytest.param("The Sunday Times first had it.", "en", id="a Sunday paper"),
        pytest.param("Sales on Black Friday fell.", "en", id="a day with a name"),
        pytest.param("Ask news@today.example or #tomorrow.", "en", id="addresses and tags"),
        pytest.param("The market is held on Mondays.", "en", id="a habit"),
        pytest.param("It began on Friday, 12 June.", "en", id="a date follows"),
        pytest.param("It began on Friday, June 12.", "en", id="a month follows"),
        pytest.param("The todays of a life.", "en", id="within a word"),
        pytest.param("Man trifft sich montags im Hafen.", "de", id="a German habit"),
        pytest.param("Die heute-show ist eine Satire.", "de", id="a broadcast"),
        pytest.param("Guten Morgen, sagte die Bürgermeisterin.", "de", id="a greeting"),
        pytest.param("Seit Freitag, dem 12. Juni, ruht der Verkehr.", "de", id="a German date"),
        pytest.param("Il est mort le mardi 9 juin.", "fr", id="a French date"),
        pytest.param("Hier steht die Brücke, und sie bleibt hier.", "de", id="French for another"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_a_sentence_without_one_does_not(text, language):
    assert not names_a_relative_day(text, language)


def test_a_very_long_text_is_read_at_once():
    assert not names_a_relative_day("Fri day " * 50_000 + "USA " * 50_000, "")
