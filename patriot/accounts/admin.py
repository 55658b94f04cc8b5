"""People with an account, on the desk."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as StockUserAdmin

from patriot.accounts.models import User


@admin.register(User)
class UserAdmin(StockUserAdmin):  # type: ignore[type-arg] # it takes none at run time
    """Django's own, but when somebody came is not for editing."""

    readonly_fields = ("last_login", "date_joined")
