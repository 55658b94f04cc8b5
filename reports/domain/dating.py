"""Weekdays and days that are told without a date, in several languages."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_WEEKDAYS = {
    "en": "monday|mon tuesday|tue|tues wednesday|wed thursday|thu|thurs friday|fri saturday|sat "
    "sunday|sun",
    "de": "montag dienstag mittwoch donnerstag freitag samstag|sonnabend sonntag",
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "es": "lunes martes miércoles jueves viernes sábado domingo",
    "it": "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    "pt": "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
    "nl": "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
}


def _by_name(names: str) -> Mapping[str, int]:
    days = enumerate(names.split())
    return MappingProxyType({name: day for day, each in days for name in each.split("|")})


WEEKDAYS: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {code: _by_name(names) for code, names in _WEEKDAYS.items()}
)
"""The weekdays of a language by their names in small letters; Monday is 0."""


def weekdays_of(language: str) -> Mapping[str, int]:
    """Return the names of the weekdays of a language; none where we do not know them."""
    return WEEKDAYS.get(language, {})
