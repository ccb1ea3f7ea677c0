"""Delimited text of any columns, by a mapping file, as a format like the others.

An import reads such rows by `mapped.MappedReader`, which makes the same of them, faster.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final, Literal

from msgspec import UNSET

from tocsin.domain.hashlists.formats.categories import derived
from tocsin.domain.hashlists.formats.delimited import parse, writer
from tocsin.domain.hashlists.formats.hashes import fingerprint, text_of
from tocsin.domain.hashlists.formats.types import Context, Fields, Format
from tocsin.domain.hashlists.mapped import (
    Mapped,
    loosely,
    quality_of,
    strictly,
    whole_or_none,
)
from tocsin.domain.hashlists.native_format import (
    Media,
    NativeClassification,
    NativeEntry,
    NativeFingerprint,
)
from tocsin.domain.hashlists.records import Refused
from tocsin.domain.hashlists.removals import GONE

Hash = Literal["md5", "sha1", "sha256", "pdq", "photodna"]
SCHEME: Final = "as-delivered"
_HASHES: Final[tuple[Hash, ...]] = ("md5", "sha1", "sha256", "pdq", "photodna")


def format_of(mapping: Mapped, names: tuple[str, ...]) -> Format:
    """The format of rows with these columns in the terms of this mapping."""
    reading = _Reading(mapping)
    return Format(
        "csv",
        partial(parse, columns=names, delimiter=mapping.delimiter),
        reading.understand,
        partial(_express, mapping=mapping, names=names),
        writer(names, mapping.delimiter, quoted=False),
    )


class _Reading:
    def __init__(self, mapping: Mapped) -> None:
        self._mapping = mapping

    def understand(self, fields: Fields, context: Context) -> NativeEntry:
        mapping = self._mapping
        said = self._cell(fields, "status")
        status = _word(mapping.status, said, "status", empty="active")
        # A removal counts whatever is written beside it.
        read = loosely if status in GONE else strictly
        return NativeEntry(
            schema="hash-entry/1",
            entry_id="",
            source=context.source(self._cell(fields, "member") or None),
            source_entry_id="" if mapping.id is None else fields[mapping.id].strip(),
            media_type=read(self._media_type, "unknown", fields),
            status=status,
            status_src=said or None,
            fingerprints=read(self._prints, [], fields),
            list_purpose=context.purpose or UNSET,
            source_created_at=self._cell(fields, "created") or None,
            source_updated_at=self._cell(fields, "updated") or None,
            valid_until=self._cell(fields, "valid_until") or None,
            media=self._sizes(fields),
            classifications=read(self._classifications, UNSET, fields),
        )

    def _cell(self, fields: Fields, ours: Any) -> str:
        theirs = self._mapping.columns.get(ours)
        return "" if theirs is None else fields[theirs].strip()

    def _prints(self, fields: Fields) -> list[NativeFingerprint]:
        columns = self._mapping.columns
        quality = self._cell(fields, "pdq_quality")
        made = {
            name: fingerprint(name, fields[columns[name]])
            for name in _HASHES
            if self._cell(fields, name)
        }
        if quality and "pdq" in made:
            made["pdq"].quality = quality_of(quality)
        return list(made.values())

    def _media_type(self, fields: Fields) -> Any:
        known = self._mapping.media_type
        if isinstance(known, str):
            return known
        return _word(known, self._cell(fields, "media_type"), "media_type", empty="unknown")

    def _sizes(self, fields: Fields) -> Any:
        """What is stated of its size; written again from `extra`."""
        names = ("size_bytes", "width", "height")
        size_bytes, width, height = (whole_or_none(self._cell(fields, name)) for name in names)
        if size_bytes is width is height is None:
            return UNSET
        return Media(size_bytes=size_bytes, width=width, height=height)

    def _classifications(self, fields: Fields) -> Any:
        code = self._cell(fields, "category")
        word = _word(self._mapping.category_words, code, "category", empty="")
        if not code:
            return UNSET
        own = NativeClassification(scheme=SCHEME, code=code, method="import")
        return [own, *derived(word, f"{SCHEME} {code}")]


def _word(known: dict[str, str], word: str, field: str, *, empty: str) -> Any:
    ours = known.get(word, empty if not word else None)
    if ours is None:
        raise Refused(f"its {field} is not in the mapping")
    return ours


def _express(
    entry: NativeEntry, context: Context, *, mapping: Mapped, names: tuple[str, ...]
) -> Fields:
    own = entry.source.format == context.format
    told: dict[str, str] = {
        "member": entry.source.member_id or "",
        "status": entry.status_src or "",
        "created": entry.source_created_at or "",
        "updated": entry.source_updated_at or "",
        "valid_until": entry.valid_until or "",
    }
    for print_ in reversed(entry.fingerprints):
        told[print_.algo] = text_of(print_, as_source=own)
        if print_.quality is not None:
            told["pdq_quality"] = str(print_.quality)
    if entry.classifications is not UNSET:
        for given in entry.classifications:
            if given.scheme == SCHEME:
                told["category"] = given.code
    fields: Fields = dict.fromkeys(names, "")
    for ours, theirs in mapping.columns.items():
        fields[theirs] = told.get(ours, "")
    if mapping.id is not None:
        fields[mapping.id] = entry.source_entry_id
    return fields
