"""Logs as JSON lines: each carries what it belongs to, and nothing that is nobody's business."""

from __future__ import annotations

import structlog

from patriot.lib.redaction import redact

REQUEST_ID = "request_id"

SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def send_structlog_to_logging() -> None:
    """Have structlog's loggers obey the levels and handlers of the standard ones."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


class JSONFormatter(structlog.stdlib.ProcessorFormatter):
    """Renders structlog's and everybody else's records alike, with the bound context."""

    def __init__(self) -> None:
        super().__init__(
            foreign_pre_chain=SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                # After the traceback has become text, which quotes what was in the exception.
                redact,
                structlog.processors.JSONRenderer(),
            ],
        )


def current_request_id() -> str:
    """Return the id of the request that what happens now goes back to; "" if to none."""
    return str(structlog.contextvars.get_contextvars().get(REQUEST_ID, ""))
