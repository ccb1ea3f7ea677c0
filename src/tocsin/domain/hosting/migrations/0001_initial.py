from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Origin',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('host_digest', models.CharField(max_length=64, unique=True)),
                ('sealed_host', models.TextField()),
                ('state', models.CharField(max_length=10)),
                ('since', models.DateTimeField()),
                ('asked_at', models.DateTimeField()),
                ('wanted_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Whereabouts',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('host_digest', models.CharField(max_length=64)),
                ('sealed', models.TextField()),
                ('facts_digest', models.CharField(max_length=64)),
                ('asn', models.PositiveBigIntegerField(null=True)),
                ('country', models.CharField(blank=True, max_length=2)),
                ('cdn', models.CharField(blank=True, max_length=40)),
                ('origin_known', models.BooleanField(default=True)),
                ('first_at', models.DateTimeField()),
                ('confirmed_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['host_digest', '-id'], name='hosting_of_host')],
            },
        ),
    ]
