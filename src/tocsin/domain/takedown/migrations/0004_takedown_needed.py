import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('takedown', '0003_each_notice_has_a_takedown'),
    ]

    operations = [
        migrations.AlterField(
            model_name='notice',
            name='takedown',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='takedown.takedown'),
        ),
    ]
