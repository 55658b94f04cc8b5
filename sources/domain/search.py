"""A saved search as a question, and what asking it costs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_UP, Decimal

from sources.domain.cadence import SHORTEST

MAX_QUERY_CHARS = 400
MAX_RESULTS = 20
# A basic search costs one credit, however many results it brings.
# https://docs.tavily.com/documentation/api-credits
CREDITS = Decimal(1)

OFF = "Searches are off: TAVILY_API_KEY is not set, or SERVICES does not name tavily."
NOT_ASKED = "It was not asked."

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Question:
    """What to search for, and where."""

    query: str
    topic: str = "news"
    time_range: str = "day"
    max_results: int = 10
    include_domains: tuple[str, ...] = ()
    """Only from these and what lies below them; empty for all."""
    exclude_domains: tuple[str, ...] = ()

    def admits(self, host: str) -> bool:
        """Tell whether the editor wants results from this host."""
        if any(_is_below(host, domain) for domain in self.exclude_domains):
            return False
        if not self.include_domains:
            return True
        return any(_is_below(host, domain) for domain in self.include_domains)


def why_not_asked(error: str) -> str:
    """Return why a search was not made, for those who know neither our settings nor our purse.

    error: what was recorded for staff
    """
    if error == OFF:
        return "Searches were off."
    if error.startswith(f"{NOT_ASKED} The ceiling of"):
        return "What we may spend in a day was used up."
    if error.startswith(NOT_ASKED):
        return "The search service wanted to be left alone."
    return "The search service could not be asked."


def _is_below(host: str, domain: str) -> bool:
    domain = domain.lower().removeprefix("www.")
    return host == domain or host.endswith(f".{domain}")


def cost_in_words(interval: timedelta, credit_usd: Decimal) -> str:
    """Return what asking so often costs, such as “24 credits a day, about $0.20”."""
    looks = Decimal(_DAY / max(interval, SHORTEST)).quantize(Decimal("0.1"))
    if not looks:
        return "less than two credits a month"
    credits_a_day = looks * CREDITS
    dollars = (credits_a_day * credit_usd).quantize(Decimal("0.01"), rounding=ROUND_UP)
    number = f"{credits_a_day.normalize():f}"
    noun = "credit" if credits_a_day == 1 else "credits"
    return f"{number} {noun} a day, about ${dollars}"
