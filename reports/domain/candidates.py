"""The publishers' own sentences that may be published, and what speaks for and against each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from reports.domain import lexicon, noise
from reports.domain.analysis import SourcePassage
from reports.domain.lexicon import set_of
from reports.domain.numbers import Figure, figures
from reports.domain.sentences import split_sentences
from reports.domain.words import content_stems, is_shouting, names, tokens

LONGEST_SENTENCE = 420
"""Characters. Longer ones are lists or broken markup, and nobody reads them to the end."""


@dataclass(frozen=True)
class Candidate:
    """A whole sentence (or headline) of a passage: `text` is exactly passage.text[start:end]."""

    passage: SourcePassage
    text: str
    start: int
    end: int
    order: int
    """Its place among the article's candidates, 0 for the first below the headline."""

    @cached_property
    def stems(self) -> frozenset[str]:
        return frozenset(content_stems(self.text, self.passage.language))

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(names(self.text, self.passage.language))

    @cached_property
    def words(self) -> tuple[str, ...]:
        return tuple(tokens(self.text))

    @cached_property
    def figures(self) -> frozenset[Figure]:
        return figures(self.text, self.passage.language)


def headlines(passages: tuple[SourcePassage, ...]) -> tuple[Candidate, ...]:
    """Return the headlines, without the outlet's name at their end."""
    found = []
    for passage in passages:
        if passage.number == 0 and passage.text.strip():
            start, end = _headline_place(passage)
            text = passage.text[start:end]
            if text and not _is_cut(text) and not ends_open(text) and not noise.is_spam(text):
                found.append(Candidate(passage, text, start, end, 0))
    return tuple(found)


def sentences(passages: tuple[SourcePassage, ...]) -> tuple[Candidate, ...]:
    """Return the sentences that could be published, in the passages' order."""
    found: list[Candidate] = []
    orders: dict[int, int] = {}
    for passage in passages:
        if passage.number > 0:
            for start, end in _places(passage):
                order = orders.get(passage.article_id, 0)
                candidate = Candidate(passage, passage.text[start:end], start, end, order)
                if is_publishable(candidate):
                    orders[passage.article_id] = order + 1
                    found.append(candidate)
    return tuple(found)


def without_orders(passages: tuple[SourcePassage, ...]) -> tuple[SourcePassage, ...]:
    """Leave out every article of which a passage tells a machine what to do."""
    suspect = {passage.article_id for passage in passages if noise.is_order(passage.text)}
    return tuple(passage for passage in passages if passage.article_id not in suspect)


# --- places ----------------------------------------------------------------------------------

_DATE_STAMP = re.compile(
    r"(?:[A-Z][a-z]{2,8}\.? \d{1,2}, \d{4},? \d{1,2}:\d{2} ?[AP]M|\d{1,2}:\d{2} ?(?:[AP]M|Uhr)?)"
    r"(?:\s+|\Z)"
)
_PLACE = r"[A-ZÀ-Þ][A-ZÀ-Þ.'’-]+(?: [A-ZÀ-Þ][A-ZÀ-Þ.'’-]+){0,3}"
_DATELINE = re.compile(
    rf"{_PLACE}(?:/{_PLACE})?(?:, [A-ZÀ-Þ][\w.]{{1,20}}(?: [A-ZÀ-Þ][\w.]{{1,20}}){{0,2}}){{0,2}}"
    r"(?:,? [A-Z][a-z]{2,8}\.? \d{1,2})?(?:,? ?\([^()]{2,40}\))?\s?(?:[—–]|--?)\s+"
    r"|[A-ZÀ-Þ][\w. ]{1,30}(?:, [A-ZÀ-Þ][\w. ]{1,20})? ?\([A-Z][\w/ .-]{1,30}\)\s?(?:[—–]|--?)\s+"
    r"|\((?:[A-Z][\w/ .-]{1,30})\)\s?(?:[—–]|--?)?\s+"
)
_LABEL = re.compile(
    r"(?:UPDATED?|BREAKING|JUST IN|EXCLUSIVE|DEVELOPING|EILMELDUNG)\s?[:|-]\s+"
    r"|EXCLUSIVE\s+",
)
_OUTLET_AT_END = re.compile(r"\s(?:[-–—|·])\s(?P<outlet>[^-–—|·]{2,40})\Z")


