"""Cut a passage into sentences without losing a character's place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from reports.domain.lexicon import set_of


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a passage: `text` is exactly `passage[start:end]`, without outer space."""

    text: str
    start: int
    end: int


# Dots after these never end a sentence: a name or a number follows.
_TITLES = set_of(
    """
    mr mrs ms dr prof rev fr gen col lt maj capt cmdr adm sgt sen rep gov pres hon st mt ft vs
    messrs mme mlle mgr no nos nr art fig vol pp approx ca cf viz eg ie al bzgl bzw vgl sog ggf
    inkl hr frl dipl abs str tel evtl zzgl av apr env sra srta dra sig ing avv dott on hl geb
    gest mio mrd
    """
)
# Dots after these may end a sentence; what follows decides.
_ABBREVIATIONS = set_of(
    """
    inc corp co ltd llc plc bros jr sr etc usw dept univ assn est min max avg jan feb mar apr
    jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun ala ariz ark
    calif colo conn del fla ga ill ind kan ky la md mass mich minn miss mo mont neb nev okla ore
    pa penn tenn tex va vt wash wis wyo ont que ave blvd rd am pm
    """
)
_SMALL_ABBREVIATIONS = set_of("etc usw am pm min max inc")
# Words that open a sentence rather than continue a name, when they stand capitalized.
_OPENERS = set_of(
    """
    the a an he she it they we i you in on at as but and or so if when while after before since
    this that these those there his her its their our my for from by with to of no not what who
    why how where here however meanwhile officials police some many most more der die das ein
    eine er sie es wir ich ihr in im am an auf aus bei mit nach seit von vor zu zum zur und aber
    doch auch als wenn während dies diese dieser dort hier sein seine ihre nun so für über unter
    durch wegen laut le la les un une il elle ils elles on nous vous je ce cette ces dans en au
    aux à par pour sur mais et ou si quand lors depuis selon après avant el los las una ella
    ellos según pero y no se su sus con del al por para
    """
)
_SPEAKING = set_of(
    """
    said says asked asks told added wrote cried shouted replied sagte fragte rief schrieb
    antwortete dit demande dijo
    """
)

_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
# A mark that may end a sentence, and the quotation marks and brackets that close with it.
_END = re.compile(r"(?:[.!?…]{1,8}|[。！？]{1,8})[\"'”’»“›)\]]{0,4}")
_WORD_BEFORE = re.compile(r"[^\W_]+(?:\.[^\W_]+){0,6}\Z")
_WORD_AFTER = re.compile(r"[\"'“”„«»‘’‚‹›(\[¿¡]{0,4}([^\W_]+)")
_OPENING = "\"'“„«»‘‚‹([¿¡"
_LONGEST_WORD = 40


def split_sentences(text: str, language: str = "") -> tuple[Sentence, ...]:
    """Return the sentences of a passage, in order.

    A blank line always ends one. Abbreviations, initials, decimals, "U.S.", "z. B."
    and (in German) ordinals such as "3. Mai" do not.
    """
    sentences = []
    start = 0
    for end in _ends(text, language[:2].lower()):
        sentence = _trimmed(text, start, end)
        if sentence:
            sentences.append(sentence)
        start = end
    return tuple(sentences)


def _trimmed(text: str, start: int, end: int) -> Sentence | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Sentence(text[start:end], start, end) if end > start else None


def _ends(text: str, language: str) -> Iterator[int]:
    """Yield where sentences end, the end of the text last."""
    for block_start, block_end in _blocks(text):
        for mark in _END.finditer(text, block_start, block_end):
            if mark.end() < block_end and _ends_sentence(text, mark, language):
                yield mark.end()
        yield block_end


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for gap in _BLANK_LINE.finditer(text):
        yield start, gap.start()
        start = gap.end()
    yield start, len(text)


def _ends_sentence(text: str, mark: re.Match[str], language: str) -> bool:
    signs = mark.group()
    if signs[0] in "。！？" or not text[mark.end()].isspace():
        return signs[0] in "。！？"

    after = mark.end()
    while after < len(text) and text[after].isspace():
        after += 1
    following = _WORD_AFTER.match(text, after, after + _LONGEST_WORD)
    word = following.group(1) if following else ""
    if not _can_open(text, after, word):
        return False
    if signs.startswith(("…", "...", "?", "!")):
        return not _is_speech_tag(text, mark, after)
    return not _is_inner_dot(text, mark, word, language)


def _can_open(text: str, after: int, word: str) -> bool:
    """A sentence opens with a capital, a digit, a script without capitals, or a mark."""
    if not word:
        return after < len(text) and text[after] in _OPENING + "-–—•$£€"
    return not word[0].islower()


def _is_speech_tag(text: str, mark: re.Match[str], after: int) -> bool:
    """“Stop!” John Smith said: the mark ends the quotation, not the sentence."""
    if mark.group()[-1] not in "\"'”’»“":
        return False
    words = text[after : after + 3 * _LONGEST_WORD].split()[:4]
    return any(word.strip(",.:").lower() in _SPEAKING for word in words)


def _is_inner_dot(text: str, mark: re.Match[str], word: str, language: str) -> bool:
    """Tell whether the dot belongs to the word before it and the sentence goes on."""
    if mark.group() != ".":
        # ".”" or ".)" closes; two dots are a typing slip, which closes too.
        return False
    before = _WORD_BEFORE.search(text, max(0, mark.start() - _LONGEST_WORD), mark.start())
    if before is None:
        return False
    token = before.group()
    opens = word[:1].isupper() and word.lower() in _OPENERS
    bare = token.replace(".", "").lower()
    if token.isdigit():
        return _is_ordinal(text, before, word, language, opens=opens)
    if bare in _TITLES and not (bare in {"no", "art", "on", "st"} and _is_end_word(token, word)):
        return True
    if len(token) == 1:
        return not (opens and _follows_small_word(text, before.start()))
    # "He sat." is no Saturday: apart from a few, abbreviations have a capital.
    is_known = bare in _ABBREVIATIONS and (token[0].isupper() or bare in _SMALL_ABBREVIATIONS)
    return not opens and (is_known or ("." in token and _is_short(token)))


def _is_short(token: str) -> bool:
    """U.S, a.m, z.B, Ph.D: pieces of at most three letters."""
    return all(len(piece) <= 3 for piece in token.split("."))


def _is_end_word(token: str, word: str) -> bool:
    """“No. 5” is a number, “She said no. They left.” is an answer."""
    if token.lower() in {"no", "art"}:
        return not word[:1].isdigit()
    return token.islower()


def _is_ordinal(text: str, before: re.Match[str], word: str, language: str, *, opens: bool) -> bool:
    """A German ordinal, or the number of a list item at the start of a line."""
    left = text[max(0, before.start() - _LONGEST_WORD) : before.start()]
    is_line_start = not left.rpartition("\n")[2].strip()
    if is_line_start and len(before.group()) <= 2:
        return True
    if language not in {"de", "da", "no", "nb", "fi", "cs", "sk", "hu", "pl", "tr"}:
        return False
    return len(before.group()) <= 2 and not opens and word[:1].isalpha()


def _follows_small_word(text: str, start: int) -> bool:
    """“Plan B. The …” ends; “George W. The …” does not occur, “J. The” neither."""
    words = text[max(0, start - _LONGEST_WORD) : start].split()
    return bool(words) and words[-1].islower()
