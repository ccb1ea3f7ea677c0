from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('matching', '0006_measures'),
    ]

    operations = [
        migrations.AddField(
            model_name='keypolicy',
            name='private_delta',
            field=models.BooleanField(null=True),
        ),
    ]
