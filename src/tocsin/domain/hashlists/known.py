"""What is known to be benign, as the lint asks it: sets on the disk, blanks, lists that allow.

The sets are the one that is shipped and those in the data folder under `known-good`. They are
opened once and kept, until one of them is written anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from django.conf import settings

from tocsin.domain.hashlists.models import HashList, ImportRun, KnownSet, SetBrake
from tocsin.domain.hashlists.snapshot import NUMBER, columns
from tocsin.domain.hashlists.types import WIDTHS, Kind, Purpose, RunState
from tocsin.engine.knowngood import (
    Blanks,
    Digest,
    Known,
    KnownGoodSet,
    NearHits,
    OneSet,
    WrongSet,
    shipped_folder,
)
from tocsin.engine.knowngood.judging import LONGEST_NAME
from tocsin.engine.knowngood.manifest import FILE_NAME
from tocsin.engine.knowngood.types import keys_of

RULES = "3"
"""Raised when the lint's own rules change, so that every entry is gone over again."""
SHIPPED = "shipped"
DIGESTS = {Kind.MD5: Digest.MD5, Kind.SHA1: Digest.SHA1, Kind.SHA256: Digest.SHA256}

Values = npt.NDArray[np.uint8]
Places = npt.NDArray[np.intp]
Sources = npt.NDArray[np.uint32]


class Allowed:
    """The digests of our lists of harmless files, 64 bits each: memory for some ten million."""

    name = "lists of harmless files"
    keeps = Digest.NONE

    def __init__(self, lists: dict[int, str]) -> None:
        self._lists = lists
        self._keys: dict[Digest, npt.NDArray[np.uint64]] = {}
        self._sources: dict[Digest, Sources] = {}
        for kind, digest in DIGESTS.items():
            keys, sources = _digests_of(kind, lists)
            order = np.argsort(keys)
            self._keys[digest], self._sources[digest] = keys[order], sources[order]

    def find(self, kind: Digest, values: Values) -> tuple[Places, Sources]:
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
    """All that is asked, and a version that changes when any of it does. `marks`: of those that
    come from outside, what tells whether they are as they were.

    `kept`: names of sets that are damaged and left out for now: what they said before stands.
    """

    version: str
    sets: tuple[Known, ...]
    kept: frozenset[str] = frozenset()
    marks: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OnDisk:
    """A set by name: where it lies, the mark of its manifest (empty: it is not there), what is
    wrong with it, and whether a person said to go on without it as it is."""

    name: str
    folder: Path
    mark: str
    trouble: str
    left_out: bool


class SetsOutOfOrder(WrongSet):
    """Sets that must be asked cannot be: nothing is let in unasked, so nothing is released."""

    def __init__(self, sets: Iterable[OnDisk]) -> None:
        self.names = [one.name for one in sets]
        told = " ".join(one.trouble for one in sets)
        super().__init__(
            f"{told} No import is released until it is mended or put back, or until somebody says "
            f"to go on without it: tocsin lists sets --without {self.names[0]}"
        )


_opened: dict[str, tuple[str, Known]] = {}
_allowed: tuple[str, Known] | None = None


def version() -> str:
    """The version of what would be asked now; reads manifests only. Raises SetsOutOfOrder."""
    there, lists = _asked(_there()), _mark_of_lists()
    return _version([*_marks(there), lists, *_confirmed(there, lists)])


def open_sets() -> KnownSets:
    """Everything there is to ask. Raises SetsOutOfOrder where a set cannot be trusted or is gone:
    an entry must not be let in because a set was damaged."""
    there = [_looked_into(one) for one in _there()]
    sets = [_opened[one.name][1] for one in _asked(there) if not one.left_out]
    lists = _mark_of_lists()
    kept = frozenset(one.name for one in there if one.left_out and one.mark)
    made = _version([*_marks(there), lists, *_confirmed(there, lists)])
    return KnownSets(
        made, (*sets, Blanks(), *_allowed_lists(lists)), kept, _marks_by_name(there, lists)
    )


def look_at_sets() -> list[OnDisk]:
    """Each set as it is now, with what is wrong with it."""
    return [_looked_into(one) for one in _there()]


def marks() -> dict[str, str]:
    """By name what tells whether each set that is asked, our lists too, is as it was."""
    return _marks_by_name(_there(), _mark_of_lists())


def folder_of_sets() -> Path:
    """Where the organisation's own sets lie."""
    data: Path = settings.TOCSIN_DATA
    return data / "known-good"


def _there() -> list[OnDisk]:
    """The sets on the disk, and those that were there once."""
    ours = folder_of_sets()
    folders = {SHIPPED: shipped_folder()}
    if ours.is_dir():
        found = sorted(folder for folder in ours.iterdir() if _is_set(folder))
        folders |= {folder.name[:LONGEST_NAME]: folder for folder in found}
    rows = dict(KnownSet.objects.values_list("name", "left_out_mark"))
    for name in sorted(rows):
        folders.setdefault(name, ours / name)
    return [_on_disk(name, folder, rows.get(name)) for name, folder in folders.items()]


def _on_disk(name: str, folder: Path, left_out_mark: str | None) -> OnDisk:
    mark, trouble = _mark(folder)
    return OnDisk(name, folder, mark, trouble, left_out_mark == mark)


def _looked_into(one: OnDisk) -> OnDisk:
    """The same, opened if it was not yet."""
    if one.trouble or one.left_out:
        return one
    kept = _opened.get(one.name)
    if kept is not None and kept[0] == one.mark:
        return one
    try:
        _opened[one.name] = (one.mark, OneSet(one.name, KnownGoodSet.open(one.folder)))
    except WrongSet as error:
        return replace(one, trouble=str(error))
    return one


def _asked(there: list[OnDisk]) -> list[OnDisk]:
    wrong = [one for one in there if one.trouble and not one.left_out]
    if wrong:
        raise SetsOutOfOrder(wrong)
    return there


def _marks(there: Iterable[OnDisk]) -> list[str]:
    return [f"{one.name}:{'left out ' if one.left_out else ''}{one.mark}" for one in there]


def _marks_by_name(there: Iterable[OnDisk], lists: str) -> dict[str, str]:
    told = {one.name: one.mark for one in there if one.mark and not one.left_out}
    if lists:
        told[Allowed.name] = hashlib.sha256(lists.encode()).hexdigest()
    return told


def _confirmed(there: Iterable[OnDisk], lists: str) -> list[str]:
    """Sets that a person let set aside what they know: then everything is gone over again."""
    now = _marks_by_name(there, lists)
    rows = SetBrake.objects.exclude(confirmed_at=None).order_by("name")
    told = rows.values_list("name", "mark")
    return [f"confirmed {name}" for name, mark in told if now.get(name) == mark]


def _is_set(folder: Path) -> bool:
    # One that is just being built has no manifest yet.
    return (folder / FILE_NAME).is_file()


def _mark(folder: Path) -> tuple[str, str]:
    """The digest of its manifest, which names its files; or what is in the way."""
    try:
        return hashlib.sha256((folder / FILE_NAME).read_bytes()).hexdigest(), ""
    except FileNotFoundError:
        return "", f"The known-good set {folder.name} is gone from {folder}."
    except OSError as error:
        return "", f"The known-good set {folder.name}: {error.strerror or error}."


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