def _places(passage: SourcePassage) -> Iterator[tuple[int, int]]:
    """Yield the places of the sentences, the first without its dateline."""
    for sentence in split_sentences(passage.text, passage.language):
        start = sentence.start
        for prefix in (_DATE_STAMP, _DATELINE, _LABEL):
            match = prefix.match(passage.text, start, sentence.end)
            # "NATO - which has 32 members - said" is no dateline.
            if match and not passage.text[match.end() : match.end() + 1].islower():
                start = match.end()
        if start < sentence.end:
            yield start, sentence.end


def _headline_place(passage: SourcePassage) -> tuple[int, int]:
    text = passage.text
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    label = _LABEL.match(text, start, end)
    if label:
        start = label.end()
    tail = _OUTLET_AT_END.search(text, start, end)
    if tail and _is_outlet(tail["outlet"], passage.outlet):
        end = tail.start()
    return start, end


def _is_outlet(tail: str, outlet: str) -> bool:
    left, right = tail.strip().lower(), outlet.strip().lower()
    return bool(left) and bool(right) and (left in right or right in left)


# --- what disqualifies -----------------------------------------------------------------------

_CUT = re.compile(r"(?:\.{2,}|…|\[…\]|\[\.{3}\]|\(\.{3}\)|,|;|:|\s[-–—&])[\s\"'”’)]*\Z")
_CLOSED = re.compile(r"[.!?。！？][\"'”’»)\]]{0,3}\Z")
_BYLINE = re.compile(
    r"(?:by|von|par|por) [A-ZÀ-Þ]|[\w .'-]{3,40} (?:reports?|writes|berichtet)\.?\Z", re.I
)
_OPEN_ENDS = set_of(
    """
    the a an of to in on at for from by with and or but that which who as its his her their is
    are was were has have will would be been not new because than into
    der die das und oder von zu mit für im am
    ein eine le la les de du des et ou el los las y o del
    """
)


def is_publishable(candidate: Candidate) -> bool:
    """Tell whether the sentence is whole, is prose, and is about something."""
    text, count = candidate.text, len(candidate.words)
    meaning = sum(not stem[0].isdigit() for stem in candidate.stems)
    if len(text) > LONGEST_SENTENCE or count < 4 or meaning < 3:
        return False
    if _is_cut(text) or not _is_whole(candidate) or not _is_balanced(text):
        return False
    if noise.is_boilerplate(text) or noise.is_spam(text) or noise.is_order(text):
        return False
    if is_shouting(text) or _is_byline(candidate) or _is_caption(candidate):
        return False
    return not text.lstrip("\"'“„«‘(")[:1].islower()


def _is_cut(text: str) -> bool:
    return bool(_CUT.search(text))


def _is_whole(candidate: Candidate) -> bool:
    """Without a full stop, a sentence is whole only as the last of its passage."""
    if _CLOSED.search(candidate.text):
        return True
    is_last = not candidate.passage.text[candidate.end :].strip()
    return is_last and not ends_open(candidate.text)


def ends_open(text: str) -> bool:
    """Tell whether a text breaks off: its last word calls for another."""
    words = tokens(text[-80:])
    return bool(words) and words[-1].lower() in _OPEN_ENDS


def _is_balanced(text: str) -> bool:
    """A quotation that opens here and closes elsewhere would mislead about who speaks."""
    return (
        text.count("“") == text.count("”")
        and text.count('"') % 2 == 0
        and text.count("«") == text.count("»")
        and text.count("(") == text.count(")")
    )


# Enough to tell an English sentence from a caption ("A worker taking a sample in Brooklyn.").
_FINITE = set_of(
    """
    am are is was were be been has have had do does did can could may might must shall should will
    would isn't aren't wasn't weren't won't can't didn't doesn't don't said say told began became
    came cut fell found gave got grew held hit kept knew led left lost made met put ran rose saw
    sent set shot shut spent stood struck took thought went won wrote broke brought bought built
    caught chose drew drove fought flew forgot heard hurt let paid read rode sank sold sought spoke
    spread swept taught threw understood wore
    """
)


