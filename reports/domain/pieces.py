"""Text that arrives in pieces, made clean as it comes. Pure."""

from __future__ import annotations

from patriot.lib.text import clean_text, is_plain

# What has no plain character for so long is passed on as it is cut.
MAX_HELD = 2_000


class Pieces:
    """Passes on clean text, a piece at a time; together it is what `clean_text` makes of it all.

    What a next piece may still change, such as a letter that gets an accent, waits for it. So
    does white space: there is none at the end.
    """

    def __init__(self, *, max_chars: int) -> None:
        self._max_chars = max_chars
        self._held = ""
        self._space = ""
        self._passed: list[str] = []
        self._length = 0

    @property
    def content(self) -> str:
        """All that was passed on."""
        return "".join(self._passed)

    def push(self, piece: str) -> str:
        """Take the next piece, and return what may be passed on by now: often nothing."""
        self._held += piece
        end = self._settled()
        settled, self._held = self._held[:end], self._held[end:]
        return self._pass_on(settled)

    def finish(self) -> str:
        """Return the rest."""
        rest, self._held = self._held, ""
        return self._pass_on(rest)

    def _settled(self) -> int:
        """Return how far the held text is as it will be, whatever follows."""
        last = len(self._held) - 1
        if last > MAX_HELD or is_plain(self._held):
            return max(last, 0)
        return max(self._held.rfind(" ", 0, last), self._held.rfind("\n", 0, last)) + 1

    def _pass_on(self, text: str) -> str:
        # White space at the ends is this text's own until the whole has ended.
        clean = clean_text(f".\n{text}.", max_chars=len(text) + 3)[2:-1]
        waiting = self._space + clean
        if not self._passed:
            waiting = waiting.lstrip()
        told = waiting.rstrip()
        self._space = waiting[len(told) :]
        told = told[: self._max_chars - self._length]
        if told:
            self._passed.append(told)
            self._length += len(told)
        return told
