"""The app of patriot.work."""

from django.apps import AppConfig


class WorkConfig(AppConfig):
    """Registers the tables of patriot.work."""

    name = "patriot.work"
    label = "work"
