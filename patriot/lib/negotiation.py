"""The API speaks JSON, and says so to clients that want something else."""

from __future__ import annotations

from collections.abc import Sequence

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

# In rising order of precision (RFC 9110 §12.5.1).
JSON_RANGES = ("*/*", "application/*", "application/json")


class JSONOnly(DefaultContentNegotiation):
    """Choose JSON; answer 406 only when the Accept header rules it out.

    There is no `?format=`: an address has one meaning. `application/json; indent=2` is taken
    as plain JSON.
    """

    def select_renderer(  # type: ignore[override] # the stubs want a str suffix
        self, request: Request, renderers: Sequence[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return the view's first renderer. Raises NotAcceptable."""
        if not accepts_json(self.get_accept_list(request)):
            raise NotAcceptable("This API answers in application/json only.")
        return renderers[0], str(renderers[0].media_type)


def accepts_json(tokens: Sequence[str]) -> bool:
    """Tell whether an Accept header, cut at its commas, allows JSON. None at all does."""
    if not tokens:
        return True
    verdicts = wishes(tokens)
    for media_range in reversed(JSON_RANGES):
        if media_range in verdicts:
            return verdicts[media_range]
    return False


def wishes(tokens: Sequence[str]) -> dict[str, bool]:
    """Return which media ranges an Accept header names, and whether each is wanted."""
    return dict(_verdict(token) for token in tokens)


def _verdict(token: str) -> tuple[str, bool]:
    """Return a media range and whether it is wanted: `q=0` means “not that”."""
    media_range, *parameters = (part.strip().lower() for part in token.split(";"))
    weights = [value for value in parameters if value.startswith("q=")]
    is_refused = any(weight[2:].rstrip("0") in ("", ".", "0.") for weight in weights)
    return media_range, not is_refused
