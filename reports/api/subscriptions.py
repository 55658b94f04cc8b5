"""The API of subscriptions: who gets reports; webhooks and chats are set up here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, cast

from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from patriot.accounts.access import Restricted, by_way_of
from patriot.accounts.idempotency import PARAMETER, REPLAYED, Idempotent
from patriot.accounts.models import ApiKey, User
from patriot.accounts.roles import only
from patriot.lib.desk import log_action
from patriot.lib.endpoints import Act, DetailEndpoint, ListEndpoint, Query
from patriot.lib.pagination import LastAddedFirst
from reports.api.queries import SLUG, SpanQuery, span_of
from reports.api.subscription_serializers import (
    ChangedSubscription,
    DeliverySerializer,
    NewSubscription,
    NewSubscriptionSerializer,
    SecretSerializer,
    SubscriptionSerializer,
)
from reports.models import Attempt, Briefing, Delivery, Subscription
from reports.pipeline import subscribing
from reports.pipeline.subscribing import BOTH_FOR, ENDED_BY_STAFF, PAUSED_BY_STAFF, AlreadyThere
from reports.tokens import secret_of

Channel, State = Subscription.Channel, Subscription.State
ADD = "reports.add_subscription"
MAX_ATTEMPTS = 5
REFUSALS = ("permission_denied", "too_large", "unsupported_media_type")
ONCE = ("in_progress", "key_reused")
EXAMPLE = {
    "briefing": "morning",
    "channel": "webhook",
    "address": "https://hooks.example.org/patriot",
    "wants_corrections": True,
}


class NotActive(APIException):
    """Nothing is sent to a subscription that is paused, ended, or not confirmed yet."""

    status_code = 409
    default_code = "not_active"
    default_detail = "Only an active subscription gets anything: resume it first."


class NothingPublished(APIException):
    """There is nothing that could be sent."""

    status_code = 409
    default_code = "nothing_published"
    default_detail = "This briefing has not published any report yet."


# --- The list ---------------------------------------------------------------------
class SubscriptionQuery(SpanQuery):
    """Which subscriptions: by briefing, channel, state, by when they were made."""

    briefing = serializers.RegexField(SLUG, required=False, help_text="Its slug.")
    channel = serializers.ChoiceField(choices=Channel.choices, required=False)
    state = serializers.ChoiceField(choices=State.choices, required=False)


class Subscriptions(Restricted):
    """What the addresses share."""

    serializer_class: Any = SubscriptionSerializer
    scope = ApiKey.Scope.READ_SUBSCRIPTIONS
    write_scope = ApiKey.Scope.WRITE_SUBSCRIPTIONS

    def get_queryset(self) -> QuerySet[Any]:
        return Subscription.objects.select_related("briefing", "owner")

    def note(self, subscription: Subscription, sentence: str) -> None:
        """Write to the subscription's history what was done to it."""
        rows = Subscription.objects.filter(pk=subscription.pk)
        log_action(self.request._request, rows, f"{sentence}{by_way_of(self.request)}.")


