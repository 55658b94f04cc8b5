"""Tell whether two words are forms of one word.

A stem joins too much: "executive" and "executed", "university" and "universal", German "schon" and
"schön" share one. Words of one stem count as one word only if their endings say number, case,
person or tense and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from reports.domain.lexicon import set_of

_ENDINGS = {
    "de": (
        set_of("- e en er es em n s ern"),
        set_of("- e en est st t et te ten test tet ten end ende enden ender endes"),
    ),
    "fr": (
        set_of("- s x e es"),
        set_of("e es ent é ée és ées er ait aient a èrent ant ons ez era eront erait"),
        set_of("- i is it ie ies ir issent issait ira iront"),
        set_of("- u us ue ues re ait"),
        set_of("al aux ale ales"),
        set_of("eau eaux"),
    ),
    "es": (
        set_of("- s es"),
        set_of("o a os as"),
        set_of("o a as an e en ar ó aron aba aban ado ada ados adas ando ará arán aría arían"),
        set_of("o a an e en er ir ió ieron ía ían ido ida idos idas iendo erá erán irá irán"),
        set_of("ón ones"),
    ),
}
"""Endings that may stand for one another, by paradigm; "-" is none."""
_SHORTEST = 3
_UMLAUTS = str.maketrans("äöü", "aou")
_PLURALS = ("e", "er", "en", "n", "ern")


def is_form(word: str, forms: Iterable[str], language: str) -> bool:
    """Tell whether a word is a form of one of others with its stem, all in small letters.

    Where we do not know the endings of a language, words of one stem are forms of one word.
    """
    return any(_are_forms(word, form, language) for form in forms)


@lru_cache(maxsize=65_536)
def _are_forms(one: str, other: str, language: str) -> bool:
    if one == other:
        return True
    if not (one.isalpha() and other.isalpha()):
        return False
    if language == "en":
        return not _bases(one).isdisjoint(_bases(other))
    if language not in _ENDINGS:
        return True
    return _share_paradigm(one, other, language) or (
        language == "de" and (_is_umlaut_plural(one, other) or _is_umlaut_plural(other, one))
    )


def _bases(word: str) -> frozenset[str]:
    """Return what an English word may be a form of."""
    bases = {word}
    for ending in ("s", "es", "d", "ed", "ing"):
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST - 1:
            bases.update(_without(word, ending))
    return frozenset(bases)


def _without(word: str, ending: str) -> Iterable[str]:
    base = word[: -len(ending)]
    # "watches", "boxes", but no "peopes"; "agreed", "used", but no "houd".
    if ending == "s":
        return () if base.endswith(("s", "x", "z", "ch", "sh")) else (base,)
    if ending == "es":
        plural_y = (f"{base[:-1]}y",) if base.endswith("i") else ()
        return (*plural_y, base) if base.endswith(("s", "x", "z", "ch", "sh", "o")) else plural_y
    if ending == "d":
        return (base,) if base.endswith("e") else ()
    found = [base, f"{base}e"] if ending == "ing" else [base]
    if base[-1:] == base[-2:-1]:
        found.append(base[:-1])
    if ending == "ed" and base.endswith("i"):
        found.append(f"{base[:-1]}y")
    if ending == "ing" and base.endswith("y"):
        found.append(f"{base[:-1]}ie")
    return found


def _share_paradigm(one: str, other: str, language: str) -> bool:
    shared = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        shared += 1
    # What two endings begin with may belong to either: "blessé" and "blessées", "ón" and "ones".
    for cut in range(shared, max(shared - 4, _SHORTEST - 1), -1):
        endings = {one[cut:] or "-", other[cut:] or "-"}
        if any(endings <= paradigm for paradigm in _ENDINGS[language]):
            return True
    return False


def _is_umlaut_plural(singular: str, plural: str) -> bool:
    """Haus and Häuser; not Fahre and Fähre, schon and schön."""
    if plural == plural.translate(_UMLAUTS) or len(plural) < len(singular):
        return False
    folded = plural.translate(_UMLAUTS)
    return any(f"{singular}{ending}" == folded for ending in _PLURALS)
