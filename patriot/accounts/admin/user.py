"""People with an account: their role, and whether they may still come in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import allauth.mfa.admin  # noqa: F401 (so that it registers what is unregistered below)
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import GroupAdmin as StockGroupAdmin
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.contrib.auth.forms import UserChangeForm, UserCreationForm
from django.contrib.auth.models import Group
from django.db.models import F, QuerySet
from django.http import HttpRequest

from patriot.accounts import roles, second_factor
from patriot.accounts.models import User
from patriot.accounts.roles import Role
from patriot.lib.desk import SaysWhatChanged, counted, log_action

# The stubs know what these are of; at run time Django's classes take no parameters.
if TYPE_CHECKING:
    CreationForm = UserCreationForm[User]
    ChangeForm = UserChangeForm[User]
else:
    CreationForm = UserCreationForm
    ChangeForm = UserChangeForm

admin.site.unregister(Group)
# Second factors are their owners' business; here they are only taken away.
admin.site.unregister(Authenticator)


def role_field() -> forms.ChoiceField:
    """Return the one place where somebody gets a role, and with it the way to the desk."""
    choices = [("", "none: does not get to the desk"), *((r.value, r.in_words) for r in Role)]
    return forms.ChoiceField(choices=choices, required=False, widget=forms.RadioSelect)


class AddUserForm(CreationForm):
    """Somebody new: a name, a first password, a role."""

    role = role_field()

    class Meta:
        model = User
        fields = ("username",)


class EditUserForm(ChangeForm):
    """Somebody who is there."""

    role = role_field()
    is_own = False
    """Whether somebody looks at themselves."""

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name", "email", "is_active", "is_superuser")
        help_texts = {
            "is_active": "Untick it when somebody leaves: sign-in and API keys stop at once.",
            "is_superuser": "May do everything, whatever the role. One or two per newsroom.",
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "role" in self.fields:
            self.fields["role"].initial = roles.role_of(self.instance) or ""
        # Of this form only: the class shares its fields with those of all others.
        for name in OWN_FATE & self.fields.keys() if self.is_own else ():
            self.fields[name].disabled = True
            self.fields[name].help_text = "Somebody else has to change this for you."
        if "role" in self.fields and self.instance.is_superuser:
            said = f"{roles.SUPERUSER}, whatever is chosen here. {self.fields['role'].help_text}"
            self.fields["role"].help_text = said.strip()


@admin.register(User)
class UserAdmin(SaysWhatChanged, StockUserAdmin):  # type: ignore[type-arg] # it takes none at run time
    """A role instead of permissions; who is above one's own rank is only looked at."""

    add_form = AddUserForm
    form = EditUserForm
    list_display = ("username", "full_name", "role", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser", "groups")
    ordering = ("username",)
    actions = ("deactivate", "take_second_factor")
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined", "beyond_role", "second_factor")
    add_fieldsets = ((None, {"fields": ("username", "password1", "password2", "role")}),)
    fieldsets = (
        (None, {"fields": ("username", "password", "first_name", "last_name", "email")}),
        ("May", {"fields": ("role", "is_active", "is_superuser", "beyond_role")}),
        ("Came", {"fields": ("last_login", "date_joined", "second_factor")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        everybody: QuerySet[Any] = super().get_queryset(request)
        return everybody.prefetch_related("groups")

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Only superusers see what makes one."""
        parts = super().get_fieldsets(request, obj)
        if obj is None or request.user.is_superuser:
            return parts
        return [(name, {**part, "fields": visible(part["fields"])}) for name, part in parts]

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **options: Any
    ) -> Any:
        """Nobody changes what they may do themselves: somebody else has to."""
        form: Any = super().get_form(request, obj, change=change, **options)
        form.is_own = obj is not None and obj.pk == request.user.pk
        return form

    # --- Who may --------------------------------------------------------------
    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """A superuser is changed by superusers only: password and all."""
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Only who never did anything can go; everybody else is deactivated."""
        if obj is None or obj.is_superuser or has_history(obj):
            return False
        return super().has_delete_permission(request, obj)

    # --- Saving ---------------------------------------------------------------
    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save somebody; whoever is deactivated is signed out for good."""
        super().save_model(request, obj, form, change)
        if change and "is_active" in form.changed_data and not obj.is_active:
            obj.end_sessions()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if "role" in form.cleaned_data:
            chosen = form.cleaned_data["role"]
            roles.give(form.instance, Role(chosen) if chosen else None)

    # --- Lost devices ---------------------------------------------------------
    @admin.action(description="Take away the second factor (a lost device)", permissions=["change"])
    def take_second_factor(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """Let somebody who lost a device sign in with the password alone, to set up another."""
        for user in chosen:
            if not self.has_change_permission(request, user) or user.pk == request.user.pk:
                said = f"{user}: somebody above you, or you yourself. Somebody else has to do it."
                self.message_user(request, said, messages.ERROR)
                continue
            taken = second_factor.take_away(user)
            log_action(request, User.objects.filter(pk=user.pk), "Took the second factor away.")
            said = f"{user} signs in with the password alone now." if taken else f"{user} has none."
            self.message_user(request, said, messages.SUCCESS if taken else messages.WARNING)

    # --- Columns --------------------------------------------------------------
    @admin.display(description="name")
    def full_name(self, user: User) -> str:
        return user.get_full_name()

    @admin.display(description="role")
    def role(self, user: User) -> str:
        """Name the role, also on the page of somebody who is only looked at."""
        return roles.in_short(user)

    @admin.display(description="beyond the role")
    def beyond_role(self, user: User) -> str:
        """Name what somebody was given on the command line or through another group."""
        groups = [group.name for group in user.groups.all() if group.name not in set(Role)]
        single = [str(permission) for permission in user.user_permissions.all()]
        return ", ".join([*groups, *single]) or "nothing"

    @admin.display(description="second factor")
    def second_factor(self, user: User) -> str:
        """Say what somebody has set up, not what opens it."""
        return second_factor.in_words(user)

    # --- Actions --------------------------------------------------------------
    @admin.action(description="Deactivate", permissions=["change"])
    def deactivate(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        there = chosen.filter(is_active=True).exclude(pk=request.user.pk or 0)
        if not request.user.is_superuser:
            there = there.filter(is_superuser=False)
        ids = list(there.values_list("pk", flat=True))
        left = chosen.exclude(pk__in=ids).count()
        # Their sessions are over too: they must not come to life when somebody is let in again.
        User.objects.filter(pk__in=ids).update(
            is_active=False, session_number=F("session_number") + 1
        )
        log_action(request, User.objects.filter(pk__in=ids), "Deactivated.")
        if ids:
            self.message_user(request, f"{counted(len(ids), User)} deactivated.")
        if left:
            self.message_user(
                request,
                f"{counted(left, User)} left alone: yourself, superusers, or inactive already.",
                messages.WARNING,
            )


SUPERUSERS_ONLY = {"is_superuser", "beyond_role"}
OWN_FATE = {"role", "is_active", "is_superuser"}


def visible(fields: Any) -> tuple[Any, ...]:
    """Return the fields that an administrator who is no superuser sees."""
    return tuple(name for name in fields if name not in SUPERUSERS_ONLY)


def has_history(user: User) -> bool:
    """Tell whether somebody ever signed in, did something, or has a key.

    Who wrote prompts is also kept by the database.
    """
    return (
        user.last_login is not None
        or user.api_keys.exists()
        or LogEntry.objects.filter(user=user).exists()
    )


@admin.register(Group)
class GroupAdmin(SaysWhatChanged, StockGroupAdmin):
    """Groups of one's own. The roles' are kept by code, and only shown."""

    # Django's two-box chooser labels what may not be labeled (axe: aria-prohibited-attr);
    # a plain list does the same for everybody.
    filter_horizontal = ()

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return not is_role(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return not is_role(obj) and super().has_delete_permission(request, obj)


def is_role(group: Group | None) -> bool:
    return group is not None and group.name in set(Role)
