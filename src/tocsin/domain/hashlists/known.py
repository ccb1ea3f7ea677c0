"""What is known to be benign, as the lint asks it: sets on the disk, blanks, lists that allow.

The sets are the one that is shipped and those in the data folder under `known-good`. They are
opened once and kept, until one of them is written anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
from django.conf import settings

from tocsin.domain.hashlists.models import HashList, ImportRun
from tocsin.domain.hashlists.snapshot import NUMBER, columns
from tocsin.domain.hashlists.types import WIDTHS, Kind, Purpose, RunState
from tocsin.engine.knowngood import (
    Digest,
    KnownGoodSet,
    NearHits,
    WrongSet,
    digests_are_blank,
    shipped_folder,
)
from tocsin.engine.knowngood.manifest import FILE_NAME
from tocsin.engine.knowngood.types import keys_of

RULES = "1"
"""Raised when the lint's own rules change, so that every entry is gone over again."""
BLANKS = "blank files"
SHIPPED = "shipped"
_LONGEST_NAME = 80
DIGESTS = {Kind.MD5: Digest.MD5, Kind.SHA1: Digest.SHA1, Kind.SHA256: Digest.SHA256}
_ALL = Digest.MD5 | Digest.SHA1 | Digest.SHA256

Values = npt.NDArray[np.uint8]
Places = npt.NDArray[np.intp]
Sources = npt.NDArray[np.uint32]


class Known(Protocol):
    """Something that says which digests and PDQs are benign."""

    @property
    def name(self) -> str: ...

    @property
    def keeps(self) -> Digest:
        """The digests it has of each of its files, so that one not found contradicts."""

    def find(self, kind: Kind, values: Values) -> tuple[Places, Sources]:
        """Which of uint8[N, width of the kind] it knows, ascending, and the source of each."""

    def nearest(self, pdqs: Values) -> NearHits | None:
        """The nearest known picture of each of uint8[N, 32]; None where it has no pictures."""

    def source(self, number: int) -> str:
        """The name of a source, for people."""


class OnDisk:
    """A known-good set in a folder."""

    def __init__(self, name: str, folder: Path) -> None:
        self._name = name[:_LONGEST_NAME]
        self._set = KnownGoodSet.open(folder)
        self._has_pictures = self._set.counts()["pdq"] > 0

    @property
    def name(self) -> str:
        return self._name

    @property
    def keeps(self) -> Digest:
        return self._set.manifest.keeps

    def find(self, kind: Kind, values: Values) -> tuple[Places, Sources]:
        hits = self._set.ask(**{DIGESTS[kind].name.lower(): values})  # type: ignore[union-attr]
        at = np.flatnonzero(hits.kinds)
        return at, hits.sources[at]

    def nearest(self, pdqs: Values) -> NearHits | None:
        return self._set.ask_near(pdqs) if self._has_pictures else None

    def source(self, number: int) -> str:
        return str(self._set.source(number))


class Blanks:
    """Files without content, and fields that nobody filled."""

    name = BLANKS
    keeps = _ALL

    def find(self, kind: Kind, values: Values) -> tuple[Places, Sources]:
        at = np.flatnonzero(digests_are_blank(values))
        return at, np.zeros(len(at), np.uint32)

    def nearest(self, pdqs: Values) -> NearHits | None:
        return None

    def source(self, number: int) -> str:
        return ""


class Allowed:
    """The digests of our lists of harmless files, 64 bits each: memory for some ten million."""

    name = "lists of harmless files"
    keeps = Digest.NONE

    def __init__(self, lists: dict[int, str]) -> None:
        self._lists = lists
        self._keys: dict[Kind, npt.NDArray[np.uint64]] = {}
        self._sources: dict[Kind, Sources] = {}
        for kind in DIGESTS:
            keys, sources = _digests_of(kind, lists)
            order = np.argsort(keys)
            self._keys[kind], self._sources[kind] = keys[order], sources[order]

    def find(self, kind: Kind, values: Values) -> tuple[Places, Sources]:
        known = self._keys[kind]
        if not len(known):
            return np.empty(0, np.intp), np.empty(0, np.uint32)
        asked = keys_of(values)
        places = np.minimum(np.searchsorted(known, asked), len(known) - 1)
        at = np.flatnonzero((known[places] == asked) & (asked != 0))
        return at, self._sources[kind][places[at]]

    def nearest(self, pdqs: Values) -> NearHits | None:
        return None

    def source(self, number: int) -> str:
        return self._lists.get(number, "")


