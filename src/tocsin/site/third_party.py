"""What tables of other people's making know of people: they cannot carry the note themselves."""

from __future__ import annotations

from datetime import timedelta

from tocsin.base.privacy import NOTHING_PERSONAL, PersonalData

_LOG_IN = "Part of a log-in; kept while the person works here."

PERSONAL_DATA: dict[str, PersonalData] = {
    "auth.Permission": NOTHING_PERSONAL,
    "auth.Group_permissions": NOTHING_PERSONAL,
    "auth.Group": NOTHING_PERSONAL,
    "contenttypes.ContentType": NOTHING_PERSONAL,
    "sessions.Session": PersonalData(
        fields=("session_data",),
        why="Keeps somebody logged in; holds the number of the person.",
        kept=timedelta(hours=12),
        since=("expire_date",),
    ),
    "account.EmailAddress": PersonalData(
        fields=("user", "email"), why="Not used: log-in is by user name.", kept=timedelta(0)
    ),
    "account.EmailConfirmation": PersonalData(
        fields=("email_address",), why="Not used: nobody signs up by mail.", kept=timedelta(0)
    ),
    "mfa.Authenticator": PersonalData(fields=("user", "data"), why=_LOG_IN),
    "usersessions.UserSession": PersonalData(
        fields=("user", "ip", "user_agent"),
        why="Lets people see where they are logged in, and end it.",
        kept=timedelta(hours=12),
        since=("last_seen_at",),
    ),
}
"""By `app_label.Model`; a test fails for a table that is not in it."""

OF_STAFF = (
    "allauth",
    "django.contrib.auth.middleware",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.middleware.csrf",
    "tocsin.doors.console",
    "tocsin.doors.hoster",
    "tocsin.doors.provider",
)
"""What the settings leave out of a process that opens the public's door alone."""
