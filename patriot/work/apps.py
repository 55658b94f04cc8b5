"""The app of patriot.work."""

from django.apps import AppConfig


class WorkConfig(AppConfig):
    """Registers the tables of patriot.work."""

    name = "patriot.work"
    label = "work"

    def ready(self) -> None:
        from patriot.work import (  # noqa: PLC0415 (django-q2 needs loaded apps)
            beats,
            connections,
            origins,
            paces,
        )

        beats.connect()
        connections.connect()
        origins.connect()
        paces.connect()
