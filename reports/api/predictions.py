"""The API of predictions: what a classifier says of a text that a client sends."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from patriot.accounts.idempotency import Idempotent
from patriot.accounts.models import ApiKey
from patriot.lib.endpoints import Endpoint
from patriot.lib.text import clean_text
from reports.api.bodies import Body, TextField
from reports.api.queries import LANGUAGE
from reports.domain.sentiment import MAX_TEXT, SentimentClassifier
from reports.gateways.claude import Claude
from reports.gateways.lexicon import LexiconClassifier
from reports.models.story import Sentiment
from reports.pipeline.verdicts import DEADLINE, ClaudeClassifier
from sources.domain.language import detect_language

LEXICON: SentimentClassifier = LexiconClassifier()


class SentimentSerializer(Body):
    """A text to be classified."""

    text = TextField(min_length=1, max_length=MAX_TEXT)
    language = serializers.RegexField(
        LANGUAGE, required=False, help_text="ISO 639, such as en; detected if it is left out."
    )

    def validate_text(self, text: str) -> str:
        """Return the text clean. Raises ValidationError if nothing that one can see remains."""
        cleaned = clean_text(text, max_chars=MAX_TEXT)
        if not cleaned:
            raise serializers.ValidationError("There is nothing in this text that one can see.")
        return cleaned


class VerdictSerializer(serializers.Serializer[Any]):
    """How a text speaks of what it tells."""

    sentiment = serializers.ChoiceField(choices=Sentiment.choices)
    confidence = serializers.FloatField(
        min_value=0,
        max_value=1,
        help_text="How often such a verdict is right, by measurement (lexicon) or its own estimate "
        "(Claude); 0 where nothing was understood.",
    )
    method = serializers.CharField(help_text="Who said so, in words, and why not another.")


def classifier_for(request: Request) -> SentimentClassifier:
    """Return Claude for a client with an API key where the house has Claude, else the lexicon.

    No stranger may spend money, nor a page that a signed-in reader happens to open.
    """
    if "claude" not in settings.SERVICES or not isinstance(request.auth, ApiKey):
        return LEXICON
    return ClaudeClassifier(
        claude=_claude(
            settings.ANTHROPIC_API_KEY,
            settings.ANTHROPIC_BASE_URL,
            tuple(settings.OUTBOUND_ALLOW),
        ),
        client=f"API key {request.auth.pk}",
        daily_ceiling=settings.DAILY_CEILING_USD,
        monthly_ceiling=settings.MONTHLY_CEILING_USD,
        call_ceiling=settings.CALL_CEILING_USD,
        otherwise=LEXICON,
        now=timezone.now(),  # noqa: TID251 (an interface)
    )


@lru_cache(maxsize=1)
def _claude(api_key: str, base_url: str, allow: tuple[str, ...]) -> Claude:
    """Return the gateway of this process, which keeps its connections."""
    return Claude(api_key=api_key, base_url=base_url, allow=allow, deadline=DEADLINE)


class SentimentPrediction(Idempotent, Endpoint):
    """Tell the sentiment of a text.

    The lexicon that reads the articles answers. It knows English; of a text in another language it
    says neutral, with confidence 0. Where the house has Claude, who shows an API key gets Claude's
    verdict, in any language; if Claude gives none, the lexicon answers and `method` says why. The
    text is not stored; Claude's service sees it. Only who shows an API key can send a request again
    with an Idempotency-Key.
    """

    serializer_class = VerdictSerializer
    problem_codes: ClassVar[tuple[str, ...]] = (
        *("in_progress", "outcome_unknown", "too_large"),
        *("unsupported_media_type", "key_reused"),
    )

    @extend_schema(
        request=SentimentSerializer,
        examples=[
            OpenApiExample(
                "A text",
                value={"text": "A wonderful victory for the town.", "language": "en"},
                request_only=True,
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        self.query = self.query_class.read(request)
        asked = SentimentSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        text = asked.validated_data["text"]
        language = asked.validated_data.get("language", "") or detect_language(text)
        attempt = self.once(request)
        if attempt.is_answered:
            return attempt.replay()
        with attempt:
            classifier = classifier_for(request)
            if classifier is not LEXICON:
                attempt.begin()
            answer = self.get_serializer(classifier.classify(text, language)).data
            attempt.keep(answer)
        return Response(answer)
