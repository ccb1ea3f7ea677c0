"""Digests out of other people's lists of files that are known to be good.

NIST's NSRL (version 2 as text, version 3 as a database) and its CAID set, what md5sum, sha1sum,
sha256sum and hashdeep write, and HashKeeper. Everything streams, in batches of bounded size; what
cannot be read is counted. Nothing is said here of what a digest is good for.
"""

from __future__ import annotations

import csv
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import quote

import msgspec
import numpy as np
import numpy.typing as npt

from tocsin.engine.documents import json_elements
from tocsin.engine.documents.types import BrokenOff, Element
from tocsin.engine.knowngood import checksums

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]

WIDTHS: Final = {"md5": 16, "sha1": 20, "sha256": 32}
BATCH_ROWS: Final = 20_000
_BLOCK_BYTES: Final = 1 << 22
_LONGEST_LINE_BYTES: Final = 1_000_000
_BENIGN_CATEGORY: Final = 8
_NO_HEX: Final = 255
_HEX: Final = np.full(256, _NO_HEX, np.uint8)
_HEX[list(b"0123456789")] = np.arange(10)
_HEX[list(b"abcdef")] = _HEX[list(b"ABCDEF")] = np.arange(10, 16)
_OTHER_COLUMNS: Final = {"tiger": 48, "whirlpool": 128}
_ODD_SUM: Final = re.compile(
    rb"\\?([0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}) [ *].+"
    rb"|(?:MD5|SHA1|SHA256) ?\(.+\) ?= ([0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})",
    re.DOTALL,
)


class UnreadableDigests(Exception):
    """The file is not of that format, or stops before its end; the text says where.

    What was yielded before is whole.
    """


@dataclass(frozen=True, slots=True, repr=False)
class Digests:
    """Rows of digests, as raw bytes: `md5` uint8[N, 16], `sha1` uint8[N, 20], `sha256`
    uint8[N, 32]. One that these rows have not is None.

    `refused`: rows of the file since the last batch that could not be read. The last batch may
    have no rows.
    """

    md5: Bytes | None = None
    sha1: Bytes | None = None
    sha256: Bytes | None = None
    refused: int = 0

    def __len__(self) -> int:
        return next((len(c) for c in (self.md5, self.sha1, self.sha256) if c is not None), 0)


def read_digests(path: Path, format: str) -> Iterator[Digests]:  # noqa: A002 - its plain name
    """The digests in a file of one of `FORMATS`; raises UnreadableDigests."""
    read = _READERS.get(format)
    if read is None:
        raise UnreadableDigests(f"{format} is none of {', '.join(FORMATS)}.")
    try:
        yield from read(path)
    except OSError as error:
        raise UnreadableDigests(f"{path} cannot be read: {error.strerror}.") from error


def _nsrl_v2(path: Path) -> Iterator[Digests]:
    """NSRLFile.txt: `"SHA-1","MD5","CRC32","FileName",…`, always in these columns."""
    with path.open("rb") as file:
        if not file.read(16).startswith(b'"SHA-1","MD5"'):
            raise UnreadableDigests(
                f'{path} does not begin with "SHA-1","MD5" as NSRLFile.txt does.'
            )
        file.seek(0)
        for lines in _line_blocks(file):
            starts, lengths = lines.starts, lines.lengths
            fits = lengths >= 78
            for place, byte in ((0, b'"'), (41, b'"'), (42, b","), (43, b'"'), (76, b'"')):
                fits &= lines.byte(place) == byte[0]
            sha1, good_sha1 = _hex(lines.text, starts[fits] + 1, 20)
            md5, good_md5 = _hex(lines.text, starts[fits] + 44, 16)
            good = good_sha1 & good_md5
            refused = lines.filled() - int(good.sum()) - lines.begin_with(b'"SHA-1","MD5"')
            yield Digests(md5=md5[good], sha1=sha1[good], refused=refused)


def _wordpress(path: Path) -> Iterator[Digests]:
    """Checksums of a release or a plugin, as wordpress.org publishes them."""
    try:
        rows, refused = checksums.read(path)
    except checksums.NotChecksums as error:
        raise UnreadableDigests(f"{path}: {error}.") from error
    for md5, sha256 in checksums.arrays(rows):
        yield Digests(md5=md5, sha256=sha256)
    yield Digests(refused=refused)


def _sums(path: Path) -> Iterator[Digests]:
    """`hex  name` or `hex *name` a line; which digest it is, its length says."""
    with path.open("rb") as file:
        for lines in _line_blocks(file):
            taken = 0
            odd = lines.lengths > 0
            for name, width in WIDTHS.items():
                end = 2 * width
                fits = (lines.lengths > end + 2) & (lines.byte(end) == ord(" "))
                fits &= np.isin(lines.byte(end + 1), list(b" *"))
                values, good = _hex(lines.text, lines.starts[fits], width)
                odd[np.flatnonzero(fits)[good]] = False
                taken += int(good.sum())
                if good.any():
                    yield _digests({name: values[good]})
            yield from _odd_sums(lines.some(odd))