def _is_caption(candidate: Candidate) -> bool:
    """Tell whether an English sentence has nothing that could be its verb."""
    if candidate.passage.language[:2].lower() != "en" or len(candidate.words) > 40:
        return False
    return not any(
        word.replace("’", "'").lower() in _FINITE
        or (len(word) > 3 and word.endswith(("ed", "s")) and word.islower())
        for word in candidate.words
    )


def _is_byline(candidate: Candidate) -> bool:
    return len(candidate.words) <= 8 and bool(_BYLINE.match(candidate.text))


# --- what speaks for and against -------------------------------------------------------------

_LEANING = set_of(
    """
    he she it they we i you his her their its our my this that these those such but and or so
    yet also however meanwhile moreover furthermore instead nevertheless still then thus
    therefore besides otherwise likewise similarly additionally earlier later afterwards
    elsewhere there here asked speaking adding er sie es wir ich ihr sein seine ihre dies diese
    dieser dieses das aber und doch jedoch auch außerdem zudem dabei dafür damit daraufhin
    dagegen inzwischen deshalb il elle ils elles nous vous je cela ceci ce cette ces mais et
    donc toutefois cependant él ella ellos esto eso pero y sin
    """
)
# "One of the ..." and "It is not known ..." stand on their own; so does "This week".
_STANDING = re.compile(
    r"(?:one of the|one in|it (?:is|was|remains) (?:not|un)|(?:this|some|both) "
    r"(?:week|month|year|morning|\d)|some \d|there (?:are|were|is|was|have been)"
    r"|according to (?!the|him|her))",
    re.I,
)
_SPEAKERS = re.compile(
    r"(?:[\"”’]\s+(?:\w+\s+){0,4}(?:said|says|told|added|wrote|sagte)|(?:he|she|they|it) (?:said"
    r"|says|added|told))\b",
    re.I,
)
_PERSONAL = re.compile(
    r"\b(?:i|i'm|i've|my|we|we're|we've|our|us|you|your|you're|ich|wir|uns|je|nous|vous)\b"
)


# "As he turns two …", "In his speech …"
_LATE_PRONOUN = re.compile(
    r"(?:as|when|while|after|before|since|if|in|at|with|for|on|during|despite|under) "
    r"(?:he|she|it|they|his|her|its|their|this|that|these|those|the (?:pair|couple|two|latter))\b"
    r"(?! (?:week|month|year|morning|weekend|summer|winter|spring|autumn)s?\b)",
    re.I,
)


# "The county's new total": which county's? Some are known to everybody.
_LOOSE_OWNER = re.compile(
    r"The (?!world|government|nation|country|sun|moon|earth|president|pope|queen|king)[a-z]+['’]s "
)


# "Most of them are women"
_OF_THEM = re.compile(r"(?:[\w-]{1,20} ){1,4}of (?:them|these|those)\b", re.I)


def leans(candidate: Candidate) -> bool:
    """Tell whether the sentence leans on one before it: a pronoun or a connective opens it."""
    text = candidate.text.lstrip("\"'“„«‘(")
    if _STANDING.match(text):
        return False
    if any(rule.match(text) for rule in (_LATE_PRONOUN, _LOOSE_OWNER, _OF_THEM)):
        return True
    first = candidate.words[0].lower() if candidate.words else ""
    return first.replace("’", "'").split("'")[0] in _LEANING


# "The order, signed this morning, …": which order? "The order from Ostmere" says which.
_ECHOED = (
    r"(?:agreement|announcement|approval|argument|bill|call|case|cause|changes?|comments?|cuts?"
    r"|deal|decision|drop|fall|figures?|findings?|idea|incident|increase|issue|latter|former|letter"
    r"|matter|measures?|move|news|numbers?|offer|order|pair|couple|duo|trio|plan|problem|proposals?"
    r"|question|remarks|report|result|rise|ruling|same|others?|rest|statement|step|study|two|three"
    r"|verdict|vote)"
)
_SAYS_WHICH = r"(?: (?:of|in|on|at|from|for|to|by|between|that|which|who|against|with|under)\b)"
_LOOSE_OPENING = re.compile(
    rf"(?:The (?:[a-z-]+ )?{_ECHOED}\b(?!{_SAYS_WHICH})(?=[ ,])"
    rf"|(?:Despite|After|Before|Following|Since|With|Under|During) the (?:\w+ )?{_ECHOED}\b"
    rf"(?!{_SAYS_WHICH})"
    r"|(?:Most|All|Some|Many|Several|Few|Two|Three|The) (?:of the )?(?:remaining|others?)\b"
    r"|(?:Such|These|Those) "
    r"|[\w-]+ (?:[a-z]+ )?(?:minutes?|hours?|days?|weeks?|months?|years?) (?:later|earlier)\b)"
)
_LOOSE_INSIDE = re.compile(
    r"\bthat (?:night|day|evening|morning)\b|\b(?:minutes?|hours?|days?) later,"
    r"|\b(?:of|on|for|with|to|by|about|from) (?:them|it|this"
    r"|these|those)[.!]?\Z|\b(?:raises?|raised|reopened) (?:an? )?(?:\w+ )?(?:questions?|argument)"
)


