"""The app of patriot.accounts."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Registers the tables of patriot.accounts."""

    name = "patriot.accounts"
    label = "accounts"
