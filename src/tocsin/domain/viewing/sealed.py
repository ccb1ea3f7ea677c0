"""The keyed hash by which a file that was looked at is known again."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings

from tocsin.base.secrets import keyed_digest
from tocsin.domain.hashlists.types import FingerprintValue, Kind


def digest_of(values: Sequence[FingerprintValue]) -> str:
    """The keyed hash of a file's SHA-256; empty where it has none."""
    sha256 = next((value.value for value in values if value.kind is Kind.SHA256), None)
    if sha256 is None:
        return ""
    return keyed_digest(settings.TOCSIN_KEYS.ring("url"), sha256, context="viewing:file")
