from django.db import migrations, models
from django.utils import timezone


def note_held(apps, schema_editor):
    """Entries that are held by now: nobody would see those whose appeal or brake has gone."""
    Entry = apps.get_model('hashlists', 'Entry')
    Held = apps.get_model('corrections', 'Held')
    held = Entry.objects.filter(held=True).values_list('pk', flat=True)
    at = timezone.now()
    Held.objects.bulk_create((Held(entry_id=pk, since=at) for pk in held.iterator()), 1_000)


class Migration(migrations.Migration):

    dependencies = [
        ('corrections', '0003_one_word_each'),
        ('hashlists', '0003_quarantine'),
    ]

    operations = [
        migrations.CreateModel(
            name='Held',
            fields=[
                ('entry_id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('since', models.DateTimeField()),
            ],
        ),
        migrations.RunPython(note_held, migrations.RunPython.noop),
    ]
