"""People with an account, on the desk."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as StockGroupAdmin
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.contrib.auth.models import Group

from patriot.accounts.models import User

admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(StockUserAdmin):  # type: ignore[type-arg] # it takes none at run time
    """Django's own, but when somebody came is not for editing."""

    readonly_fields = ("last_login", "date_joined")
    # Django's two-box chooser labels what may not be labeled (axe: aria-prohibited-attr);
    # a plain list does the same for everybody.
    filter_horizontal = ()


@admin.register(Group)
class GroupAdmin(StockGroupAdmin):
    """Django's own, with a plain list, for the same reason."""

    filter_horizontal = ()
