"""Logs as JSON lines."""

from __future__ import annotations

import structlog


class JSONFormatter(structlog.stdlib.ProcessorFormatter):
    """Renders structlog's and everybody else's records alike, with the bound context."""

    def __init__(self) -> None:
        shared: list[structlog.typing.Processor] = [
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ]
        super().__init__(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
        )
