"""Where keys ask privately: evaluations of what they blinded, and what has come since."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tocsin.base.secrets import Keyring
from tocsin.domain.matching import rules
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.live_lists import Serving
from tocsin.domain.matching.private import evaluations, keys
from tocsin.domain.matching.private.evaluations import Rows, State
from tocsin.domain.matching.private.types import (
    PAGE_VALUES,
    Delta,
    DeltaAsked,
    DeltaNotReady,
    DeltaTooOld,
    Evaluated,
    WrongDelta,
)
from tocsin.domain.matching.types import CheckKey, ListsSeen, MatchKind
from tocsin.engine.oprf import KEPT_BYTES

Bytes = npt.NDArray[np.uint8]
Truths = npt.NDArray[np.bool_]

NOT_YET = "What is new has not been evaluated yet; ask again in a minute."
TOO_OLD = (
    "What came so long ago is not told in this way. Ask for these files in full, by POST "
    "/v2/checks, and for what is new since then."
)


class PrivateDesk:
    """Answers from a mapped file and the index in memory; touches no database row."""

    def __init__(
        self, *, folder: Callable[[], Path] = keys.folder, ring: Callable[[], Keyring] = keys.ring
    ) -> None:
        self._folder = folder
        self._ring = ring
        self._mapped: tuple[State, Rows] | None = None

    def public_key(self) -> tuple[str, bytes]:
        """The epoch and its public key: the same for everybody, so that clients may compare."""
        epoch, key = keys.key_of(self._ring())
        return epoch, key.public

    def evaluate(
        self, checker: Checker, key: CheckKey, elements: Sequence[bytes], *, at: datetime
    ) -> Evaluated:
        """Evaluate a batch; each element counts as a fingerprint that the key asked today.

        Raises engine.oprf.NotAnElement.
        """
        epoch, secret = keys.key_of(self._ring())
        evaluated, proof = secret.evaluate(elements)
        checker.guard.count(key, elements, at)
        return Evaluated(epoch, secret.public, evaluated, proof)

    def delta(self, checker: Checker, key: CheckKey, asked: DeltaAsked, *, at: datetime) -> Delta:
        """One page of what came since and this key may see now.

        Raises DeltaNotReady, DeltaTooOld, WrongDelta, and IndexUnusable.
        """
        serving = checker.serving(at)
        state, rows = self._opened()
        if serving is None:
            raise DeltaNotReady(checker.problem(at) or NOT_YET)
        if asked.since < state.first:
            raise DeltaTooOld(TOO_OLD)
        newest = max(asked.since, min(state.through, serving.version))
        through = newest if asked.through is None else asked.through
        if through > newest:
            raise WrongDelta("there is no such list version yet")
        # By halving, since an array operation would copy the whole column.
        first = bisect_right(rows["change"], asked.since)
        some = rows[first : bisect_right(rows["change"], through, lo=first)]
        lists = key.terms.lists
        pages = asked.pages or _pages_for(int(_visible(some, serving, lists).sum()))
        mine = some[_on_page(some["kept"], asked.page, pages)]
        values = _sorted_once(mine["kept"][_visible(mine, serving, lists)])
        return Delta(state.epoch, through, asked.page, pages, values)

    def _opened(self) -> tuple[State, Rows]:
        epoch, _ = keys.key_of(self._ring())
        folder = self._folder()
        state = evaluations.state_in(folder, epoch)
        if state is None:
            raise DeltaNotReady(NOT_YET)
        if self._mapped is None or self._mapped[0] != state:
            try:
                self._mapped = state, evaluations.mapped(folder, state)
            except OSError as error:
                raise DeltaNotReady(NOT_YET) from error
        return self._mapped


def _visible(rows: Rows, serving: Serving, lists: ListsSeen) -> Truths:
    """Which of them a key of these lists would meet exactly at this moment."""
    records = serving.index.policy.get(np.ascontiguousarray(rows["entry"]))
    exact = np.full(len(records), rules.SERVED[MatchKind.EXACT], np.uint8)
    return rules.visible(records, lists=lists, kind=exact)


def _sorted_once(kept: Bytes) -> bytes:
    """Sorted, so that the order tells nothing of when each came."""
    whole = np.ascontiguousarray(kept).view(f"V{KEPT_BYTES}").reshape(-1)
    return np.unique(whole).tobytes()


def _pages_for(values: int) -> int:
    return 1 << max(0, -(-values // PAGE_VALUES) - 1).bit_length()


def _on_page(kept: Bytes, page: int, pages: int) -> Truths:
    """By the first bits of each value, so that one that goes away moves no other."""
    head = kept[:, :2].astype(np.uint32)
    chosen: Truths = ((head[:, 0] << 8 | head[:, 1]) * pages >> 16) == page
    return chosen
