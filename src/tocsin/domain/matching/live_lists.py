"""The lists as this process serves them: the mapped index and what has changed since it was built.

Changes come from the ordered change log, so that a withdrawal works within a second here whether or
not anybody builds a new index.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import structlog

from tocsin.domain.hashlists import queries as hashlists
from tocsin.domain.hashlists.types import ChangeKind, ChangeView, IndexableEntry, Kind
from tocsin.domain.matching.building import EXACT_KINDS, MOST_IN_MEMORY, touched_by_release
from tocsin.domain.matching.refusals import VersionTooOld, WrongVersion
from tocsin.domain.matching.rules import ListFacts
from tocsin.engine.index import (
    POLICY_DTYPE,
    IndexUnusable,
    Published,
    open_published,
    published,
)

log = structlog.get_logger()

FOREIGN = (
    "The index holds changes that the database has never seen, so it belongs to another or a newer "
    "database. Run `tocsin index rebuild` to build it from this one."
)
STARTING = "The index has not been opened yet; ask again in a second."
TOO_OLD = "Too much has changed since that version; ask in full, without since_version."
MOST_CHANGED = 200_000
_CHANGES_AT_ONCE = 1_000
_KEPT = 4
_NAMES = {kind: name for name, kind in EXACT_KINDS.items()}


@dataclass(frozen=True, slots=True)
class Serving:
    """What answers are made from: taken once for a batch, so that one list version holds for it."""

    index: Published
    facts: ListFacts
    version: int


class LiveLists:
    """Follows the index in service and the change log. `refresh` is for one thread at a time;
    `serving` and `problem` may be read by any."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._index: Published | None = None
        self._applied = 0
        # The last change before a release too large for memory: what is newer is incomplete.
        self._complete_until: int | None = None
        self._refused: str | None = None
        self._since: dict[tuple[int, int], frozenset[int]] = {}
        self.serving: Serving | None = None
        self.problem = STARTING

    def refresh(self) -> None:
        """Open a new generation if there is one and apply newer changes. Raises DatabaseError."""
        self._open_if_new()
        if self._index is not None:
            self._follow(self._index)

    def _open_if_new(self) -> None:
        try:
            manifest = published(self._root)
            if self._index is not None and (
                manifest is None or manifest.generation == self._index.manifest.generation
            ):
                return
            fresh = open_published(self._root)
        except IndexUnusable as error:
            self._note_refusal(error)
            return
        self._index = fresh
        self._applied = min(fresh.manifest.change_no, fresh.manifest.policy_change_no)
        self._complete_until = None
        self._refused = None
        log.info("index_opened", generation=fresh.manifest.generation)

    def _note_refusal(self, error: IndexUnusable) -> None:
        # An index that is open stays in service: its mapped files outlive their names.
        if self._index is None:
            self.serving = None
            self.problem = str(error)
        if self._refused != str(error):
            self._refused = str(error)
            log.error("index_unusable", error=type(error).__name__, serving=self._index is not None)

    def _follow(self, index: Published) -> None:
        """Put what is new into service, all of it at once and under its own version.

        Changes are made to a fork: a check that runs meanwhile states the old version, and must see
        nothing else. They are read as of one moment: a change that comes between reading the log
        and reading its entries belongs to the next version.
        """
        if self._is_newest(index):
            return
        with hashlists.one_moment():
            if hashlists.last_change_no() < self._applied:
                self._index, self.serving, self.problem = None, None, FOREIGN
                return
            fresh, applied = index.fork(), self._applied
            while changes := hashlists.changes_after(applied, _CHANGES_AT_ONCE):
                self._apply(fresh, changes)
                applied = changes[-1].no
            facts = _facts()
        self._index, self._applied = fresh, applied
        version = applied if self._complete_until is None else self._complete_until
        self.serving = Serving(fresh, facts, version)

    def _is_newest(self, index: Published) -> bool:
        serving = self.serving
        return (
            serving is not None
            and serving.index is index
            and hashlists.last_change_no() == self._applied
            and hashlists.unvetted_lists() == serving.facts.unvetted
        )

    def _apply(self, index: Published, changes: Sequence[ChangeView]) -> None:
        """Bring every entry these changes touch to how it stands in the database now."""
        whole: set[int] = set()
        policy: set[int] = set()
        for change in changes:
            if change.kind is ChangeKind.RELEASE and change.run_id is not None:
                whole.update(self._released(change.run_id, change.no))
            elif change.entry_id is not None:
                (policy if change.kind is ChangeKind.POLICY else whole).add(change.entry_id)
        bring_up_to_date(index, whole=whole, policy_only=policy - whole)

    def _released(self, run_id: int, change_no: int) -> list[int]:
        touched = touched_by_release(run_id, MOST_IN_MEMORY)
        if touched is not None:
            return touched
        # The builder brings the many new ones in; what was taken away must stop matching now.
        if self._complete_until is None:
            self._complete_until = change_no - 1
        return hashlists.run_withdrawn_ids(run_id)

    def changed_since(self, version: int) -> frozenset[int]:
        """The entries that came or changed after a list version, up to now and perhaps a little
        later. Raises WrongVersion, VersionTooOld, DatabaseError.

        Each answer is kept: a provider asks about millions of files since the same version.
        """
        if self.serving is None:
            return frozenset()  # nothing is answered then
        now = self.serving.version
        # Another process may be a quarter of a second ahead, and have told its version.
        if version > now and version > (newest := hashlists.last_change_no()):
            raise WrongVersion(f"The lists stand at version {newest}.")
        known = self._since.get((version, now))
        if known is None:
            known = changed_after(version)
            self._since = {(version, now): known, **dict(list(self._since.items())[: _KEPT - 1])}
        return known


