"""Why a report is there, and whether the watchdog was told of it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0021_corrections_are_public"),
    ]

    operations = [
        migrations.AddField(
            model_name="report",
            name="occasion",
            field=models.CharField(
                choices=[
                    ("schedule", "its schedule"),
                    ("asked", "asked for out of turn"),
                    ("missed", "nobody opened it in time"),
                    ("holiday", "a holiday"),
                    ("pause", "a pause"),
                ],
                db_default="schedule",
                default="schedule",
                editable=False,
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="report",
            name="ping_after",
            field=models.DateTimeField(
                blank=True, editable=False, help_text="When to try the watchdog again.", null=True
            ),
        ),
        migrations.AddField(
            model_name="report",
            name="ping_said",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                help_text="What the watchdog answered last, where it was no success.",
                max_length=300,
            ),
        ),
        migrations.AddField(
            model_name="report",
            name="pinged_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="When the watchdog was told that it is out.",
                null=True,
            ),
        ),
    ]
