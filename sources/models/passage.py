"""Passage: a numbered piece of an article, immutable: what quotations are checked against."""

from __future__ import annotations

from django.db import models

from sources.models.article import Article


class Passage(models.Model):
    """About a paragraph of one version of an article. Number 0 is the headline."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="passages")
    version = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField()
    text = models.TextField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["article", "version", "number"], name="passage_once"),
            models.CheckConstraint(condition=~models.Q(text=""), name="passage_has_text"),
        ]

    def __str__(self) -> str:
        return f"article {self.article_id}, version {self.version}, passage {self.number}"
