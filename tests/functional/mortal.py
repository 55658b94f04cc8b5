"""A worker that kills itself at its n-th SQL statement.

`mortal STATEMENTS MODULE ADDRESS CLOCK` runs the module's `advance(address, clock)`.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from datetime import datetime
from typing import Any

import django
from django.conf import settings
from django.db import connection


class Death:
    """An execute wrapper that ends its process, without a word, at the n-th statement."""

    def __init__(self, statements: int) -> None:
        self.left = statements

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.left -= 1
        if self.left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)


def main(statements: int, module: str, address: str, clock: datetime) -> None:
    settings.DATABASES["default"]["NAME"] = os.environ["PATRIOT_TEST_DATABASE"]
    django.setup()
    advance = importlib.import_module(module).advance

    with connection.execute_wrapper(Death(statements)):
        advance(address, clock)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], datetime.fromisoformat(sys.argv[4]))
