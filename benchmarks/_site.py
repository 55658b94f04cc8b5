"""The site's own web server, beside a benchmark. Import `_house` before it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from socket import create_connection, create_server  # noqa: TID251 (ours, on loopback)

from _house import ROOT


@contextmanager
def a_site(**environment: str) -> Iterator[int]:
    """Serve the site as in production, with these settings; give its port when it answers."""
    with create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    web = subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--bind", f"127.0.0.1:{port}"],
        cwd=ROOT,
        env=os.environ | environment,
    )
    try:
        wait_for(port)
        yield port
    finally:
        web.terminate()
        web.wait()


def wait_for(port: int) -> None:
    """Return when the server answers. Raises TimeoutError after half a minute."""
    for _ in range(300):
        try:
            with create_connection(("127.0.0.1", port), timeout=5) as asked:
                asked.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
                if asked.recv(12).endswith(b" 200"):
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise TimeoutError("The web server did not answer.")
