from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('outbox', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='message',
            name='listener',
            # With a default in the database: code from before may still write rows.
            field=models.CharField(blank=True, db_default='', max_length=60),
        ),
    ]
