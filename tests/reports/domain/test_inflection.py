"""Forms of one word are told by their endings from words that merely share a stem."""

import pytest

from reports.domain.inflection import is_form

FORMS = {
    "en": [
        *("pier piers", "injured injure", "injured injures", "agreed agree", "agreeing agrees"),
        *("dying die", "studies study", "studied studying", "stopped stop", "stopping stopped"),
        *("boxes box", "closing closed", "uses used", "watches watched", "goes go"),
    ],
    "de": [
        *("fähre fähren", "haus häuser", "verband verbände", "verletzt verletzten"),
        *("sagte sagten", "sicher sicheren", "mensch menschen", "stadt städte"),
    ],
    "fr": ["bateau bateaux", "blessé blessées", "coule coulé"],
    "es": ["barco barcos", "avión aviones", "herido heridas"],
    "it": ["nave navi"],
}


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [(language, *pair.split()) for language, pairs in FORMS.items() for pair in pairs],
)
def test_forms_of_one_word(language, one, other):
    assert is_form(one, [other], language)
    assert is_form(other, [one], language)


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "executive", "executed"),
        ("en", "university", "universal"),
        ("en", "people", "peopls"),
        ("en", "injured", "injurer"),
        ("en", "import", "important"),
        ("en", "general", "generous"),
        ("de", "schon", "schön"),
        ("de", "fahre", "fähre"),
        ("de", "schwulen", "schwülen"),
        ("fr", "police", "policier"),
        ("es", "policía", "político"),
    ],
)
def test_words_that_merely_look_alike(language, one, other):
    assert not is_form(one, [other], language)
    assert not is_form(other, [one], language)
