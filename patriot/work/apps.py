"""The app of patriot.work."""

from django.apps import AppConfig


class WorkConfig(AppConfig):
    """Registers the tables of patriot.work."""

    name = "patriot.work"
    label = "work"

    def ready(self) -> None:
        from patriot.work import origins, paces  # noqa: PLC0415 (django-q2 needs loaded apps)

        origins.connect()
        paces.connect()
