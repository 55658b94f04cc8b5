"""Whether this process is asked to stop: load balancers then send their requests elsewhere."""

from __future__ import annotations

import signal
import threading
from types import FrameType

_asked = threading.Event()


def is_asked_to_stop() -> bool:
    return _asked.is_set()


def listen() -> None:
    """Notice SIGTERM before whoever listens to it now: gunicorn, which ends what it has begun."""
    if threading.current_thread() is not threading.main_thread():
        return  # only the main thread may; whoever loads us elsewhere stops us by other means
    before = signal.getsignal(signal.SIGTERM)

    def notice(number: int, frame: FrameType | None) -> None:
        _asked.set()
        if callable(before):
            before(number, frame)

    if callable(before):
        signal.signal(signal.SIGTERM, notice)


def forget() -> None:
    """Go on as if nobody had asked."""
    _asked.clear()
