"""Questions: what somebody typed into the search field, and what PostgreSQL is asked.

The language is that of web searches: words, "phrases", -without, or. Every text is a question
or a sentence that says what to type instead; nothing here fails in another way.

Errors:

* Unanswerable    there is nothing to look for; the message says what to do
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from sources.domain.lexemes import places, quoted

MAX_CHARS = 200
MAX_TERMS = 20

_TERM = re.compile(r'(?P<minus>-?)(?:"(?P<phrase>[^"]*)"?|(?P<words>[^\s"]+))')
_QUOTATION_MARKS = str.maketrans(dict.fromkeys("“”„‟«»＂", '"') | {"−": "-", "–": "-"})


class Unanswerable(ValueError):
    """There is nothing to look for; the message says what to do, in a sentence."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word or a phrase, as typed; excluded when a text must not have it."""

    text: str
    is_excluded: bool = False

    def places(self, language: str) -> list[tuple[int, tuple[str, ...]]]:
        """Return the lexemes of the term in a language, each with its place among the words."""
        found = enumerate(places(self.text, language))
        return [(place, lexemes) for place, lexemes in found if lexemes]

    @property
    def has_places(self) -> bool:
        """Whether it is several words in a row: what is one word is so in every language."""
        return sum(1 for _ in places(self.text, "")) > 1


@dataclass(frozen=True, slots=True)
class Question:
    """Alternatives, each of terms that must all hold."""

    alternatives: tuple[tuple[Term, ...], ...]

    def exact(self, languages: Iterable[str]) -> str:
        """Return the tsquery for texts in these languages; "" if only stop words are left."""
        return self._in_all(languages, _exact_term)

    def rough(self, languages: Iterable[str]) -> str:
        """Return a tsquery that an index answers alone: it finds all that `exact` finds.

        Where words of a phrase stand is not in the index. PostgreSQL would read every text that
        has the words; so here a phrase is its words, and an excluded phrase is nothing.
        """
        return self._in_all(languages, _rough_term)

    def lexemes(self, language: str) -> frozenset[str]:
        """Return the lexemes that a text in this language may be found by."""
        return frozenset(
            lexeme
            for term in self._wanted()
            for _, lexemes in term.places(language)
            for lexeme in lexemes
        )

    @property
    def has_phrases(self) -> bool:
        """Whether `rough` may find more than `exact`: places count, in any language."""
        return any(term.has_places for terms in self.alternatives for term in terms)

    @property
    def word_count(self) -> int:
        """How many words and phrases are looked for."""
        return sum(1 for _ in self._wanted())

    @property
    def with_any_word(self) -> str:
        """The same words as a question for texts that have one of them."""
        return " or ".join(dict.fromkeys(_as_typed(term) for term in self._wanted()))

    def _wanted(self) -> Iterator[Term]:
        for terms in self.alternatives:
            yield from (term for term in terms if not term.is_excluded)

    def _in_all(self, languages: Iterable[str], asked: _Asked) -> str:
        found = (
            _all_of(terms, language, asked) for language in languages for terms in self.alternatives
        )
        return " | ".join(dict.fromkeys(filter(None, found)))


def parse_question(text: str) -> Question:
    """Return what a clean text asks for. Raises Unanswerable."""
    if len(text) > MAX_CHARS:
        raise Unanswerable(f"Please ask in at most {MAX_CHARS} characters.")
    found = list(_TERM.finditer(text.translate(_QUOTATION_MARKS)))
    if len(found) > MAX_TERMS:
        raise Unanswerable(f"Please ask with at most {MAX_TERMS} words and phrases.")
    runs = groupby(found, key=_is_or)
    alternatives = [tuple(_terms(run)) for is_or, run in runs if not is_or]
    wanted = tuple(terms for terms in alternatives if any(not t.is_excluded for t in terms))
    if wanted:
        return Question(wanted)
    if any(alternatives):
        raise Unanswerable(
            "Please add at least one word to look for: a minus alone says what to leave out."
        )
    raise Unanswerable("Please type at least one word with letters or digits.")


_Asked = Callable[[Term, str], str]


def _is_or(match: re.Match[str]) -> bool:
    return match["words"] is not None and not match["minus"] and match["words"].lower() == "or"


def _terms(run: Iterable[re.Match[str]]) -> Iterator[Term]:
    for match in run:
        text = match["words"] if match["phrase"] is None else match["phrase"]
        # What has no letter or digit in any language is no word.
        if any(character.isalnum() for character in text):
            yield Term(text, is_excluded=bool(match["minus"]))


def _as_typed(term: Term) -> str:
    return f'"{term.text}"' if len(term.text.split()) > 1 else term.text


def _all_of(terms: Sequence[Term], language: str, asked: _Asked) -> str:
    """Return the tsquery of terms that must all hold; "" if it would ask for nothing."""
    wanted = [asked(term, language) for term in terms if not term.is_excluded]
    if not any(wanted):
        return ""
    unwanted = [asked(term, language) for term in terms if term.is_excluded]
    return f"({' & '.join(filter(None, [*wanted, *unwanted]))})"


def _exact_term(term: Term, language: str) -> str:
    found = term.places(language)
    if not found:
        return ""
    words = _any_of(found[0][1])
    for (before, _), (place, lexemes) in pairwise(found):
        words += f" <{place - before}> {_any_of(lexemes)}"
    words = f"({words})" if len(found) > 1 else words
    return f"!{words}" if term.is_excluded else words


def _rough_term(term: Term, language: str) -> str:
    words = [_any_of(lexemes) for _, lexemes in term.places(language)]
    if term.is_excluded:
        return f"!{words[0]}" if len(words) == 1 else ""
    return " & ".join(words)


def _any_of(lexemes: Sequence[str]) -> str:
    any_of_them = " | ".join(map(quoted, lexemes))
    return f"({any_of_them})" if len(lexemes) > 1 else any_of_them
