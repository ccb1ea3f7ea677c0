from datetime import timedelta

from django.db import models

from tocsin.base.privacy import PersonalData


class Letter(models.Model):
    """One letter. Its words are sealed: they name addresses of illegal material."""

    personal_data = PersonalData(
        fields=("to", "sealed_content"),
        why="Proves who was told what and when; `to` is an abuse desk's or a person's address.",
        kept=timedelta(days=5 * 365),
        since=("created_at", "sent_at"),
        only={"state__in": ("sent", "cancelled", "dead", "bounced")},
    )

    message_id = models.CharField(max_length=120, unique=True)
    references = models.CharField(max_length=120, blank=True, db_default="")
    purpose = models.CharField(max_length=40)
    about = models.CharField(max_length=80, db_index=True)
    to = models.CharField(max_length=254)
    language = models.CharField(max_length=5)
    sealed_content = models.TextField()
    state = models.CharField(max_length=10, db_index=True)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)
    transport = models.CharField(max_length=20, blank=True)
    receipt = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    # What servers further on said later (RFC 3464): that it was delivered, or came back.
    delivered_at = models.DateTimeField(null=True)
    bounced_at = models.DateTimeField(null=True)
    bounce_status = models.CharField(max_length=12, blank=True, db_default="")
