"""Project VIC's data model (VICS) 1.1 to 2.0: media of hash sets and of case files.

From what public readers of it accept; the model itself is not public. Category numbers mean what
the list's mapping says for this version and region, and nothing without it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from msgspec import UNSET

from tocsin.domain.hashlists.formats import categories, strict_json
from tocsin.domain.hashlists.formats.hashes import algo_of, fingerprint, hash_in, text_of
from tocsin.domain.hashlists.formats.moments import rfc3339_of
from tocsin.domain.hashlists.formats.observed import observations
from tocsin.domain.hashlists.formats.types import Context, Fields, Format, SourceFormat
from tocsin.domain.hashlists.mapped import loosely
from tocsin.domain.hashlists.native_format import (
    Media,
    NativeClassification,
    NativeEntry,
    NativeFingerprint,
)
from tocsin.domain.hashlists.records import Refused

SCHEME: Final = "vics"
_RELEASE: Final = re.compile(
    r"DataModels/(\d{1,2}\.\d{1,2})\.xml(?:/([A-Za-z0-9_-]{1,40}))?(?:/\$metadata)?#(Media|Cases)\Z"
)
_VERSIONS: Final[Mapping[str, SourceFormat]] = {
    "1.1": "vics-1.1", "1.2": "vics-1.2", "1.3": "vics-1.3", "2.0": "vics-2.0",
}  # fmt: skip
_FLAGS: Final = {
    "VictimIdentified": "victim_identified",
    "OffenderIdentified": "offender_identified",
    "IsDistributed": "is_distributed",
    "IsSuspected": "is_suspected",
    "SelfGenerated": "self_generated",
}
_TRUTHS: Final = {"true": True, "false": False}
_MAIN: Final = {"MD5": "md5", "SHA1": "sha1", "PhotoDNA": "photodna"}
_OLD_MAIN: Final = {"MD5": "md5", "SHA1": "sha1"}
_LONGEST_CODE: Final = 40
_LONGEST_NUMBER: Final = 18


def told_by(release: str, *, list_id: str = "") -> Context | None:
    """What the address in a document's head says of it; None for a version we do not know."""
    found = _RELEASE.search(release)
    if found is None or found[1] not in _VERSIONS:
        return None
    return Context(
        format=_VERSIONS[found[1]],
        list_id=list_id,
        release=release,
        region=found[2] or "",
        case_file=found[3] == "Cases",
    )


def version_of(context: Context) -> str:
    """Version and region, the key of a mapping: `1.3`, `2.0/Default`."""
    version = context.format.removeprefix("vics-")
    return f"{version}/{context.region}" if context.region else version


def understand(fields: Fields, context: Context) -> NativeEntry:
    """The entry of one Media object. In a case file MediaID only counts within its case, so such
    an entry is known by its fingerprints."""
    category, listed = _category(fields, context)
    series, tags, comments = (_words(fields.get(n)) for n in ("Series", "Tags", "Comments"))
    mime = _words(fields.get("MimeType"))
    size = _size(fields.get("MediaSize"))
    flags = {ours: _truth(fields[theirs]) for theirs, ours in _FLAGS.items() if theirs in fields}
    return NativeEntry(
        schema="hash-entry/1",
        entry_id="",
        source=context.source(),
        source_entry_id=_id(fields, context),
        media_type=_media_type(mime),
        status="active" if listed else "withdrawn",
        status_src=None if listed else "category",
        tombstone=UNSET if listed else True,
        # What is not listed any more goes, whatever is written beside it.
        fingerprints=_fingerprints(fields) if listed else loosely(_fingerprints, [], fields),
        list_purpose=context.purpose or UNSET,
        source_updated_at=rfc3339_of(fields.get("DateUpdated")),
        media=Media(size_bytes=size, mime=mime) if mime or size is not None else UNSET,
        classifications=category,
        observations=observations(flags, series),
        tags=[tags] if tags else UNSET,
        comments=comments,
    )


def express(entry: NativeEntry, context: Context) -> Fields:
    """The fields of a Media object in the version of the context."""
    old = context.format != "vics-2.0"
    fields: Fields = {}
    if not context.case_file and (number := _whole(entry.source_entry_id)) is not None:
        fields["MediaID"] = number
    fields |= _told_category(entry)
    fields |= _told_prints(entry, _OLD_MAIN if old else _MAIN)
    if entry.media is not UNSET and entry.media.size_bytes is not None:
        size = entry.media.size_bytes
        fields["MediaSize"] = str(size) if old else size
    if entry.media is not UNSET and entry.media.mime:
        fields["MimeType"] = entry.media.mime
    if entry.source_updated_at:
        fields["DateUpdated"] = entry.source_updated_at
    fields |= _told_observations(entry, as_words=old)
    if entry.tags is not UNSET and entry.tags:
        fields["Tags"] = ", ".join(entry.tags)
    if entry.comments:
        fields["Comments"] = entry.comments
    return fields


