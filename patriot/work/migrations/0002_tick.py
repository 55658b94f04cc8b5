"""The one schedule of django-q2: a tick every minute. Everything else asks the database."""

from django.db import migrations


def add_tick(apps, schema_editor):
    apps.get_model("django_q", "Schedule").objects.get_or_create(
        name="tick",
        defaults={
            "func": "patriot.schedules.tick",
            "schedule_type": "I",
            "minutes": 1,
            "repeats": -1,
        },
    )


def remove_tick(apps, schema_editor):
    apps.get_model("django_q", "Schedule").objects.filter(name="tick").delete()


class Migration(migrations.Migration):
    dependencies = [("work", "0001_initial"), ("django_q", "0019_alter_task_options_alter_ormq_key_alter_ormq_lock_and_more")]
    operations = [migrations.RunPython(add_tick, remove_tick)]
