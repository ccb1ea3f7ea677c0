"""Sealing what was sent: records to their line, senders to their row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.conf import settings

from tocsin.base.secrets import keyed_digest, seal, unseal
from tocsin.domain.intake.types import Record


def digest(raw: bytes, *, of: str) -> str:
    """What a document, a line or a sender is found by: a keyed hash, apart for each kind."""
    return keyed_digest(settings.TOCSIN_KEYS.ring("url"), raw, context=f"intake:{of}")


def line_digest(record: Record) -> str:
    """The same for a record: two that say the same are the same."""
    told = json.dumps(asdict(record), sort_keys=True, ensure_ascii=False)
    return digest(told.encode(), of="line")


def close(told: Mapping[str, object] | str, *, context: str) -> str:
    """Seal a mapping or a text to the row that `context` names."""
    text = json.dumps(told, ensure_ascii=False)
    return seal(settings.TOCSIN_KEYS.ring("seal"), text.encode(), context=context)


def reveal(sealed: str, *, context: str) -> Any:
    """What `close` was given with the same context; None where its time was over."""
    if not sealed:
        return None
    return json.loads(unseal(settings.TOCSIN_KEYS.ring("seal"), sealed, context=context))


def close_record(record: Record, *, context: str) -> str:
    """Seal a record to its line."""
    return close({name: value for name, value in asdict(record).items() if value}, context=context)


def open_record(sealed: str, *, context: str) -> Record:
    """The record; an empty one where its time was over."""
    return Record(**(reveal(sealed, context=context) or {}))
