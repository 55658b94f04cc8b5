"""Gunicorn's own messages as JSON lines, like everybody else's."""

from __future__ import annotations

from typing import Any

from gunicorn.glogging import Logger

from patriot.lib.logging import JSONFormatter


class JSONLogger(Logger):  # type: ignore[misc]
    """What gunicorn says about itself; it logs no requests, the proxy in front does."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(JSONFormatter())
