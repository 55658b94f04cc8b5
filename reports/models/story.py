"""Story: articles about the same event."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models

from sources.models import Article


class StoryQuerySet(models.QuerySet["Story"]):
    def open_since(self, moment: datetime) -> Self:
        """Stories that an article may still join: those that grew since."""
        return self.filter(last_article_at__gte=moment)


class Story(models.Model):
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

    objects = StoryQuerySet.as_manager()

    class Meta:
        indexes = [
            # clustering: open stories of a newsroom
            models.Index(fields=["newsroom", "-last_article_at"], name="story_open"),
            # lists of all newsrooms, newest first
            models.Index(fields=["-last_article_at", "-id"], name="story_newest"),
        ]
        verbose_name_plural = "stories"

    def __str__(self) -> str:
        return f"{self.title} (story {self.pk})"


class Membership(models.Model):
    """That an article belongs to a story, and why."""

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

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(similarity__gte=0, similarity__lte=1),
                name="membership_similarity_0_to_1",
            ),
        ]

    def __str__(self) -> str:
        return f"article {self.article_id} in story {self.story_id}"
