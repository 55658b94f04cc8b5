"""The site as a Django app: its checks and commands."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig

from patriot.lib.logging import send_structlog_to_logging


class PatriotConfig(AppConfig):
    """Knows both apps; registers the system checks."""

    name = "patriot"
    verbose_name = "Patriot"

    def ready(self) -> None:
        from patriot import checks  # noqa: F401, PLC0415 (registering needs loaded apps)

        send_structlog_to_logging()


class DeskConfig(AdminConfig):
    """Puts our desk where Django's admin would be."""

    default_site = "patriot.operations.desk.Desk"
