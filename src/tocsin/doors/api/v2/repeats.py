"""`Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): asked twice, done once.

A check touches no database row, so nothing of it is kept: asked again it is answered again, from
the lists as they are then, and the hits of both are the same hits. What writes is kept for a day,
with its answer (see `once`).
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from tocsin.domain.matching.types import CheckKey, Query
from tocsin.doors.api.http import Environ, Refused

MOST_KEY: Final = 200
PATTERN: Final = rf'^("[ !#-\[\]-~]{{1,{MOST_KEY}}}"|[!#-\[\]-~]{{1,{MOST_KEY}}})$'
_KEY: Final = re.compile(PATTERN.replace("$", r"\Z"))


def key_in(environ: Environ) -> str | None:
    """The key of the request, None where there is none; raises Refused 400.

    A string of structured fields (RFC 9651, 3.3.3), and bare as most clients send it.
    """
    text = environ.get("HTTP_IDEMPOTENCY_KEY")
    if text is None:
        return None
    match = _KEY.match(str(text).strip(" \t"))
    if match is None:
        words = f'Idempotency-Key takes a string of 1 to {MOST_KEY} ASCII characters, in "quotes".'
        raise Refused(400, "wrong_idempotency_key", words)
    return match[1].strip('"')


def with_hit_ids(
    queries: Sequence[Query], key: CheckKey, again: str, content: bytes, first: int = 0
) -> list[Query]:
    """The same queries, their hits named after the key of the request, what was sent and the place
    (from `first` on): sent again they give the same hits, which are written down once."""
    seed = hmac.new(key.secret_digest.encode(), again.encode() + b"\0" + content, "sha256").digest()
    return [
        replace(query, hit_id=_hit_id(seed, place)) for place, query in enumerate(queries, first)
    ]


def _hit_id(seed: bytes, place: int) -> UUID:
    digest = hmac.new(seed, place.to_bytes(8, "big"), "sha256").digest()
    return UUID(bytes=digest[:16], version=4)
