"""Sealing what steps carry: addresses of servers are told to ICCAM and to nobody else."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.conf import settings

from tocsin.base.audit.types import Json
from tocsin.base.secrets import keyed_digest, seal, unseal


def close(told: Mapping[str, Json], *, context: str) -> str:
    """Seal a mapping to the row that `context` names."""
    return seal(settings.TOCSIN_KEYS.ring("seal"), json.dumps(told).encode(), context=context)


def reveal(sealed: str, *, context: str) -> dict[str, Json]:
    """What `close` was given with the same context; nothing where its time was over."""
    if not sealed:
        return {}
    told = unseal(settings.TOCSIN_KEYS.ring("seal"), sealed, context=context)
    found: dict[str, Json] = json.loads(told)
    return found


def digest(text: str) -> str:
    """A few letters that tell two texts apart and neither to anybody."""
    return keyed_digest(settings.TOCSIN_KEYS.ring("url"), text.encode(), context="iccam")[:16]