def _id(fields: Fields, context: Context) -> str:
    given = fields.get("MediaID")
    if context.case_file or given is None:
        return ""
    if isinstance(given, bool) or not isinstance(given, int | str):
        raise Refused("MediaID is neither a whole number nor text")
    return str(given).strip()


def _category(fields: Fields, context: Context) -> tuple[list[NativeClassification], bool]:
    """What is said of its category, and whether that makes it known material."""
    given = fields.get("Category")
    if given is not None and (isinstance(given, bool) or not isinstance(given, int | str)):
        raise Refused("Category is neither a whole number nor text")
    code = "" if given is None else str(given).strip()
    if len(code) > _LONGEST_CODE:
        raise Refused(f"Category is longer than {_LONGEST_CODE} characters")
    version = version_of(context)
    word = _meant(code, context)
    if not code:
        return [], word != categories.NOT_LISTED
    own = NativeClassification(
        scheme=SCHEME, code=code, scheme_version=version, code_src=given, method="import"
    )
    more = categories.derived(word, f"{SCHEME} {version} {code}")
    return [own, *more], word != categories.NOT_LISTED


def _meant(code: str, context: Context) -> str:
    if context.meaning is None:
        return ""
    word = context.meaning.get(code or categories.NO_CATEGORY)
    if word is None:
        if code:
            raise Refused("its category is not in the mapping")
        raise Refused("it has no category, and the mapping does not say what that means")
    return word


def _told_category(entry: NativeEntry) -> Fields:
    if entry.classifications is UNSET:
        return {}
    for given in entry.classifications:
        if given.scheme == SCHEME:
            return {"Category": given.code if given.code_src is None else given.code_src}
    return {}


def _fingerprints(fields: Fields) -> list[NativeFingerprint]:
    prints = [
        fingerprint(algo_of(name), text)
        for name in _MAIN
        if (text := hash_in(name, fields.get(name))) is not None
    ]
    others = fields.get("AlternativeHashes")
    if others is None:
        return prints
    if not isinstance(others, list):
        raise Refused("AlternativeHashes is no array")
    return prints + [made for other in others if (made := _alternative(other)) is not None]


def _alternative(other: Any) -> NativeFingerprint | None:
    name = other.get("HashName") if isinstance(other, dict) else None
    if not isinstance(name, str):
        raise Refused("an AlternativeHash has no name")
    text = hash_in("HashValue", other.get("HashValue"))
    return None if text is None else fingerprint(algo_of(name), text, name=name)


def _told_prints(entry: NativeEntry, main: Mapping[str, str]) -> Fields:
    own = entry.source.format.startswith("vics")
    left = [p for p in entry.fingerprints if p.value]
    fields: Fields = {}
    for name, algo in main.items():
        # Names of their own are those of AlternativeHashes, if the entry was read from VICS.
        found = next((p for p in left if p.algo == algo and not (own and p.algo_name_src)), None)
        if found is not None:
            fields[name] = text_of(found, as_source=own)
            left.remove(found)
    if left:
        fields["AlternativeHashes"] = [
            {"HashName": _name(p, own=own), "HashValue": text_of(p, as_source=own)} for p in left
        ]
    return fields


def _name(print_: NativeFingerprint, *, own: bool) -> str:
    if own and print_.algo_name_src:
        return print_.algo_name_src
    return "PhotoDNA" if print_.algo == "photodna" else print_.algo.upper()


def _told_observations(entry: NativeEntry, *, as_words: bool) -> Fields:
    if entry.observations is UNSET:
        return {}
    fields: Fields = {}
    for theirs, ours in _FLAGS.items():
        value = getattr(entry.observations, ours)
        if value is not None:
            fields[theirs] = str(value).lower() if as_words else value
    series = entry.observations.series
    if series is not UNSET and series:
        fields["Series"] = ", ".join(series)
    return fields


def _truth(value: Any) -> bool | None:
    """True or false, also as a word; anything else is not stated, which is not false."""
    if isinstance(value, bool):
        return value
    return _TRUTHS.get(value.strip().lower()) if isinstance(value, str) else None


def _whole(text: str) -> int | None:
    if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER:
        return int(text)
    return None


def _size(value: Any) -> int | None:
    if isinstance(value, str):
        return _whole(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _words(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _media_type(mime: str | None) -> Any:
    kind = (mime or "").partition("/")[0].lower()
    return kind if kind in {"image", "video", "audio", "text"} else "unknown"


VICS: Final = Format("vics", strict_json.read_object, understand, express, strict_json.write)
