from datetime import timedelta
from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models

from tocsin.base.accounts.rules import may
from tocsin.base.accounts.types import Permission, Role
from tocsin.base.privacy import NOTHING_PERSONAL, PersonalData, Then


class People(BaseUserManager["Person"]):
    def get_by_natural_key(self, username: str | None) -> "Person":
        return self.get(username=username)


class Person(AbstractBaseUser):
    """Somebody who logs in. One role each: two hats are two log-ins."""

    personal_data = PersonalData(
        fields=("username", "email", "password", "last_login"),
        why="Log-in and audit of those who work here; kept while they do.",
        kept=timedelta(days=365),
        since=("made_at", "last_login"),
        only={"is_active": False},
    )

    username = models.CharField(max_length=60, unique=True)
    email = models.EmailField(blank=True)
    role = models.CharField(max_length=20)
    language = models.CharField(max_length=5, default="en")
    is_active = models.BooleanField(default=True)
    made_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[People] = People()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def may(self, permission: Permission) -> bool:
        """Whether this person has the permission; nobody inactive has any."""
        return self.is_active and may(Role(self.role), permission)


class OneTimeLink(models.Model):
    """Lets a new person set the first password, once."""

    personal_data = PersonalData(
        fields=("person",), why="First log-in.", kept=timedelta(hours=48), since=("expires_at",)
    )

    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    secret_digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class WorkingHours(models.Model):
    """When somebody works on a weekday (Monday is 0), in the organisation's zone."""

    personal_data = PersonalData(
        fields=("begins", "ends"), why="Outside them nobody logs in; gone with the person."
    )

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField()
    begins = models.TimeField()
    ends = models.TimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "weekday"], name="accounts_one_day")
        ]


class Admission(models.Model):
    """Somebody was let in out of hours: by whom, until when, why."""

    personal_data = PersonalData(
        fields=("why", "by"),
        why="An exception is answered for.",
        kept=timedelta(days=365),
        since=("until",),
    )

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="admissions")
    at = models.DateTimeField()
    until = models.DateTimeField()
    why = models.CharField(max_length=500)
    by = models.CharField(max_length=80)


class Party(models.Model):
    """An organisation outside that comes with a key."""

    personal_data = PersonalData(
        fields=("contact_email",),
        why="Whom to tell about a correction; an office, rarely a person.",
        kept=timedelta(days=365),
        since=("made_at", "keys__revoked_at"),
        then=Then.EMPTY,
    )

    name = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=20)
    contact_email = models.EmailField(blank=True)
    made_at = models.DateTimeField()


class ApiKey(models.Model):
    """One key of a party; two may live at once, for rotation."""

    personal_data = NOTHING_PERSONAL

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="keys")
    key_id = models.CharField(max_length=20, unique=True)
    secret_digest = models.CharField(max_length=64)
    tier = models.CharField(max_length=10)
    per_second = models.FloatField(default=50.0)
    burst = models.PositiveIntegerField(default=100)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
