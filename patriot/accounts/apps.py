"""The app of patriot.accounts."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    """Registers the tables of patriot.accounts; has the roles follow their table."""

    name = "patriot.accounts"
    label = "accounts"

    def ready(self) -> None:
        from patriot.accounts.roles import after_migrate  # noqa: PLC0415 (needs loaded apps)

        # Django's own way to say that a migrate is over; nothing else here listens to signals.
        post_migrate.connect(after_migrate, sender=self)
