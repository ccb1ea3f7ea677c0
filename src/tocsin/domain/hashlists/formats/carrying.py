"""A foreign record to an entry and back, with nothing lost on the way.

`extra` holds every field whose value could not be told from the rest of the entry, under the
source's own name, and the names of fields that would be told but were not there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import UNSET, Raw, structs

from tocsin.domain.hashlists.formats import strict_json
from tocsin.domain.hashlists.formats.types import Context, Fields, Format
from tocsin.domain.hashlists.native import NativeReader
from tocsin.domain.hashlists.native_format import NativeEntry
from tocsin.domain.hashlists.records import Refused, SourceRecord
from tocsin.domain.hashlists.types import Purpose

ABSENT: Final = "@absent"


def to_entry(form: Format, raw: bytes, context: Context) -> NativeEntry:
    """The entry of one record, with all that its source said; raises Refused and nothing else."""
    fields = form.parse(raw)
    if ABSENT in fields:
        raise Refused(f"it has a field named {ABSENT}, which we need ourselves")
    strict_json.write(list(fields))  # so that no name has half a character
    entry = _understood(form, fields, context)
    told = form.express(entry, context)
    extra = {
        name: Raw(written)
        for name, value in fields.items()
        if (written := strict_json.write(value)) != _written(told, name)
    }
    missing = [name for name in told if name not in fields]
    if missing:
        extra[ABSENT] = Raw(strict_json.encode(missing))
    return structs.replace(entry, extra=extra) if extra else entry


def from_entry(form: Format, entry: NativeEntry, context: Context) -> bytes:
    """The record of an entry in this format; raises Refused where it has no words for it.

    An entry that was read from this format gives what was read; of another's, what is common.
    What victims handed in is not written where the format cannot say that it is no proof.
    """
    own = form.own(entry)
    if entry.list_purpose == Purpose.VICTIM_SUBMITTED.value and not own:
        raise Refused("victims handed it in, which is no proof, and this format cannot say so")
    fields = form.express(entry, context)
    try:
        if own and entry.extra is not UNSET:
            _lay_over(fields, entry.extra)
        return form.write(fields)
    except RecursionError:
        raise Refused("what is kept beside it is nested too deep") from None


class EntryReader:
    """Reads records of one document into what goes into the tables."""

    def __init__(self, form: Format, context: Context, taker: NativeReader) -> None:
        self._form, self._context, self._taker = form, context, taker

    def read(self, raw: bytes) -> SourceRecord:
        """The record; raises Refused and nothing else. What goes into `extra` is left out: only
        the archive keeps it."""
        fields = self._form.parse(raw)
        return self._taker.record(_understood(self._form, fields, self._context))


def _understood(form: Format, fields: Fields, context: Context) -> NativeEntry:
    try:
        return form.understand(fields, context)
    except (UnicodeError, RecursionError):
        raise Refused("a text in it has half a character, or it is nested too deep") from None


def _written(told: Fields, name: str) -> bytes | None:
    return strict_json.write(told[name]) if name in told else None


def _lay_over(fields: Fields, extra: dict[str, Raw]) -> None:
    for name, value in extra.items():
        if name != ABSENT:
            fields[name] = strict_json.read_value(value)
    if ABSENT in extra:
        for name in _names(strict_json.read_value(extra[ABSENT])):
            fields.pop(name, None)


def _names(value: object) -> Iterable[str]:
    return (name for name in value if isinstance(name, str)) if isinstance(value, list) else ()
