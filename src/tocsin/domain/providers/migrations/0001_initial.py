import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Provider',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organisation', models.CharField(max_length=80)),
                ('domain', models.CharField(db_index=True, max_length=200)),
                ('email', models.EmailField(blank=True, db_index=True, max_length=254)),
                ('language', models.CharField(max_length=5)),
                ('state', models.CharField(max_length=10)),
                ('outage_policy', models.CharField(max_length=20)),
                ('application', models.CharField(default='none', max_length=8)),
                ('application_words', models.TextField(blank=True)),
                ('tier', models.CharField(default='boolean', max_length=10)),
                ('proof', models.CharField(max_length=60)),
                ('proof_way', models.CharField(blank=True, max_length=4)),
                ('proven_at', models.DateTimeField(null=True)),
                ('lost_at', models.DateTimeField(null=True)),
                ('looked_at', models.DateTimeField(null=True)),
                ('warned', models.JSONField(default=list)),
                ('made_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
                ('party', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.party')),
            ],
        ),
        migrations.CreateModel(
            name='ProviderLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('use', models.CharField(max_length=8)),
                ('secret_digest', models.CharField(max_length=64, unique=True)),
                ('made_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links', to='providers.provider')),
            ],
        ),
    ]
