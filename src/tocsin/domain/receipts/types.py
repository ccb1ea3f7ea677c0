"""The words of receipts: what one is asked for, what is given, why there is no proof."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tocsin.domain.matching.types import CheckKey, Door, Query
from tocsin.engine.receipts import LogProof, TreeDamaged, path_json

RING = "receipt"
"""The keys that receipts and heads are signed with."""

HEADS_FILE = "receipt-heads.jsonl"
"""Where signed heads are pushed, outside the database."""

# Words of the engine that the doors speak too.
__all__ = ["LogProof", "TreeDamaged", "path_json"]


class NotInLog(Exception):
    """The log holds no such receipt, and will not if it is older than a minute."""


class NotYetInLog(Exception):
    """The receipt is kept, and stands in the log with the next signed head."""


class ProofGone(Exception):
    """The receipt is in the log, but too old for us to make its proof again."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request that a receipt is given for: who asked what, where and when."""

    key: CheckKey
    door: Door
    at: datetime
    queries: Sequence[Query] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Said:
    """What one item was told: `action` is empty for who is told none."""

    status: str
    action: str


@dataclass(frozen=True, slots=True)
class Issued:
    """A receipt: its id, the signed text, and the salt (base64url) that is the client's alone."""

    id: str
    jws: str
    salt: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewBatch:
    """Leaf hashes of receipts, 32 bytes each, on their way into the log."""

    id: str
    leaves: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class HeadView:
    """The newest signed head, None before the first; and the path from an earlier size to it, None
    where none was asked for or the log has never had that size."""

    size: int
    jws: str | None
    earlier_size: int | None = None
    path: tuple[bytes, ...] | None = None


@dataclass(frozen=True, slots=True)
class LogVerdict:
    """What going over the whole log found: how much, and the first thing wrong, if any."""

    batches: int
    receipts: int
    waiting: int
    heads: int
    problem: str | None

    @property
    def sound(self) -> bool:
        return self.problem is None
