import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Conversation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('receipt_hash', models.CharField(blank=True, max_length=64)),
                ('state', models.CharField(max_length=8)),
                ('pace', models.CharField(max_length=6)),
                ('language', models.CharField(max_length=5)),
                ('sent_at', models.DateTimeField(db_index=True)),
                ('last_at', models.DateTimeField()),
                ('waits_since', models.DateTimeField(null=True)),
                ('overdue_rounds', models.PositiveSmallIntegerField(default=0)),
                ('left', models.BooleanField(default=False)),
                ('set_aside', models.BooleanField(default=False)),
                ('sealed_told', models.TextField(blank=True)),
            ],
            options={
                'indexes': [models.Index(fields=['state', '-last_at'], name='reporters_waiting')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('receipt_hash', ''), _negated=True), fields=('receipt_hash',), name='reporters_one_receipt')],
            },
        ),
        migrations.CreateModel(
            name='BegunForm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('state', models.CharField(max_length=5)),
                ('changed_at', models.DateTimeField()),
                ('language', models.CharField(max_length=5)),
                ('sealed_told', models.TextField(blank=True)),
                ('conversation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='reporters.conversation')),
            ],
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('side', models.CharField(max_length=8)),
                ('by', models.CharField(blank=True, max_length=80)),
                ('sealed_words', models.TextField()),
                ('conversation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='reporters.conversation')),
            ],
        ),
        migrations.CreateModel(
            name='SentReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('address_digest', models.CharField(max_length=64)),
                ('item_number', models.CharField(db_index=True, max_length=16)),
                ('conversation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reports', to='reporters.conversation')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('conversation', 'address_digest'), name='reporters_address_once')],
            },
        ),
    ]