@dataclass(frozen=True, slots=True)
class KnownSets:
    """All that is asked, and a version that changes when any of it does."""

    version: str
    sets: tuple[Known, ...]


_opened: dict[str, tuple[str, Known]] = {}
_allowed: tuple[str, Known] | None = None


def version() -> str:
    """The version of what would be asked now; reads manifests only. Raises WrongSet."""
    marks = [f"{name}:{mark}" for name, _, mark in _on_disk()]
    return _version([*marks, _mark_of_lists()])


def open_sets() -> KnownSets:
    """Everything there is to ask. Raises WrongSet for a set that cannot be trusted: an entry must
    not be let in because a set was damaged."""
    sets: list[Known] = []
    marks = []
    for name, folder, mark in _on_disk():
        kept = _opened.get(name)
        if kept is None or kept[0] != mark:
            kept = _opened[name] = (mark, OnDisk(name, folder))
        sets.append(kept[1])
        marks.append(f"{name}:{mark}")
    mark = _mark_of_lists()
    sets += [Blanks(), *_allowed_lists(mark)]
    return KnownSets(_version([*marks, mark]), tuple(sets))


def folder_of_sets() -> Path:
    """Where the organisation's own sets lie."""
    data: Path = settings.TOCSIN_DATA
    return data / "known-good"


def _on_disk() -> list[tuple[str, Path, str]]:
    """Name, folder and mark of each set: the digest of its manifest, which names its files."""
    ours = folder_of_sets()
    named = [(SHIPPED, shipped_folder())]
    if ours.is_dir():
        named += sorted((folder.name, folder) for folder in ours.iterdir() if _is_set(folder))
    return [(name, folder, _mark(folder)) for name, folder in named]


def _is_set(folder: Path) -> bool:
    # One that is just being built has no manifest yet.
    return (folder / FILE_NAME).is_file()


def _mark(folder: Path) -> str:
    try:
        return hashlib.sha256((folder / FILE_NAME).read_bytes()).hexdigest()
    except OSError as error:
        raise WrongSet(f"The known-good set {folder.name}: {error.strerror or error}.") from error


def _version(marks: Iterable[str]) -> str:
    return hashlib.sha256("\n".join([RULES, *marks]).encode()).hexdigest()[:16]


def _mark_of_lists() -> str:
    """Which imports of lists of harmless files count."""
    runs = ImportRun.objects.filter(
        state=RunState.RELEASED, hash_list__purpose=Purpose.BENIGN_ALLOW
    )
    told = runs.order_by("pk").values_list("pk", "file_sha256")
    return ",".join(f"{pk}-{sha256[:16]}" for pk, sha256 in told)


def _allowed_lists(mark: str) -> list[Known]:
    global _allowed  # noqa: PLW0603 - a cache of one
    if not mark:
        _allowed = None
        return []
    if _allowed is None or _allowed[0] != mark:
        lists = HashList.objects.filter(purpose=Purpose.BENIGN_ALLOW)
        _allowed = (mark, Allowed(dict(lists.values_list("number", "slug"))))
    return [_allowed[1]]


def _digests_of(
    kind: Kind, lists: Iterable[int]
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint32]]:
    """Keys and list numbers of the digests of one kind on these lists, of entries that count."""
    numbers = ", ".join(str(number) for number in lists)
    query = (
        "SELECT CAST(e.hash_list_id AS bigint), f.value FROM hashlists_entry e"  # noqa: S608 - our own numbers
        " JOIN hashlists_fingerprint f ON f.entry_id = e.id"
        " JOIN hashlists_importrun r ON r.id = e.run_id"
        " LEFT JOIN hashlists_importrun n ON n.id = e.replaced_by_run_id"
        f" WHERE e.hash_list_id IN ({numbers}) AND f.kind = {int(kind)}"
        " AND e.status IN (1, 2) AND r.state = 'released' AND COALESCE(n.state, '') <> 'released'"
    )
    value = np.dtype((np.uint8, (WIDTHS[kind],)))
    keys, sources = [np.empty(0, np.uint64)], [np.empty(0, np.uint32)]
    for number, values in columns(query, (NUMBER, value)):
        keys.append(keys_of(values))
        sources.append(number.astype(np.uint32))
    return np.concatenate(keys), np.concatenate(sources)
