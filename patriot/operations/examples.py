"""What answers of the API look like: examples for its description, of invented news."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from patriot.lib.openapi import operations

EXAMPLES = Path(__file__).with_name("examples.json")
"""By operation, such as `GET /api/v1/reports/`; with a media type after it if it is not JSON."""
JSON = "application/json"


def with_answers(result: dict[str, Any], generator: Any, **rest: Any) -> dict[str, Any]:
    """Say what each operation answers when all is well (POSTPROCESSING_HOOKS)."""
    stored = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    for name, media in answers(result):
        if name in stored:
            media["examples"] = {"Answer": {"value": stored[name]}}
    return result


def answers(result: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each kind of good answer by the name of its example."""
    for name, operation in operations(result):
        for status, response in operation["responses"].items():
            if status.startswith("2"):
                for kind, media in response.get("content", {}).items():
                    yield name if kind == JSON else f"{name} {kind}", media
