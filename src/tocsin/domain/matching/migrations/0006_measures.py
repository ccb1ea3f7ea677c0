from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("matching", "0005_outage_policy")]

    operations = [
        migrations.CreateModel(
            name="CheckMeasure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("key_id", models.CharField(max_length=20)),
                ("what", models.CharField(max_length=8)),
                ("n", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("day", "key_id", "what"), name="matching_measure_once"
                    )
                ],
            },
        ),
    ]
