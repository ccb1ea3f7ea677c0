"""How much of what is known of a picture is asked, and what that costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from tocsin.domain.matching.types import Query
from tocsin.doors.api.http import Environ, Refused
from tocsin.engine.search import Level

FURTHER_PER_ITEM: Final = 3
"""A picture is looked up by up to three PDQ hashes; so many further ones cost what one does."""


def level_in(environ: Environ) -> Level | None:
    """What `Tocsin-Level` asks for, where the body has no place to say it; raises Refused."""
    text = environ.get("HTTP_TOCSIN_LEVEL")
    if text is None:
        return None
    try:
        return Level(text)
    except ValueError:
        words = f"Tocsin-Level takes {', '.join(Level)}."
        raise Refused(400, "wrong_level", words) from None


def not_in_header(environ: Environ) -> None:
    """Raises Refused where a body says the level itself, and its receipt is read from that."""
    if "HTTP_TOCSIN_LEVEL" in environ:
        raise Refused(400, "wrong_level", "Say the level in the body of a batch, as `level`.")


def at_level(query: Query, level: Level) -> Query:
    """What is asked of it: digests only, without variants, or all."""
    if level is Level.EXACT:
        return replace(
            query,
            pdq=None,
            pdq_quality=None,
            pdq_512=None,
            pdq_oriented=None,
            pdq_variants=(),
            frames=(),
        )
    return query if level is Level.THOROUGH else replace(query, pdq_variants=())


def weight_of(queries: Sequence[Query]) -> int:
    """How many items these cost."""
    carrying = [query for query in queries if query.pdq_variants or query.frames]
    further = sum(len(query.pdq_variants) + len(query.frames) for query in carrying)
    return len(queries) + math.ceil(further / FURTHER_PER_ITEM)
