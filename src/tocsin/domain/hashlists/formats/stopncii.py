"""StopNCII v1: pages of FetchHashes, kept as files.

What a person hands in to protect themselves is no proof of anything: an entry only ever belongs
on a list of purpose `victim_submitted`, whose matches are looked at by a person.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final, Literal

from msgspec import UNSET

from tocsin.domain.hashlists.formats import strict_json
from tocsin.domain.hashlists.formats.hashes import Algo, fingerprint, text_of
from tocsin.domain.hashlists.formats.moments import rfc3339_of, seconds_of
from tocsin.domain.hashlists.formats.types import Context, Fields, Format
from tocsin.domain.hashlists.native_format import Case, Feedback, NativeEntry, NativeFingerprint
from tocsin.domain.hashlists.records import Refused
from tocsin.domain.hashlists.types import Purpose

MediaType = Literal["image", "video", "text", "url", "unknown"]
SIGNALS: Final[Mapping[str, tuple[Algo, MediaType]]] = {
    "ImagePDQ": ("pdq", "image"),
    "ImageMD5": ("md5", "image"),
    "VideoMD5": ("md5", "video"),
    "VideoTMK": ("tmk_pdqf", "video"),
    "Text": ("other", "text"),
    "URL": ("other", "url"),
}
# Received is not active yet over there: kept where it can be found, and never matched.
_STATUSES: Final[Mapping[str, Literal["active", "quarantined", "withdrawn", "deleted"]]] = {
    "Active": "active",
    "Received": "quarantined",
    "Withdrawn": "withdrawn",
    "Deleted": "deleted",
}
_WORDS: Final[Mapping[str, str]] = {ours: theirs for theirs, ours in _STATUSES.items()}
_VOTES: Final[Mapping[str, Literal["up", "down"]]] = {"Blocked": "up", "NotBlocked": "down"}
_PURPOSES: Final = frozenset({Purpose.VICTIM_SUBMITTED, Purpose.TEST})


def understand(fields: Fields, context: Context) -> NativeEntry:
    """The entry of one of `hashRecords`, known by its signal type and a digest of its value."""
    signal, text, status = (_word(fields, n) for n in ("signalType", "hashValue", "hashStatus"))
    if signal not in SIGNALS:
        raise Refused("its signalType is none that the format has")
    if status not in _STATUSES:
        raise Refused("its hashStatus is none that the format has")
    algo, media_type = SIGNALS[signal]
    made = _fingerprint(algo, signal, text)
    ours = _STATUSES[status]
    gone = ours in {"withdrawn", "deleted"}
    cases, feedback = _cases(fields.get("caseNumbers")), _feedback(fields.get("CSPFeedbacks"))
    return NativeEntry(
        schema="hash-entry/1",
        entry_id="",
        source=context.source(),
        source_entry_id=id_of_hash(signal, made.value or text),
        media_type=media_type,
        status=ours,
        status_src=status,
        tombstone=True if gone else UNSET,
        fingerprints=[made],
        list_purpose="test" if context.purpose == "test" else "victim_submitted",
        source_updated_at=rfc3339_of(fields.get("lastModtimestamp")),
        cases=cases or UNSET,
        entry_feedback=feedback or UNSET,
    )


def express(entry: NativeEntry, context: Context) -> Fields:
    """One of `hashRecords`; raises Refused for an entry that is not of one fingerprint."""
    own = entry.source.format == context.format
    prints = [p for p in entry.fingerprints if text_of(p, as_source=own)]
    if len(prints) != 1:
        raise Refused("this format has one fingerprint to a record")
    fields: Fields = {}
    moment = seconds_of(entry.source_updated_at)
    if moment is not None:
        fields["lastModtimestamp"] = moment
    fields["hashValue"] = text_of(prints[0], as_source=own)
    fields["hashStatus"] = (own and entry.status_src) or _WORDS.get(entry.status, "Received")
    if entry.cases is not UNSET:
        fields["caseNumbers"] = {case.id: case.status for case in entry.cases}
    fields["signalType"] = (own and prints[0].algo_name_src) or _signal(entry, prints[0].algo)
    if entry.entry_feedback is not UNSET:
        fields["CSPFeedbacks"] = [_told_feedback(f) for f in entry.entry_feedback]
    return fields


def _fingerprint(algo: Algo, signal: str, text: str) -> NativeFingerprint:
    if algo != "other":
        return fingerprint(algo, text, name=signal)
    # An address or somebody's words: the archive is sealed, a table is not.
    return NativeFingerprint(algo=algo, algo_name_src=signal, value_src=text)


def id_of_hash(signal: str, value: str) -> str:
    """What an entry is known by: its signal type, and a digest of its hash. Ids are shown on pages
    and written outside the database, where no hash may stand."""
    return f"{signal}:{hashlib.sha256(value.encode()).hexdigest()}"


def _word(fields: Fields, name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise Refused(f"it has no {name}")
    return value


def _signal(entry: NativeEntry, algo: str) -> str:
    for name, (theirs, media_type) in SIGNALS.items():
        if theirs == algo and media_type == entry.media_type and theirs != "other":
            return name
    raise Refused("this format has no such kind of fingerprint")


def _cases(given: Any) -> list[Case]:
    if not isinstance(given, dict):
        return []
    return [Case(id=k, status=v) for k, v in given.items() if isinstance(v, str)]


def _feedback(given: Any) -> list[Feedback]:
    if not isinstance(given, list):
        return []
    return [_one_feedback(one) for one in given if isinstance(one, dict)]


def _one_feedback(given: dict[str, Any]) -> Feedback:
    value, member, tags = (given.get(n) for n in ("feedbackValue", "source", "tags"))
    word = value if isinstance(value, str) else ""
    return Feedback(
        vote=_VOTES.get(word, "note"),
        value=word,
        member_name=member if isinstance(member, str) else None,
        tags=[t for t in tags if isinstance(t, str)] if isinstance(tags, list) else UNSET,
    )


def _told_feedback(feedback: Feedback) -> Fields:
    fields: Fields = {"source": feedback.member_name}
    if feedback.value is not UNSET:
        fields["feedbackValue"] = feedback.value
    if feedback.tags is not UNSET:
        fields["tags"] = feedback.tags
    return fields


STOPNCII: Final = Format(
    "stopncii-v1", strict_json.read_object, understand, express, strict_json.write, _PURPOSES
)
