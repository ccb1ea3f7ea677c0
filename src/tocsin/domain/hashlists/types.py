"""The words every room shares about lists, and the frozen values that queries hand out.

The numbers stored in tables and in the index's policy records are positions in these enums and
tuples: names may be added at the end, never moved.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, IntFlag, StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tocsin.domain.hashlists.classification import (
    NO_LABELS,
    NOTHING_OBSERVED,
    Asserted,
    Labels,
    Observations,
)
from tocsin.domain.hashlists.origins import Origins as Origins  # noqa: PLC0414 - handed out here
from tocsin.domain.hashlists.quarantine_types import Chosen as Chosen  # noqa: PLC0414 - handed out here
from tocsin.domain.hashlists.quarantine_types import Decision as Decision  # noqa: PLC0414 - handed out here
from tocsin.domain.hashlists.quarantine_types import Group as Group  # noqa: PLC0414 - handed out here
from tocsin.domain.hashlists.quarantine_types import LintReason as LintReason  # noqa: PLC0414 - handed out here
from tocsin.domain.hashlists.quarantine_types import QuarantineState as QuarantineState  # noqa: PLC0414 - handed out here
from tocsin.domain.hashlists.quarantine_types import SetState as SetState  # noqa: PLC0414 - handed out here
from tocsin.domain.hashlists.quarantine_types import SetView as SetView  # noqa: PLC0414 - handed out here
from tocsin.domain.hashlists.run_types import ImportReport as ImportReport  # noqa: PLC0414 - handed out here
from tocsin.domain.hashlists.run_types import ImportRequest as ImportRequest  # noqa: PLC0414 - handed out here
from tocsin.domain.hashlists.run_types import Progress as Progress  # noqa: PLC0414 - handed out here
from tocsin.domain.hashlists.run_types import Refusal as Refusal  # noqa: PLC0414 - handed out here
from tocsin.domain.hashlists.run_types import RunState as RunState  # noqa: PLC0414 - handed out here
from tocsin.domain.hashlists.run_types import RunView as RunView  # noqa: PLC0414 - handed out here
from tocsin.domain.hashlists.stands import Standing as Standing  # noqa: PLC0414 - handed out here


class Purpose(StrEnum):
    """What a list says of its entries."""

    ILLEGAL = "illegal"
    NATIONAL_ILLEGAL = "national_illegal"
    EXPLOITATIVE = "exploitative"
    VICTIM_SUBMITTED = "victim_submitted"
    BENIGN_ALLOW = "benign_allow"
    TEST = "test"
    OTHER = "other"

    @property
    def number(self) -> int:
        """The number in policy records."""
        return _PURPOSES.index(self)


class EntryStatus(StrEnum):
    """Where an entry stands. Only `active` and `disputed` ones can match."""

    ACTIVE = "active"
    DISPUTED = "disputed"
    QUARANTINED = "quarantined"
    WITHDRAWN = "withdrawn"
    DELETED = "deleted"
    EXPIRED = "expired"

    @property
    def number(self) -> int:
        """The number in tables and policy records; 0 there means: no such entry."""
        return _STATUSES.index(self) + 1

    @classmethod
    def of(cls, number: int) -> EntryStatus:
        return _STATUSES[number - 1]


class Category(StrEnum):
    """The graver it is, the earlier a scheme's code stands: A1 before A2, B1, B2."""

    UNKNOWN = ""
    A1 = "A1"
    A2 = "A2"
    B1 = "B1"
    B2 = "B2"
    BASELINE = "baseline"
    NATIONAL = "national"

    @property
    def number(self) -> int:
        """The number in tables and policy records."""
        return _CATEGORIES.index(self)

    @classmethod
    def of(cls, number: int) -> Category:
        return _CATEGORIES[number]


class Kind(IntEnum):
    """Kinds of fingerprint. Those from 6 on are kept but nothing is matched by them yet."""

    MD5 = 1
    SHA1 = 2
    SHA256 = 3
    PDQ = 4
    PHOTODNA = 5
    SHA384 = 6
    SHA512 = 7
    CRC32 = 8
    EDONKEY = 9
    VPDQ = 10
    TMK_PDQF = 11
    NETCLEAN = 12
    VIDENTIFIER = 13
    SSVH_PDNA = 14
    SSVH_SAFER_HASH = 15
    PHASH64 = 16
    TLSH = 17
    OTHER = 18


class Serve(IntFlag):
    """What a list's or an entry's terms let us use it for."""

    EXACT = 1
    NEAR = 2
    SCANNER = 4
    EXPORT = 8


class ChangeKind(StrEnum):
    """One line in the ordered log that every index follows."""

    ADD = "add"
    WITHDRAW = "withdraw"
    POLICY = "policy"
    RELEASE = "release"
    REBUILD = "rebuild"


_PURPOSES = tuple(Purpose)
_STATUSES = tuple(EntryStatus)
_CATEGORIES = tuple(Category)

