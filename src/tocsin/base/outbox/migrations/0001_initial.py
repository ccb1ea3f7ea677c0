import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('topic', models.CharField(max_length=60)),
                ('listener', models.CharField(blank=True, db_default='', max_length=60)),
                ('dedupe_key', models.CharField(max_length=120, null=True, unique=True)),
                ('payload', models.JSONField()),
                ('state', models.CharField(db_index=True, max_length=10)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('last_error', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField()),
                ('done_at', models.DateTimeField(null=True)),
            ],
        ),
    ]
