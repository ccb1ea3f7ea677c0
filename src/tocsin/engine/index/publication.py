"""Putting a whole index into service on one machine, and opening the one that is in service.

A root folder holds generation folders and `MANIFEST.json`, which names the folder that counts. A
publication writes everything into a folder that nobody reads, and only then replaces the manifest;
so a crash at any moment leaves the old index in service.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from tocsin.engine.index.durable import (
    FILE_MODE,
    FOLDER_MODE,
    Written,
    forget,
    make_folder,
    rename_folder,
    replace_file,
)
from tocsin.engine.index.exact import ExactIndex, file_name
from tocsin.engine.index.films import FrameIndex
from tocsin.engine.index.manifest import (
    FOLDER,
    MANIFEST_NAME,
    NEAR_FILE,
    Manifest,
    StoredFile,
    folder_name,
    generation_of,
    policy_name,
    read_manifest,
)
from tocsin.engine.index.near import NearBuilder, NearIndex
from tocsin.engine.index.policy import PolicyColumn
from tocsin.engine.index.segment import REBUILD, IndexMissing, IndexUnusable, damaged

LOCK_NAME = "publishing.lock"
UNFINISHED_NAME = "unfinished"
# A reader may lose a generation to two quick publications between reading the manifest and opening
# the files; with each try it starts from the newest manifest.
TRIES = 5

Opened = TypeVar("Opened")


class PublishFailed(Exception):
    """A new index could not be put into service; the old one still is, unless the text says so."""


class PublishBusy(PublishFailed):
    """Another process is publishing into the same root at this moment."""


@dataclass(frozen=True, slots=True)
class Published:
    """An index in service, opened: what it is made of and its manifest."""

    near: NearIndex
    exact: Mapping[str, ExactIndex]
    policy: PolicyColumn
    manifest: Manifest
    films: FrameIndex = field(default_factory=FrameIndex.empty)

    def fork(self) -> Published:
        """The same index, to be changed in peace: neither sees what changes in the other.

        The parts are changed one after the other, and each by itself at once; who must never see
        half of a change goes on asking the old one until the new one is whole. Takes no memory.
        """
        parts = {name: copy(index) for name, index in self.exact.items()}
        return replace(
            self,
            near=copy(self.near),
            exact=parts,
            policy=copy(self.policy),
            films=copy(self.films),
        )


def publish(
    root: Path,
    *,
    change_no: int,
    near: NearIndex | NearBuilder,
    exact: Mapping[str, ExactIndex],
    policy: PolicyColumn,
    films: FrameIndex | None = None,
    at: datetime | None = None,
) -> int:
    """Put an index into service that holds all changes up to `change_no`; gives its generation.

    `near` may be a builder: its index is written straight into the file then, and never held whole.
    Readers see either the old index or the whole new one. The one before stays on the disk for
    those that are opening it. An old manifest that cannot be read is no hindrance: this is how a
    damaged index is repaired. Raises `PublishBusy`, and `PublishFailed` when the disk refuses.
    """
    with _explained(), _alone(root):
        old = _left_behind(root)
        _sweep(root, old)
        generation = _next_generation(root, old)
        unfinished = root / UNFINISHED_NAME
        folder = folder_name(generation)
        try:
            files = _write_parts(unfinished, generation, near, exact, policy)
            if films is not None and len(films):
                written = films.write(unfinished)
                files |= {name: _stored(file) for name, file in written.items()}
            rename_folder(unfinished, root / folder)
        except OSError:
            forget(unfinished)
            forget(root / folder)
            raise
        manifest = Manifest(
            generation=generation,
            change_no=change_no,
            policy_change_no=change_no,
            folder=folder,
            previous_folder=old.folder if old else None,
            created_at=at or datetime.now(UTC),
            files=files,
        )
        _put_in_service(root, manifest, fresh=root / folder)
        _sweep(root, manifest)
    return generation


def replace_policy(
    root: Path, *, change_no: int, policy: PolicyColumn, at: datetime | None = None
) -> int:
    """Put new policy records into service beside the same hashes; gives the new generation.

    Only the policy changes up to `change_no` are in it: the manifest's `change_no` for fingerprints
    stays, `policy_change_no` moves. Raises `IndexMissing`, `PublishBusy` and `PublishFailed`.
    """
    with _explained(), _alone(root):
        old = published(root)
        if old is None:
            raise _missing()
        _sweep(root, old)
        generation = _next_generation(root, old)
        path = root / old.folder / policy_name(generation)
        try:
            stored = _stored(policy.write(path))
        except OSError:
            forget(path)
            raise
        files = {name: file for name, file in old.files.items() if name != old.policy_file}
        manifest = Manifest(
            generation=generation,
            change_no=old.change_no,
            policy_change_no=change_no,
            folder=old.folder,
            previous_folder=old.previous_folder,
            created_at=at or datetime.now(UTC),
            files={**files, path.name: stored},
        )
        _put_in_service(root, manifest, fresh=path)
        _sweep(root, manifest)
    return generation


def published(root: Path) -> Manifest | None:
    """What is in service in this root, None when nothing ever was.

    Reads one small file, so it can be asked often to learn of a new generation. Raises
    `IndexDamaged` and `IndexTooNew`.
    """
    return read_manifest(root / MANIFEST_NAME)


def open_published(root: Path) -> Published:
    """Open what is in service: sizes, headers and a sample of every part are checked.

    Raises `IndexMissing`, `IndexDamaged` and `IndexTooNew`. The full checksums, which take a second
    for each gigabyte, are for `verify_published`.
    """
    return _with_newest(root, _open_parts)


def verify_published(root: Path) -> Manifest:
    """Read every file in service once and compare its SHA-256; gives the manifest it is true of.

    Raises `IndexMissing`, `IndexDamaged` and `IndexTooNew`.
    """
    return _with_newest(root, _verify_files)


def _with_newest(root: Path, use: Callable[[Path, Manifest], Opened]) -> Opened:
    """Use what is in service; begin again when a publication took it away meanwhile."""
    tries = 0
    while True:
        manifest = published(root)
        if manifest is None:
            raise _missing()
        tries += 1
        try:
            return use(root, manifest)
        except IndexUnusable:
            if tries >= TRIES or published(root) == manifest:
                raise


def _open_parts(root: Path, manifest: Manifest) -> Published:
    folder = root / manifest.folder
    for name, stored in manifest.files.items():
        if _size_bytes(folder / name) != stored.size_bytes:
            raise damaged(folder / name, "its size is not the one in the manifest")
    return Published(
        near=NearIndex.open(folder),
        exact={name: ExactIndex.open(folder, name) for name in manifest.exact_names},
        policy=PolicyColumn.open(folder, manifest.policy_file),
        manifest=manifest,
        films=FrameIndex.open(folder) if manifest.has_films else FrameIndex.empty(),
    )


def _verify_files(root: Path, manifest: Manifest) -> Manifest:
    for name, stored in manifest.files.items():
        path = root / manifest.folder / name
        if _sha256(path) != stored.sha256:
            raise damaged(path, "its checksum is not the one in the manifest")
    return manifest


def _write_parts(
    folder: Path,
    generation: int,
    near: NearIndex | NearBuilder,
    exact: Mapping[str, ExactIndex],
    policy: PolicyColumn,
) -> dict[str, StoredFile]:
    make_folder(folder)
    files = {NEAR_FILE: _stored(near.write(folder / NEAR_FILE))}
    for name, index in exact.items():
        files[file_name(name)] = _stored(index.write(folder / file_name(name)))
    policy_file = policy_name(generation)
    files[policy_file] = _stored(policy.write(folder / policy_file))
    return files


def _put_in_service(root: Path, manifest: Manifest, *, fresh: Path) -> None:
    """Replace the manifest; when that fails, take away the fresh files it would have named."""
    try:
        replace_file(root / MANIFEST_NAME, [manifest.as_json()])
    except OSError as refusal:
        if _left_behind(root) == manifest:
            raise PublishFailed(
                f"The new index is in service, but the disk did not confirm it: {_told(refusal)}. "
                "A power cut now could bring the old one back; publish again."
            ) from refusal
        forget(fresh)
        raise


def _sweep(root: Path, manifest: Manifest | None) -> None:
    """Remove what earlier publications left: unfinished files, and generations nobody opens."""
    forget(root / UNFINISHED_NAME)
    if manifest is None:
        return
    for folder in _generation_folders(root):
        if folder.name not in {manifest.folder, manifest.previous_folder}:
            forget(folder)
    policies = sorted(path.name for path in (root / manifest.folder).glob("policy-*.seg"))
    older = [name for name in policies if name < manifest.policy_file]
    # The one before may still be on its way into some process.
    for name in set(policies) - {manifest.policy_file, *older[-1:]}:
        forget(root / manifest.folder / name)


def _next_generation(root: Path, old: Manifest | None) -> int:
    """One more than any generation there are traces of, also of one that was never in service."""
    seen = [old.generation] if old else []
    for folder in _generation_folders(root):
        seen.append(generation_of(folder.name))
        seen.extend(generation_of(path.name) for path in folder.glob("policy-*.seg"))
    return 1 + max(seen, default=0)


def _generation_folders(root: Path) -> list[Path]:
    return [path for path in root.iterdir() if FOLDER.fullmatch(path.name)]


def _left_behind(root: Path) -> Manifest | None:
    """What is in service, None when there is nothing or nothing that can be read."""
    try:
        return published(root)
    except IndexUnusable:
        return None


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Hold the lock of this root; raises `PublishBusy` when somebody else does.

    The kernel lets go of the lock when its holder dies, so a stale lock cannot be, and unlike a
    process number in a file it also holds between containers that share the folder.
    """
    root.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
    descriptor = os.open(root / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PublishBusy("Another process is publishing the index; try again later.") from None
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what the disk refuses into words."""
    try:
        yield
    except OSError as refusal:
        raise PublishFailed(
            f"The new index could not be written: {_told(refusal)}. "
            "The old one stays in service; publish again when the cause is gone."
        ) from refusal


def _told(refusal: OSError) -> str:
    return refusal.strerror or type(refusal).__name__


def _missing() -> IndexMissing:
    return IndexMissing(f"No index has been published yet. {REBUILD}")


def _stored(written: Written) -> StoredFile:
    return StoredFile(size_bytes=written.size_bytes, sha256=written.sha256)


def _size_bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        raise _gone(path) from None


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise _gone(path) from None


def _gone(path: Path) -> IndexMissing:
    return IndexMissing(f"The index file {path.name} is not there. {REBUILD}")
