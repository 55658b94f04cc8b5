"""Workers that kill themselves at their n-th SQL statement.

Loading Patriot takes longer than what most of them live to do. So one process per test session
loads it once and has a child for each line that it reads:

    {"statements": 30, "module": …, "address": …, "clock": …, "database": …}

runs the module's `advance(address, clock)`, and the answer is the child's number; to

    {"wait": 4711}

the answer is the exit code of that child, once it has one.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import django


class Death:
    """An execute wrapper that ends its process, without a word, at the n-th statement."""

    def __init__(self, statements: int) -> None:
        self.left = statements

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.left -= 1
        if self.left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)


# --- In the tests ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Mortal:
    """A worker that was started; like a process of `subprocess`, as far as we need one."""

    pid: int

    def wait(self, seconds: float) -> int:
        return _nursery().ask({"wait": self.pid}, within=seconds)

    def send_signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)  # not waited for yet, so the number is still its own


class Nursery:
    """The process that has them as children; it ends when its input does."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            env=os.environ | {"DJANGO_SETTINGS_MODULE": "patriot.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def ask(self, question: dict[str, object], *, within: float) -> int:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{json.dumps(question)}\n")
        answered, _, _ = select.select([self._process.stdout], [], [], within)
        assert answered, f"no answer within {within} s to {question}"
        return int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate(timeout=60)


@cache
def _nursery() -> Nursery:
    return Nursery()


def start(statements: int, module: str, address: str, clock: datetime, database: str) -> Mortal:
    """Start `module.advance(address, clock)`, which dies at the n-th statement."""
    life = {"statements": statements, "module": module, "address": address}
    return Mortal(_nursery().ask({**life, "clock": f"{clock}", "database": database}, within=120))


def close() -> None:
    """End the process that has the workers, if there is one."""
    if _nursery.cache_info().currsize:
        _nursery().close()
        _nursery.cache_clear()


# --- In their mother -------------------------------------------------------------------------


def bear_and_wait() -> None:
    """Answer each line of the input; the children return from this, too."""
    for line in sys.stdin:
        question = json.loads(line)
        if "wait" in question:
            _, status = os.waitpid(question["wait"], 0)
            print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201 (the answer)
            continue
        importlib.import_module(question["module"])  # the next child has it already
        gc.freeze()
        child = os.fork()
        if child == 0:
            live(**question)
            return
        print(child, flush=True)  # noqa: T201 (the answer)


def live(*, statements: int, module: str, address: str, clock: str, database: str) -> None:
    """Be a worker: nothing of what it says is taken for an answer."""
    from django.db import connection  # noqa: PLC0415 (Django is set up by now)

    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    connection.settings_dict["NAME"] = database
    with connection.execute_wrapper(Death(statements)):
        importlib.import_module(module).advance(address, datetime.fromisoformat(clock))


if __name__ == "__main__":
    django.setup()
    bear_and_wait()
