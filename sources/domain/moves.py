"""When a feed that says it has moved for good is believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sources.domain.publishers import registrable_domain
from sources.domain.urls import MAX_URL_CHARS

FORMER_KEPT = 5
CONFIRMATIONS = 3
"""How often in a row: a captive portal, a hijacked name or a slip lasts a day, a move for good."""


@dataclass(frozen=True, slots=True)
class Move:
    """Where a source says that it has moved for good (301, 308), and how often in a row."""

    moved_to: str = ""
    moves_seen: int = 0

    @property
    def is_confirmed(self) -> bool:
        """Say whether the new address is to be taken as the source's own."""
        return self.moves_seen >= CONFIRMATIONS


def move_after(before: Move, *, url: str, led_to: str | None) -> Move:
    """Return what is known of a move after one more good reading.

    Call it for readings that brought an intact feed, or nothing new, and for no others: a login
    or a parking page is no feed, and a failure tells nothing about the address.

    url:    the source's address now
    led_to: where permanent redirects alone led, if there were any
    """
    if not led_to or led_to == url or len(led_to) > MAX_URL_CHARS:
        return Move()
    if led_to != before.moved_to:
        return Move(led_to, 1)
    return Move(led_to, min(before.moves_seen + 1, CONFIRMATIONS))


def is_nearly_confirmed(before: Move, *, led_to: str | None) -> bool:
    """Say whether one more good reading that leads there confirms the move."""
    return bool(led_to) and led_to == before.moved_to and before.moves_seen + 1 >= CONFIRMATIONS


def with_former(former: Sequence[str], url: str) -> list[str]:
    """Return the addresses to know a feed by that leaves `url`, the newest first."""
    return [url, *(each for each in former if each != url)][:FORMER_KEPT]


def note_on_twin(move: Move, *, name: str) -> str:
    """Return what an editor should know of a move that would read one feed twice."""
    return (
        f"It has moved for good to {move.moved_to}, which {name} reads already: pause one of them."
    )


def note_on_move(move: Move, *, url: str) -> str:
    """Return what an editor should know of an adopted move; "" while it is not adopted."""
    if not move.is_confirmed:
        return ""
    before, after = registrable_domain(url), registrable_domain(move.moved_to)
    note = f"It has moved for good: we read {move.moved_to} from now on."
    if after and before != after:
        note += f" That is {after}, another site than before; see whether it is the same publisher."
    return note
