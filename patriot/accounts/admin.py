"""People with an account, on the desk."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from patriot.accounts.models import User

admin.site.register(User, UserAdmin)
