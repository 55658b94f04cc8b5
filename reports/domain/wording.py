"""Judge whether a claim's words, figures, names and signs rest on its quotations."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from reports.domain import lexicon
from reports.domain.analysis import DraftClaim, Kind, SourcePassage, Span
from reports.domain.compared import (
    capitalized,
    is_acronym,
    joined,
    plain_word,
    small_letters,
    small_words,
    stem_of,
    stems_of,
    words_of,
)
from reports.domain.numbers import Figure, FoundFigure, find_figures, stated_figures
from reports.domain.numerals import numbers_in_words
from reports.domain.quotations import DASH, MARKS, QUOTE, SINGLE_MARKS, normalize
from reports.domain.sentences import Sentence, split_sentences
from reports.domain.words import bare_word, stem


class NotGroundedError(Exception):
    """A claim does not hold; the message is the reason, a sentence that an editor understands."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A claim beside all that it may rest on."""

    claim: DraftClaim
    spans: tuple[Span, ...]
    sentences: tuple[str, ...]
    """The whole sentences of which the spans quote something."""
    story: tuple[SourcePassage, ...]
    language: str

    @property
    def quotes(self) -> str:
        """The quotations, one to a line: no phrase runs over the gap."""
        return "\n\n".join(span.quote for span in self.spans)


_FOREIGN = "It seems to be in another language than its quotations: this needs a judge."


def check_words(reading: Reading) -> None:
    """Raise NotGroundedError for the first thing that the claim says and nothing bears out."""
    check_quoted_strings(reading.claim.text, reading.spans)
    check_signs(reading)
    _check_figures(reading)
    try:
        _check_names(reading)
        _check_content(reading)
    except NotGroundedError:
        words = (plain_word(word) for word in words_of(reading.claim.text))
        if lexicon.seems_other(words, reading.language):
            raise NotGroundedError(_FOREIGN) from None
        raise
    _check_polarity(reading)


def check_signs(reading: Reading) -> None:
    """Symbols, marks on letters, joiners, "?" and "!" carry meaning, too: none may be added.

    Currency signs are part of figures.
    """
    quoted = set(_composed(reading.quotes))
    for character in _composed(reading.claim.text):
        category = unicodedata.category(character)
        is_sign = category[0] in "SM" or category in {"No", "Nl", "Cf"} or character in _TONE
        if is_sign and category != "Sc" and character not in quoted:
            raise NotGroundedError(f"The sign “{shown(character)}” is not in its quotations.")


_TONE = frozenset("?!‽¿¡؟‼⁇⁈⁉⸮\u037e՞፧")
"""Signs that make a question or a cry of a statement; all other punctuation is left alone."""


def _composed(text: str) -> str:
    """Return a text in one form, with full-width signs plain and superscripts kept."""
    return unicodedata.normalize("NFC", text.translate(_FULL_WIDTH))


_FULL_WIDTH = {point: point - 0xFEE0 for point in range(0xFF01, 0xFF5F)}


def _check_figures(reading: Reading) -> None:
    """Every figure stands in the quotations, under the same limit: "fewer than 14" is not 14."""
    limits = _limits_of(reading)
    text = reading.claim.text
    found_figures = find_figures(text, reading.language)
    check_figure_values(reading, found_figures)
    for found in found_figures:
        written = text[found.start : found.end]
        if _limit(text, found) not in limits.get(found.figure, [_limit(text, found)]):
            raise NotGroundedError(f"The figure “{written}” has other limits in its quotations.")


def check_figure_values(reading: Reading, found_figures: Iterable[FoundFigure]) -> None:
    """Raise NotGroundedError for the first of a claim's figures that no quotation states."""
    stated = _stated_by(reading)
    for found in found_figures:
        if found.figure not in stated:
            written = reading.claim.text[found.start : found.end]
            raise NotGroundedError(f"The figure “{written}” is not in its quotations.")


def _limits_of(reading: Reading) -> Mapping[Figure, list[frozenset[str]]]:
    """Return what limits each quoted figure, also where the quotation starts behind the limit."""
    texts = {passage.id: passage.text for passage in reading.story}
    limits: dict[Figure, list[frozenset[str]]] = {}
    for span in reading.spans:
        first = max(0, span.start - _LIMIT_REACH)
        around = texts[span.passage_id][first : span.end + _LIMIT_REACH]
        for found in find_figures(around, reading.language):
            if span.start - first <= found.start and found.end <= span.end - first:
                limits.setdefault(found.figure, []).append(_limit(around, found))
    return limits