class SubscriptionList(Idempotent, Subscriptions, ListEndpoint):
    """List the subscriptions, the last made first."""

    pagination_class = LastAddedFirst
    query_class = SubscriptionQuery
    header_parameters = ()
    acts: ClassVar[Mapping[str, Act]] = {
        "POST": Act(201, (*REFUSALS, *ONCE), (PARAMETER,), NewSubscriptionSerializer)
    }

    def get_queryset(self) -> QuerySet[Any]:
        query = self.query
        conditions = span_of(query, "created_at")
        for name, field in (
            ("briefing", "briefing__slug"),
            ("channel", "channel"),
            ("state", "state"),
        ):
            if name in query:
                conditions[field] = query[name]
        return super().get_queryset().filter(**conditions)

    @extend_schema(
        request=NewSubscription,
        examples=[OpenApiExample("A webhook", value=EXAMPLE, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Set up a webhook or a chat.

        It gets what is published from now on. A webhook's secret stands in the answer, and
        nowhere later; sent again with the same Idempotency-Key, the answer has it too. A
        receiver that was ended begins again, with another secret.
        """
        Query.read(request)
        if not request.user.has_perm(ADD):
            raise PermissionDenied(f"{only(ADD).capitalize()} may set up webhooks.")
        body = NewSubscription(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data
        attempt = self.once(request)
        if attempt.is_answered:
            return self.said(attempt.answer, **{REPLAYED: "true"})
        with attempt, transaction.atomic():
            hook = self.set_up(asked)
            self.note(hook, "Set up")
            kept = self.get_serializer(hook).data | {"secret_number": hook.secret_number}
            attempt.keep(kept, status=201)
        return self.said(kept)

    def set_up(self, asked: Mapping[str, Any]) -> Subscription:
        """Begin what was asked for. Raises ValidationError naming what is in the way."""
        briefing = Briefing.objects.filter(slug=asked["briefing"]).first()
        if briefing is None:
            known = f"There is no briefing {asked['briefing']}."
            raise serializers.ValidationError({"briefing": [known]})
        try:
            return subscribing.set_up(
                briefing,
                asked["channel"],
                asked["address"],
                wants_corrections=asked["wants_corrections"],
                owner=cast("User", self.request.user),
                now=timezone.now(),  # noqa: TID251 (an interface)
            )
        except AlreadyThere as error:
            raise serializers.ValidationError({"address": [str(error)]}) from error

    def said(self, kept: Mapping[str, Any], **headers: str) -> Response:
        """Answer with the secret, which is in no kept answer: it can be derived again."""
        told = {name: value for name, value in kept.items() if name != "secret_number"}
        hooks = Subscription.objects.filter(pk=kept["id"], channel=Channel.WEBHOOK)
        known = hooks.values_list("public_id", flat=True).first()
        told["secret"] = secret_of(known, kept["secret_number"]) if known else None
        # The serializer's own kind of string is none to a strict server.
        return Response(told, status=201, headers={"Location": str(kept["url"]), **headers})


# --- One --------------------------------------------------------------------------
class SubscriptionDetail(Subscriptions, DetailEndpoint):
    """One subscription."""

    problem_codes = ("permission_denied", "not_found")
    acts: ClassVar[Mapping[str, Act]] = {
        "PATCH": Act(200, ("not_found", *REFUSALS)),
        "DELETE": Act(204, ("not_found", *REFUSALS)),
    }
    noun = "subscription"

    @extend_schema(
        request=ChangedSubscription,
        examples=[OpenApiExample("Pause it", value={"state": "paused"}, request_only=True)],
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Pause or resume a subscription, or change a webhook or chat.

        Whoever subscribed by mail decides what comes: of that only the state can be changed here.
        """
        Query.read(request)
        body = ChangedSubscription(data=request.data)
        body.is_valid(raise_exception=True)
        with transaction.atomic():
            subscription = self.found(pk=pk)
            self.change(subscription, body.validated_data)
        return Response(self.get_serializer(self.found(pk=pk)).data)

    @extend_schema(request=None)
    def delete(self, request: Request, pk: int) -> Response:
        """End a subscription, and what was on its way to it.

        The row stays, with what was sent. Ended again, nothing happens.
        """
        Query.read(request)
        subscription = self.found(pk=pk)
        rows = Subscription.objects.filter(pk=pk)
        now = timezone.now()  # noqa: TID251 (an interface)
        if subscribing.end(rows, now, reason=ENDED_BY_STAFF):
            self.note(subscription, "Ended")
        return Response(status=204)

    def change(self, subscription: Subscription, wanted: Mapping[str, Any]) -> None:
        """Do what was asked for, and note it. Raises ValidationError naming what cannot be."""
        others = wanted.keys() - {"state"}
        if others and subscription.channel == Channel.EMAIL:
            said = "Only its recipient changes this."
            raise serializers.ValidationError({name: [said] for name in sorted(others)})
        rows = Subscription.objects.filter(pk=subscription.pk)
        if "state" in wanted:
            self.steer(subscription, wanted["state"])
        if "wants_corrections" in wanted:
            rows.update(wants_corrections=wanted["wants_corrections"])
        if "address" in wanted:
            try:
                subscribing.move(subscription, wanted["address"])
            except AlreadyThere as error:
                raise serializers.ValidationError({"address": [str(error)]}) from error
        self.note(subscription, f"Changed: {', '.join(sorted(wanted))}")

    def steer(self, subscription: Subscription, state: str) -> None:
        """Pause or resume. Raises ValidationError if it is neither active nor paused."""
        if subscription.state not in (State.ACTIVE, State.PAUSED):
            said = (
                f"It is {subscription.get_state_display()}: it can be neither paused nor resumed."
            )
            raise serializers.ValidationError({"state": [said]})
        rows = Subscription.objects.filter(pk=subscription.pk)
        if state == State.PAUSED:
            subscribing.pause(rows, reason=PAUSED_BY_STAFF)
        else:
            subscribing.resume(rows)


# --- What is done to one ----------------------------------------------------------
class Done(Idempotent, Subscriptions):
    """What is asked for with an empty body, and not done twice."""

    scope = ApiKey.Scope.WRITE_SUBSCRIPTIONS

    def subscription(self, request: Request, pk: int) -> Subscription:
        """Return the subscription. Raises NotFound, or ValidationError if anything is said."""
        self.query = self.query_class.read(request)
        if request.data:
            raise serializers.ValidationError({"body": ["Nothing can be said here: send no body."]})
        found: Subscription | None = self.get_queryset().filter(pk=pk).first()
        if found is None:
            raise NotFound(f"There is no subscription {pk}.")
        return found


class SubscriptionSecret(Done):
    """Give a webhook another signing secret.

    It stands in the answer, and nowhere later. For a day both secrets sign. Send no body.
    """

    serializer_class = SecretSerializer
    problem_codes = ("not_found", *REFUSALS, *ONCE)

    @extend_schema(request=None)
    def post(self, request: Request, pk: int) -> Response:
        hook = self.subscription(request, pk)
        if hook.channel != Channel.WEBHOOK:
            raise NotFound(f"Subscription {pk} has no secret: it is no webhook.")
        attempt = self.once(request)
        if attempt.is_answered:
            return self.said(hook, attempt.answer, **{REPLAYED: "true"})
        with attempt, transaction.atomic():
            now = timezone.now()  # noqa: TID251 (an interface)
            subscribing.change_secret(hook, now)
            self.note(hook, "Gave it another secret")
            kept = {"number": hook.secret_number, "both_until": now + BOTH_FOR}
            attempt.keep(kept)
        return self.said(hook, kept)

    def said(self, hook: Subscription, kept: Mapping[str, Any], **headers: str) -> Response:
        """Answer with the secret, which is in no kept answer: it can be derived again."""
        secret = secret_of(hook.public_id, kept["number"])
        return Response({"secret": secret, "both_until": kept["both_until"]}, headers=headers)


class SubscriptionTest(Done):
    """Send the newest published report to this recipient now.

    It goes the way of every delivery, under the id of its own: one that was sent before goes out
    again under the same. Follow it among the deliveries. Send no body.
    """

    serializer_class = DeliverySerializer
    problem_codes = ("not_found", *REFUSALS, *ONCE, "not_active", "nothing_published")
    success = 202

    @extend_schema(request=None)
    def post(self, request: Request, pk: int) -> Response:
        subscription = self.subscription(request, pk)
        return self.done_once(request, lambda: self.sent(subscription), status=self.success)

    def sent(self, subscription: Subscription) -> Mapping[str, Any]:
        """Have it sent; return the delivery. Raises NotActive or NothingPublished."""
        if subscription.state != State.ACTIVE:
            raise NotActive
        now = timezone.now()  # noqa: TID251 (an interface)
        delivery = subscribing.send_newest(subscription, now)
        if delivery is None:
            raise NothingPublished
        self.note(subscription, "Had the newest report sent to it")
        told: Mapping[str, Any] = self.get_serializer(
            told_deliveries(subscription).get(pk=delivery.pk)
        ).data
        return told


class DeliveryQuery(SpanQuery):
    """Which deliveries: by state, by when they were made."""

    state = serializers.ChoiceField(choices=Delivery.State.choices, required=False)


class DeliveryList(Subscriptions, ListEndpoint):
    """List what was sent to one recipient, or is on its way, the last first."""

    serializer_class = DeliverySerializer
    pagination_class = LastAddedFirst
    query_class = DeliveryQuery
    problem_codes = ("permission_denied", "not_found")

    def get(self, request: Request, pk: int) -> Response:  # type: ignore[override]
        self.query = self.query_class.read(request)
        subscription = Subscription.objects.filter(pk=pk).first()
        if subscription is None:
            raise NotFound(f"There is no subscription {pk}.")
        rows = told_deliveries(subscription).filter(**span_of(self.query, "created_at"))
        if state := self.query.get("state"):
            rows = rows.filter(state=state)
        return self.get_paginated_response(self.written(self.paginate_queryset(rows)))


def told_deliveries(subscription: Subscription) -> QuerySet[Any]:
    """Return the deliveries of one recipient with the last tries; two queries."""
    long = ("record", "coverage", "left_out", "unchanged", "budget")
    tried = Attempt.objects.order_by("-at", "-pk")[:MAX_ATTEMPTS]
    rows = Delivery.objects.filter(subscription=subscription).select_related("revision")
    return rows.defer(*(f"revision__{name}" for name in long)).prefetch_related(
        Prefetch("tried", tried, to_attr="newest_attempts")
    )
