"""Digests that do not match: a benign file has them, and another digest of the entry is another's.

Without this a benign file would be met by the one digest, though the entry is of another file. The
entry goes on with its other fingerprints, and the digest matches again when no set says so.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterable, Set
from datetime import datetime
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from django.db.models import QuerySet

from tocsin.base.audit.actions import record
from tocsin.base.audit.queries import merkle_root
from tocsin.base.audit.types import Actor
from tocsin.domain.hashlists.changes import log_changes
from tocsin.domain.hashlists.known import DIGESTS, KnownSets
from tocsin.domain.hashlists.models import Fingerprint, MutedPrint
from tocsin.domain.hashlists.types import WIDTHS, ChangeKind, Kind
from tocsin.engine.knowngood import Outweighed
from tocsin.engine.knowngood.judging import LONGEST_SOURCE

_ASK_AT_ONCE = 500


class Muted(NamedTuple):
    """One digest of an entry, and the set that knows a benign file with it."""

    entry_id: int
    kind: int
    n: int
    known_set: str


def outweighed_prints(found: Iterable[Outweighed], sets: KnownSets) -> dict[Muted, str]:
    """The very digests that were found, with the name of their source: an entry may have two
    digests of a kind, of which a set knows one."""
    asked: dict[tuple[int, Kind], list[int]] = defaultdict(list)
    for one in found:
        for kind, digest in DIGESTS.items():
            if digest in one.kinds:
                asked[(one.number, kind)].append(one.entry_id)
    prints: dict[Muted, str] = {}
    for (number, kind), ids in asked.items():
        for start in range(0, len(ids), _ASK_AT_ONCE):
            prints |= _known_of(ids[start : start + _ASK_AT_ONCE], number, kind, sets)
    return prints


def review(
    wanted: dict[Muted, str],
    judged: npt.NDArray[np.int64],
    sets: KnownSets,
    *,
    waits: Set[str] = frozenset(),
    run_id: int | None,
    actor: Actor,
    at: datetime,
) -> int:
    """Mute these digests of the entries that were judged and no others, in the caller's
    transaction; of how many entries that changed something.

    `run_id`: of an import that is not released, whose entries nobody has in an index yet. What a
    set said that is damaged and left out for now stands, and so does what one said before that
    `waits` for a person.
    """
    there = _muted_among(judged)
    stands = sets.kept | waits
    fresh = {one for one in wanted.keys() - there.keys() if one.known_set not in waits}
    over = [one for one in there.keys() - wanted.keys() if one.known_set not in stands]
    if not fresh and not over:
        return 0
    MutedPrint.objects.bulk_create(
        (MutedPrint(**one._asdict(), source=wanted[one], at=at) for one in sorted(fresh)),
        ignore_conflicts=True,
    )
    for start in range(0, len(over), _ASK_AT_ONCE):
        numbers = [there[one] for one in over[start : start + _ASK_AT_ONCE]]
        MutedPrint.objects.filter(pk__in=numbers).delete()
    changed = sorted({one.entry_id for one in (*fresh, *over)})
    record(
        actor=actor,
        action="hashlists.mute",
        subject=f"import:{run_id}" if run_id is not None else "lint",
        at=at,
        facts={
            "muted": len(fresh),
            "match_again": len(over),
            "merkle_root": merkle_root([struct.pack(">q", number) for number in changed]),
        },
    )
    if run_id is None:
        log_changes(ChangeKind.ADD, changed, at=at)
    return len(changed)


def undo(rows: QuerySet[MutedPrint], *, known_set: str, actor: Actor, at: datetime) -> list[int]:
    """Let digests match again that a set has just muted, in the caller's transaction; of which
    entries. Of entries that are in no index yet nothing need be told."""
    numbers = list(rows.order_by("pk").values_list("pk", "entry"))
    for start in range(0, len(numbers), _ASK_AT_ONCE):
        some = [pk for pk, _ in numbers[start : start + _ASK_AT_ONCE]]
        MutedPrint.objects.filter(pk__in=some).delete()
    changed = sorted({entry_id for _, entry_id in numbers})
    if changed:
        record(
            actor=actor,
            action="hashlists.mute_undone",
            subject=f"known-good:{known_set}",
            at=at,
            facts={
                "entries": len(changed),
                "merkle_root": merkle_root([struct.pack(">q", number) for number in changed]),
            },
        )
    return changed


def next_number() -> int:
    """What the next muted digest is numbered, or more."""
    last = MutedPrint.objects.order_by("-pk").values_list("pk", flat=True).first()
    return (last or 0) + 1


def settled(wanted: dict[Muted, str], judged: npt.NDArray[np.int64]) -> bool:
    """Whether nothing is muted of these entries, and nothing should be."""
    return not wanted and not _muted_among(judged)


def _muted_among(judged: npt.NDArray[np.int64]) -> dict[Muted, int]:
    """What is muted of these entries, whose ids ascend; by the number of its row."""
    if not len(judged):
        return {}
    rows = list(MutedPrint.objects.filter(entry__gte=judged[0], entry__lte=judged[-1]))
    mine = np.isin([row.entry_id for row in rows], judged)
    return {
        Muted(row.entry_id, row.kind, row.n, row.known_set): row.pk
        for row, judged_too in zip(rows, mine, strict=True)
        if judged_too
    }


def _known_of(ids: list[int], number: int, kind: Kind, sets: KnownSets) -> dict[Muted, str]:
    known = sets.sets[number]
    rows = list(
        Fingerprint.objects.filter(entry__in=ids, kind=kind).values_list("entry", "n", "value")
    )
    values = np.frombuffer(b"".join(bytes(value) for _, _, value in rows), np.uint8)
    places, sources = known.find(DIGESTS[kind], values.reshape(len(rows), WIDTHS[kind]))
    prints = {}
    for place, source in zip(places, sources, strict=True):
        entry_id, n, _ = rows[place]
        prints[Muted(entry_id, int(kind), n, known.name)] = known.source(int(source))[
            :LONGEST_SOURCE
        ]
    return prints
