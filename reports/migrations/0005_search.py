"""The words of the sections of published reports, also of those that are there already."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

from reports.domain.sought import vector_of_section
from sources.domain.lexemes import index_language


def index_what_is_there(apps, schema_editor):
    Report = apps.get_model("reports", "Report")
    Claim = apps.get_model("reports", "Claim")
    SectionWords = apps.get_model("reports", "SectionWords")
    published = Report.objects.filter(state="published", current__isnull=False)
    for report in published.select_related("briefing").iterator(chunk_size=100):
        told = {pk: [] for pk in report.current.sections.values_list("pk", flat=True)}
        claims = Claim.objects.filter(section__in=told).order_by("position")
        for pk, *claim in claims.values_list("section_id", "kind", "text", "language"):
            told[pk].append(claim)
        SectionWords.objects.bulk_create(
            SectionWords(
                section_id=pk,
                briefing=report.briefing,
                language=index_language(report.briefing.language),
                published_at=report.slot_at,
                vector=vector_of_section(claims),
            )
            for pk, claims in told.items()
        )


class Migration(migrations.Migration):
    dependencies = [("reports", "0004_prompts_are_append_only")]
    operations = [
        migrations.CreateModel(
            name="SectionWords",
            fields=[
                (
                    "language",
                    models.CharField(
                        blank=True,
                        help_text="Whose inflection its words follow; may be empty.",
                        max_length=12,
                    ),
                ),
                ("published_at", models.DateTimeField()),
                ("vector", django.contrib.postgres.search.SearchVectorField()),
                (
                    "section",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="words",
                        serialize=False,
                        to="reports.section",
                    ),
                ),
                (
                    "briefing",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="reports.briefing",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "section words",
                "abstract": False,
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["vector"], gin_pending_list_limit=512, name="sectionwords_vector"
                    ),
                    models.Index(fields=["language"], name="sectionwords_language"),
                ],
            },
        ),
        # Last, since a table with rows of this transaction cannot be altered in it.
        migrations.RunPython(index_what_is_there, migrations.RunPython.noop),
    ]
