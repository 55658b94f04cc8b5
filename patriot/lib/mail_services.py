"""Mail services that we know through django-anymail: what each calls its key."""

from __future__ import annotations

from typing import Any

KEY_NAMES = {
    "brevo": "BREVO_API_KEY",
    "mailersend": "MAILERSEND_API_TOKEN",
    "mailgun": "MAILGUN_API_KEY",
    "postmark": "POSTMARK_SERVER_TOKEN",
    "resend": "RESEND_API_KEY",
    "sendgrid": "SENDGRID_API_KEY",
    "sparkpost": "SPARKPOST_API_KEY",
}
# Of a service that may take its time, a worker waits no longer than of a server of our own.
TIMEOUT_SECONDS = 15


def settings_of(service: str, key: str, hook_secret: str) -> dict[str, Any]:
    """Return what django-anymail has to know.

    hook_secret: “name:password”, with which the service signs in to tell us of bounces
    """
    return {
        KEY_NAMES[service]: key,
        "WEBHOOK_SECRET": hook_secret,
        "REQUESTS_TIMEOUT": TIMEOUT_SECONDS,
    }
