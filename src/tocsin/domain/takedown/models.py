from django.db import models

from tocsin.base.privacy import NOTHING_PERSONAL


class Notice(models.Model):
    """One notice for one finding; its words stand in the letters about it."""

    personal_data = NOTHING_PERSONAL

    number = models.CharField(max_length=16, unique=True)
    item = models.ForeignKey("reports.Item", on_delete=models.PROTECT, related_name="+")
    finding = models.OneToOneField("reports.Finding", on_delete=models.PROTECT, related_name="+")
    item_number = models.CharField(max_length=16)
    hoster = models.ForeignKey(
        "hosters.Hoster", on_delete=models.PROTECT, null=True, related_name="+"
    )
    state = models.CharField(max_length=20)
    rehearsal = models.BooleanField(default=False)
    language = models.CharField(max_length=5, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    message_id = models.CharField(max_length=120, blank=True)
    xarf_report_id = models.UUIDField(null=True)
    attention = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    receipt = models.CharField(max_length=300, blank=True)
    deadline_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state"], name="takedown_state")]


class NoticeCounter(models.Model):
    """The last notice number given in a year."""

    personal_data = NOTHING_PERSONAL

    year = models.PositiveSmallIntegerField(unique=True)
    last = models.PositiveIntegerField(default=0)
