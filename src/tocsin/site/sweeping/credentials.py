"""Keys for an object store, from where other programs look for them: environment and profile."""

from __future__ import annotations

import configparser
from dataclasses import dataclass
from pathlib import Path

from tocsin.site import environment
from tocsin.site.sweeping.signing import Credentials


class NoCredentials(Exception):
    """There is no usable key; the text says where was looked."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile by its name; "" for `AWS_PROFILE`, and `default` without that.

    Only the name travels to other machines: each reads its own files and its own environment.
    """

    name: str = ""

    def credentials(self) -> Credentials:
        """The key. The environment counts first unless a profile is named. Raises NoCredentials."""
        found = (None if self.name else _from_environment()) or self._from_files()
        if found is None:
            raise NoCredentials(
                "there is no key for the object store: set AWS_ACCESS_KEY_ID and "
                "AWS_SECRET_ACCESS_KEY, or write them into ~/.aws/credentials under "
                f"[{self._used}]."
            )
        return found

    def region(self) -> str | None:
        """The region that environment or profile name."""
        named = environment.text("AWS_REGION", "") or environment.text("AWS_DEFAULT_REGION", "")
        return named or self._config().get("region")

    @property
    def _used(self) -> str:
        return self.name or environment.text("AWS_PROFILE", "") or "default"

    def _from_files(self) -> Credentials | None:
        file = _place("AWS_SHARED_CREDENTIALS_FILE", "credentials")
        return _from_section(_section(file, self._used)) or _from_section(self._config())

    def _config(self) -> dict[str, str]:
        used = self._used
        section = used if used == "default" else f"profile {used}"
        return _section(_place("AWS_CONFIG_FILE", "config"), section)


def _from_environment() -> Credentials | None:
    key_id = environment.text("AWS_ACCESS_KEY_ID", "")
    secret = environment.text("AWS_SECRET_ACCESS_KEY", "")
    if not (key_id and secret):
        return None
    return Credentials(key_id, secret, environment.text("AWS_SESSION_TOKEN", ""))


def _from_section(section: dict[str, str]) -> Credentials | None:
    key_id, secret = section.get("aws_access_key_id"), section.get("aws_secret_access_key")
    if not (key_id and secret):
        return None
    return Credentials(key_id, secret, section.get("aws_session_token", ""))


def _place(variable: str, name: str) -> Path:
    return Path(environment.text(variable, "") or Path.home() / ".aws" / name)


def _section(file: Path, name: str) -> dict[str, str]:
    parser = configparser.RawConfigParser()
    try:
        parser.read(file, "utf-8")
    except (configparser.Error, UnicodeDecodeError):
        # Its text would repeat lines of the file, which hold secrets.
        raise NoCredentials(f"{file} is no file of profiles.") from None
    return dict(parser[name]) if parser.has_section(name) else {}
