"""The outbound policy for SDKs that speak requests: hand them `session(…)`.

Import this module inside functions: requests and httpx2 take half a second together.

Errors (all are requests' own, for SDKs know no others; look at __cause__):

* ConnectionError         nothing was sent: the policy, the name, the connection
  · ConnectTimeout        the deadline passed before
* ReadTimeout             the deadline passed after something was sent
* ChunkedEncodingError    the exchange broke off after something was sent
* ContentDecodingError    the answer is compressed in a way that we cannot read
* TooManyRedirects        it answered with a redirect; we follow none
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

import httpx2  # noqa: TID251 (its errors)
import requests  # noqa: TID251 (what leaves goes through patriot.lib.transports)
from requests.adapters import BaseAdapter  # noqa: TID251
from requests.exceptions import (  # noqa: TID251
    ChunkedEncodingError,
    ConnectTimeout,
    ContentDecodingError,
    ReadTimeout,
)
from requests.structures import CaseInsensitiveDict  # noqa: TID251

from patriot.lib import transports
from patriot.lib.outbound import Forbidden

# What the transport decides itself.
_OURS = frozenset({"accept-encoding", "connection", "content-length", "host", "cookie"})
_BEFORE_IT_WAS_SENT = (httpx2.ConnectError, httpx2.PoolTimeout, httpx2.LocalProtocolError)


def session(
    *,
    allow: Collection[str],
    deadline: timedelta,
    max_bytes: int = transports.MAX_BYTES,
    user_agent: str = "",
) -> requests.Session:
    """Return a session for an SDK that goes only where the policy lets it go.

    allow:     "host:port" pairs that may be reached although they are not public
    deadline:  for a whole request, whatever time-outs the SDK sets
    max_bytes: of one answer, as it comes over the wire and, again, decompressed

    It follows no redirects, keeps no cookies and reads no proxy, .netrc or certificate from the
    environment.
    """
    made = requests.Session()
    made.trust_env = False
    made.max_redirects = 0
    if user_agent:
        made.headers["User-Agent"] = user_agent
    adapter = PolicyAdapter(transports.client(allow=allow, deadline=deadline, max_bytes=max_bytes))
    # Whatever else is asked for, such as a file, has no adapter and is an error.
    made.adapters.clear()
    for scheme in ("https://", "http://"):
        made.mount(scheme, adapter)
    return made


class PolicyAdapter(BaseAdapter):
    """Sends what requests has prepared through a client that obeys the outbound policy."""

    def __init__(self, client: httpx2.Client) -> None:
        super().__init__()
        self._client = client

    def send(  # noqa: PLR0917 (as requests calls it)
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send one request and read its answer whole.

        The other arguments are the SDK's wishes (a longer time-out, a proxy, no certificates):
        none is granted.
        """
        try:
            answer = self._client.request(
                request.method or "GET",
                request.url or "",
                content=_body(request),
                headers=_headers(request),
            )
        except (httpx2.HTTPError, httpx2.InvalidURL, Forbidden) as error:
            raise _translated(error, request) from error
        return _response(answer, request)

    def close(self) -> None:
        self._client.close()


def _body(request: requests.PreparedRequest) -> bytes | None:
    body = request.body
    if body is None or isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    raise TypeError("Bodies that are read bit by bit are not sent.")


def _headers(request: requests.PreparedRequest) -> dict[str, str]:
    return {
        name: value.decode("latin-1") if isinstance(value, bytes) else value
        for name, value in request.headers.items()
        if name.lower() not in _OURS
    }


def _response(answer: httpx2.Response, request: requests.PreparedRequest) -> requests.Response:
    """Say the answer in requests' words; its body is read and decompressed already."""
    response = requests.Response()
    response.status_code = answer.status_code
    response.reason = answer.reason_phrase
    response.headers = CaseInsensitiveDict(answer.headers.items())
    response.url = request.url or ""
    response.request = request
    response.encoding = "utf-8"
    response._content = answer.content
    return response


def _translated(
    error: Exception, request: requests.PreparedRequest
) -> requests.exceptions.RequestException:
    """Return requests' word for what went wrong; it tells whether anything had been sent."""
    sentence = str(error) or type(error).__name__
    if isinstance(error, httpx2.ConnectTimeout):
        return ConnectTimeout(sentence, request=request)
    if isinstance(error, (*_BEFORE_IT_WAS_SENT, httpx2.InvalidURL, Forbidden)):
        return requests.exceptions.ConnectionError(sentence, request=request)
    if isinstance(error, httpx2.TimeoutException):
        return ReadTimeout(sentence, request=request)
    if isinstance(error, httpx2.DecodingError):
        return ContentDecodingError(sentence, request=request)
    return ChunkedEncodingError(sentence, request=request)
