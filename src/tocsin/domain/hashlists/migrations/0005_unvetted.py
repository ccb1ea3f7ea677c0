from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hashlists", "0004_muted")]

    operations = [
        migrations.AddField(
            model_name="hashlist",
            name="unvetted",
            field=models.BooleanField(default=False, db_default=False),
        ),
    ]
