"""Rendering: the set text of a published revision, kept by the templates that set it."""

from __future__ import annotations

from django.db import models

from reports.models.revision import Revision


class Rendering(models.Model):
    """A published revision's body in one form: made once, thrown away with its templates."""

    revision = models.ForeignKey(Revision, models.CASCADE, related_name="renderings")
    form = models.CharField(max_length=20, help_text="Such as “page” or “short page”.")
    clothes = models.CharField(max_length=64, help_text="Hash of the templates that set it.")
    body = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["revision", "form", "clothes"], name="rendering_once")
        ]

    def __str__(self) -> str:
        return f"{self.form} of revision {self.revision_id}"
