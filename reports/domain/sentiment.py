"""How a text speaks of what it tells: the verdict, who may give one, and what a story's is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Sentiment = Literal["positive", "neutral", "negative"]
POSITIVE: Sentiment = "positive"
NEUTRAL: Sentiment = "neutral"
NEGATIVE: Sentiment = "negative"

MAX_TEXT = 5_000
MAX_READ = 400
"""Of an article: its headline and first sentences. Later ones speak of other things as well."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a classifier says of a text."""

    sentiment: Sentiment
    confidence: float
    """How often such a verdict is right, 0 to 1; 0 where nothing was understood."""
    method: str
    """Who said so, in words: which lexicon or model, and why not another."""

    @property
    def is_known(self) -> bool:
        """Whether the text was understood at all."""
        return self.confidence > 0


class SentimentClassifier(Protocol):
    """Tells the sentiment of a text: a lexicon here, a model where the house has one."""

    def classify(self, text: str, language: str) -> Verdict:
        """Return the verdict on a text of at most MAX_TEXT characters; never raises.

        language: an ISO 639-1 code, with or without a region; empty if unknown
        """
        ...


def majority(verdicts: Sequence[Verdict]) -> Sentiment | None:
    """Return what most of a story's verdicts say, each as far as it is sure; None if none knows.

    Where good and bad weigh the same, it is neutral.
    """
    sums: dict[Sentiment, float] = {}
    for verdict in verdicts:
        if verdict.is_known:
            sums[verdict.sentiment] = sums.get(verdict.sentiment, 0.0) + verdict.confidence
    if not sums:
        return None
    most = max(sums.values())
    leading = [sentiment for sentiment, total in sums.items() if total >= most - 1e-9]
    return leading[0] if len(leading) == 1 else NEUTRAL
