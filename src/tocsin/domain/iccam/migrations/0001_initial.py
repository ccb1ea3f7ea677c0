import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Report',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.BigIntegerField(null=True, unique=True)),
                ('reference', models.CharField(blank=True, max_length=60)),
                ('ours', models.BooleanField(default=False)),
                ('sealed_referrer', models.TextField(blank=True)),
                ('site_type', models.PositiveSmallIntegerField(default=0)),
                ('commerciality', models.PositiveSmallIntegerField(default=0)),
                ('payment_methods', models.JSONField(default=list)),
                ('last_seq', models.PositiveIntegerField(default=0)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Link',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('base_url', models.CharField(max_length=200)),
                ('country', models.CharField(max_length=2)),
                ('analyst', models.CharField(max_length=60)),
                ('files_abroad', models.BooleanField(default=False)),
                ('made_at', models.DateTimeField()),
                ('state', models.CharField(max_length=10)),
                ('trouble', models.CharField(blank=True, max_length=20)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('checkpoint', models.DateTimeField(null=True)),
                ('pulled_at', models.DateTimeField(null=True)),
                ('sent_at', models.DateTimeField(null=True)),
                ('next_try_at', models.DateTimeField(null=True)),
                ('holder', models.CharField(blank=True, max_length=120)),
                ('held_until', models.DateTimeField(null=True)),
                ('party', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.party')),
            ],
        ),
        migrations.CreateModel(
            name='Content',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.BigIntegerField(null=True, unique=True)),
                ('item_id', models.BigIntegerField(db_index=True, null=True)),
                ('item_number', models.CharField(blank=True, max_length=16)),
                ('is_source', models.BooleanField(default=False)),
                ('unusable', models.CharField(blank=True, max_length=20)),
                ('classification', models.PositiveSmallIntegerField(default=0)),
                ('observed', models.BigIntegerField(default=0)),
                ('looked_at', models.DateTimeField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('at', models.DateTimeField()),
                ('report', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contents', to='iccam.report')),
            ],
        ),
        migrations.CreateModel(
            name='Step',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seq', models.PositiveIntegerField()),
                ('key', models.CharField(max_length=80, unique=True)),
                ('kind', models.CharField(max_length=20)),
                ('sealed_payload', models.TextField(blank=True)),
                ('what', models.CharField(blank=True, max_length=60)),
                ('state', models.CharField(max_length=12)),
                ('trouble', models.CharField(blank=True, max_length=20)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('refusals', models.PositiveIntegerField(default=0)),
                ('version', models.PositiveIntegerField(default=0)),
                ('due_at', models.DateTimeField()),
                ('leased_until', models.DateTimeField(null=True)),
                ('sent_at', models.DateTimeField(null=True)),
                ('at', models.DateTimeField()),
                ('content', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='iccam.content')),
                ('report', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='iccam.report')),
            ],
        ),
        migrations.AddIndex(
            model_name='content',
            index=models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['looked_at'], name='iccam_contents_open'),
        ),
        migrations.AddIndex(
            model_name='step',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['due_at'], name='iccam_steps_due'),
        ),
        migrations.AddConstraint(
            model_name='step',
            constraint=models.UniqueConstraint(fields=('report', 'seq'), name='iccam_one_place_each'),
        ),
    ]
