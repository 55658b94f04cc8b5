"""The site as a Django app: its checks and commands."""

import gc

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin.apps import AdminConfig

from patriot.lib.logging import send_structlog_to_logging


class PatriotConfig(AppConfig):
    """Knows both apps; registers the system checks."""

    name = "patriot"
    verbose_name = "Patriot"

    def ready(self) -> None:
        from patriot import checks  # noqa: F401, PLC0415 (registering needs loaded apps)

        if settings.EMAIL_PROVIDER:
            from patriot import bounces  # noqa: F401, PLC0415 (as above)
        if settings.TRACES_TO:
            from patriot.operations import traces  # noqa: PLC0415 (as above)

            traces.listen()
        send_structlog_to_logging()
        if settings.IS_WORKER:
            # What is loaded by now is shared by the processes that the worker forks, as long as
            # nobody's garbage collector writes to it.
            gc.freeze()


class DeskConfig(AdminConfig):
    """Puts our desk where Django's admin would be."""

    default_site = "patriot.operations.desk.Desk"
