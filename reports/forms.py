"""Forms of the public pages."""

from __future__ import annotations

from typing import Any

from django import forms

from patriot.lib.text import clean_text
from reports.models import Briefing, Subscription

NO_ADDRESS = "This is no e-mail address: it needs a name, an @ and a domain."


class SubscribeForm(forms.Form):
    """Which briefing, to which address."""

    briefing = forms.ModelChoiceField(
        Briefing.objects.none(), to_field_name="slug", empty_label=None, label="Which report"
    )
    email = forms.EmailField(
        label="Your e-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
        error_messages={
            "invalid": "This is no e-mail address: it needs a name, an @ and a domain."
        },
    )
    length = forms.ChoiceField(
        choices=Subscription.Length, initial=Subscription.Length.FULL, label="How much of it"
    )

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.label_suffix = ""
        self.fields["briefing"].queryset = Briefing.objects.enabled().order_by("title", "pk")  # type: ignore[attr-defined]

    def clean_email(self) -> str:
        """Return the address; what hides in it makes it none."""
        email = str(self.cleaned_data["email"])
        if clean_text(email, max_chars=254) != email or not email.isascii():
            raise forms.ValidationError("Addresses with such letters cannot be mailed to here.")
        host = email.rpartition("@")[2]
        if "." not in host or not host[-1].isalpha():
            raise forms.ValidationError(NO_ADDRESS)
        return email


class PreferencesForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a recipient gets of one briefing."""

    class Meta:
        model = Subscription
        fields = ("length", "wants_corrections")
        labels = {
            "length": "How much of it",
            "wants_corrections": "Also tell me when a report was corrected or withdrawn",
        }
        help_texts = {"wants_corrections": ""}

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.label_suffix = ""
