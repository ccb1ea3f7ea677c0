from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('corrections', '0004_held'),
    ]

    operations = [
        migrations.AddField(
            model_name='endpoint',
            name='begun_again',
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
    ]
