"""The reports app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ReportsConfig(AppConfig):
    """Registers the tables and the jobs of reports, and has the prompts of this release loaded."""

    name = "reports"

    def ready(self) -> None:
        # Both need loaded apps.
        from reports.pipeline import jobs  # noqa: PLC0415
        from reports.pipeline.prompts import load_shipped_prompts  # noqa: PLC0415

        jobs.register()
        post_migrate.connect(load_shipped_prompts, sender=self)
