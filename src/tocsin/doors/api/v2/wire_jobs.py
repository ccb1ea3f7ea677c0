"""What goes over the wire about jobs, besides items and results."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

MOST_RESULTS = 10_000


class JobPageEnd(Struct, frozen=True):
    """The last line of a page of results. `next_offset` is null when all have been given out."""

    end: Annotated[int, Meta(ge=0, description="So many lines stand before this one.")]
    next_offset: Annotated[int, Meta(ge=0)] | None
