"""What a robots.txt allows, by protego. Runs in the parser's child process."""

from __future__ import annotations

from typing import Any

from protego import Protego

from sources.domain.robots import MAX_CHARS


def serve(body: bytes, *, urls: list[str], agent: str) -> dict[str, Any]:
    """Return which of these addresses an agent may read, and the pause that it is to make."""
    text = body.decode("utf-8-sig", errors="replace")[:MAX_CHARS]
    rules = Protego.parse(text)
    return {
        "is_allowed": {url: rules.can_fetch(url, agent) for url in urls},
        "delay": rules.crawl_delay(agent),
    }
