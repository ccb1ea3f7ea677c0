"""The backup's file: a plain tar, written with a checksum of each member, read with suspicion."""

from __future__ import annotations

import hashlib
import io
import os
import re
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from tocsin.site.backup.types import (
    DATABASES,
    FOLDERS,
    KEYS,
    MANIFEST,
    SIGNATURE,
    Manifest,
    Member,
    RestoreRefused,
    parse_manifest,
)

FILE_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")
_NAME = re.compile(rf"(?:{'|'.join(FOLDERS)})/{FILE_NAME.pattern}")
_ALONE = frozenset({*DATABASES.values(), KEYS})
_READ_BYTES = 1 << 20
_LONGEST_TEXT_BYTES = 256 << 20
_DAMAGED = (tarfile.TarError, EOFError, ValueError, OverflowError)


class Readable(Protocol):
    """What bytes come out of."""

    def read(self, size: int = ..., /) -> bytes: ...


class Packer:
    """Adds members to a tar and remembers name, size and SHA-256 of each."""

    def __init__(self, target: IO[bytes]) -> None:
        self._tar = tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115
        self.members: list[Member] = []

    def add_bytes(self, name: str, data: bytes) -> None:
        """Add a member whose bytes are at hand."""
        self._add(name, io.BytesIO(data), len(data))

    def add_file(self, name: str, path: Path) -> None:
        """Add a file as long as it is now; what is appended meanwhile stays out.

        Raises FileNotFoundError when it has gone, OSError when it is not a plain file.
        """
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
            self._add(name, file, os.fstat(file.fileno()).st_size)

    def close(self) -> None:
        """Write the tar's end."""
        self._tar.close()

    def _add(self, name: str, source: Readable, size: int) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        hashed = _Hashed(source)
        self._tar.addfile(info, hashed)
        self.members.append(Member(name, size, hashed.hexdigest()))


class _Hashed:
    """A file that is hashed as it is read."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self._hash = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        data = self._source.read(size)
        self._hash.update(data)
        return data

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


class Unpacker:
    """A backup that was opened: its manifest, and its members by name."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._infos = _plain_members(tar)
        self.manifest_bytes = self._text(MANIFEST)
        self.signature = self._text(SIGNATURE).decode("ascii", "replace")
        self.manifest: Manifest = parse_manifest(self.manifest_bytes)
        self._members = {member.name: member for member in self.manifest.members}
        self._compare()

    @property
    def names(self) -> frozenset[str]:
        """Names of the members beside manifest and signature."""
        return frozenset(self._infos) - {MANIFEST, SIGNATURE}

    def read(self, name: str) -> bytes:
        """A small member, its checksum looked at; raises RestoreRefused."""
        data = self._text(name)
        if hashlib.sha256(data).hexdigest() != self._members[name].sha256:
            raise _wrong(name)
        return data

    def unpack(self, folder: Path) -> None:
        """Write every member but the keys below `folder`, looking at each checksum.

        Raises RestoreRefused at the first that is wrong, OSError when the disk refuses.
        """
        for name in sorted(self.names - {KEYS}):
            target = folder / name
            target.parent.mkdir(mode=0o700, exist_ok=True)
            with _new_file(target) as file:
                self._copy(name, file)
                file.flush()
                os.fsync(file.fileno())

    def _copy(self, name: str, target: IO[bytes]) -> None:
        hashed = hashlib.sha256()
        with _damage_told():
            source = self._open(name)
            while block := source.read(_READ_BYTES):
                hashed.update(block)
                target.write(block)
        if hashed.hexdigest() != self._members[name].sha256:
            raise _wrong(name)

    def _open(self, name: str) -> IO[bytes]:
        source = self._tar.extractfile(self._infos[name])
        assert source is not None  # noqa: S101 - every member is a plain file
        return source

    def _text(self, name: str) -> bytes:
        info = self._infos.get(name)
        if info is None or info.size > _LONGEST_TEXT_BYTES:
            raise RestoreRefused(f"there is no {name} in it: the file is cut off or no backup.")
        with _damage_told():
            return self._open(name).read()

    def _compare(self) -> None:
        told = {member.name: member.size for member in self._members.values()}
        there = {name: self._infos[name].size for name in self.names}
        if told != there or len(told) != len(self.manifest.members):
            raise RestoreRefused("its files are not those its manifest names: it was changed.")
        if DATABASES.get(self.manifest.database) not in there:
            raise RestoreRefused("there is no database in it.")


@contextmanager
def opened(path: Path) -> Iterator[Unpacker]:
    """The backup at `path`; raises RestoreRefused when it is none or not a sound one."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise RestoreRefused(f"{path} cannot be read: {error.strerror}.") from error
    with file:
        with _damage_told():
            tar = tarfile.open(fileobj=file, mode="r:")  # noqa: SIM115
        with tar:
            yield Unpacker(tar)


def _plain_members(tar: tarfile.TarFile) -> dict[str, tarfile.TarInfo]:
    """Every member by name; raises RestoreRefused for anything but a plain file of a known name."""
    infos: dict[str, tarfile.TarInfo] = {}
    with _damage_told():
        for info in tar:
            known = info.name in {MANIFEST, SIGNATURE} | _ALONE or _NAME.fullmatch(info.name)
            if not known or info.type != tarfile.REGTYPE or info.issparse() or info.size < 0:
                raise RestoreRefused("it holds a file that no backup of ours has: leave it alone.")
            if info.name in infos:
                raise RestoreRefused("it holds a file twice: leave it alone.")
            infos[info.name] = info
    return infos


@contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except _DAMAGED as error:
        raise RestoreRefused("the file is damaged, cut off, or no backup of Tocsin.") from error


def _wrong(name: str) -> RestoreRefused:
    return RestoreRefused(f"the checksum of {name} is wrong: the file is damaged. Use another.")


def _new_file(path: Path) -> IO[bytes]:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.fdopen(os.open(path, flags, 0o600), "wb")
