"""A webhook's secret can be changed: for a day both sign."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reports", "0019_reports_by_occasion_and_ping")]
    operations = [
        migrations.AddField(
            model_name="subscription",
            name="secret_changed_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="For a day both secrets sign.",
                null=True,
            ),
        ),
    ]
