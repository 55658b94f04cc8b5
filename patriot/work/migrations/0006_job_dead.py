from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Nobody waits for it who writes jobs.
    atomic = False

    dependencies = [
        ('work', '0005_pace'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='job',
            index=models.Index(condition=models.Q(('state', 'dead')), fields=['state'], name='job_dead'),
        ),
    ]
