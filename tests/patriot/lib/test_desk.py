"""The history of the desk says what was changed, and never a secret."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
from django import forms
from django.contrib.admin.models import LogEntry

from patriot.accounts.models import User
from patriot.lib.desk import SaysWhatChanged, in_words
from tests.factories import a_staff_user


class Account(forms.Form):
    title = forms.CharField()
    api_key = forms.CharField()
    word = forms.CharField(widget=forms.PasswordInput, label="Pass phrase")
    color = forms.ChoiceField(choices=[("r", "red"), ("g", "green")])
    is_on = forms.BooleanField(required=False, label="Switched on")


def message(before: dict[str, object], after: dict[str, object]) -> str:
    form = Account(after, initial=before)
    assert form.is_valid(), form.errors
    return SaysWhatChanged().construct_change_message(None, form, None)


BEFORE = {"title": "Dawn", "api_key": "sk-old", "word": "open", "color": "r", "is_on": True}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param({"title": "Dusk"}, "title: “Dawn” → “Dusk”", id="a word"),
        pytest.param({"color": "g"}, "color: “red” → “green”", id="a choice by its label"),
        pytest.param({"is_on": ""}, "switched on: “yes” → “no”", id="a switch"),
        pytest.param({"api_key": "sk-new"}, "api key: changed", id="a key by its name"),
        pytest.param({"word": "sesame"}, "pass phrase: changed", id="a password by its widget"),
        pytest.param(
            {"title": "Dusk", "color": "g"},
            "title: “Dawn” → “Dusk” · color: “red” → “green”",
            id="two at once",
        ),
        pytest.param({}, "Nothing changed.", id="nothing"),
    ],
)
def test_the_history_says_what_was_and_what_is(changes, sentence):
    assert message(BEFORE, {**BEFORE, **changes}) == sentence


@pytest.mark.parametrize(
    ("value", "words"),
    [
        pytest.param(None, "nothing", id="none"),
        pytest.param([], "nothing", id="an empty list"),
        pytest.param(time(7), "“07:00”", id="a time"),
        pytest.param([time(7), time(18, 30)], "“07:00, 18:30”", id="times"),
        pytest.param(datetime(2026, 6, 9, 6, 30, tzinfo=UTC), "“2026-06-09 06:30 UTC”", id="day"),
        pytest.param(Decimal("1.50"), "“1.50”", id="an amount"),
        pytest.param(timedelta(minutes=10), "“0:10:00”", id="a while"),
        pytest.param("two\nlines", "“two lines”", id="lines"),
        pytest.param("x" * 500, "“" + "x" * 80 + "…”", id="too long"),
    ],
)
def test_values_stand_on_one_line_and_are_bounded(value, words):
    assert in_words(forms.CharField(), value) == words


@pytest.mark.django_db
def test_the_history_of_an_account_names_its_role_and_never_its_password(client):
    client.force_login(User.objects.create_superuser("chief"))
    alice = a_staff_user(username="alice")
    page = f"/admin/accounts/user/{alice.pk}/"
    form = client.get(f"{page}change/").context["adminform"].form
    kept = {name: form.initial.get(name) or "" for name in ("first_name", "last_name", "email")}

    client.post(f"{page}change/", kept | {"username": "alice", "is_active": "1", "role": "editor"})
    passwords = {"password1": "correct horse 7", "password2": "correct horse 7"}
    client.post(f"{page}password/", passwords | {"usable_password": "true"})

    said = [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")]
    assert any("role: nothing → “editor: " in each for each in said)
    assert said[-1] == "password: changed"
    assert not any("horse" in each for each in said)
