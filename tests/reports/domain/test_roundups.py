"""Titles of round-ups and opinions, beside titles that only look like them."""

import pytest

from reports.domain.roundups import is_round_up


@pytest.mark.parametrize(
    "title",
    [
        "LIVE: Sorvik quake and the day's other news",
        "Live updates: storm reaches the coast",
        "Harbor strike updates LIVE: ferries stop, schools close",
        "Storm LIVE Sorvik updates: two bridges closed",
        "Storm: Live updates from Sorvik and around the world on 9 June",
        "Banks Fall, Oil Rises: Live Updates",
        "Live Storm News and Updates",
        "As it happened: the latest from Sorvik and around the world",
        "Your Wednesday Briefing",
        "Storm, Ferries, Oil: Your Tuesday Briefing",
        "Storm Briefing: What Happened Today",
        "Morning Briefing: Top stories on June 9",
        "Storm: Morning update",
        "Storm: What happened in Sorvik on 9 June",
        "Storm: All you need to know about today's developments",
        "Today on Channel Nine: June 9",
        "Tuesday's major developments",
        "On Politics: The Mayor Resigns",
        "Storm Global Tracker: Two Bridges Closed",
        "The Papers: 'Glimmer of light'",
        "Here is the latest list of flooded streets",
        "What's on TV: Tuesday, June 9",
        "Gallery: The best photos from around the world",
        "Ferries podcast: who pays?",
        "The weekly news quiz: who said what?",
        "Race-by-race tips and preview for Sorvik on Friday",
        "Column: The mayor should go",
        "Opinion | The mayor should go",
        "Comment: The mayor should go",
        "Kommentar: Die Bürgermeisterin muss gehen",
        "Liveticker: Sturm über Sorvik",
        "Éditorial : la maire doit partir",
        "En direct : tempête sur Sorvik",
        "Opinión: la alcaldesa debe irse",
    ],
)
def test_a_title_announces_a_round_up(title):
    assert is_round_up(title)


@pytest.mark.parametrize(
    "title",
    [
        "Live music returns to Sorvik",
        "Sorvik shooting: what we know",
        "Rescuers find boy alive: 'a miracle'",
        "Where the survivors live: a street in Sorvik",
        "Mayor holds briefing on Sorvik quake",
        "Mayor's morning briefing cut short by quake",
        "Quake in Sorvik: what happened at the harbor",
        "Opinion polls open in Sorvik",
        "Columnist: I saw the quake",
        "Column of smoke over Sorvik harbor",
        "Gallery owner charged with fraud in Sorvik",
        "Quiz show host Otis Fenn dies at 80",
        "Podcast host Otis Fenn arrested in Sorvik",
        "Handheld review round-up: critics are divided",
        "Bus drivers' union comments on strike: 'enough'",
        "Phone maker ships update live to customers",
        "Papers: spy chief lied to parliament",
        "Today is the last day of the ferry",
        "Sorvik mayor resigns",
        "",
    ],
)
def test_a_title_tells_of_one_event(title):
    assert not is_round_up(title)


def test_a_hostile_title_is_read_quickly():
    assert not is_round_up("live " * 100_000)
