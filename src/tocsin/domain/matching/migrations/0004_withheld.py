from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('matching', '0003_guard_each_entry'),
    ]

    operations = [
        migrations.AddField(
            model_name='hit',
            name='withheld_ids',
            field=models.JSONField(null=True),
        ),
    ]