def _odd_sums(lines: Iterable[bytes]) -> Iterator[Digests]:
    """Lines with an escaped name, or as the BSD tools write them."""
    found: dict[int, list[bytes]] = {}
    refused = 0
    for line in lines:
        match = _ODD_SUM.fullmatch(line)
        if match:
            value = bytes.fromhex((match[1] or match[2]).decode())
            found.setdefault(len(value), []).append(value)
        elif line.strip() and not line.startswith(b"#"):
            refused += 1
    for name, width in WIDTHS.items():
        if width in found:
            yield _digests({name: _rows(found[width], width)})
    if refused:
        yield Digests(refused=refused)


def _hashdeep(path: Path) -> Iterator[Digests]:
    """`size,digest,…,filename` a line, in the columns that its head names."""
    with path.open("rb") as file:
        if not file.readline(200).startswith(b"%%%% HASHDEEP-1.0"):
            raise UnreadableDigests(f"{path} does not begin with %%%% HASHDEEP-1.0.")
        columns, end = _hashdeep_columns(file.readline(200), path)
        file.seek(0)
        for lines in _line_blocks(file):
            starts, fits = lines.behind_first(ord(","))
            fits &= starts + end <= lines.starts + lines.lengths
            made, good = {}, np.ones(int(fits.sum()), np.bool_)
            for name, offset in columns.items():
                made[name], fine = _hex(lines.text, starts[fits] + offset, WIDTHS[name])
                good &= fine
            head = lines.begin_with(b"%%%%") + lines.begin_with(b"##")
            refused = lines.filled() - int(good.sum()) - head
            yield _digests({name: v[good] for name, v in made.items()}, refused)


def _hashdeep_columns(head: bytes, path: Path) -> tuple[dict[str, int], int]:
    """Where digests begin behind the size, and where the last of them ends."""
    names = head.decode("ascii", "replace").removeprefix("%%%% ").strip().split(",")
    offset, columns = 0, {}
    for name in names[1:-1]:
        if name in WIDTHS:
            columns[name] = offset
        width = 2 * WIDTHS[name] if name in WIDTHS else _OTHER_COLUMNS.get(name)
        if width is None:
            break
        offset += width + 1
    if names[0] != "size" or names[-1] != "filename" or not columns:
        raise UnreadableDigests(f"The second line of {path} does not name size, digests, filename.")
    return columns, offset


def _hashkeeper(path: Path) -> Iterator[Digests]:
    """Quoted columns, of which `hash` holds an MD5."""
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        rows = csv.reader(file)
        names = [name.strip() for name in next(rows, [])]
        if "hash" not in names:
            raise UnreadableDigests(f"{path} has no column `hash` in its first line.")
        place = names.index("hash")
        try:
            yield from _texts_in_batches((row[place] if len(row) > place else "",) for row in rows)
        except csv.Error as error:
            raise UnreadableDigests(f"Line {rows.line_num} of {path}: {error}.") from error


class _CaidRecord(msgspec.Struct):
    Category: int | str | None = None
    MD5: str = ""
    SHA1: str = ""


def _caid(path: Path) -> Iterator[Digests]:
    """VICS 1.2, of which only category 8 says that a file is benign: nothing else is taken."""
    decode = msgspec.json.Decoder(_CaidRecord).decode

    def texts(file: BinaryIO) -> Iterator[tuple[str, ...]]:
        for piece in json_elements.pieces(file, ("value",)):
            if not isinstance(piece, Element):
                continue
            try:
                record = decode(piece.raw)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                yield ("", "")
                continue
            benign = str(record.Category) == str(_BENIGN_CATEGORY)
            yield (record.MD5, record.SHA1) if benign else ("", "")

    with path.open("rb") as file:
        try:
            yield from _texts_in_batches(texts(file))
        except BrokenOff as why:
            raise UnreadableDigests(f"{path} is no whole CAID set: {why}.") from why


def _nsrl_v3(path: Path) -> Iterator[Digests]:
    """The table or view FILE of an RDS database."""
    most = path.stat().st_size
    try:
        database = sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)
        try:
            database.execute("PRAGMA trusted_schema = OFF")
            database.execute("PRAGMA query_only = ON")
            rows = database.execute("SELECT md5, sha1, sha256 FROM FILE")
            # A row takes bytes of the file: more rows than bytes come from a view without end.
            yield from _texts_in_batches(
                tuple(v if isinstance(v, str) else "" for v in row)
                for _, row in zip(range(most), rows, strict=False)
            )
        finally:
            database.close()
    except sqlite3.Error as error:
        raise UnreadableDigests(f"{path} is no RDS database of version 3: {error}.") from error


