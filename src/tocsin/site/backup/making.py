"""Making a backup while the system runs.

The order is what makes it fit together. Journals and what was pushed outside are read before the
database: what they tell of is then in the database or still in them. Letters, imported text and
keys are read after it: whatever the database speaks of is then there.
"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor
from tocsin.base.secrets import sign
from tocsin.site.backup import databases, keys
from tocsin.site.backup.tarball import FILE_NAME, Packer
from tocsin.site.backup.types import (
    DATABASES,
    KEY_RING,
    KEYS,
    MANIFEST,
    SIGNATURE,
    BackupRefused,
    BackupReport,
    Manifest,
)

_UNFINISHED = {".part", ".unfinished"}


def make_backup(
    *, target: Path, passphrase: str | None, actor: Actor, at: datetime
) -> BackupReport:
    """Everything but the index into one new file; raises BackupRefused and leaves nothing then.

    With a passphrase the keys are in it, sealed under that; without one they are not.
    """
    if target.exists():
        raise BackupRefused(f"{target} is there already; a backup never replaces another.")
    migrations = databases.applied_migrations()
    with _told_when_full(target), _workplace(target) as work:
        maker = _Maker(work, at, migrations)
        maker.pack(passphrase)
        size = (work / "backup").stat().st_size
        (work / "backup").replace(target)
        _keep_name(target.parent)
    report = BackupReport(
        target, size, len(maker.packer.members), passphrase is not None, tuple(maker.left_out)
    )
    _note(report, actor, at)
    return report


class _Maker:
    """One backup on its way."""

    def __init__(self, work: Path, at: datetime, migrations: tuple[str, ...]) -> None:
        self._work, self._at, self._migrations = work, at, migrations
        self.left_out: list[str] = []
        self._file = (work / "backup").open("xb")
        self.packer = Packer(self._file)

    def pack(self, passphrase: str | None) -> None:
        """Write the whole file and see it on the disk."""
        with self._file:
            self._add_outside(settings.TOCSIN_OUTSIDE)
            self._add_folder("journal", settings.TOCSIN_JOURNAL)
            self._add_database()
            self._add_folder("letters", settings.TOCSIN_DATA / "letters")
            self._add_folder("archive", settings.TOCSIN_DATA / "archive")
            self._add_manifest(passphrase)
            self.packer.close()
            self._file.flush()
            os.fsync(self._file.fileno())

    def _add_outside(self, folder: Path) -> None:
        for path in self._files(folder):
            data = path.read_bytes()
            # The last line may be on its way at this moment.
            self.packer.add_bytes(f"outside/{path.name}", data[: data.rfind(b"\n") + 1])

    def _add_folder(self, name: str, folder: Path) -> None:
        for path in self._files(folder):
            try:
                self.packer.add_file(f"{name}/{path.name}", path)
            except FileNotFoundError:
                continue  # a journal that was moved into the database in this moment

    def _add_database(self) -> None:
        copy = self._work / "database"
        databases.copy_to(copy)
        self.packer.add_file(DATABASES[connection.vendor], copy)
        copy.unlink()

    def _add_manifest(self, passphrase: str | None) -> None:
        keyrings = settings.TOCSIN_KEYS
        keyrings.ring(KEY_RING)  # makes it the first time, before the keys are gathered
        bundle = keys.gather(keyrings)
        if passphrase is not None:
            self.packer.add_bytes(KEYS, keys.sealed(bundle, passphrase))
        manifest = Manifest(
            made_at=self._at,
            version=importlib.metadata.version("tocsin"),
            database=connection.vendor,
            migrations=self._migrations,
            keys=keys.checks(bundle),
            members=tuple(self.packer.members),
        ).as_bytes()
        key_id, signature = sign(keyrings.ring(KEY_RING), manifest)
        self.packer.add_bytes(MANIFEST, manifest)
        self.packer.add_bytes(SIGNATURE, f"{key_id}.{signature}".encode())

    def _files(self, folder: Path) -> Iterator[Path]:
        """Plain files of a folder; others are noted as left out, unfinished ones passed over."""
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.suffix in _UNFINISHED:
                continue
            if path.is_symlink() or not path.is_file() or not FILE_NAME.fullmatch(path.name):
                self.left_out.append(str(path))
                continue
            yield path


@contextmanager
def _workplace(target: Path) -> Iterator[Path]:
    """A folder beside the target, so that the last step is one rename; gone afterwards."""
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}.part-", dir=target.parent))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


@contextmanager
def _told_when_full(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BackupRefused(
            f"{target} could not be written: {error.strerror or error}. Nothing was left behind. "
            "Make room there or choose another place."
        ) from error


def _keep_name(folder: Path) -> None:
    """The new name survives a power cut from here on."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _note(report: BackupReport, actor: Actor, at: datetime) -> None:
    with transaction.atomic():
        record(
            actor=actor,
            action="backup.make",
            subject=f"backup:{at.isoformat()}",
            at=at,
            facts={"bytes": report.size, "files": report.members, "with_keys": report.with_keys},
        )
