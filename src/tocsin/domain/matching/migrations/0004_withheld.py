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
        migrations.AddField(
            model_name='hitentry',
            name='told',
            field=models.BooleanField(db_default=True, default=True),
        ),
    ]
