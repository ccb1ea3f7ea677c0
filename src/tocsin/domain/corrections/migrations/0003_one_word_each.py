from django.db import migrations, models
from django.db.models import OuterRef, Q, Subquery

BENIGN = [
    'not_csam', 'adult', 'benign_artwork', 'known_software_asset', 'meme', 'hash_collision',
    'blank_or_pattern', 'not_violating', 'withdrawn_by_owner',
]


def one_word_each(apps, schema_editor):
    """Of a party that spoke by two keys, the newest word stands."""
    Feedback = apps.get_model('corrections', 'Feedback')
    standing = Feedback.objects.filter(replaced_at=None)
    newer = standing.filter(
        entry_id=OuterRef('entry_id'),
        party=OuterRef('party'),
        scope=OuterRef('scope'),
        pk__gt=OuterRef('pk'),
    ).order_by('pk')
    older = standing.annotate(then=Subquery(newer.values('at')[:1])).filter(then__isnull=False)
    for pk, then in list(older.values_list('pk', 'then')):
        Feedback.objects.filter(pk=pk).update(replaced_at=then)


def weighed_already(apps, schema_editor):
    """Words that stood when an appeal was dismissed were weighed then."""
    Appeal = apps.get_model('corrections', 'Appeal')
    Feedback = apps.get_model('corrections', 'Feedback')
    for appeal in Appeal.objects.filter(state='dismissed', decided_at__isnull=False):
        Feedback.objects.filter(
            Q(replaced_at=None) | Q(replaced_at__gt=appeal.decided_at),
            entry_id=appeal.entry_id,
            verdict='down',
            reason__in=BENIGN,
            at__lte=appeal.decided_at,
            weighed_at=None,
        ).update(weighed_at=appeal.decided_at)


class Migration(migrations.Migration):

    dependencies = [
        ('corrections', '0002_endpoint_begins'),
    ]

    operations = [
        migrations.AddField(
            model_name='feedback',
            name='weighed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.RunPython(one_word_each, migrations.RunPython.noop),
        migrations.RunPython(weighed_already, migrations.RunPython.noop),
        migrations.RemoveConstraint(model_name='feedback', name='corrections_one_word'),
        migrations.AddConstraint(
            model_name='feedback',
            constraint=models.UniqueConstraint(
                condition=Q(('replaced_at__isnull', True)),
                fields=('entry_id', 'party', 'scope'),
                name='corrections_one_word_each',
            ),
        ),
    ]
