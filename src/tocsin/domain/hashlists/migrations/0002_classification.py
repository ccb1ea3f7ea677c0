from django.db import migrations, models
import django.db.models.deletion

# By hand: Django would copy the whole table on SQLite, and it may hold ten million rows. Both
# databases add a column with a constant default at once.
ADD = "ALTER TABLE hashlists_entry ADD COLUMN observed bigint NOT NULL DEFAULT 0"
TAKE_AWAY = "ALTER TABLE hashlists_entry DROP COLUMN observed"


class Migration(migrations.Migration):

    dependencies = [
        ('hashlists', '0001_initial'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(ADD, TAKE_AWAY)],
            state_operations=[
                migrations.AddField(
                    model_name='entry',
                    name='observed',
                    field=models.BigIntegerField(db_default=0, default=0),
                ),
            ],
        ),
        migrations.CreateModel(
            name='EntryCode',
            fields=[
                ('pk', models.CompositePrimaryKey('entry_id', 'scheme', 'version', 'code', blank=True, editable=False, primary_key=True, serialize=False)),
                ('scheme', models.CharField(max_length=40)),
                ('version', models.CharField(max_length=20)),
                ('code', models.CharField(max_length=120)),
                ('entry', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='codes', to='hashlists.entry')),
            ],
        ),
    ]