def changed_after(version: int) -> frozenset[int]:
    """What came or changed after a list version; raises VersionTooOld, DatabaseError."""
    changed: set[int] = set()
    while changes := hashlists.changes_after(version, _CHANGES_AT_ONCE):
        for change in changes:
            if change.kind is ChangeKind.RELEASE and change.run_id is not None:
                changed.update(_brought(change.run_id))
            elif change.entry_id is not None:
                changed.add(change.entry_id)
            else:
                raise VersionTooOld(TOO_OLD)
        if len(changed) > MOST_CHANGED:
            raise VersionTooOld(TOO_OLD)
        version = changes[-1].no
    return frozenset(changed)


def _brought(run_id: int) -> list[int]:
    brought = hashlists.run_entry_ids(run_id, MOST_CHANGED)
    if brought is None:
        raise VersionTooOld(TOO_OLD)
    return brought


def bring_up_to_date(index: Published, *, whole: set[int], policy_only: set[int]) -> None:
    """Let `index` say of these entries what the database says now.

    Policies are set first: an entry without one never matches, so no half-known entry is served.
    """
    entries = hashlists.indexable(sorted(whole | policy_only))
    visible = [entry for entry in entries if entry.visible]
    gone = (whole | policy_only) - {entry.entry_id for entry in visible}
    _set_policies(index, visible, gone)
    if gone:
        ids = np.array(sorted(gone), np.uint64)
        index.near.withdraw(ids)
        index.films.withdraw(ids)
        for exact in index.exact.values():
            exact.withdraw(ids)
    _silence(index, [entry for entry in visible if entry.entry_id in whole])
    _add(index, [entry for entry in visible if entry.entry_id in whole])


def _silence(index: Published, visible: list[IndexableEntry]) -> None:
    """Take out the kinds of which an entry has a muted digest; `_add` brings the others back."""
    for kind, name in _NAMES.items():
        ids = np.array([e.entry_id for e in visible if kind in e.muted], np.uint64)
        if len(ids):
            index.exact[name].withdraw(ids)


def _set_policies(index: Published, visible: list[IndexableEntry], gone: set[int]) -> None:
    ids = np.array([entry.entry_id for entry in visible] + sorted(gone), np.uint64)
    if not len(ids):
        return
    records = np.zeros(len(ids), POLICY_DTYPE)
    for place, entry in enumerate(visible):
        for name, value in entry.policy._asdict().items():
            records[name][place] = value
    index.policy.set_many(ids, records)


def _add(index: Published, entries: Iterable[IndexableEntry]) -> None:
    by_kind: dict[Kind, list[tuple[bytes, int]]] = {}
    for entry in entries:
        for value, near in zip(entry.fingerprints, entry.near_matchable, strict=True):
            if value.kind in _NAMES or near:
                by_kind.setdefault(value.kind, []).append((value.value, entry.entry_id))
        if entry.frames:
            _add_film(index, entry)
    for kind, pairs in by_kind.items():
        values = np.frombuffer(b"".join(value for value, _ in pairs), np.uint8)
        values = values.reshape(len(pairs), -1)
        ids = np.array([entry_id for _, entry_id in pairs], np.uint64)
        if kind is Kind.PDQ:
            index.near.add(values, ids)
        else:
            index.exact[_NAMES[kind]].add(values, ids)


def _add_film(index: Published, entry: IndexableEntry) -> None:
    hashes = np.frombuffer(b"".join(frame.value for frame in entry.frames), np.uint8)
    seconds = [f.n if f.offset_seconds is None else f.offset_seconds for f in entry.frames]
    index.films.add(entry.entry_id, hashes.reshape(-1, 32), np.array(seconds, np.float64))


def _facts() -> ListFacts:
    own = frozenset(view.number for view in hashlists.lists() if view.own)
    return ListFacts(
        own=own, origins=hashlists.organisations(), unvetted=hashlists.unvetted_lists()
    )
