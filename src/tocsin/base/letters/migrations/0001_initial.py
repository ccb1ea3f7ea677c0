from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Letter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('message_id', models.CharField(max_length=120, unique=True)),
                ('references', models.CharField(blank=True, db_default='', max_length=120)),
                ('purpose', models.CharField(max_length=40)),
                ('about', models.CharField(db_index=True, max_length=80)),
                ('to', models.CharField(max_length=254)),
                ('language', models.CharField(max_length=5)),
                ('sealed_content', models.TextField()),
                ('state', models.CharField(db_index=True, max_length=10)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('last_error', models.CharField(blank=True, max_length=300)),
                ('transport', models.CharField(blank=True, max_length=20)),
                ('receipt', models.CharField(blank=True, max_length=300)),
                ('created_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('delivered_at', models.DateTimeField(null=True)),
                ('bounced_at', models.DateTimeField(null=True)),
                ('bounce_status', models.CharField(blank=True, db_default='', max_length=12)),
            ],
        ),
    ]
