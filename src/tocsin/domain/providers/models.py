from datetime import timedelta

from django.db import models

from tocsin.base.privacy import PersonalData, Then


class Provider(models.Model):
    """Who signed up, where they stand, and by what their domain is shown."""

    personal_data = PersonalData(
        fields=("email", "application_words"),
        why="Whom links and warnings are sent to; emptied a year after a provider closed.",
        kept=timedelta(days=365),
        since=("made_at", "closed_at"),
        only={"state": "closed"},
        then=Then.EMPTY,
    )

    party = models.OneToOneField(
        "accounts.Party", null=True, on_delete=models.PROTECT, related_name="+"
    )
    organisation = models.CharField(max_length=80)
    domain = models.CharField(max_length=200, db_index=True)
    email = models.EmailField(blank=True, db_index=True)
    language = models.CharField(max_length=5)
    state = models.CharField(max_length=10)
    outage_policy = models.CharField(max_length=20)
    application = models.CharField(max_length=8, default="none")
    application_words = models.TextField(blank=True)
    tier = models.CharField(max_length=10, default="boolean")
    # Not a secret: it stands where everybody can read it.
    proof = models.CharField(max_length=60)
    proof_way = models.CharField(max_length=4, blank=True)
    proven_at = models.DateTimeField(null=True)
    lost_at = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True)
    # The lamps that were red when it was last looked, of which a letter was written.
    warned = models.JSONField(default=list)
    made_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)


class ProviderLink(models.Model):
    """A link that was sent by letter: it lets somebody in once."""

    personal_data = PersonalData(
        fields=("provider",),
        why="Who is let in by a link.",
        kept=timedelta(days=2),
        since=("expires_at",),
    )

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="links")
    use = models.CharField(max_length=8)
    secret_digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
