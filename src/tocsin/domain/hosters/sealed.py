"""Sealing where a hoster takes notices by machine: the word in it is as good as a key of theirs."""

from __future__ import annotations

import json

from django.conf import settings

from tocsin.base.secrets import seal, unseal
from tocsin.domain.hosters.models import Hoster
from tocsin.domain.hosters.types import Endpoint


def close_endpoint(endpoint: Endpoint, *, hoster_id: int) -> str:
    """Seal an endpoint to its hoster."""
    told = json.dumps({"url": endpoint.url, "bearer": endpoint.bearer})
    return seal(settings.TOCSIN_KEYS.ring("seal"), told.encode(), context=_context(hoster_id))


def open_endpoint(row: Hoster) -> Endpoint | None:
    """What was sealed to the row, None where nothing was; raises secrets.NotOurs."""
    if not row.sealed_endpoint:
        return None
    ring = settings.TOCSIN_KEYS.ring("seal")
    told = json.loads(unseal(ring, row.sealed_endpoint, context=_context(row.pk)))
    return Endpoint(told["url"], told["bearer"])


def _context(hoster_id: int) -> str:
    return f"hoster-endpoint:{hoster_id}"
