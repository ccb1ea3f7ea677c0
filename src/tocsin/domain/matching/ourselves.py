"""What our own lists know of a file that we fetched ourselves: no key asks, no hit is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from tocsin.base.accounts.types import Tier
from tocsin.domain.hashlists.types import FingerprintValue, Kind
from tocsin.domain.matching.checker import checker
from tocsin.domain.matching.types import CheckKey, ListsSeen, Match, PolicyTerms, Query

_EXACT: Final = {Kind.MD5: "md5", Kind.SHA1: "sha1", Kind.SHA256: "sha256"}


class ListsAway(Exception):
    """No list can be asked at the moment; what cannot be ruled out is not ruled out."""


def known_here(
    values: Sequence[FingerprintValue], *, at: datetime, rehearsal: bool = False
) -> Match | None:
    """The first match of any of a file's pictures with a list; None where there is none.

    With `rehearsal` the lists made for trying out are asked. Raises ListsAway.
    """
    mine = checker()
    if mine.problem(at) is not None:
        raise ListsAway("the lists cannot be asked at the moment")
    key = _OURSELVES_REHEARSING if rehearsal else _OURSELVES
    found = (mine.known(key, query, at=at) for query in _queries(values))
    return next((match for match in found if match is not None), None)


def _ourselves(lists: ListsSeen) -> CheckKey:
    return CheckKey(
        key_id="ourselves",
        party_id=0,
        tier=Tier.DETAIL,
        per_second=1e9,
        burst=1 << 30,
        expires_at=None,
        secret_digest="",
        terms=PolicyTerms(lists=lists),
    )


_OURSELVES: Final = _ourselves(ListsSeen.LIVE)
_OURSELVES_REHEARSING: Final = _ourselves(ListsSeen.TEST)


def _queries(values: Sequence[FingerprintValue]) -> list[Query]:
    """The file by its digests and first picture, and each further picture of it."""
    exact = {_EXACT[value.kind]: value.value for value in values if value.kind in _EXACT}
    pictures = [value for value in values if value.kind is Kind.PDQ]
    first = pictures[0] if pictures else None
    whole = Query(
        "ourselves",
        md5=exact.get("md5"),
        sha1=exact.get("sha1"),
        sha256=exact.get("sha256"),
        pdq=first.value if first else None,
        pdq_quality=first.quality if first else None,
    )
    further = (Query("ourselves", pdq=v.value, pdq_quality=v.quality) for v in pictures[1:])
    return [whole, *further]