WIDTHS = {Kind.MD5: 16, Kind.SHA1: 20, Kind.SHA256: 32, Kind.PDQ: 32, Kind.PHOTODNA: 144}
"""Bytes of one value of the kinds that can be matched."""

VALUE_BYTES = 256
"""The longest fingerprint value a table holds; larger vectors live as files beside the list."""

LEAST_NEAR_QUALITY = 50
"""PDQ quality below which unrelated pictures look alike: such a hash never matches alone."""

MEDIA_TYPES = ("unknown", "image", "video", "frame", "document", "audio", "text", "url")
DIALECTS = ("", "full", "nearest512", "thumbnail512")
"""How the pixels were shrunk before PDQ; the first: the source does not say."""

LONGEST_SCHEME = 40
"""Characters in the name of a classification scheme that a table holds."""

FLAG_HELD = 1
FLAG_TEST = 2

OWN_LIST = "own"
OWN_REHEARSAL_LIST = "own-rehearsal"
WITHDRAWALS_FILE = "withdrawals.jsonl"


@dataclass(frozen=True, slots=True, repr=False)
class FingerprintValue:
    """One fingerprint: raw bytes, its quality (PDQ, 0 to 100), who computed it and how.

    `n` counts fingerprints of one kind in one entry; `offset_seconds` is a video frame's time.
    """

    kind: Kind
    value: bytes
    quality: int | None = None
    hasher: str = ""
    dialect: str = ""
    n: int = 0
    offset_seconds: float | None = None

    def __repr__(self) -> str:
        # No value: it would end up in a log line.
        return f"<FingerprintValue {self.kind.name} n={self.n}>"


class PolicyRecord(NamedTuple):
    """An entry's policy, in the order of the engine's record (`POLICY_DTYPE` without `spare`)."""

    status: int
    flags: int
    purpose: int
    category: int
    list_no: int
    sources: int
    quorum: int
    territory: int
    serve: int


@dataclass(frozen=True, slots=True)
class OwnEntry:
    """What our own decision puts on the organisation's own list. `about`: e.g. `item:12`.

    `observed` and `labels`: what whoever decided saw stated, if anything.
    """

    fingerprints: tuple[FingerprintValue, ...]
    category: Category
    media_type: str
    rehearsal: bool
    about: str
    observed: Observations = NOTHING_OBSERVED
    labels: Labels = NO_LABELS


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One line of the change log."""

    no: int
    kind: ChangeKind
    entry_id: int | None
    run_id: int | None


@dataclass(frozen=True, slots=True)
class IndexableEntry:
    """What the index needs of one entry as it stands now.

    `visible` is False for one that is not released, replaced by a newer version, or withdrawn;
    then `fingerprints` is empty. A PDQ that must not match by nearness is still among them;
    `near_matchable` tells. Digests that are muted are not; `muted` tells their kinds.
    """

    entry_id: int
    visible: bool
    policy: PolicyRecord
    fingerprints: tuple[FingerprintValue, ...]
    near_matchable: tuple[bool, ...]
    muted: frozenset[Kind] = frozenset()
    frames: tuple[FingerprintValue, ...] = ()
    """Those of the fingerprints by which it may be found as a film."""


@dataclass(frozen=True, slots=True)
class PolicyBatch:
    """Policy records of many entries: ids uint64[N], records `POLICY_DTYPE`[N]."""

    ids: npt.NDArray[np.uint64]
    records: npt.NDArray[np.void]


@dataclass(frozen=True, slots=True, repr=False)
class FingerprintBatch:
    """Fingerprints of one kind: ids uint64[N], values uint8[N, width of the kind]."""

    ids: npt.NDArray[np.uint64]
    values: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class FrameBatch:
    """Frames of films: ids uint64[N], values uint8[N, 32], seconds float64[N]."""

    ids: npt.NDArray[np.uint64]
    values: npt.NDArray[np.uint8]
    seconds: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ListView:
    """A list for people: what it is, where it comes from, how much of it counts."""

    number: int
    slug: str
    name: str
    purpose: Purpose
    source: str
    environment: str
    serve: Serve
    own: bool
    entries: int
    last_import_at: datetime | None
    last_release_at: datetime | None
    unvetted: bool = False


@dataclass(frozen=True, slots=True)
class EntryView:
    """One entry for people. No fingerprint: nobody needs to read one.

    `asserted`: codes and labels as they were asserted, the one behind `category` among them.
    """

    id: int
    list_name: str
    list_slug: str
    purpose: Purpose
    category: Category
    status: EntryStatus
    sources: int
    quorum: int
    own: bool
    held: bool
    added_by: str
    agreed_by: str
    source_entry_id: str
    media_type: str
    observed: Observations = NOTHING_OBSERVED
    asserted: tuple[Asserted, ...] = ()


@dataclass(frozen=True, slots=True)
class LastWord:
    """When a source last changed an entry (seconds since 1970), and whether it took it away."""

    updated: int | None
    gone: bool
