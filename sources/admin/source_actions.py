"""What staff do to many sources at once, with a word for each that was left alone."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.helpers import ActionForm
from django.contrib.messages import SUCCESS, WARNING
from django.core.validators import validate_slug
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from patriot.lib import outbound
from patriot.lib.desk import StockModelAdmin, counted, log_action
from sources.models import Source
from sources.pipeline import control

MAX_TAG_CHARS = 40
NO_TAG = "Nothing was done: write a tag of letters, digits and dashes beside the action."

if TYPE_CHECKING:
    Base = StockModelAdmin
else:
    Base = object


class SourceActionForm(ActionForm):
    """The action, and the tag that two of them need."""

    tag = forms.CharField(
        required=False,
        label="Tag:",
        max_length=MAX_TAG_CHARS,
        widget=forms.TextInput(attrs={"size": 12, "autocomplete": "off"}),
    )


class SourceActions(Base):
    """The actions of the list of sources."""

    def has_fetch_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may have sources looked at, which may cost money."""
        return request.user.has_perm("sources.fetch_source")

    @admin.action(description="Fetch now", permissions=["fetch"])
    def fetch_now(self, request: HttpRequest, chosen: QuerySet[Source]) -> None:
        now = timezone.now()  # noqa: TID251 (an interface)
        asked = control.fetch_now(_ids(chosen), now)
        log_action(request, Source.objects.filter(pk__in=asked.due), "Asked for a fetch now.")
        self._say_done(
            request,
            asked.due,
            "will be fetched within a minute. Reload this page to see what came in.",
        )
        self._say_left(request, asked.busy, "left alone: being fetched at this moment.")
        self._say_left(request, asked.paused, "left alone: paused. Resume first, then fetch.")
        if asked.due and not control.is_anybody_working(now):
            self.message_user(
                request, "No worker has ticked lately: nothing is fetched until one runs.", WARNING
            )

    @admin.action(description="Pause", permissions=["change"])
    def pause(self, request: HttpRequest, chosen: QuerySet[Source]) -> None:
        self._do(
            request,
            chosen,
            control.pause,
            noted="Paused.",
            done="paused.",
            left="paused already.",
        )

    @admin.action(description="Resume", permissions=["change"])
    def resume(self, request: HttpRequest, chosen: QuerySet[Source]) -> None:
        now = timezone.now()  # noqa: TID251 (an interface)
        self._do(
            request,
            chosen,
            lambda ids: control.resume(ids, now),
            noted="Resumed.",
            done="resumed. Feeds are due now, searches at their time.",
            left="not paused.",
        )

    @admin.action(description="Add the tag", permissions=["change"])
    def add_tag(self, request: HttpRequest, chosen: QuerySet[Source]) -> None:
        if tag := self._tag(request):
            self._do(
                request,
                chosen,
                lambda ids: control.add_tag(ids, tag),
                noted=f"Tagged “{tag}”.",
                done=f"tagged “{tag}”.",
                left=f"tagged “{tag}” already.",
            )

    @admin.action(description="Remove the tag", permissions=["change"])
    def remove_tag(self, request: HttpRequest, chosen: QuerySet[Source]) -> None:
        if tag := self._tag(request):
            self._do(
                request,
                chosen,
                lambda ids: control.remove_tag(ids, tag),
                noted=f"Tag “{tag}” removed.",
                done=f"no longer tagged “{tag}”.",
                left=f"not tagged “{tag}”.",
            )

    @admin.action(description="Full text: never", permissions=["change"])
    def read_pages_never(self, request: HttpRequest, chosen: QuerySet[Source]) -> None:
        self._read_pages(request, chosen, Source.FullText.NEVER)

    @admin.action(description="Full text: when the feed's is short", permissions=["change"])
    def read_pages_when_short(self, request: HttpRequest, chosen: QuerySet[Source]) -> None:
        self._read_pages(request, chosen, Source.FullText.SHORT)

    @admin.action(description="Full text: always", permissions=["change"])
    def read_pages_always(self, request: HttpRequest, chosen: QuerySet[Source]) -> None:
        self._read_pages(request, chosen, Source.FullText.ALWAYS)

    @admin.action(description="Interval: by its rhythm", permissions=["change"])
    def follow_rhythm(self, request: HttpRequest, chosen: QuerySet[Source]) -> None:
        self._do(
            request,
            chosen,
            control.follow_rhythm,
            noted="Interval: by its rhythm.",
            done="looked at by the rhythm from now on.",
            left="that is so already, or it is a search: each look costs a credit.",
        )

    @admin.action(description="Adopt the new address", permissions=["change", "fetch"])
    def adopt_new_address(self, request: HttpRequest, chosen: QuerySet[Source]) -> None:
        now = timezone.now()  # noqa: TID251 (an interface)
        refused = [source.pk for source in chosen if source.moved_to and not _is_reachable(source)]
        self._say_left(request, refused, "left alone: the new address is not one that we reach.")
        self._do(
            request,
            chosen.exclude(pk__in=refused),
            lambda ids: control.adopt_new_address(ids, now),
            noted="Adopted the new address.",
            done="read at the new address from now on.",
            left="says of no new address.",
        )

    def _read_pages(
        self, request: HttpRequest, chosen: QuerySet[Source], when: Source.FullText
    ) -> None:
        self._do(
            request,
            chosen,
            lambda ids: control.read_pages(ids, when),
            noted=f"Full text: {when.label}.",
            done=f"set to full text {when.label}, from the next new or changed article on.",
            left="that is so already.",
        )

    def _do(
        self,
        request: HttpRequest,
        chosen: QuerySet[Source],
        act: Callable[[list[int]], list[int]],
        *,
        noted: str,
        done: str,
        left: str,
    ) -> None:
        """Do something to sources; write it to their history and say what became of each.

        noted: for the history of each source
        done:  what follows “3 sources”
        left:  why the others were left alone
        """
        ids = _ids(chosen)
        changed = act(ids)
        log_action(request, Source.objects.filter(pk__in=changed), noted)
        self._say_done(request, changed, done)
        self._say_left(request, {*ids} - {*changed}, f"left alone: {left}")

    def _tag(self, request: HttpRequest) -> str:
        """Return the tag beside the action; empty, with a word about it, if it is none."""
        tag = request.POST.get("tag", "").strip()[: MAX_TAG_CHARS + 1]
        try:
            validate_slug(tag)
        except forms.ValidationError:
            tag = ""
        if not tag or len(tag) > MAX_TAG_CHARS:
            self.message_user(request, NO_TAG, WARNING)
            return ""
        return tag

    def _say_done(self, request: HttpRequest, ids: Collection[int], what: str) -> None:
        """Say what was done to how many sources; nothing if there are none."""
        if ids:
            self.message_user(request, f"{counted(len(ids), Source)} {what}", SUCCESS)

    def _say_left(self, request: HttpRequest, ids: Collection[int], why: str) -> None:
        """Say why nothing was done to how many sources; nothing if there are none."""
        if ids:
            self.message_user(request, f"{counted(len(ids), Source)} {why}", WARNING)


def _is_reachable(source: Source) -> bool:
    try:
        outbound.check_url(source.moved_to, allow=settings.OUTBOUND_ALLOW)
    except outbound.Forbidden:
        return False
    return True


def _ids(chosen: QuerySet[Any]) -> list[int]:
    return list(chosen.values_list("pk", flat=True))
