"""The door to Claude (being written: only its shape stands yet)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from patriot.ledger.prices import Usage
from reports.domain.analysis import Analysis, Material, Rejected


class CallFailed(Exception):
    def __init__(
        self,
        sentence: str,
        *,
        usage: Usage | None = None,
        request_id: str = "",
        status: int | None = None,
    ) -> None:
        super().__init__(sentence)
        self.usage = usage or Usage()
        self.request_id = request_id
        self.status = status


class Unavailable(CallFailed): ...


class RateLimited(CallFailed):
    asked: timedelta | None = None


class OutOfFunds(CallFailed): ...


class Denied(CallFailed): ...


class Refused(CallFailed): ...


class CutOff(CallFailed): ...


class Malformed(CallFailed): ...


@dataclass(frozen=True, slots=True)
class Reply:
    analysis: Analysis
    usage: Usage
    request_id: str


class Claude:
    def __init__(
        self,
        *,
        api_key: str,
        base_url: str = "",
        allow: Collection[str] = (),
        deadline: timedelta = timedelta(seconds=60),
    ) -> None:
        raise NotImplementedError

    def estimate_analysis(self, material: Material, *, prompt: str) -> Usage:
        raise NotImplementedError

    def estimate_repair(
        self, material: Material, refused: Sequence[Rejected], *, prompt: str
    ) -> Usage:
        raise NotImplementedError

    def analyze(self, material: Material, *, prompt: str, model: str) -> Reply:
        raise NotImplementedError

    def repair(
        self, material: Material, refused: Sequence[Rejected], *, prompt: str, model: str
    ) -> Reply:
        raise NotImplementedError
