"""Runs one command in a session of its own and ends it when nobody needs it any more.

A child of a killed parent lives on, and neither Linux nor macOS ends a whole family with its
head. So each long-running program of ours gets a guardian between itself and its parent. The
guardian, a small process that only uses the standard library and is started by its path:

* starts the command as the leader of a new session, as another user if asked;
* on SIGTERM sends the command's main process its stop signal, and only that one (a queue's
  workers must not hear it), waits for the grace, then kills what is left of the group;
* does the same, with a short grace, when it is needed no longer: its parent has gone, or, with
  `--users FILE`, nobody holds a lock on that file any more;
* kills the rest of the group when the main process ends by itself, and exits with its code.
"""

from __future__ import annotations

import argparse
import ctypes
import fcntl
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

# Between two looks at whether anybody still needs us.
PAUSE = 0.25
# A parent that was killed cannot wait for anybody; its next start may be seconds away.
ABANDONED_GRACE = 4.0
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


class Guardian:
    """One command, watched until it ends or is not needed any more."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._stop_signal = signal.Signals(options.signal)
        self._is_asked_to_stop = False
        self._users: int | None = None
        self._bell, bell_rope = os.pipe()
        os.set_blocking(bell_rope, False)
        signal.set_wakeup_fd(bell_rope, warn_on_full_buffer=False)

    def run(self) -> int:
        """Start the command, watch it, and return its exit code."""
        signal.signal(signal.SIGCHLD, lambda *_: None)  # only so that it rings the bell
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._note_the_wish)
        if not self._is_needed():
            return 0
        try:
            child = self._start()
        except (OSError, KeyError) as error:
            sys.stderr.write(f"{self._options.command[0]}: {error}\n")
            return 127
        self._report(child.pid)
        try:
            return self._watch(child)
        finally:
            # Whoever the main process left behind, such as the workers of a killed queue.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)

    def _note_the_wish(self, *_: object) -> None:
        self._is_asked_to_stop = True

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._options.command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            # Only between fork and exec of a process without threads.
            preexec_fn=self._die_with_the_guardian,  # noqa: PLW1509
            **_identity(self._options.user),
        )

    def _die_with_the_guardian(self) -> None:
        """Ask Linux for the stop signal should the guardian itself be killed."""
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(self._stop_signal))

    def _report(self, pid: int) -> None:
        """Tell the parent that the command runs, and as which process."""
        if self._options.status_fd is not None:
            with suppress(BrokenPipeError), os.fdopen(self._options.status_fd, "w") as status:
                status.write(f"{pid}\n")

    def _watch(self, child: subprocess.Popen[bytes]) -> int:
        while (code := child.poll()) is None:
            if self._is_asked_to_stop:
                return self._stop(child, self._options.grace)
            if not self._is_needed():
                return self._stop(child, min(self._options.grace, ABANDONED_GRACE))
            self._pause()
        return code

    def _stop(self, child: subprocess.Popen[bytes], grace: float) -> int:
        """Ask the main process to stop, then wait; after the grace it is killed."""
        child.send_signal(self._stop_signal)
        end = time.monotonic() + grace
        while (code := child.poll()) is None:
            if not self._is_needed():
                end = min(end, time.monotonic() + ABANDONED_GRACE)
            if time.monotonic() >= end:
                child.kill()
            self._pause()
        return code

    def _pause(self) -> None:
        """Sleep until a signal comes, a child's end included, or PAUSE is over."""
        if select.select([self._bell], [], [], PAUSE)[0]:
            os.read(self._bell, 512)

    def _is_needed(self) -> bool:
        if self._options.users is None:
            return bool(os.getppid() == self._options.parent)
        if self._users is None:
            self._users = os.open(self._options.users, os.O_RDWR | os.O_CREAT, 0o600)
        # The exclusive lock, once won, is kept until we end: whoever wants to use the
        # program next waits for it, and then finds it stopped, not stopping.
        try:
            fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def _identity(user: str | None) -> dict[str, Any]:
    """Return the Popen arguments that give up root for this user."""
    if user is None:
        return {}
    import pwd  # noqa: PLC0415 (only root has a choice)

    entry = pwd.getpwnam(user)
    return {
        "user": entry.pw_uid,
        "group": entry.pw_gid,
        "extra_groups": [],
        "umask": 0o077,
        "env": os.environ | {"HOME": "/", "USER": user, "LOGNAME": user},
    }


def options(arguments: list[str]) -> argparse.Namespace:
    """Parse the guardian's own command line."""
    parser = argparse.ArgumentParser(prog="guardian", description=(__doc__ or "").split("\n")[0])
    need = parser.add_mutually_exclusive_group(required=True)
    need.add_argument("--parent", type=int, help="process without which the command must not live")
    need.add_argument("--users", type=Path, help="file that everybody who needs us keeps locked")
    parser.add_argument("--signal", type=int, default=int(signal.SIGTERM))
    parser.add_argument("--grace", type=float, default=10.0, help="seconds")
    parser.add_argument("--user", help="run the command as this user (root only)")
    parser.add_argument("--status-fd", type=int, help="where to write the command's pid")
    parser.add_argument("command", nargs="+")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    exit_code = Guardian(options(sys.argv[1:])).run()
    # As a shell tells it: ended by signal N is 128 + N.
    sys.exit(exit_code if exit_code >= 0 else 128 - exit_code)
