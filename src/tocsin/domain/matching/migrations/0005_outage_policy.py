from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('matching', '0004_withheld'),
    ]

    operations = [
        migrations.AddField(
            model_name='keypolicy',
            name='outage_policy',
            field=models.CharField(db_default='hold', max_length=16),
        ),
    ]
