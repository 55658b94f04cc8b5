"""The floor under fetching: pycurl's multi interface and nothing around it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO

import pycurl  # noqa: TID251 (the floor under our client)

AT_ONCE = 50


def fetch_all(
    requests: Iterable[tuple[str, str]], *, at_once: int = AT_ONCE
) -> Iterator[tuple[str, int, bytes]]:
    """Yield address, status and body of each (address, ETag). Checks nothing, forgives nothing."""
    multi = pycurl.CurlMulti()
    idle = [pycurl.Curl() for _ in range(at_once)]
    waiting = iter(requests)
    busy = 0
    while True:
        while idle and (request := next(waiting, None)):
            curl = idle.pop()
            curl.url, curl.body = request[0], BytesIO()
            curl.setopt(pycurl.URL, request[0])
            headers = ["Accept-Encoding: gzip, deflate", f"If-None-Match: {request[1]}"]
            curl.setopt(pycurl.HTTPHEADER, headers[: 1 + bool(request[1])])
            curl.setopt(pycurl.WRITEDATA, curl.body)
            multi.add_handle(curl)
            busy += 1
        if not busy:
            return
        while True:
            _, well, badly = multi.info_read()
            assert not badly, badly
            for curl in well:
                multi.remove_handle(curl)
                yield curl.url, curl.getinfo(pycurl.RESPONSE_CODE), curl.body.getvalue()
                idle.append(curl)
                busy -= 1
            if well:
                break
            multi.select(0.2)
            multi.perform()
