"""Add by address: paste any, see its feeds, choose. Nothing is saved before “Add chosen”."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.messages import SUCCESS, WARNING
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from patriot.lib import outbound
from patriot.lib.desk import counted
from sources import tasks
from sources.domain.adding import NewFeed, address_key
from sources.domain.discovery import MAX_PASTED_CHARS, FoundFeed
from sources.gateways.parser import Parser
from sources.models import Source
from sources.pipeline.adding import Added, add_feeds, watched
from sources.pipeline.discover import MAX_REQUESTS, Discovery, discover

PATIENCE = timedelta(seconds=20)
"""Somebody is waiting for the page."""
MAX_NAME_CHARS, MAX_URL_CHARS, MAX_TAGS_CHARS = 200, 2_000, 400
PREFIX = "feeds"


class AddressForm(forms.Form):
    """What somebody pasted."""

    address = forms.CharField(
        label="Paste any address",
        max_length=MAX_PASTED_CHARS,
        strip=True,
        help_text="Of a site, a section, a channel or a feed: courier.example, "
        "https://www.youtube.com/@courier, r/harbors.",
        widget=forms.TextInput(attrs={"size": 60, "class": "vTextField", "autocapitalize": "off"}),
    )


class TagsForm(forms.Form):
    """What all feeds that are chosen have in common."""

    tags = forms.CharField(
        required=False,
        max_length=MAX_TAGS_CHARS,
        help_text="For all that you choose, divided by commas; briefings choose by them.",
        widget=forms.TextInput(attrs={"size": 40, "class": "vTextField"}),
    )

    @property
    def each(self) -> list[str]:
        return str(self.cleaned_data["tags"]).split(",")


class FeedForm(forms.Form):
    """A feed that was found, and whether it is wanted."""

    chosen = forms.BooleanField(required=False, label="Add")
    name = forms.CharField(
        required=False,
        max_length=MAX_NAME_CHARS,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    url = forms.CharField(max_length=MAX_URL_CHARS, widget=forms.HiddenInput)
    site_url = forms.CharField(required=False, max_length=MAX_URL_CHARS, widget=forms.HiddenInput)
    language = forms.CharField(required=False, max_length=10, widget=forms.HiddenInput)

    def clean_url(self) -> str:
        """Refuse what the outbound policy would refuse at every fetch: anybody may have sent it."""
        url = str(self.cleaned_data["url"])
        try:
            outbound.check_url(url, allow=settings.OUTBOUND_ALLOW)
        except outbound.Forbidden as error:
            raise forms.ValidationError(str(error)) from error
        return url

    @property
    def feed(self) -> NewFeed:
        found = self.cleaned_data
        return NewFeed(found["url"], found["name"], found["site_url"], language=found["language"])


FeedForms = forms.formset_factory(
    FeedForm, extra=0, max_num=MAX_REQUESTS, absolute_max=MAX_REQUESTS
)


@dataclass(frozen=True, slots=True)
class Row:
    """A feed on the page: one to choose, or one that is watched already."""

    found: FoundFeed
    form: FeedForm | None = None
    source: Source | None = None


class AddByAddress:
    """The page “Add by address”, for the admin of sources."""

    # What it needs of the admin that it belongs to.
    admin_site: Any
    has_add_permission: Any
    message_user: Any

    def get_urls(self) -> list[Any]:
        guarded = self.admin_site.admin_view(self.discover)
        mine = path("discover/", guarded, name="sources_source_discover")
        return [mine, *super().get_urls()]  # type: ignore[misc] # the admin's

    def discover(self, request: HttpRequest) -> HttpResponseBase:
        """Ask for an address, show what was found there, and add what was chosen."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method == "POST" and "_add" in request.POST:
            return self._add_feeds(request)
        if request.method == "POST":
            return self._find_feeds(request)
        return self._discovery_page(request, form=AddressForm())

    def _find_feeds(self, request: HttpRequest) -> HttpResponseBase:
        form = AddressForm(request.POST)
        if not form.is_valid():
            return self._discovery_page(request, form=form)
        discovery = discover(
            form.cleaned_data["address"],
            web=tasks.web(),
            parser=Parser.shared(),
            now=timezone.now(),  # noqa: TID251 (an interface)
            patience=PATIENCE,
        )
        rows, forms_of_rows = _rows(discovery)
        return self._discovery_page(
            request,
            form=form,
            discovery=discovery,
            rows=rows,
            feed_forms=forms_of_rows,
            tags_form=TagsForm(),
        )

    def _add_feeds(self, request: HttpRequest) -> HttpResponseBase:
        feed_forms, tags_form = FeedForms(request.POST, prefix=PREFIX), TagsForm(request.POST)
        if not (feed_forms.is_valid() and tags_form.is_valid()):
            why = "Nothing was added: look for the feeds once more."
            self.message_user(request, why, WARNING)
            return HttpResponseRedirect(request.path)
        chosen = [form.feed for form in feed_forms if form.cleaned_data["chosen"]]
        if not chosen:
            self.message_user(request, "Nothing was added: no feed was chosen.", WARNING)
            return HttpResponseRedirect(request.path)
        now = timezone.now()  # noqa: TID251 (an interface)
        self._tell_added(request, add_feeds(chosen, tags=tags_form.each, now=now))
        return HttpResponseRedirect(reverse("admin:sources_source_changelist"))

    def _tell_added(self, request: HttpRequest, added: Added) -> None:
        """Say what was added, here and in the history of each."""
        if added.sources:
            LogEntry.objects.log_actions(
                int(request.user.pk or 0),
                added.sources,
                ADDITION,
                change_message="Added by address.",
            )
            sentence = f"{counted(len(added.sources), Source)} added; the first fetch is due now."
            self.message_user(request, sentence, SUCCESS)
        if added.known:
            sentence = f"{counted(len(added.known), Source)} left alone: watched already."
            self.message_user(request, sentence, WARNING)

    def _discovery_page(self, request: HttpRequest, **context: Any) -> TemplateResponse:
        return TemplateResponse(
            request,
            "admin/sources/discovery.html",
            self.admin_site.each_context(request)
            | {"title": "Add by address", "opts": Source._meta}
            | context,
        )


def _rows(discovery: Discovery) -> tuple[list[Row], Any]:
    """Return a row for each feed, and the forms of those that are not watched yet."""
    known = watched() if discovery.found else {}
    fresh = [found for found in discovery.found if address_key(found.url) not in known]
    feed_forms = FeedForms(prefix=PREFIX, initial=_initial(fresh))
    form_of = dict(zip(map(id, fresh), feed_forms.forms, strict=True))
    rows = [
        Row(found, form_of.get(id(found)), known.get(address_key(found.url)))
        for found in discovery.found
    ]
    return rows, feed_forms


def _initial(fresh: Sequence[FoundFeed]) -> list[dict[str, Any]]:
    """Return what the forms begin with; the best feed is chosen."""
    return [
        {
            "chosen": place == 0 and not found.is_comments,
            "name": found.title,
            "url": found.url,
            "site_url": found.feed.site_url,
            "language": found.feed.language,
        }
        for place, found in enumerate(fresh)
    ]
