from datetime import timedelta

from django.db import models

from tocsin.base.privacy import PersonalData, Then


class Naming(models.Model):
    """Whether a hoster is named in published figures: what was proposed, heard and decided."""

    personal_data = PersonalData(
        fields=("proposed_by", "decided_by", "sealed_words"),
        why="Who answers for naming a hoster; a hoster's answer may come from a person.",
        kept=timedelta(days=5 * 365),
        since=("proposed_at", "decided_at"),
        only={"state__in": ("not_named", "lapsed", "withdrawn")},
        then=Then.EMPTY,
    )

    hoster_id = models.BigIntegerField()
    first = models.DateField()
    last = models.DateField()
    # What was counted when it was proposed, so that all speak of the same numbers.
    counted = models.JSONField()
    state = models.CharField(max_length=12)
    proposed_by = models.CharField(max_length=80)
    proposed_at = models.DateTimeField()
    hearing_until = models.DateTimeField()
    heard_at = models.DateTimeField(null=True)
    # The hoster's answer and the reasons given, sealed.
    sealed_words = models.TextField(blank=True)
    decided_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True)
    key_id = models.CharField(max_length=20, blank=True)
    signature = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["hoster_id", "first", "last"],
                condition=models.Q(state__in=("hearing", "to_decide", "named")),
                name="figures_one_naming",
            )
        ]
