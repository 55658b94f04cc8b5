"""The API speaks JSON, whatever the client says that it accepts."""

from rest_framework.negotiation import DefaultContentNegotiation


class JSONOnly(DefaultContentNegotiation):
    """Placeholder order of renderers: the first one."""
