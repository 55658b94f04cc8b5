"""Sessions can be ended without a new password: whoever has another number signs in again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_completions")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="session_number",
            field=models.PositiveIntegerField(
                db_default=0,
                default=0,
                editable=False,
                help_text="Sessions of another number are over.",
            ),
        ),
    ]
