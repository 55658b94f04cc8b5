"""Trials of prompts on stories that were told, and each telling in them."""

from decimal import Decimal

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0014_grounded_and_counted"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Trial",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "candidate_model",
                    models.CharField(
                        blank=True,
                        help_text="Empty for the one of each story's briefing.",
                        max_length=100,
                    ),
                ),
                ("baseline_model", models.CharField(blank=True, max_length=100)),
                (
                    "ceiling_usd",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("0.50"),
                        help_text="What it may cost in all; what would cross it is not asked.",
                        max_digits=10,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="ceiling, USD",
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("stopped_at", models.DateTimeField(blank=True, null=True)),
                (
                    "author",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="trials",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "baseline",
                    models.ForeignKey(
                        blank=True,
                        help_text="What it is compared with; empty for what is told without a "
                        "model.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="reports.prompt",
                    ),
                ),
                (
                    "candidate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="trials",
                        to="reports.prompt",
                    ),
                ),
            ],
            options={
                "permissions": [("run_trial", "Can try prompts on told stories: it may cost")],
            },
        ),
        migrations.CreateModel(
            name="Run",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "side",
                    models.CharField(
                        choices=[("candidate", "candidate"), ("baseline", "compared with")],
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("done", "done"),
                            ("failed", "without an answer"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                (
                    "analyst",
                    models.CharField(blank=True, help_text="Who wrote it.", max_length=100),
                ),
                (
                    "sentence",
                    models.TextField(
                        blank=True, help_text="Why there is no answer, or why no model gave it."
                    ),
                ),
                (
                    "material_hash",
                    models.CharField(blank=True, help_text="Of what it was given.", max_length=64),
                ),
                (
                    "input_hash",
                    models.CharField(
                        blank=True,
                        help_text="Of everything that was asked, words and model.",
                        max_length=64,
                    ),
                ),
                (
                    "output",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="Each sentence that was proposed, and what code says.",
                    ),
                ),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "copied_from",
                    models.ForeignKey(
                        blank=True,
                        help_text="The run that asked the very same before: nothing is paid twice.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="reports.run",
                    ),
                ),
                (
                    "section",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to="reports.section",
                    ),
                ),
                (
                    "trial",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="runs",
                        to="reports.trial",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="trial",
            index=models.Index(fields=["candidate", "-id"], name="trial_newest"),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("state", "done")), fields=["input_hash"], name="run_answered"
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.UniqueConstraint(
                fields=("trial", "section", "side"), name="run_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished_at", None), ("state", "waiting")),
                    models.Q(
                        models.Q(("state", "waiting"), _negated=True),
                        ("finished_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="run_finished_when_not_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "failed"), _negated=True),
                    models.Q(("sentence", ""), _negated=True),
                    _connector="OR",
                ),
                name="run_says_why",
            ),
        ),
    ]
