"""Server-Timing: how long an answer of the API took here, and how much of that the database.

https://www.w3.org/TR/server-timing/: durations in milliseconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse

PREFIX = "/api/"


class ServerTimingMiddleware:
    """Tells clients of the API where the time went."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(PREFIX):
            return self.get_response(request)
        began, statements = time.perf_counter(), Statements()
        with connection.execute_wrapper(statements):
            response = self.get_response(request)
        took = 1000 * (time.perf_counter() - began)
        response["Server-Timing"] = (
            f'db;dur={1000 * statements.seconds:.1f};desc="{statements.count} queries", '
            f"app;dur={took:.1f}"
        )
        return response


class Statements:
    """Counts statements and the time until each was answered."""

    def __init__(self) -> None:
        self.count, self.seconds = 0, 0.0

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.count += 1
            self.seconds += time.perf_counter() - began
