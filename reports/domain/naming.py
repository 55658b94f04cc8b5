"""Judge whether a claim's names stand in its quotations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from reports.domain import lexicon
from reports.domain.analysis import Kind
from reports.domain.compared import (
    Vocabulary,
    capitalized,
    is_acronym,
    joined,
    plain_word,
    small_letters,
    stem_of,
    words_of,
)
from reports.domain.reading import (
    NotGroundedError,
    Reading,
    free_words,
    shown,
    words_of_story,
)
from reports.domain.words import bare_word


def check_names(reading: Reading) -> None:
    """Every capitalized word of the claim stands capitalized in its quotations.

    The claim's first word may stand there in small letters, or be a small word, unless
    it is a whole word of capitals (WHO) or speaks (Brown said). Names of several words
    stand there as they are: "Joe Putin" is neither Joe Biden nor Vladimir Putin.
    """
    quoted = words_of(reading.quotes)
    known = capitalized(quoted, reading.language)
    small = small_letters(quoted) | free_words(reading)
    words = words_of(reading.claim.text)
    for place, word in enumerate(words):
        if is_oddly_cased(word) and word not in quoted:
            raise NotGroundedError(f"“{shown(word)}” is not in its quotations.")
        if not word[0].isupper() or name_of(word, reading) in known:
            continue
        if _is_german_noun(word, reading):
            continue
        may_be_small = place == 0 and not is_acronym(word) and not _speaks(words, reading)
        plain = plain_word(bare_word(word, reading.language))
        if not (may_be_small and (plain in small or _is_small_in_story(plain, reading))):
            raise NotGroundedError(f"The name “{shown(word)}” is not in its quotations.")
    _check_runs(reading, quoted)


def _is_small_in_story(plain: str, reading: Reading) -> bool:
    """Tell whether the story lends an analysis this word, for its beginning."""
    if reading.claim.kind is not Kind.WHY:
        return False
    return plain in small_letters(words_of_story(reading.story, reading.language))


def is_oddly_cased(word: str) -> bool:
    """Tell whether a capital stands inside a word, as in "McDonald" and "iNjured"."""
    return not word[1:].islower() and not is_acronym(word) and word[1:] != word[1:].lower()


def name_of(word: str, reading: Reading) -> str:
    """Return a name as it is compared: acronyms as they are, others without case."""
    bare = bare_word(word, reading.language)
    return bare if is_acronym(bare) else plain_word(bare)


def _speaks(words: Sequence[str], reading: Reading) -> bool:
    """Tell whether the claim's first word speaks, and nowhere beside that verb in a quotation."""
    told = tuple(plain_word(word) for word in words[:2])
    if len(told) < 2 or told[1] not in lexicon.words_of(lexicon.REPORTING_WORDS, reading.language):
        return False
    if told[0] in lexicon.words_of(lexicon.FUNCTION_WORDS, reading.language):
        return False
    quoted = [plain_word(word) for word in words_of(reading.quotes)]
    return told not in {*pairwise(quoted), *pairwise(reversed(quoted))}


_GAP_IN_NAME = re.compile(r"[\s\u2010\u2011-]{0,3}")


def _check_runs(reading: Reading, quoted: Sequence[str]) -> None:
    """Names that stand side by side in the claim stand so in a quotation."""
    compared = [_run_word(word, reading) for word in quoted]
    followers = {*pairwise(compared)}
    small = free_words(reading) | lexicon.ALL_BOUNDS
    for place, (one, other) in enumerate(_neighbors(reading.claim.text)):
        is_opening = place == 0 and (plain_word(one) in small or plain_word(one) in quoted)
        are_names = one[0].isupper() and other[0].isupper() and not is_opening
        if are_names and (_run_word(one, reading), _run_word(other, reading)) not in followers:
            raise NotGroundedError(
                f"The name “{shown(f'{one} {other}')}” does not stand so in its quotations."
            )


def _run_word(word: str, reading: Reading) -> str:
    """German nouns and names share their capital: there stems are compared."""
    if reading.language == "de":
        return stem_of(word, "de")
    return plain_word(bare_word(word, reading.language))


def _neighbors(text: str) -> Iterator[tuple[str, str]]:
    """Yield each word of a text with the next; the gap is a sign unless a space parts them."""
    words, end = words_of(text), 0
    plain = joined(text)
    for one, other in pairwise([*words, "."]):
        start = plain.find(one, end) + len(one)
        end = start
        following = plain.find(other, end)
        is_near = following >= 0 and _GAP_IN_NAME.fullmatch(plain, end, following) is not None
        ends_name = one.lower().endswith(("'s", "’s"))
        yield one, other if is_near and not ends_name else "."


def _is_german_noun(word: str, reading: Reading) -> bool:
    """Every German noun has a capital; its cases and numbers share a stem."""
    if reading.language != "de":
        return False
    return Vocabulary(words_of(reading.quotes), "de").has(word)


def names_of(reading: Reading) -> set[str]:
    """Return the claim's words that have a capital in it or, if in small letters, only quoted so.

    Its first word has one anyway: it is a name if the quotations write it so, too.
    """
    code, quoted = reading.language, words_of(reading.quotes)
    listed = lexicon.words_of(lexicon.FUNCTION_WORDS, code)
    listed |= lexicon.words_of(lexicon.REPORTING_WORDS, code)
    known = capitalized(quoted, code)
    only_known = known - small_letters(quoted)
    names = set()
    for place, word in enumerate(words_of(reading.claim.text)):
        name = name_of(word, reading)
        is_opening = place == 0 and (name not in known or name in free_words(reading))
        is_name = not is_opening if word[0].isupper() else name in only_known
        if is_name and name not in listed:
            names.add(name)
    return names
