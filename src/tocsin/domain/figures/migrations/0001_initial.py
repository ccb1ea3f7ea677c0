from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Naming',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hoster_id', models.BigIntegerField()),
                ('first', models.DateField()),
                ('last', models.DateField()),
                ('counted', models.JSONField()),
                ('state', models.CharField(max_length=12)),
                ('proposed_by', models.CharField(max_length=80)),
                ('proposed_at', models.DateTimeField()),
                ('hearing_until', models.DateTimeField()),
                ('heard_at', models.DateTimeField(null=True)),
                ('sealed_words', models.TextField(blank=True)),
                ('decided_by', models.CharField(blank=True, max_length=80)),
                ('decided_at', models.DateTimeField(null=True)),
                ('key_id', models.CharField(blank=True, max_length=20)),
                ('signature', models.CharField(blank=True, max_length=100)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ('hearing', 'to_decide', 'named'))), fields=('hoster_id', 'first', 'last'), name='figures_one_naming')],
            },
        ),
    ]
