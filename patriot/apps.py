"""The site as a Django app: its checks and commands."""

from django.apps import AppConfig


class PatriotConfig(AppConfig):
    """Knows both apps; registers the system checks."""

    name = "patriot"
    verbose_name = "Patriot"

    def ready(self) -> None:
        from patriot import checks  # noqa: F401, PLC0415 (registering needs loaded apps)
