import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('reports', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReferralCounter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('year', models.PositiveSmallIntegerField(unique=True)),
                ('last', models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='RecipientKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=8)),
                ('key_text', models.TextField()),
                ('mark', models.CharField(max_length=64)),
                ('added_by', models.CharField(max_length=80)),
                ('added_at', models.DateTimeField()),
                ('removed_at', models.DateTimeField(null=True)),
                ('party', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.party')),
            ],
        ),
        migrations.CreateModel(
            name='Referral',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=16, unique=True)),
                ('item_number', models.CharField(max_length=16)),
                ('finding_id', models.BigIntegerField()),
                ('reason', models.CharField(max_length=16)),
                ('state', models.CharField(max_length=16)),
                ('sealed_words', models.TextField(blank=True)),
                ('made_by', models.CharField(max_length=80)),
                ('made_at', models.DateTimeField()),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('message_id', models.CharField(blank=True, max_length=120)),
                ('sent_at', models.DateTimeField(null=True)),
                ('receipt', models.CharField(blank=True, max_length=300)),
                ('package_sha256', models.CharField(blank=True, max_length=64)),
                ('package_bytes', models.PositiveIntegerField(default=0)),
                ('acknowledged_at', models.DateTimeField(null=True)),
                ('answer', models.CharField(blank=True, max_length=16)),
                ('sealed_answer', models.TextField(blank=True)),
                ('answered_at', models.DateTimeField(null=True)),
                ('attention', models.PositiveSmallIntegerField(default=0)),
                ('rehearsal', models.BooleanField(default=False)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reports.item')),
                ('party', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.party')),
            ],
        ),
        migrations.CreateModel(
            name='Hold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('item_number', models.CharField(max_length=16)),
                ('kind', models.CharField(max_length=16)),
                ('sealed_basis', models.TextField()),
                ('do_not_notify', models.BooleanField(default=False)),
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('released_at', models.DateTimeField(null=True)),
                ('by', models.CharField(max_length=80)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reports.item')),
                ('referral', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='referrals.referral')),
            ],
        ),
        migrations.AddIndex(
            model_name='referral',
            index=models.Index(fields=['state'], name='referrals_state'),
        ),
        migrations.AddConstraint(
            model_name='referral',
            constraint=models.UniqueConstraint(fields=('finding_id', 'party'), name='referrals_once'),
        ),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(fields=['item', 'released_at'], name='referrals_held'),
        ),
    ]
