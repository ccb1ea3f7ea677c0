from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reports', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='finding',
            name='labels',
            field=models.TextField(blank=True, db_default='', default=''),
        ),
        migrations.AddField(
            model_name='finding',
            name='observed',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
    ]
