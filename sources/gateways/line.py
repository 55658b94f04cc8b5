"""The line in front of each host: one visitor at a time, with a pause between two. Pure."""

from __future__ import annotations

import heapq
from collections import deque
from typing import Generic, TypeVar

Visitor = TypeVar("Visitor")


class Line(Generic[Visitor]):
    """Visitors that wait until nobody else is at their host. Moments are seconds of any clock."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Visitor]] = {}
        self._visited: set[str] = set()  # somebody is there
        self._resting: dict[str, float] = {}  # until when nobody may go there
        self._rests: list[tuple[float, str]] = []  # the same as a heap
        self._free: deque[str] = deque()  # hosts with somebody waiting and nothing in the way

    @property
    def is_waiting(self) -> bool:
        return bool(self._waiting)

    def join(self, host: str, visitor: Visitor) -> None:
        if host in self._waiting:
            self._waiting[host].append(visitor)
            return
        self._waiting[host] = deque([visitor])
        if host not in self._visited and host not in self._resting:
            self._free.append(host)

    def next(self, *, at: float) -> Visitor | None:
        """Let the next one go to its host; None if everybody has to wait."""
        self._wake(at)
        if not self._free:
            return None
        host = self._free.popleft()
        self._visited.add(host)
        visitor = self._waiting[host].popleft()
        if not self._waiting[host]:
            del self._waiting[host]
        return visitor

    def leave(self, host: str, *, rest_until: float = 0.0) -> None:
        """Come back from a host, which the next one may visit after `rest_until`."""
        self._visited.remove(host)
        if rest_until:
            self._resting[host] = rest_until
            heapq.heappush(self._rests, (rest_until, host))
        elif host in self._waiting:
            self._free.append(host)

    def next_turn(self) -> float | None:
        """Return when the next rest is over, if there is one."""
        return self._rests[0][0] if self._rests else None

    def _wake(self, at: float) -> None:
        while self._rests and self._rests[0][0] <= at:
            _, host = heapq.heappop(self._rests)
            del self._resting[host]
            if host in self._waiting:
                self._free.append(host)
