"""/metrics, in the text format of Prometheus: for whoever shows METRICS_TOKEN, and nobody else."""

from __future__ import annotations

import hmac

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

SCHEME = "bearer "


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer what this machine's web processes counted, and how the house is.

    Raises Http404 where no token is set: the address is not there then.
    """
    if not settings.METRICS_TOKEN:
        raise Http404("Metrics are off.")
    if not _is_ours(request.META.get("HTTP_AUTHORIZATION", "")):
        refusal = HttpResponse("Show METRICS_TOKEN as a bearer token.\n", status=401)
        refusal["WWW-Authenticate"] = 'Bearer realm="metrics"'
        return refusal
    return HttpResponse(printed(), content_type=content_type())


def printed() -> bytes:
    """Return everything as Prometheus reads it."""
    from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415 (as below)

    # Nobody loads the library who does not use it.
    from patriot.operations import house_metrics, web_metrics  # noqa: PLC0415

    registry = CollectorRegistry()
    web_metrics.shared().register_all(registry)
    registry.register(house_metrics.House(timezone.now()))  # noqa: TID251 (an interface)
    return generate_latest(registry)


def content_type() -> str:
    from prometheus_client import CONTENT_TYPE_LATEST  # noqa: PLC0415 (as above)

    return CONTENT_TYPE_LATEST


def _is_ours(authorization: str) -> bool:
    scheme, token = authorization[: len(SCHEME)], authorization[len(SCHEME) :]
    # As bytes: what is compared may be beyond ASCII. In a time that tells nothing.
    shown, kept = token.encode("utf-8", "replace"), settings.METRICS_TOKEN.encode()
    return scheme.lower() == SCHEME and hmac.compare_digest(shown, kept)
