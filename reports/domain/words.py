"""Words of a text: what sources decide about words holds for reports too."""

from sources.domain.words import (
    MAX_CHARACTERS,
    MAX_NAME_WORDS,
    MAX_WORD,
    bare_word,
    content_stems,
    content_words,
    figures,
    fold,
    is_shouting,
    is_title_case,
    names,
    names_as_written,
    stem,
    stop_words,
    tokens,
    tokens_at_once,
)

__all__ = [
    "MAX_CHARACTERS",
    "MAX_NAME_WORDS",
    "MAX_WORD",
    "bare_word",
    "content_stems",
    "content_words",
    "figures",
    "fold",
    "is_shouting",
    "is_title_case",
    "names",
    "names_as_written",
    "stem",
    "stop_words",
    "tokens",
    "tokens_at_once",
]
