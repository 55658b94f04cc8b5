"""What the desk's clients see of subscriptions, and what they may say of them."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.core.validators import RegexValidator
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from patriot.lib.outbound import Forbidden, check_url
from reports.api.bodies import Body, OneOfField, TextField, YesOrNoField
from reports.models import Attempt, Delivery, Subscription

Channel, State = Subscription.Channel, Subscription.State
SLUG = re.compile(r"^[A-Za-z0-9_-]{1,60}\Z")
MAX_ADDRESS = 2_000
POSTED = [channel.value for channel in Channel if channel != Channel.EMAIL]


# --- What is said -----------------------------------------------------------------
class SubscriptionSerializer(serializers.Serializer[Any]):
    """Who wants a briefing, by which channel."""

    id = serializers.IntegerField()
    url = serializers.HyperlinkedIdentityField(view_name="api:subscription", lookup_url_kwarg="pk")
    briefing = serializers.CharField(source="briefing.slug", help_text="Its slug.")
    channel = serializers.ChoiceField(choices=Channel.choices)
    recipient = serializers.CharField(
        help_text="The mail address; of a webhook or a chat the host only: the rest is a key."
    )
    length = serializers.ChoiceField(
        choices=Subscription.Length.choices, help_text="How much of a report goes out by mail."
    )
    wants_corrections = serializers.BooleanField(
        help_text="Also a notice when a report was corrected or withdrawn."
    )
    state = serializers.ChoiceField(choices=State.choices)
    reason = serializers.CharField(help_text="Why it is paused or ended: a sentence; or empty.")
    owner = serializers.SerializerMethodField(help_text="Who set it up; null where a reader did.")
    failures = serializers.IntegerField(help_text="Deliveries that failed in a row.")
    failing_since = serializers.DateTimeField(allow_null=True)
    secret_changed_at = serializers.DateTimeField(
        allow_null=True, help_text="Of a webhook: for a day both secrets sign."
    )
    created_at = serializers.DateTimeField()
    confirmed_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    deliveries_url = serializers.SerializerMethodField(help_text="What was sent, and how it went.")

    def get_owner(self, subscription: Subscription) -> str | None:
        return subscription.owner.get_username() if subscription.owner else None

    @extend_schema_field(OpenApiTypes.URI)
    def get_deliveries_url(self, subscription: Subscription) -> str:
        request = self.context["request"]
        return reverse("api:deliveries", args=[subscription.pk], request=request)


class NewSubscriptionSerializer(SubscriptionSerializer):
    """A webhook or a chat that was just set up."""

    secret = serializers.CharField(
        allow_null=True,
        help_text="With which a webhook's messages are signed. Nobody can read it here again; "
        "null for chats.",
    )


class SecretSerializer(serializers.Serializer[Any]):
    """Another secret of a webhook."""

    secret = serializers.CharField(help_text="Nobody can read it here again.")
    both_until = serializers.DateTimeField(help_text="Until then the one before signs, too.")


class AttemptSerializer(serializers.Serializer[Any]):
    """One try at a delivery, as it ended."""

    at = serializers.DateTimeField()
    outcome = serializers.ChoiceField(choices=Attempt.Outcome.choices)
    status = serializers.IntegerField(allow_null=True, help_text="Of HTTP or SMTP.")
    answer = serializers.CharField(help_text="The first words of the answer; may be empty.")
    seconds = serializers.FloatField(allow_null=True)


class DeliverySerializer(serializers.Serializer[Any]):
    """What one recipient gets, once."""

    id = serializers.IntegerField()
    message_id = serializers.SerializerMethodField(help_text="Of a webhook: its `webhook-id`.")
    kind = serializers.ChoiceField(choices=Delivery.Kind.choices)
    state = serializers.ChoiceField(choices=Delivery.State.choices)
    report = serializers.SerializerMethodField(
        help_text="The id of the report; null for a request to confirm."
    )
    revision = serializers.SerializerMethodField(help_text="Of the report, counted from 1.")
    tries = serializers.IntegerField()
    error = serializers.CharField(
        source="last_error", help_text="Why the last try failed, in a sentence; may be empty."
    )
    created_at = serializers.DateTimeField()
    not_before = serializers.DateTimeField(help_text="It is not tried before this moment.")
    sent_at = serializers.DateTimeField(allow_null=True)
    attempts = AttemptSerializer(
        source="newest_attempts", many=True, help_text="The last few, newest first."
    )

    def get_message_id(self, delivery: Delivery) -> str:
        return f"msg_{delivery.message_id.hex}"

    def get_report(self, delivery: Delivery) -> int | None:
        return delivery.revision.report_id if delivery.revision else None

    def get_revision(self, delivery: Delivery) -> int | None:
        return delivery.revision.number if delivery.revision else None


# --- What clients say -------------------------------------------------------------
def address_field(**options: Any) -> TextField:
    """Return the field of an address to post to."""
    return TextField(
        max_length=MAX_ADDRESS,
        help_text="Webhook, Slack and Discord: the address that they gave you. Telegram: "
        "https://api.telegram.org/botTOKEN/sendMessage?chat_id=CHAT. Matrix: "
        "https://SERVER/_matrix/client/v3/rooms/ROOM?access_token=TOKEN.",
        **options,
    )


class PostedBody(Body):
    """What holds an address."""

    def validate_address(self, address: str) -> str:
        """Return the address, if the outbound policy lets us go there. Raises ValidationError."""
        try:
            check_url(address, allow=settings.OUTBOUND_ALLOW)
        except Forbidden as error:
            raise serializers.ValidationError(str(error)) from error
        return address


class NewSubscription(PostedBody):
    """A webhook or a chat to set up: readers subscribe by themselves, and confirm."""

    briefing = TextField(validators=[RegexValidator(SLUG)], help_text="Its slug.")
    channel = OneOfField(choices=POSTED)
    address = address_field()
    wants_corrections = YesOrNoField(default=True)


class ChangedSubscription(PostedBody):
    """What is to be another: of a reader's own subscription only the state."""

    state = OneOfField(choices=[State.ACTIVE.value, State.PAUSED.value], required=False)
    wants_corrections = YesOrNoField(required=False)
    address = address_field(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError({"body": [f"Name one of {', '.join(self.fields)}."]})
        return attrs
