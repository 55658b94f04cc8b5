"""The sources app."""

from django.apps import AppConfig


class SourcesConfig(AppConfig):
    """Registers the tables of sources."""

    name = "sources"