_LIMIT_REACH = 80
_STOP = re.compile(r"[.!?;:\n]")


def _limit(text: str, found: FoundFigure) -> frozenset[str]:
    """Return the words that limit a figure: "at least" before it, "or more" behind it."""
    before = _STOP.split(text[max(0, found.start - _LIMIT_REACH) : found.start])[-1]
    behind = _STOP.split(text[found.end : found.end + _LIMIT_REACH])[0]
    near = {plain_word(word) for word in words_of(before)[-3:]} & lexicon.ALL_BOUNDS
    return frozenset(near | {plain_word(word) for word in words_of(behind)[:2]} & lexicon.COMPARING)


def _stated_by(reading: Reading) -> frozenset[Figure]:
    return frozenset[Figure]().union(
        *(stated_figures(span.quote, reading.language) for span in reading.spans)
    )


_OPENERS = {
    "“": "”",
    "„": '“”"',
    "«": "»",
    "»": "«",
    "‹": "›",
    "‘": "’",
    "‚": "‘",
    '"': '"',
    "'": "'",
}


def check_quoted_strings(text: str, spans: tuple[Span, ...]) -> None:
    """What a claim sets in quotation marks must stand so, as one piece, in one quotation."""
    whole = [normalize(_typeset(span.quote)).text for span in spans]
    for quoted in quoted_strings(text):
        # American printers set the comma or point of their own sentence inside the marks.
        sought = normalize(quoted).text.strip(" " + DASH).rstrip(".," + QUOTE).lstrip(QUOTE)
        if sought and not any(sought in quote for quote in whole):
            raise NotGroundedError(f"“{shown(quoted)}” is set as a quotation but is none.")


def _typeset(text: str) -> str:
    """Return a text with one mark for two typed ones."""
    return text.replace(",,", "„").replace("''", '"')


def quoted_strings(text: str) -> Iterator[str]:
    """Yield what stands in quotation marks, and all pieces beside a mark that has no partner."""
    text = _typeset(text)
    position, loose = 0, list[int]()
    while position < len(text):
        closers = _OPENERS.get(text[position])
        if closers is None or not _may_open(text, position):
            if _is_loose_mark(text, position):
                loose.append(position)
            position += 1
            continue
        end = _closing(text, position + 1, closers)
        yield text[position + 1 : end]
        position = end + 1
    if loose:
        yield from (text[start:end] for start, end in pairwise([0, *loose, len(text)]))


def _is_loose_mark(text: str, position: int) -> bool:
    """Tell marks of other printers (”…”, 「…」) and the dash of a dialogue from mere signs."""
    character, before = text[position], text[:position].rstrip()
    if character in _DIALOGUE_DASHES:
        return text[position + 1 :].lstrip()[:1].isalpha() and before[-1:] in _BEFORE_DIALOGUE
    if character in SINGLE_MARKS or character in "″〃":
        return not text[position - 1 : position].isalnum() and position + 1 < len(text)
    return character in MARKS or unicodedata.category(character) in {"Pi", "Pf"}


_DIALOGUE_DASHES = frozenset("-–—―")
_BEFORE_DIALOGUE = ("", ".", ":", "!", "?", "…")


def _may_open(text: str, position: int) -> bool:
    """Tell an opening mark from an apostrophe ("fans' bus", "rock 'n' roll" aside)."""
    before = text[position - 1] if position else " "
    after = text[position + 1] if position + 1 < len(text) else " "
    return text[position] not in "‘‚'" or (not before.isalnum() and after.isalnum())


def _closing(text: str, start: int, closers: str) -> int:
    """Return where the quoted string ends: at its closing mark, or with the text."""
    for position in range(start, len(text)):
        if text[position] in closers and not _is_inner_mark(text, position):
            return position
    return len(text)


def _is_inner_mark(text: str, position: int) -> bool:
    """Tell an apostrophe from a quotation mark."""
    before = text[position - 1] if position else " "
    after = text[position + 1] if position + 1 < len(text) else " "
    return text[position] in "’‘'" and before.isalnum() and after.isalnum()


