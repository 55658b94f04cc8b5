"""Story: articles about the same event; membership, and what editors decided about both."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from patriot.work.leases import Leased, LeasedQuerySet
from sources.models import Article


class Sentiment(models.TextChoices):
    """How a text speaks of what it tells."""

    POSITIVE = "positive", "positive"
    NEUTRAL = "neutral", "neutral"
    NEGATIVE = "negative", "negative"


class LowerNames(models.Func):
    """The names of an array in lower case, as the index has them; migration 0011 made it."""

    function = "reports_lower"
    output_field = ArrayField(models.TextField())


class BaseLanguage(models.Func):
    """The language of a code such as pt-br, without its land: what lists of stories ask for."""

    function = "split_part"
    template = "%(function)s(%(expressions)s, '-', 1)"
    output_field = models.CharField()


class StoryQuerySet(LeasedQuerySet):
    def open_since(self, moment: datetime) -> Self:
        """Stories that an article may still join: those that grew since."""
        return self.filter(last_article_at__gte=moment)

    def to_describe(self, now: datetime) -> Self:
        """Stories that changed since their topics, names and sentiment were read."""
        return self.filter(is_described=False).startable(now)

    def about(
        self, *, topic: str = "", person: str = "", place: str = "", organization: str = ""
    ) -> Self:
        """Stories about a topic (its slug) that name these; upper and lower case are the same."""
        asked = {"people": person, "places": place, "organizations": organization}
        named = {f"lower_{kind}": name for kind, name in asked.items() if name}
        found = self.filter(topics__contains=[topic]) if topic else self
        found = found.alias(**{alias: LowerNames(alias.removeprefix("lower_")) for alias in named})
        lower = {
            f"{alias}__contains": LowerNames(models.Value([name], ArrayField(models.TextField())))
            for alias, name in named.items()
        }
        return found.filter(**lower)


class Story(Leased):
    """One event as several outlets tell it."""

    title = models.TextField(help_text="The headline of its most central article.")
    newsroom = models.SlugField(max_length=40, blank=True)
    language = models.CharField(max_length=10, blank=True)
    first_article_at = models.DateTimeField()
    last_article_at = models.DateTimeField()
    article_count = models.PositiveIntegerField(default=1)
    outlet_count = models.PositiveIntegerField(default=1, help_text="Publishers.")
    independent_count = models.PositiveIntegerField(
        default=1, help_text="Publisher families that did not just carry a copy."
    )
    copy_count = models.PositiveIntegerField(
        default=0, help_text="Articles that repeat another one's text."
    )

    # What it is about: read from its articles whenever they change.
    is_described = models.BooleanField(default=False, editable=False)
    topics = ArrayField(
        models.SlugField(max_length=40), default=list, blank=True, help_text="The first leads."
    )
    people = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    places = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    organizations = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    sentiment = models.CharField(max_length=10, choices=Sentiment, blank=True)

    # The storyline: this story continues an earlier one.
    continues = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="continued_by",
        help_text="The earlier story of which this is the next part.",
    )
    beginning = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="storyline",
        help_text="The story that its storyline began with; empty for that story itself.",
    )
    continues_why = models.JSONField(
        default=dict, blank=True, help_text="What it shares with the story that it continues."
    )

    # What editors decided.
    is_pinned = models.BooleanField(
        default=False, help_text="Told before all others as long as there is news in it."
    )
    is_muted = models.BooleanField(default=False, help_text="Never told in a report.")
    merged_into = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The story that took over all of its articles.",
    )
    not_before = models.DateTimeField(default=datetime(2000, 1, 1, tzinfo=UTC), editable=False)

    objects = StoryQuerySet.as_manager()

    class Meta:
        indexes = [
            # clustering: open stories of a newsroom
            models.Index(fields=["newsroom", "-last_article_at"], name="story_open"),
            # lists of all newsrooms, newest first
            models.Index(fields=["-last_article_at", "-id"], name="story_newest"),
            # the list of stories, best supported first
            models.Index(
                fields=["-independent_count", "-last_article_at", "-id"], name="story_biggest"
            ),
            # the same of one tone, of one language: few there may be, and a list must find them
            models.Index(fields=["sentiment", "-last_article_at", "-id"], name="story_tone"),
            models.Index(
                BaseLanguage("language"),
                models.F("last_article_at").desc(),
                models.F("id").desc(),
                name="story_language",
            ),
            # to_describe: the few that changed
            models.Index(
                fields=["not_before"],
                name="story_to_describe",
                condition=models.Q(is_described=False),
            ),
            # about: stories of a topic, and those that name somebody
            GinIndex(fields=["topics"], name="story_topics"),
            GinIndex(
                LowerNames("people"),
                LowerNames("places"),
                LowerNames("organizations"),
                name="story_names",
            ),
        ]
        verbose_name_plural = "stories"
        permissions = [("decide_story", "Can merge, split, pin and mute stories")]

    def __str__(self) -> str:
        return f"{self.title} (story {self.pk})"

    @property
    def storyline_id(self) -> int:
        """The id of the story that its storyline began with, perhaps its own."""
        return self.beginning_id or self.pk


class Decision(models.Model):
    """What an editor decided about stories: kept for ever, and can be undone.

    `before` and `after` hold what changed, so that undoing puts back exactly that:
    {"articles": {article id: story id}, "fields": {story id: {field: value}}}.
    """

    class Kind(models.TextChoices):
        MERGE = "merge", "merged stories"
        SPLIT = "split", "split a story"
        MOVE = "move", "moved articles"
        PIN = "pin", "pinned"
        UNPIN = "unpin", "unpinned"
        MUTE = "mute", "muted"
        UNMUTE = "unmute", "unmuted"

    kind = models.CharField(max_length=10, choices=Kind)
    story = models.ForeignKey(
        Story, models.CASCADE, related_name="decisions", help_text="The one decided about."
    )
    other = models.ForeignKey(
        Story,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The story that was merged, split off, or moved from.",
    )
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    note = models.CharField(max_length=300, blank=True, help_text="Why, for other editors.")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    made_at = models.DateTimeField()
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-made_at", "-id"], name="decision_newest")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: story {self.story_id} (decision {self.pk})"


class Membership(models.Model):
    """That an article belongs to a story, and why.

    A trigger numbers every change in `change`. All changes are made under one lock, so whoever
    has seen number n has seen all below it.
    """

    article = models.OneToOneField(Article, models.CASCADE, related_name="membership")
    story = models.ForeignKey(Story, models.CASCADE, related_name="memberships")
    similarity = models.FloatField(help_text="0 to 1; 1 for the article that began the story.")
    why = models.JSONField(default=dict, help_text="Shared names, terms and numbers; hours apart.")
    copy_of = models.ForeignKey(
        Article,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="copies",
        help_text="The earlier article whose text this one repeats.",
    )
    agency = models.CharField(
        max_length=40, blank=True, help_text="The agency that its text names, such as Reuters."
    )
    decision = models.ForeignKey(
        Decision,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="memberships",
        help_text="An editor put it here: grouping leaves it.",
    )
    sentiment = models.CharField(max_length=10, choices=Sentiment, blank=True)
    sentiment_confidence = models.FloatField(null=True, blank=True, help_text="0 to 1.")
    signature = models.BinaryField(
        null=True, editable=False, help_text="What grouping remembers of the article, packed."
    )
    change = models.BigIntegerField(default=0, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(similarity__gte=0, similarity__lte=1),
                name="membership_similarity_0_to_1",
            ),
        ]
        indexes = [
            # what changed since a worker looked last
            models.Index(fields=["change"], name="membership_change"),
        ]

    def __str__(self) -> str:
        return f"article {self.article_id} in story {self.story_id}"
