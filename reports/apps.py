"""The reports app."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Registers the tables of reports."""

    name = "reports"
