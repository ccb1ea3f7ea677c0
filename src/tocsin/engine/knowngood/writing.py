"""Writing a set: rows in any order and number, and in one step a folder that holds them sorted."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np

from tocsin.engine.index.durable import forget, replace_file, write_file
from tocsin.engine.knowngood.manifest import FILE_NAME, Manifest, StoredFile, read_manifest
from tocsin.engine.knowngood.runs import MERGED_ROWS, RUN_ROWS, Run, Sorter
from tocsin.engine.knowngood.types import (
    KINDS,
    MOST_SOURCES,
    PDQ_DTYPE,
    WIDTH_BYTES,
    WORDS,
    Bytes,
    Digest,
    Keys,
    PdqRows,
    Source,
    WrongSet,
    keys_of,
)

FEW_SOURCES: Final = 1 << 16


class SetWriter:
    """Collects the digests and PDQs of benign files, and publishes them as a set.

    Digests may be any number: beyond some millions they wait on disk, in `work` (default: beside
    the set). PDQs are held in memory, 39 bytes each. Use it as a context.
    """

    def __init__(
        self, folder: Path, *, run_rows: int = RUN_ROWS, merged_rows: int = MERGED_ROWS
    ) -> None:
        self._folder = folder
        self._merged_rows = merged_rows
        folder.parent.mkdir(parents=True, exist_ok=True)
        self._work = tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent)
        self._sorters = {
            kind: Sorter(Path(self._work.name), WORDS[kind], run_rows=run_rows) for kind in KINDS
        }
        self._pdqs: list[PdqRows] = []
        self._sources: list[Source] = []
        self._keeps = Digest.MD5 | Digest.SHA1 | Digest.SHA256
        self._file_count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._work.cleanup()

    def source(self, source: Source) -> int:
        """The number under which a source's files are added; raises WrongSet past 2^20 of them."""
        if len(self._sources) >= MOST_SOURCES:
            raise WrongSet(f"A known-good set has at most {MOST_SOURCES:,} sources.")
        self._sources.append(source)
        return len(self._sources) - 1

    def add(self, digests: dict[Digest, Bytes], source: int) -> None:
        """Take files of one source: of each kind given, uint8[N, width]. Rows of zeros are left
        out: a field that nobody filled. Raises ValueError for another width or unequal N."""
        for kind, rows in digests.items():
            if rows.dtype != np.uint8 or rows.ndim != 2 or rows.shape[1] != WIDTH_BYTES[kind]:
                raise ValueError(f"{WORDS[kind]} is uint8[N, {WIDTH_BYTES[kind]}]")
        self.add_keys({kind: keys_of(rows) for kind, rows in digests.items()}, source)

    def add_keys(self, keys: dict[Digest, Keys], source: int) -> None:
        """The same from keys, uint64[N], made by `keys_of`; 0 stands for none."""
        counts = {len(of_kind) for of_kind in keys.values()}
        if len(counts) > 1:
            raise ValueError("every kind of digest takes as many rows")
        count = counts.pop() if counts else 0
        self._file_count += count
        for kind in KINDS:
            given = keys.get(kind, np.empty(0, np.uint64))
            known = given[given != 0]
            if count and len(known) < count:
                self._keeps &= ~kind
            self._sorters[kind].add(known, source)

    def add_pdqs(self, rows: PdqRows) -> None:
        """Take PDQs, PDQ_DTYPE[N], with their source numbers in them."""
        self._pdqs.append(np.asarray(rows, PDQ_DTYPE))

    def publish(self, manifest: Manifest) -> Manifest:
        """Write the set into its folder and let it count from one moment to the next.

        Of `manifest` only the words about the whole are taken. Whoever had the former set open
        keeps it. Raises WrongSet while another writes the same set, and OSError.
        """
        self._folder.mkdir(mode=0o750, exist_ok=True)
        with _alone(self._folder):
            generation = _generation(self._folder) + 1
            _sweep(self._folder, kept=_current(self._folder))
            files = dict(self._files(generation))
            whole = replace(
                manifest,
                generation=generation,
                keeps=self._keeps if self._file_count else Digest.NONE,
                file_count=self._file_count,
                sources=tuple(self._sources),
                files=files,
            )
            replace_file(self._folder / FILE_NAME, [whole.as_json()])
            _sweep(self._folder, kept={FILE_NAME, *files})
        return whole

    def _files(self, generation: int) -> Iterator[tuple[str, StoredFile]]:
        for kind in KINDS:
            parts = self._sorters[kind].merged(self._merged_rows)
            with_sources = len(self._sources) > 1
            stem = f"{generation:06d}-{WORDS[kind]}"
            aside = Path(self._work.name) / f"{stem}.sources"
            yield f"{stem}.keys", self._written(f"{stem}.keys", self._keys(parts, aside))
            if with_sources:
                yield f"{stem}.sources", self._written(f"{stem}.sources", _pieces(aside))
            forget(aside)
        name = f"{generation:06d}-pdq.rows"
        yield name, self._written(name, [_distinct(self._pdqs).tobytes()])

    def _keys(self, parts: Iterator[Run], aside: Path) -> Iterator[bytes]:
        """The keys of each part; their sources go aside, to be written when the keys are."""
        number = source_type(len(self._sources))
        with aside.open("wb") as sources:
            for part in parts:
                told = np.broadcast_to(np.asarray(part.sources, number), part.keys.shape)
                sources.write(told.astype(number).tobytes())
                yield part.keys.astype("<u8", copy=False).tobytes()

    def _written(self, name: str, chunks: Iterator[bytes] | list[bytes]) -> StoredFile:
        written = write_file(self._folder / name, chunks)
        return StoredFile(written.size_bytes, written.sha256)


def source_type(count: int) -> np.dtype[np.unsignedinteger]:
    """How the numbers of so many sources are stored."""
    return np.dtype("<u2") if count <= FEW_SOURCES else np.dtype("<u4")


def _distinct(parts: list[PdqRows]) -> PdqRows:
    """Sorted by value; of equal values that with the lowest source, ungated before gated."""
    rows = np.concatenate([np.empty(0, PDQ_DTYPE), *parts])
    values = np.ascontiguousarray(rows["value"]).view(">u8").reshape(-1, 4)
    order = np.lexsort((rows["source"], rows["gate"], *(values[:, i] for i in (3, 2, 1, 0))))
    rows, values = rows[order], values[order]
    kept = np.ones(len(rows), np.bool_)
    kept[1:] = (values[1:] != values[:-1]).any(axis=1)
    return rows[kept]


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(1 << 22):
            yield piece


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else writes the set meanwhile; a lock on the folder itself ends with its holder."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WrongSet(
                f"Another process writes the known-good set {folder.name}. Wait for it."
            ) from None
        yield
    finally:
        os.close(descriptor)


def _generation(folder: Path) -> int:
    told = [0]
    with suppress(WrongSet):
        told.append(read_manifest(folder).generation)
    for path in folder.glob("[0-9]*-*"):
        number = path.name.partition("-")[0]
        told += [int(number)] if number.isdecimal() and len(number) <= 12 else []
    return max(told)


def _current(folder: Path) -> set[str]:
    try:
        return {FILE_NAME, *read_manifest(folder).files}
    except WrongSet:
        return {FILE_NAME}


def _sweep(folder: Path, *, kept: set[str]) -> None:
    """Remove what an earlier writing left; only files that have a set's names."""
    for path in folder.glob("[0-9]*-*"):
        if path.name not in kept and path.suffix in {".keys", ".sources", ".rows"}:
            forget(path)
