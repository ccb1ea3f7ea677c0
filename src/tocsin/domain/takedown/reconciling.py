"""A hoster's own list of notices beside ours: what both have, what one lacks, and by how much the
times differ. Plain functions over text; whoever calls them opens our side.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum

MOST_LINES = 1_000_000
APART = timedelta(hours=1)
_URL = ("url", "link", "address", "uri", "adres", "adresse", "location")
_NOTICE = (
    "notice",
    "noticenumber",
    "reference",
    "ref",
    "melding",
    "meldingnummer",
    "kenmerk",
    "externalid",
    "yourreference",
    "note",
    "notification",
    "numero",
    "meldung",
)
_TIME = (
    "received",
    "receivedat",
    "time",
    "timestamp",
    "date",
    "datetime",
    "datum",
    "ontvangen",
    "tijd",
    "firstseen",
    "created",
    "createdat",
    "recu",
    "erhalten",
    "eingang",
)
_NUMBER = re.compile(r"N-\d{4}-\d{6,}", re.IGNORECASE)
_FORMS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%d-%m-%Y %H:%M:%S",
    "%d-%m-%Y %H:%M",
    "%d-%m-%Y",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%Y%m%dT%H%M%SZ",
)


class UnreadableList(Exception):
    """The file has no column that names a notice or an address; the words say what was found."""


class Outcome(StrEnum):
    MATCHED = "matched"
    APART = "times apart"
    MISSING_THERE = "missing there"
    MISSING_HERE = "missing here"


@dataclass(frozen=True, slots=True)
class Ours:
    """A notice of ours: its number, the canonical form of its address, when it was sent."""

    number: str
    address: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Theirs:
    """A line of their list, numbered as in the file; what it does not say is empty or None."""

    line: int
    number: str
    address: str
    at: datetime | None

    def __repr__(self) -> str:
        return f"Theirs(line={self.line})"


@dataclass(frozen=True, slots=True)
class Compared:
    """One line of the comparison. `apart`: their time after ours, where both are told."""

    outcome: Outcome
    ours: Ours | None
    theirs: Theirs | None
    apart: timedelta | None = None

    def __repr__(self) -> str:
        return f"Compared({self.outcome})"


def read(
    data: bytes, *, zone: tzinfo = UTC, canonical: Callable[[str], str] = str.strip
) -> list[Theirs]:
    """The lines of a hoster's CSV, whatever its separator, encoding and names of columns.

    `zone`: of times that name none. `canonical`: brings an address into the form ours are in, and
    may raise ValueError for what is none. Raises UnreadableList.
    """
    rows = _rows(_text(data))
    if not rows:
        raise UnreadableList("The file is empty.")
    head = [_plain(cell) for cell in rows[0]]
    places = {name: _place(head, known) for name, known in _COLUMNS.items()}
    body = rows[1:]
    if places["url"] is None and places["notice"] is None:
        # Perhaps a list without a head: addresses or numbers alone.
        places = {**places, "url": _looks_like(rows[0], _is_address)}
        places = {**places, "notice": _looks_like(rows[0], _is_number)}
        body = rows
    if places["url"] is None and places["notice"] is None:
        raise UnreadableList("No column names a notice or an address: " + ", ".join(head[:12]))
    first = 2 if body is not rows else 1
    return [
        _theirs(first + place, row, places, zone, canonical)
        for place, row in enumerate(body)
        if any(cell.strip() for cell in row)
    ]


def compare(
    ours: Iterable[Ours], theirs: Sequence[Theirs], *, apart: timedelta = APART
) -> list[Compared]:
    """Both lists side by side: by number where they name it, else by address, each line once.

    Of several lines about one notice the earliest counts; the others are told as matched too.
    """
    mine = list(ours)
    by_number = {each.number: each for each in mine}
    by_address: dict[str, list[Ours]] = {}
    for each in mine:
        by_address.setdefault(each.address, []).append(each)
    found: dict[str, list[Theirs]] = {}
    strangers = []
    for line in theirs:
        known = by_number.get(line.number) or _nearest(by_address.get(line.address, []), line)
        if known is None:
            strangers.append(line)
        else:
            found.setdefault(known.number, []).append(line)
    compared = [pair for each in mine for pair in _pairs(each, found.get(each.number, []), apart)]
    return compared + [Compared(Outcome.MISSING_HERE, None, line) for line in strangers]


def as_csv(compared: Iterable[Compared], harmless: Callable[[str], str]) -> str:
    """The comparison as CSV, for both sides to read; `harmless` keeps cells from being formulas."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(["outcome", "notice", "url", "sent", "their line", "their time", "apart_s"])
    for each in compared:
        ours, theirs = each.ours, each.theirs
        number = ours.number if ours else (theirs.number if theirs else "")
        address = ours.address if ours else (theirs.address if theirs else "")
        cells = [
            each.outcome.value,
            number,
            address,
            ours.sent_at.isoformat() if ours else "",
            str(theirs.line) if theirs else "",
            theirs.at.isoformat() if theirs and theirs.at else "",
            "" if each.apart is None else str(round(each.apart.total_seconds())),
        ]
        # A difference may be negative: it is a number of ours, and no formula of theirs.
        writer.writerow([*(harmless(cell) for cell in cells[:-1]), cells[-1]])
    return text.getvalue()


