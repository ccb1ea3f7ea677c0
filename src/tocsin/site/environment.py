"""Reads the environment, once, for `settings`; nothing else does.

A value `NAME` may also be given as `NAME_FILE`: the path of a file that holds it.
"""

from __future__ import annotations

import os
from datetime import UTC, tzinfo
from pathlib import Path
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from tocsin.base.egress import Outlook


class WrongSetting(Exception):
    """A setting cannot be used; the text names it and says what it takes."""


def text(name: str, default: str) -> str:
    """The setting's text, from `NAME` or the file named by `NAME_FILE`."""
    file = os.environ.get(f"{name}_FILE")
    if file:
        try:
            return Path(file).read_text("utf-8").strip()
        except OSError as error:
            raise WrongSetting(f"{name}_FILE: cannot read {file}: {error.strerror}") from error
    return os.environ.get(name, default)


def number(name: str, default: int) -> int:
    """The setting as a whole number."""
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError as error:
        raise WrongSetting(f"{name} takes a whole number, not {value!r}") from error


def number_within(name: str, default: int, lowest: int, highest: int) -> int:
    """The setting as a whole number that must not lie beyond a limit."""
    value = number(name, default)
    if not lowest <= value <= highest:
        raise WrongSetting(f"{name} takes a number from {lowest} to {highest}, not {value}")
    return value


def yes(name: str, default: bool = False) -> bool:
    """The setting as yes or no."""
    value = text(name, "yes" if default else "no").lower()
    if value not in {"yes", "no"}:
        raise WrongSetting(f"{name} takes yes or no, not {value!r}")
    return value == "yes"


def zone(name: str, default: str) -> tzinfo:
    """The setting as a time zone, as Europe/Amsterdam."""
    value = text(name, default)
    if value == "UTC":
        return UTC  # also where the machine knows no zones
    try:
        return ZoneInfo(value)
    except (OSError, ValueError, KeyError) as error:
        raise WrongSetting(
            f"{name} takes a zone such as Europe/Amsterdam, not {value!r}"
        ) from error


def words(name: str, default: str) -> list[str]:
    """The setting as a list, parted by commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def outlooks(name: str) -> tuple[Outlook, ...]:
    """The setting as places to look from: `NAME:CC=from:ADDRESS`, `NAME:CC=proxy:ADDRESS:PORT`."""
    try:
        return tuple(Outlook.parse(word) for word in words(name, ""))
    except ValueError as error:
        raise WrongSetting(
            f"{name} takes NAME:CC=from:ADDRESS or NAME:CC=proxy:ADDRESS:PORT, parted by commas"
        ) from error


def named_texts(name: str) -> dict[str, str]:
    """The setting as texts with a name each: `NAME=TEXT`, parted by `|`."""
    parts = [part.partition("=") for part in text(name, "").split("|") if part.strip()]
    found = {label.strip(): words_.strip() for label, _, words_ in parts}
    if any(not label.isalnum() or len(label) > 20 or not told for label, told in found.items()):
        raise WrongSetting(f"{name} takes NAME=TEXT, parted by |")
    return found


def database(data: Path) -> dict[str, object]:
    """Django's description of TOCSIN_DATABASE_URL; SQLite in the data folder by default."""
    url = text("TOCSIN_DATABASE_URL", "")
    if not url:
        return _sqlite(data / "tocsin.sqlite3")
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _sqlite(Path(unquote(parts.path)))
    if parts.scheme not in {"postgresql", "postgres"}:
        raise WrongSetting("TOCSIN_DATABASE_URL takes postgresql://… or sqlite:///…")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def _sqlite(path: Path) -> dict[str, object]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            "timeout": 30,
            # A deferred transaction that turns into a write fails at once instead of waiting.
            "transaction_mode": "IMMEDIATE",
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                "PRAGMA cache_size=-32000; PRAGMA temp_store=MEMORY;"
            ),
        },
    }