# All claims of a section lean on one story.
@lru_cache(maxsize=4)
def _words_of_story(story: tuple[SourcePassage, ...], language: str) -> frozenset[str]:
    """Return the words of the story's passages in the claim's language, quoted ones included."""
    return frozenset(
        word
        for passage in story
        if primary(passage.language) in {language, ""}
        for word in words_of(passage.text)
    )


def _check_names(reading: Reading) -> None:
    """Every capitalized word of the claim stands capitalized in its quotations.

    The claim's first word may stand there in small letters, or be a small word, unless
    it is a whole word of capitals (WHO) or speaks (Brown said). Names of several words
    stand there as they are: "Joe Putin" is neither Joe Biden nor Vladimir Putin.
    """
    quoted = words_of(reading.quotes)
    known = capitalized(quoted, reading.language)
    small = small_letters(quoted) | _free_words(reading)
    if reading.claim.kind is Kind.WHY:
        small |= small_letters(_words_of_story(reading.story, reading.language))
    words = words_of(reading.claim.text)
    for place, word in enumerate(words):
        if not word[0].isupper() or _name(word, reading) in known:
            continue
        if _is_german_noun(word, reading):
            continue
        may_be_small = place == 0 and not is_acronym(word) and not _speaks(words, reading)
        if not (may_be_small and plain_word(bare_word(word, reading.language)) in small):
            raise NotGroundedError(f"The name “{shown(word)}” is not in its quotations.")
    _check_runs(reading, quoted)


def _name(word: str, reading: Reading) -> str:
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
    small = _free_words(reading) | lexicon.ALL_BOUNDS
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
    return stems_of([word], "de") <= stems_of(words_of(reading.quotes), "de")


def _lent_by_story(reading: Reading) -> Iterable[str]:
    """Return the words that the story lends to an analysis.

    Where the analysis names somebody, only sentences in which one of its names stands: no deed
    passes from one of the story's people to another.
    """
    names = _names_of(reading)
    if not names:
        return _words_of_story(reading.story, reading.language)
    code = reading.language
    return [
        word
        for passage in reading.story
        if primary(passage.language) in {code, ""}
        if names & capitalized(words_of(passage.text), code)
        for sentence in sentences_of(passage.text, code)
        if names & capitalized(words_of(sentence.text), code)
        for word in words_of(sentence.text)
    ]


def _names_of(reading: Reading) -> set[str]:
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
        name = _name(word, reading)
        is_opening = place == 0 and (name not in known or name in _free_words(reading))
        is_name = not is_opening if word[0].isupper() else name in only_known
        if is_name and name not in listed:
            names.add(name)
    return names


@lru_cache(maxsize=512)
def sentences_of(text: str, language: str) -> tuple[Sentence, ...]:
    """Return the sentences of a passage; claims come back to the same passages."""
    return split_sentences(text, language)


def _check_content(reading: Reading) -> None:
    """Every content word of the claim, stemmed, stands in its quotations; for analysis: its story.

    Words of figures count by their value alone: "1.2 million" lends nobody "millions".
    """
    code, quotes = reading.language, reading.quotes
    free = _free_words(reading) | _plain_negations(code)
    number_words = numbers_in_words(code)
    # "post-COVID-19" holds a figure: what is left of it beside the figure is known as well.
    beside = words_of(without_figures(quotes, code))
    known = stems_of(beside, code)
    known |= stems_of([w for w in words_of(quotes) if plain_word(w) not in number_words], code)
    missing = [
        word
        for word in words_of(without_figures(reading.claim.text, code))
        if plain_word(word) not in free
        and plain_word(bare_word(word, code)) not in free
        and stem_of(word, code) not in known
    ]
    if missing and reading.claim.kind is Kind.WHY:
        # The story lends its words, not its names: those of the quotations are known already.
        lent = stems_of(small_letters(_lent_by_story(reading)), code)
        missing = [word for word in missing if stem_of(word, code) not in lent]
    if missing:
        raise NotGroundedError(f"“{shown(missing[0])}” is not in {_basis_in_words(reading)}.")


def _basis_in_words(reading: Reading) -> str:
    if reading.claim.kind is not Kind.WHY:
        return "its quotations"
    if _names_of(reading):
        return "its quotations, nor in a sentence of the story with a name that it names"
    return "the story"


