"""The public pages of those who get reports by mail: subscribe, confirm, change, unsubscribe.

Nobody signs in here: whoever holds a link from a mail may do what the link is for. So none of these
pages reads a cookie, and there is nothing that another site could do in a visitor's name.
"""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from patriot.accounts.throttling import throttled
from reports import tokens
from reports.forms import PreferencesForm, SubscribeForm
from reports.models import Briefing, Report, Subscription
from reports.pipeline import subscribing

METHODS = ["GET", "HEAD", "POST"]


@csrf_exempt
@require_http_methods(METHODS)
def subscribe(request: HttpRequest) -> HttpResponseBase:
    """Ask who wants what; then have the address asked whether that is so."""
    if request.method == "POST":
        return _asked(request)
    chosen = request.GET.get("briefing", "")[:60]
    return _subscribe_page(request, SubscribeForm(initial={"briefing": chosen}))


@throttled("6/min")
def _asked(request: HttpRequest) -> HttpResponse:
    form = SubscribeForm(request.POST)
    if not settings.MAIL_IS_ON or not form.is_valid():
        return _subscribe_page(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    wish = form.cleaned_data
    subscribing.ask(wish["briefing"], wish["email"], length=wish["length"], now=_now())
    # The same page for every address: who is subscribed is nobody else's business.
    return _private(render(request, "reports/subscribe_asked.html", {"here": "subscribe", **wish}))


def _subscribe_page(
    request: HttpRequest, form: SubscribeForm, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    context = {
        "form": form,
        "mail_is_on": settings.MAIL_IS_ON,
        "briefings": Briefing.objects.enabled().order_by("title", "pk"),
        "here": "subscribe",
    }
    return _private(render(request, "reports/subscribe.html", context, status=status))


@csrf_exempt
@require_http_methods(METHODS)
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Show a button; whoever presses it gets the briefing from now on.

    Not by the link alone: programs that look through mails open links.
    """
    try:
        subscription = _subscription(tokens.confirmed(token))
    except tokens.BadToken as error:
        return _bad_link(request, str(error))
    context: dict[str, Any] = {"subscription": subscription, "here": "subscribe"}
    if request.method == "POST" or subscription.state == Subscription.State.ACTIVE:
        if not subscribing.confirm(subscription, _now()):
            return _bad_link(request, "This subscription was ended after the link was sent.")
        newest = Report.objects.published().filter(briefing=subscription.briefing)
        context |= {
            "newest": newest.newest_first().select_related("briefing").first(),
            "preferences": _preferences_link(subscription),
        }
        return _private(render(request, "reports/subscribe_confirmed.html", context))
    return _private(render(request, "reports/subscribe_confirm.html", context))


@csrf_exempt
@require_http_methods(METHODS)
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """End a subscription by one POST (RFC 8058); whoever opens the link finds a button."""
    try:
        subscription = _subscription(tokens.recipient(token))
    except tokens.BadToken as error:
        return _bad_link(request, str(error))
    if request.method == "POST":
        subscribing.end(Subscription.objects.filter(pk=subscription.pk), _now())
        subscription.refresh_from_db()
    context = {
        "subscription": subscription,
        "is_over": subscription.state == Subscription.State.ENDED,
        "preferences": _preferences_link(subscription),
        "here": "subscribe",
    }
    return _private(render(request, "reports/unsubscribe.html", context))


@csrf_exempt
@require_http_methods(METHODS)
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """Show all that comes to an address by mail, and let its owner change or end it."""
    try:
        own = _subscription(tokens.recipient(token))
    except tokens.BadToken as error:
        return _bad_link(request, str(error))
    everything = subscribing.of_same_person(own).exclude(state=Subscription.State.ENDED)
    listed = list(everything.select_related("briefing").order_by("briefing__title", "pk"))
    if request.method == "POST" and _change(request, listed):
        return _private(redirect(f"{reverse('reports:preferences', args=[token])}?saved=1"))
    context = {
        "address": own.address,
        "lines": [(one, _form_of(one, None)) for one in listed],
        "is_saved": "saved" in request.GET,
        "here": "subscribe",
    }
    return _private(render(request, "reports/preferences.html", context))


def _change(request: HttpRequest, listed: list[Subscription]) -> bool:
    """Do what one button of the page says; False if it says nothing we know."""
    asked = request.POST
    mine = {one.public_id.hex: one for one in listed}
    if asked.get("end") == "all":
        pks = [one.pk for one in listed]
        return subscribing.end(Subscription.objects.filter(pk__in=pks), _now()) > 0
    if one := mine.get(asked.get("end", "")):
        return subscribing.end(Subscription.objects.filter(pk=one.pk), _now()) > 0
    if one := mine.get(asked.get("save", "")):
        form = _form_of(one, asked)
        if form.is_valid():
            one.save(update_fields=["length", "wants_corrections"])
            return True
    return False


def _form_of(subscription: Subscription, asked: Any) -> PreferencesForm:
    return PreferencesForm(asked, instance=subscription, prefix=subscription.public_id.hex)


def _subscription(public_id: UUID) -> Subscription:
    """Return what a link is about. Raises BadToken if it is there no more."""
    found = Subscription.objects.select_related("briefing").filter(public_id=public_id).first()
    if found is None:
        raise tokens.BadToken("What this link was for is not kept any more.")
    return found


def _preferences_link(subscription: Subscription) -> str:
    return reverse("reports:preferences", args=[tokens.recipient_token(subscription.public_id)])


def _bad_link(request: HttpRequest, sentence: str) -> HttpResponse:
    context = {"sentence": sentence, "here": "subscribe"}
    return _private(render(request, "reports/bad_link.html", context, status=HTTPStatus.NOT_FOUND))


def _private(response: HttpResponse) -> HttpResponse:
    """Keep a page with somebody's address or link out of caches and search engines."""
    patch_cache_control(response, private=True, no_store=True)
    response["X-Robots-Tag"] = "noindex"
    # A link is a key: no other site is told of it.
    response["Referrer-Policy"] = "no-referrer"
    return response


def _now() -> datetime:
    return timezone.now()  # noqa: TID251 (a page asks what time it is)
