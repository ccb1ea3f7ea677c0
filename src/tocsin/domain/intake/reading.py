"""Documents to records: hotlines' CSV, the lines of a mail, the flat list of a web form.

Line by line: a quote that is opened and not closed spoils its own line and no other. Nothing here
knows Django; nothing raises but IntakeRefused, and that for a whole document.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from tocsin.domain.intake import rules
from tocsin.domain.intake.types import IntakeRefused, Read, Record, Why

FILE_FIELDS: Final = ("url", "referer", "worker", "reference", "source", "site_type")
MAIL_FIELDS: Final = ("url", "referer", "note")
_NAMES: Final = {
    "url": "url", "link": "url", "address": "url",
    "referer": "referer", "referrer": "referer", "ref": "referer",
    "workuser": "worker", "workuser-email": "worker", "worker": "worker",
    "reference": "reference", "external-reference": "reference",
    "source": "source", "sourcecode": "source",
    "type": "site_type", "sitetype": "site_type", "site-type": "site_type", "typecode": "site_type",
    "note": "note", "remark": "note", "text": "note", "comment": "note",
}  # fmt: skip
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FORMULA_STARTS: Final = ("=", "+", "-", "@")
_FORM_LINE: Final = re.compile(r"([A-Za-z][\w .-]{0,59}?)[ \t]*:(?:[ \t]+(.*))?\Z", re.ASCII)


def text_of(raw: bytes) -> str:
    """The document as text: by its mark, else UTF-8, else Windows-1252 as spreadsheets write it.

    Raises IntakeRefused for what is none of these.
    """
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), "")
    if not encoding and b"\0" in raw:
        raise IntakeRefused(Why.NOT_TEXT)
    for one in [encoding] if encoding else ["utf-8", "cp1252"]:
        try:
            return raw.decode(one)
        except UnicodeDecodeError:
            continue
    raise IntakeRefused(Why.NOT_TEXT)


def read_file(raw: bytes) -> list[Read]:
    """Every line of a CSV file that is not empty, with or without a first line of names."""
    if len(raw) > rules.MOST_BYTES:
        raise IntakeRefused(Why.TOO_LARGE)
    return _read(text_of(raw), FILE_FIELDS)


def read_mail_lines(text: str) -> list[Read]:
    """The lines `URL;REFERER;NOTE` of a mail; what stands below a line of `-- ` is a signature."""
    return _read(_unsigned(text), MAIL_FIELDS)


def read_form(text: str, names: Mapping[str, str]) -> Record:
    """The one record of a web form: `name: value` on each line, as YAML writes a flat mapping.

    A value may be in quotes, go on in lines that are indented, or stand below `|` or `>`. Lists,
    anchors, tags and mappings within a value are no part of such a form and are refused.
    Raises IntakeRefused.
    """
    told = dict(_pairs(_unsigned(text)))
    if not told:
        raise IntakeRefused(Why.NOT_A_FORM)
    ours = {theirs.lower(): name for name, theirs in names.items()}
    found: dict[str, str] = {}
    extra: dict[str, str] = {}
    for name, value in told.items():
        field = ours.get(name.lower()) or _NAMES.get(name.lower(), "")
        if field and field not in found:
            found[field] = value
        else:
            extra[name] = value
    return Record(**found, extra=extra)


def _read(text: str, usual: Sequence[str]) -> list[Read]:
    numbered = [
        (number, line)
        for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1)
        if line.strip(" \t;,")
    ]
    if not numbered:
        raise IntakeRefused(Why.EMPTY)
    if len(numbered) > rules.MOST_LINES:
        raise IntakeRefused(Why.TOO_MANY_LINES)
    named = _header(numbered[0][1])
    if named is None:
        return [_record(number, line, usual, ";") for number, line in numbered]
    fields, delimiter = named
    rest = numbered[1:]
    if not rest:
        raise IntakeRefused(Why.EMPTY)
    return [_record(number, line, fields, delimiter) for number, line in rest]


def _header(line: str) -> tuple[list[str], str] | None:
    """The fields and the delimiter that a line of names tells; None for a line of values."""
    for delimiter in (";", "\t", ","):
        cells, _ = _cells(line, delimiter)
        names = [cell.strip().lower().replace(" ", "-").replace("_", "-") for cell in cells]
        if "url" in names or names[:1] in (["link"], ["address"]):
            return [_NAMES.get(name, f"extra {name}") for name in names], delimiter
    return None


def _record(number: int, line: str, fields: Sequence[str], delimiter: str) -> Read:
    cells, closed = _cells(line, delimiter)
    if not closed:
        return Read(number, Record(note=line), Why.QUOTE_OPEN)
    while len(cells) > len(fields) and not cells[-1].strip():
        cells.pop()
    if len(cells) > len(fields):
        return Read(number, Record(note=line), Why.TOO_MANY_FIELDS)
    told: dict[str, str] = {}
    extra: dict[str, str] = {}
    for name, cell in zip(fields, map(_plain, cells), strict=False):
        if not name.startswith("extra ") and name not in told:
            told[name] = cell
        elif cell:
            extra[name.removeprefix("extra ")] = cell
    record = Record(**told, extra=extra)
    if not record.url:
        return Read(number, record, Why.NO_ADDRESS)
    return Read(number, record, rules.refusal(record))


def _plain(cell: str) -> str:
    """A cell as it was meant: without the apostrophe by which formulas are made harmless."""
    text = cell.strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA_STARTS) else text


def _cells(line: str, delimiter: str) -> tuple[list[str], bool]:
    """The cells of one line, and whether each quote is closed. A quote counts at the start of a
    cell only; two of them within quotes are one."""
    cells: list[str] = []
    at, end = 0, len(line)
    while True:
        start = at
        while start < end and line[start] in " \t" and line[start] != delimiter:
            start += 1
        if start < end and line[start] == '"':
            cell, at = _quoted(line, start + 1)
            if at < 0:
                return cells, False
            stop = line.find(delimiter, at)
            stop = end if stop < 0 else stop
            cell, at = cell + line[at:stop].rstrip(), stop
        else:
            stop = line.find(delimiter, at)
            stop = end if stop < 0 else stop
            cell, at = line[at:stop], stop
        cells.append(cell)
        if at >= end:
            return cells, True
        at += 1


def _quoted(line: str, at: int) -> tuple[str, int]:
    """The text up to the closing quote and the place behind it; -1 where there is none."""
    text = ""
    while (stop := line.find('"', at)) >= 0:
        text += line[at:stop]
        if line[stop + 1 : stop + 2] != '"':
            return text, stop + 1
        text, at = text + '"', stop + 2
    return "", -1


def _unsigned(text: str) -> str:
    return re.split(r"^-- ?\r?$", text, maxsplit=1, flags=re.MULTILINE)[0]


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    name, values, block = "", list[str](), ""
    seen: set[str] = set()
    for line in re.split(r"\r\n|\r|\n", text):
        bare = line.strip()
        if name and (line[:1] in {" ", "\t"} or not bare):
            values.append(bare)
            continue
        if not bare or bare.startswith("#") or bare in {"---", "..."}:
            continue
        match = _FORM_LINE.fullmatch(line.rstrip())
        if match is None or match[1].lower() in seen:
            raise IntakeRefused(Why.NOT_A_FORM)
        if name:
            yield name, _scalar(values, block)
        name, value = match[1].strip(), (match[2] or "").strip()
        seen.add(name.lower())
        block = value[:1] if re.fullmatch(r"[|>][+-]?", value) else ""
        values = [] if block else [value]
    if name:
        yield name, _scalar(values, block)


def _scalar(values: Sequence[str], block: str) -> str:
    """A value; what looks like a comment stays, since people write `#` in their words."""
    text = ("\n" if block == "|" else " ").join(values).strip()
    if block:
        return text
    if text[:1] in {"[", "{", "&", "*", "!", "%", "@", "`"} or text.startswith("- "):
        raise IntakeRefused(Why.NOT_A_FORM)
    if text[:1] == "'":
        if not re.fullmatch(r"'(?:[^']|'')*'", text):
            raise IntakeRefused(Why.NOT_A_FORM)
        return text[1:-1].replace("''", "'")
    return _double_quoted(text) if text[:1] == '"' else text


def _double_quoted(text: str) -> str:
    if not re.fullmatch(r'"(?:[^"\\]|\\["\\/nt])*"', text):
        raise IntakeRefused(Why.NOT_A_FORM)
    told = {"n": "\n", "t": "\t"}
    return re.sub(r"\\(.)", lambda found: told.get(found[1], found[1]), text[1:-1])


def with_defaults(read: Read, source: str) -> Read:
    """The same, with the source of its batch where it names none."""
    if read.record.source or not source:
        return read
    return replace(read, record=replace(read.record, source=source))
