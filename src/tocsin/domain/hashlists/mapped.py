"""Reads lists of other people's making: delimited text, by a mapping that says what is what."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal, ParamSpec, Protocol, TypeVar

import msgspec
from msgspec import Struct

from tocsin.domain.hashlists import rules
from tocsin.domain.hashlists.lines import UnusableFile, wrong_byte
from tocsin.domain.hashlists.records import FORMS, Form, Print, Refused, SourceRecord, value_of
from tocsin.domain.hashlists.types import MEDIA_TYPES, Category, EntryStatus, Kind
from tocsin.engine.knowngood import size_flags

_HASHES = ("md5", "sha1", "sha256", "pdq", "photodna")
MOST_COLUMNS = 1_000
_LONGEST_NUMBER = 15
_TAKEN = frozenset(status.number for status in rules.MATCHABLE)

P = ParamSpec("P")
T = TypeVar("T")
Field = Literal[
    "md5", "sha1", "sha256", "pdq", "photodna", "pdq_quality", "category", "media_type", "status",
    "member", "created", "updated", "valid_until", "size_bytes", "width", "height",
]  # fmt: skip


class WrongMapping(Exception):
    """The mapping does not say what it must, or does not fit the file; the text says where."""


class Mapped(Struct, forbid_unknown_fields=True, rename={"category_words": "category"}):
    """A mapping file. Its keys:

    `columns`: our field to the name of their column. `delimiter`: one character. `id`: their
    column with the entry's id, or null. `ignore`: their columns that are left out knowingly.
    `category` and `status`: their word to ours. `media_type`: one of ours for all entries, or
    their word to ours.
    """

    columns: dict[Field, str]
    delimiter: str = ","
    id: str | None = None
    ignore: list[str] = []
    category_words: dict[str, str] = {}
    status: dict[str, str] = {}
    media_type: str | dict[str, str] = "image"


def read_mapping(path: Path) -> Mapped:
    """The mapping in a JSON file; raises WrongMapping."""
    try:
        mapping = msgspec.json.decode(path.read_bytes(), type=Mapped)
    except OSError as error:
        raise WrongMapping(f"{path} cannot be read: {error.strerror}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WrongMapping(f"{path} is not a mapping: {error}.") from error
    _check(mapping)
    return mapping


def canonical(mapping: Mapped) -> bytes:
    """The same bytes for the same mapping."""
    return msgspec.json.encode(mapping, order="deterministic")


class MappedReader:
    """Reads rows of delimited text; made from the mapping and the file's first line."""

    def __init__(self, mapping: Mapped, header: bytes) -> None:
        """Raises WrongMapping for columns that the file lacks or that nobody spoke of.

        Raises UnusableFile for a first line that cannot be read.
        """
        self._delimiter = mapping.delimiter
        names = names_of(header, mapping.delimiter)
        self._width = len(names)
        _check_header(mapping, names)
        self._at: dict[str, int] = {
            ours: names.index(theirs) for ours, theirs in mapping.columns.items()
        }
        self._id_at = None if mapping.id is None else names.index(mapping.id)
        self._hashes = [(FORMS[name], self._at[name]) for name in _HASHES if name in self._at]
        self._categories = {k: Category(v).number for k, v in mapping.category_words.items()}
        self._statuses = {k: EntryStatus(v).number for k, v in mapping.status.items()}
        self._media_types = mapping.media_type

    def read(self, raw: bytes) -> SourceRecord:
        """The record of one row; raises Refused and nothing else."""
        wrong = wrong_byte(raw)
        if wrong:
            raise Refused(wrong)
        cells = cells_of(raw.decode(), self._delimiter)
        if len(cells) != self._width:
            raise Refused(f"it has {len(cells)} columns, the first line has {self._width}")
        status = self._status(cells)
        if status in _TAKEN:
            return self._record(cells, status, self._some_prints(cells), strictly)
        # It counts whatever is written beside it, as long as it says which entry it is of.
        known = self._id_at is not None and bool(cells[self._id_at].strip())
        prints = loosely(self._prints, [], cells) if known else self._some_prints(cells)
        return self._record(cells, status, prints, loosely)

    def _record(
        self, cells: list[str], status: int, prints: list[Print], read: Reading
    ) -> SourceRecord:
        return SourceRecord(
            member=self._cell(cells, "member"),
            source_entry_id="" if self._id_at is None else cells[self._id_at].strip(),
            media_type=read(self._media_type, 0, cells),
            status=status,
            category=read(self._category, 0, cells),
            quorum=1,
            serve=None,
            source_created=read(self._moment, None, cells, "created", rules.seconds),
            source_updated=read(self._moment, None, cells, "updated", rules.seconds),
            valid_until=read(self._moment, None, cells, "valid_until", rules.last_second),
            prints=prints,
            left_out=0,
            small=self._small(cells),
        ).close()

    def _small(self, cells: list[str]) -> int:
        sizes = (self._cell(cells, name) for name in ("size_bytes", "width", "height"))
        return size_flags(*(whole_or_none(text) for text in sizes))

    def closes(self, texts: Iterator[str]) -> bool:
        """Take the lines that the first row needs; whether its quotation marks then pair up."""
        try:
            return bool(next(csv.reader(texts, delimiter=self._delimiter, strict=True)))
        except csv.Error:
            return False

    def prints_of_line(self, raw: bytes) -> set[tuple[int, bytes]]:
        """Kind and value of each fingerprint in a line that by itself looks like a row.

        Quotation marks are taken as they stand and, as one of them may be stray, as if there
        were none. Nothing where the columns are not as many as in the first line.
        """
        text = raw.decode().rstrip("\r\n")
        ways = [text.replace('"', "").split(self._delimiter)]
        with suppress(csv.Error):
            ways += csv.reader([text], delimiter=self._delimiter)
        return {
            (form.kind, value)
            for cells in ways
            if len(cells) == self._width
            for form, place in self._hashes
            if (value := _value(form, cells[place])) is not None
        }

    def _cell(self, cells: list[str], field: str) -> str:
        place = self._at.get(field)
        return "" if place is None else cells[place].strip()

    def _prints(self, cells: list[str]) -> list[Print]:
        prints: list[Print] = []
        for form, place in self._hashes:
            text = cells[place].strip()
            if not text:
                continue
            value = value_of(form, text)
            if value is not None:
                quality = self._quality(cells) if form.kind == Kind.PDQ else None
                prints.append((form.kind, 0, value, quality, "", None))
        return prints

    def _some_prints(self, cells: list[str]) -> list[Print]:
        prints = self._prints(cells)
        if not prints:
            raise Refused("it has no fingerprint")
        return prints

    def _moment(self, cells: list[str], field: str, seconds: Callable[[str], int]) -> int | None:
        text = self._cell(cells, field)
        if not text:
            return None
        try:
            return seconds(text)
        except (ValueError, OverflowError):
            raise Refused(f"{field} is not a time (RFC 3339)") from None

    def _quality(self, cells: list[str]) -> int | None:
        text = self._cell(cells, "pdq_quality")
        if not text:
            return None
        return quality_of(text)

    def _category(self, cells: list[str]) -> int:
        return _mapped(self._cell(cells, "category"), self._categories, "category", empty=0)

    def _status(self, cells: list[str]) -> int:
        active = EntryStatus.ACTIVE.number
        return _mapped(self._cell(cells, "status"), self._statuses, "status", empty=active)

    def _media_type(self, cells: list[str]) -> int:
        if isinstance(self._media_types, str):
            return MEDIA_TYPES.index(self._media_types)
        word = self._cell(cells, "media_type")
        numbers = {theirs: MEDIA_TYPES.index(ours) for theirs, ours in self._media_types.items()}
        return _mapped(word, numbers, "media_type", empty=0)


