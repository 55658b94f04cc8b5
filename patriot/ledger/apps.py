"""The app of patriot.ledger."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class LedgerConfig(AppConfig):
    """Registers the tables of patriot.ledger, and has the first prices loaded."""

    name = "patriot.ledger"
    label = "ledger"

    def ready(self) -> None:
        from patriot.ledger.first_prices import load_first_prices  # noqa: PLC0415 (needs apps)

        post_migrate.connect(load_first_prices, sender=self)
