"""The desk's pages of people, their groups, and API keys."""

# Registers the pages of its tables, which nobody here needs: taken away again below.
from allauth.account import admin as allauth  # noqa: F401
from allauth.account.models import EmailAddress
from django.contrib import admin

from patriot.accounts.admin.api_key import ApiKeyAdmin
from patriot.accounts.admin.user import GroupAdmin, UserAdmin

admin.site.unregister(EmailAddress)

__all__ = ["ApiKeyAdmin", "GroupAdmin", "UserAdmin"]