class Reading(Protocol):
    """How a cell is read: so that a wrong one refuses the row, or so that it does not."""

    def __call__(
        self, read: Callable[P, T], otherwise: T, /, *args: P.args, **kwargs: P.kwargs
    ) -> T: ...


def strictly(read: Callable[P, T], _: T, /, *args: P.args, **kwargs: P.kwargs) -> T:
    """What it reads; raises Refused."""
    return read(*args, **kwargs)


def loosely(read: Callable[P, T], otherwise: T, /, *args: P.args, **kwargs: P.kwargs) -> T:
    """What it reads, or that instead where it is wrong."""
    try:
        return read(*args, **kwargs)
    except Refused:
        return otherwise


def _value(form: Form, text: str) -> bytes | None:
    try:
        return value_of(form, text)
    except Refused:
        return None


def _mapped(word: str, known: Mapping[str, int], field: str, *, empty: int) -> int:
    number = known.get(word, empty if not word else None)
    if number is None:
        raise Refused(f"its {field} is not in the mapping")
    return number


def whole_or_none(text: str) -> int | None:
    """A whole number; None for anything else, since a size only informs."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else None


def quality_of(text: str) -> int:
    """The quality of a PDQ; raises Refused."""
    if not (text.isascii() and text.isdigit() and int(text[:4]) <= 100 and len(text) <= 4):
        raise Refused("pdq_quality must be a whole number from 0 to 100")
    return int(text)


def cells_of(text: str, delimiter: str) -> list[str]:
    """The cells of one row, which may go over several lines; raises Refused."""
    text = text.rstrip("\r\n")
    if '"' not in text:
        return text.split(delimiter)
    try:
        # Not splitlines(): it would also cut at characters that end no line of the file.
        lines = io.StringIO(text, newline="\n")
        rows = list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        raise Refused("its quotation marks do not pair up") from None
    if len(rows) != 1:
        raise Refused("its quotation marks do not pair up")
    return rows[0]


def names_of(header: bytes, delimiter: str) -> list[str]:
    """The names in a file's first line; raises UnusableFile."""
    wrong = wrong_byte(header)
    if wrong:
        raise UnusableFile(f"Line 1 cannot be read: {wrong}. Turn the file into UTF-8 text.")
    try:
        return [name.strip() for name in cells_of(header.decode(), delimiter)]
    except Refused as why:
        raise UnusableFile(f"Line 1 cannot be read: {why}.") from None