def counts(compared: Iterable[Compared]) -> dict[Outcome, int]:
    """How many lines came out how."""
    found = dict.fromkeys(Outcome, 0)
    for each in compared:
        found[each.outcome] += 1
    return found


_COLUMNS = {"url": _URL, "notice": _NOTICE, "time": _TIME}


def _pairs(ours: Ours, lines: list[Theirs], apart: timedelta) -> list[Compared]:
    if not lines:
        return [Compared(Outcome.MISSING_THERE, ours, None)]
    dated = sorted(lines, key=lambda line: line.at or datetime.max.replace(tzinfo=UTC))
    pairs = []
    for place, line in enumerate(dated):
        difference = None if line.at is None else line.at - ours.sent_at
        late = place == 0 and difference is not None and abs(difference) > apart
        pairs.append(Compared(Outcome.APART if late else Outcome.MATCHED, ours, line, difference))
    return pairs


def _nearest(known: list[Ours], line: Theirs) -> Ours | None:
    """Of several notices about one address, the one sent last before they say they got it."""
    if not known or line.at is None:
        return known[0] if known else None
    at = line.at
    before = [each for each in known if each.sent_at <= at + APART]
    return max(before or known, key=lambda each: each.sent_at)


def _theirs(
    number: int,
    row: list[str],
    places: dict[str, int | None],
    zone: tzinfo,
    canonical: Callable[[str], str],
) -> Theirs:
    cells = {name: _cell(row, place) for name, place in places.items()}
    named = _NUMBER.search(cells["notice"]) or _NUMBER.search(" ".join(row))
    try:
        address = canonical(cells["url"].lstrip("'")) if cells["url"] else ""
    except ValueError:
        address = cells["url"]
    return Theirs(number, named[0].upper() if named else "", address, _time(cells["time"], zone))


def _time(text: str, zone: tzinfo) -> datetime | None:
    at = _iso(text)
    for form in _FORMS:
        if at is not None or not text:
            break
        try:
            at = datetime.strptime(text, form).replace(tzinfo=UTC if "Z" in form else None)
        except ValueError:
            continue
    if at is None:
        return None
    try:
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _text(data: bytes) -> str:
    for encoding in ("utf-8-sig", "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _rows(text: str) -> list[list[str]]:
    head = text.lstrip().split("\n", 1)[0]
    delimiter = max(";,\t|", key=head.count)
    lines = io.StringIO(text.replace("\0", ""), newline="")
    csv.field_size_limit(1_000_000)
    try:
        rows = [row for row, _ in zip(csv.reader(lines, delimiter=delimiter), range(MOST_LINES))]
    except csv.Error as error:
        raise UnreadableList(f"This is no CSV file: {error}.") from error
    return rows


def _place(head: list[str], known: Sequence[str]) -> int | None:
    return next((head.index(name) for name in known if name in head), None)


def _looks_like(row: list[str], is_one: Callable[[str], bool]) -> int | None:
    return next((place for place, cell in enumerate(row) if is_one(cell)), None)


def _is_address(cell: str) -> bool:
    return cell.strip().lower().startswith(("http://", "https://"))


def _is_number(cell: str) -> bool:
    return _NUMBER.fullmatch(cell.strip()) is not None


def _cell(row: list[str], place: int | None) -> str:
    return row[place].strip() if place is not None and place < len(row) else ""


def _plain(cell: str) -> str:
    return re.sub(r"[^a-z]", "", cell.lower())
