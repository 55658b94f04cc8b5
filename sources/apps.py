"""The sources app."""

from django.apps import AppConfig


class SourcesConfig(AppConfig):
    """Registers the tables and the jobs of sources."""

    name = "sources"

    def ready(self) -> None:
        from sources.pipeline import taking_in  # noqa: PLC0415 (needs loaded apps)

        taking_in.register()
