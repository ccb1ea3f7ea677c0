"""Whether a list knows a picture that was fetched: then it was judged, and is not shown again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from tocsin.base.accounts.types import Tier
from tocsin.domain.hashlists.types import FingerprintValue, Kind
from tocsin.domain.matching.queries import checker
from tocsin.domain.matching.types import CheckKey, PolicyTerms, Query
from tocsin.domain.viewing.types import MayNotLook, WhyNot

_OURSELVES: Final = CheckKey(
    "viewing", 0, Tier.DETAIL, per_second=1e9, burst=1 << 30, expires_at=None,
    secret_digest="", terms=PolicyTerms(),
)  # fmt: skip
_EXACT: Final = {Kind.MD5: "md5", Kind.SHA1: "sha1", Kind.SHA256: "sha256"}


def is_listed(values: Sequence[FingerprintValue], at: datetime) -> bool:
    """Whether any of a file's pictures is on a list. Raises MayNotLook while no list can be asked:
    what cannot be ruled out is not shown."""
    mine = checker()
    if mine.problem(at) is not None:
        raise MayNotLook(WhyNot.LISTS_AWAY)
    return any(mine.known(_OURSELVES, query, at=at) is not None for query in _queries(values))


def _queries(values: Sequence[FingerprintValue]) -> list[Query]:
    exact = {_EXACT[value.kind]: value.value for value in values if value.kind in _EXACT}
    pictures = [value for value in values if value.kind is Kind.PDQ]
    first = pictures[0] if pictures else None
    whole = Query(
        "look",
        md5=exact.get("md5"),
        sha1=exact.get("sha1"),
        sha256=exact.get("sha256"),
        pdq=first.value if first else None,
        pdq_quality=first.quality if first else None,
    )
    frames = (Query("look", pdq=v.value, pdq_quality=v.quality) for v in pictures[1:])
    return [whole, *frames]