def _texts_in_batches(rows: Iterable[tuple[str, ...]]) -> Iterator[Digests]:
    """Rows of hexadecimal MD5, SHA-1, SHA-256 (as many as are given), in batches of those that
    have the same of them."""
    waiting: dict[tuple[str, ...], list[bytes]] = {}
    refused = seen = 0
    for row in rows:
        seen += 1
        names, value = _value(row)
        if names:
            waiting.setdefault(names, []).append(value)
        else:
            refused += 1
        if seen == BATCH_ROWS:
            yield from _split(waiting, refused)
            waiting, refused, seen = {}, 0, 0
    yield from _split(waiting, refused)


def _value(row: tuple[str, ...]) -> tuple[tuple[str, ...], bytes]:
    """Which digests a row has, and their bytes in one; nothing where one of them is none."""
    names = tuple(name for name, text in zip(WIDTHS, row, strict=False) if text)
    try:
        value = bytes.fromhex("".join(row))
    except ValueError:
        return (), b""
    lengths = [2 * WIDTHS[name] for name in names]
    return (names, value) if lengths == [len(text) for text in row if text] else ((), b"")


def _split(waiting: dict[tuple[str, ...], list[bytes]], refused: int) -> Iterator[Digests]:
    for names, values in waiting.items():
        whole = _rows(values, sum(WIDTHS[name] for name in names))
        ends = np.cumsum([WIDTHS[name] for name in names])[:-1]
        parts = np.split(whole, ends, axis=1)
        yield _digests(dict(zip(names, parts, strict=True)))
    if refused:
        yield Digests(refused=refused)


def _digests(columns: Mapping[str, Bytes], refused: int = 0) -> Digests:
    return Digests(columns.get("md5"), columns.get("sha1"), columns.get("sha256"), refused)


def _rows(values: list[bytes], width: int) -> Bytes:
    return np.frombuffer(b"".join(values), np.uint8).reshape(-1, width)


@dataclass(frozen=True, slots=True)
class _Lines:
    """Whole lines: their text with 256 zeros behind it, where each begins, how long it is."""

    text: Bytes
    starts: Places
    lengths: Places

    def byte(self, place: int) -> Bytes:
        """That byte of each line, or one behind it where the line is shorter."""
        found: Bytes = self.text[self.starts + place]
        return found

    def filled(self) -> int:
        """How many are not empty."""
        return int((self.lengths > 0).sum())

    def begin_with(self, word: bytes) -> int:
        """How many begin with it."""
        here = self.lengths >= len(word)
        for place, byte in enumerate(word):
            here &= self.byte(place) == byte
        return int(here.sum())

    def behind_first(self, byte: int) -> tuple[Places, Truths]:
        """The place behind the first such byte of each line, and whether it has one."""
        places = np.append(np.flatnonzero(self.text == byte), len(self.text))
        first = places[np.searchsorted(places, self.starts)]
        return first + 1, first < self.starts + self.lengths

    def some(self, which: Truths) -> Iterator[bytes]:
        """Lines one by one."""
        for start, length in zip(self.starts[which], self.lengths[which], strict=True):
            yield self.text[start : start + length].tobytes()


_SPARE: Final = 256


def _line_blocks(file: BinaryIO) -> Iterator[_Lines]:
    """The file's lines, some megabytes at a time; one that is too long is cut, and so refused."""
    held = b""
    while block := file.read(_BLOCK_BYTES):
        block = held + block
        end = block.rfind(b"\n") + 1
        if not end and len(block) < _LONGEST_LINE_BYTES:
            held = block
            continue
        end = end or len(block)
        held = block[end:]
        yield _lines(block[:end])
    if held:
        yield _lines(held)


def _lines(block: bytes) -> _Lines:
    text = np.frombuffer(block + bytes(_SPARE), np.uint8)
    ends = np.flatnonzero(text == ord("\n"))
    if not block.endswith(b"\n"):
        ends = np.append(ends, len(block))
    starts = np.concatenate([np.zeros(1, np.int64), ends[:-1] + 1])
    lengths = ends - starts
    lengths -= (lengths > 0) & (text[np.maximum(ends - 1, 0)] == ord("\r"))
    return _Lines(text, starts, lengths)


def _hex(text: Bytes, starts: Places, width: int) -> tuple[Bytes, Truths]:
    """The bytes that so many pairs of hexadecimal digits from each place on spell, and where all
    of them are digits."""
    digits = _HEX[text[starts[:, None] + np.arange(2 * width)]]
    values: Bytes = (digits[:, ::2] << 4) | (digits[:, 1::2] & 15)
    return values, (digits != _NO_HEX).all(axis=1)


_READERS: Final[dict[str, Callable[[Path], Iterator[Digests]]]] = {
    "nsrl2": _nsrl_v2,
    "nsrl3": _nsrl_v3,
    "caid": _caid,
    "md5sum": _sums,
    "sha1sum": _sums,
    "sha256sum": _sums,
    "hashdeep": _hashdeep,
    "hashkeeper": _hashkeeper,
    "wordpress": _wordpress,
}
FORMATS: Final = tuple(_READERS)