def _free_words(reading: Reading) -> frozenset[str]:
    code = reading.language
    free = lexicon.words_of(lexicon.FUNCTION_WORDS, code)
    free |= lexicon.words_of(lexicon.REPORTING_WORDS, code)
    if reading.claim.kind is Kind.WHY:
        free |= lexicon.words_of(lexicon.ANALYTIC_WORDS, code)
    return free


def _plain_negations(language: str) -> frozenset[str]:
    """Return the negations that polarity judges; "can't" also says "can", so it is a word."""
    small = lexicon.words_of(lexicon.FUNCTION_WORDS, language)
    listed = lexicon.words_of(lexicon.NEGATIONS, language)
    return frozenset(
        word
        for word in listed
        if not _CONTRACTED.search(word) or _CONTRACTED.sub("", word) in small | {""}
    )


def _check_polarity(reading: Reading) -> None:
    """A negation may be neither added nor dropped; a reservation not dropped."""
    code = reading.language
    is_analysis = reading.claim.kind is Kind.WHY
    basis = _words_of_story(reading.story, code) if is_analysis else words_of(reading.quotes)
    own = words_of(reading.claim.text)
    for word in sorted(_negations(own, code) - _negations(basis, code)):
        raise NotGroundedError(f"The quotations do not say “{word}”.")
    said = _turning(reading.claim.text, code)
    for sentence in reading.sentences:
        for word in sorted(_turning(sentence, code) - said):
            written = _written(word, sentence, code)
            raise NotGroundedError(f"The passage says “{written}”, which the sentence leaves out.")
        if asks(sentence) and not asks(reading.claim.text):
            raise NotGroundedError("The passage asks what the sentence states.")


_ASKS = re.compile("[?‽؟⁇⁈⁉⸮\u037e՞፧？]")


def asks(text: str) -> bool:
    """Tell whether a text holds a sign that asks, in any script."""
    return _ASKS.search(text) is not None


def _written(turned: str, text: str, language: str) -> str:
    """Return a turning word as a text writes it, for a reason that an editor can read."""
    for word in sorted(small_words(words_of(text))):
        if _turned(word, language) == turned:
            return word
    return turned


def _turning(text: str, language: str) -> Counter[str]:
    """Count the negations, reservations and denials of a text; "denies" is "denied"."""
    words = [plain_word(word) for word in words_of(without_month_of_may(text))]
    listed = lexicon.turning_words(language, is_foreign=lexicon.leans_to_other(words, language))
    counts: Counter[str] = Counter()
    for word in words:
        for piece in (word,) if word in listed else word.split("'"):
            if piece in listed:
                counts[_turned(piece, language)] += 1
    return counts


_MONTH_OF_MAY = re.compile(
    r"\b(?:in|since|until|by|late|early|mid|last|this|next|from|of|\d{1,2}(?:st|nd|rd|th)?)[\s-]May\b"
    r"|\bMay\s(?=\d)"
)


def without_month_of_may(text: str) -> str:
    """Return an English text without the month that looks like a reservation."""
    return _MONTH_OF_MAY.sub(" ", text)


def _turned(word: str, language: str) -> str:
    if _CONTRACTED.search(word) and word in lexicon.NEGATIONS["en"]:
        return "not"
    return word if word in lexicon.words_of(lexicon.NEGATIONS, language) else stem(word, language)


def _negations(words: Iterable[str], language: str) -> frozenset[str]:
    """Return the negations among words; "isn't" and "cannot" are "not"."""
    listed = small_words(words) & lexicon.words_of(lexicon.NEGATIONS, language)
    return frozenset("not" if _CONTRACTED.search(word) else word for word in listed)


# --- comparing words -------------------------------------------------------------------------

_CONTRACTED = re.compile(r"(?:n't|not|nt)\Z")


def without_figures(text: str, language: str) -> str:
    """Blank out the figures: they were compared as values."""
    kept, position = [], 0
    for found in find_figures(text, language):
        kept.append(text[position : found.start])
        position = found.end
    return " ".join([*kept, text[position:]])


# --- for reasons and languages ---------------------------------------------------------------


def shown(text: str) -> str:
    """Return a text as a reason may show it: short, on one line, printable."""
    visible = " ".join("".join(c for c in text[:200] if c.isprintable() or c == " ").split())
    return visible if len(visible) <= 80 else visible[:79] + "…"


def primary(language: str) -> str:
    """Return the language of a code without its region."""
    return re.split("[-_]", language[:12], maxsplit=1)[0].lower()