def _check(mapping: Mapped) -> None:
    if len(mapping.delimiter) != 1 or mapping.delimiter in '"\r\n':
        raise WrongMapping("`delimiter` must be one character, and no quotation mark.")
    if not any(name in _HASHES for name in mapping.columns):
        raise WrongMapping(f"`columns` must name one of {', '.join(_HASHES)}.")
    _check_words("category", mapping.category_words, [c.value for c in Category])
    _check_words("status", mapping.status, [s.value for s in EntryStatus])
    media = mapping.media_type
    _check_words("media_type", {"": media} if isinstance(media, str) else media, MEDIA_TYPES)
    if isinstance(media, dict) and "media_type" not in mapping.columns:
        raise WrongMapping("`media_type` maps words, so `columns` must name their column.")
    for field, words in (("category", mapping.category_words), ("status", mapping.status)):
        if bool(words) != (field in mapping.columns):
            raise WrongMapping(f"`{field}` needs both its column and the meaning of its words.")


def _check_words(field: str, words: Mapping[str, str], ours: list[str] | tuple[str, ...]) -> None:
    for word in words.values():
        if word not in ours:
            raise WrongMapping(f"`{field}` takes {', '.join(o for o in ours if o)}, not {word!r}.")


def _check_header(mapping: Mapped, names: list[str]) -> None:
    if len(names) > MOST_COLUMNS:
        raise UnusableFile(f"The first line names more than {MOST_COLUMNS:,} columns.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise WrongMapping(f"The file has these columns twice: {', '.join(twice)}.")
    spoken_of = {*mapping.columns.values(), *mapping.ignore, *([mapping.id] if mapping.id else [])}
    unknown = [name for name in names if name not in spoken_of]
    if unknown:
        raise WrongMapping(
            f"The mapping does not speak of these columns: {', '.join(unknown)}. "
            "Name them under `columns`, or under `ignore` to leave them out."
        )
    needed = [*mapping.columns.values(), *([mapping.id] if mapping.id else [])]
    missing = [name for name in needed if name not in names]
    if missing:
        raise WrongMapping(f"The file has no column {', '.join(missing)}.")
