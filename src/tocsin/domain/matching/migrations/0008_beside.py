from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('matching', '0007_private_delta'),
    ]

    operations = [
        migrations.AddField(
            model_name='hit',
            name='beside_ids',
            field=models.JSONField(null=True),
        ),
    ]