def is_loose(candidate: Candidate) -> bool:
    """Tell whether a sentence takes up, by a noun, what the one before it said.

    "The order, …", "Most remaining services …", "Ten minutes later …": no pronoun opens it, and
    still it tells little without its neighbor.
    """
    text = candidate.text.lstrip("\"'“„«‘(")
    return bool(_LOOSE_OPENING.match(text) or _LOOSE_INSIDE.search(text))


# "The young prince, who …", "The paramilitary force said": some are known to everybody.
_KNOWN_TO_ALL = (
    r"(?:government|police|state|country|world|army|military|council|court|province|city|president"
    r"|pope|queen|king|economy|weather|public|virus|pandemic|outbreak|coronavirus|lockdown|sun|moon"
    r"|earth|stock|future|internet|war|vaccine)"
)
_POINTING_BACK = re.compile(
    rf"The (?!(?:[a-z-]+ ){{0,2}}{_KNOWN_TO_ALL}\b)(?:[a-z0-9-]+ ){{0,2}}(?!of\b|in\b)[a-z0-9-]+"
    r"(?:, (?:who|which|whose|aged|\d)|,? (?:said|says|say|told|has|have|had|was|were|is|are|will"
    r"|would|died|admitted|denied|added)\b)"
)


def points_back(candidate: Candidate) -> bool:
    """Tell whether a sentence is about "the" somebody whom it does not name.

    Under its headline a reader may know who is meant; on its own it tells of nobody.
    """
    return bool(_POINTING_BACK.match(candidate.text.lstrip("\"'“„«‘(")))


_ASKING = re.compile(r"(?:how|why|what|who|where|when (?:will|can|should)) ", re.I)


def is_question(candidate: Candidate) -> bool:
    """Tell whether the text asks, or announces an answer ("How the city sleeps")."""
    asks = candidate.text.rstrip("\"'”’») ").endswith("?")
    return asks or bool(_ASKING.match(candidate.text))


def is_speech(candidate: Candidate) -> bool:
    """Tell whether the sentence is mainly somebody's words."""
    return candidate.text[:1] in "\"“„«‘'" or bool(_SPEAKERS.search(candidate.text))


def is_personal(candidate: Candidate) -> bool:
    """Tell whether a writer speaks of himself or to the reader, outside quotation marks."""
    bare = re.sub(r"[\"“„«][^\"”“»]{0,400}[\"”»]", " ", candidate.text)
    # "US" is a country, "us" is not.
    return bool(_PERSONAL.search(re.sub(r"\bUS\b", " ", bare).replace("’", "'").lower()))


_PROSE = 10
"""Words after which a sentence without any of its language's small words is in another one."""


def is_in_language(candidate: Candidate, language: str) -> bool:
    """Tell whether passage and small words agree that the text is in the language.

    Headlines may do without small words; prose does not.
    """
    stated = candidate.passage.language[:2].lower()
    wanted = language[:2].lower()
    if stated and wanted and stated != wanted:
        return False
    words = [word.lower() for word in candidate.words]
    small = lexicon.words_of(lexicon.FUNCTION_WORDS, wanted)
    if small and candidate.passage.number > 0 and len(words) >= _PROSE:
        return not small.isdisjoint(words) and not lexicon.seems_other(words, wanted)
    return not lexicon.seems_other(words, wanted)
