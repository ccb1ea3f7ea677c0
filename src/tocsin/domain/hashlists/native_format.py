"""One line of our own format, as structs: the same as `schemas/canonical-hash-entry.schema.json`.

A test compares the two; the schema itself, run over every line, would take a hundred times as
long.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

Text = str | None
Whole = int | None
Number = float | None
Truth = bool | None
Free = dict[str, Raw]


class _Closed(Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """A JSON object that has no other fields than these. What is null is not written."""


class EntrySource(_Closed):
    list_id: str
    format: Literal[
        "ncmec-v2", "vics-1.1", "vics-1.2", "vics-1.3", "vics-2.0", "icse-csv", "stopncii-v1",
        "threatexchange", "tat-v2", "iwf-csv", "nsrl-v2", "nsrl-v3", "hashkeeper", "tsk-sqlite",
        "csv", "hashdeep", "native", "other",
    ]  # fmt: skip
    provider: Text = None
    environment: Text = None
    member_id: Text = None
    member_name: Text = None
    release: Text = None
    file_sha256: Text = None
    position: Text = None
    received_at: Text = None
    terms_id: Text = None


class Feedback(_Closed):
    vote: Literal["up", "down", "note"]
    value: str | UnsetType = UNSET
    member_id: Text = None
    member_name: Text = None
    reason_id: Text = None
    reason_name: Text = None
    tags: list[str] | UnsetType = UNSET
    at: Text = None


class Blob(Struct, omit_defaults=True):
    href: str | UnsetType = UNSET
    sha256: Text = None
    bytes: Whole = None


class NativeFingerprint(_Closed):
    algo: Literal[
        "md5", "sha1", "sha256", "sha384", "sha512", "crc32", "edonkey", "photodna", "pdq", "vpdq",
        "tmk_pdqf", "netclean", "videntifier", "ssvh_pdna", "ssvh_safer_hash", "phash64", "tlsh",
        "other",
    ]  # fmt: skip
    algo_name_src: Text = None
    value: Text = None
    value_src: Text = None
    encoding_src: Literal["hex", "HEX", "base64", "base32", "csv-int", "binary"] | None = None
    quality: Annotated[int, Meta(ge=0, le=100)] | None = None
    offset_s: Number = None
    frame: Whole = None
    entropy: Number = None
    of: Literal["file", "frame", "thumbnail"] | None = None
    transform: Text = None
    blob_ref: Blob | None = None
    tool: Text = None
    status: Literal["active", "retracted"] | UnsetType = UNSET
    feedback: list[Feedback] | UnsetType = UNSET


class Media(_Closed):
    size_bytes: Whole = None
    mime: Text = None
    width: Whole = None
    height: Whole = None
    duration_s: Number = None


class NativeClassification(_Closed):
    scheme: str
    code: str
    scheme_version: Text = None
    code_src: str | int | float | bool | None = None
    label: Text = None
    asserted_by: Text = None
    asserted_at: Text = None
    method: (
        Literal["analyst", "second_analyst", "import", "derived", "law_enforcement", "victim"]
        | None
    ) = None
    jurisdiction: Text = None
    confidence: Number = None
    derived_from: Text = None


class Observations(_Closed):
    age_band: (
        Literal[
            "0-2", "3-6", "7-10", "11-13", "14-15", "16-17", "infant", "prepubescent",
            "pubescent", "adult", "undetermined",
        ]
        | None
    ) = None  # fmt: skip
    act: (
        Literal[
            "sex_act_penetrative_or_sadism", "sex_act_nonpenetrative", "sexualised_exhibition",
            "other_indecent", "none", "undetermined",
        ]
        | None
    ) = None  # fmt: skip
    gender: Literal["female", "male", "both", "undetermined"] | None = None
    real_child: Truth = None
    virtual_or_drawn: Truth = None
    ai_generated: Truth = None
    self_generated: Truth = None
    live_streamed: Truth = None
    grid_or_collage: Truth = None
    child_modelling: Truth = None
    text_or_manual: Truth = None
    victim_identified: Truth = None
    offender_identified: Truth = None
    is_distributed: Truth = None
    is_suspected: Truth = None
    file_available: Truth = None
    series: list[str] | UnsetType = UNSET
    ucs: Free | UnsetType = UNSET


class Counts(_Closed):
    submissions: Whole = None
    reviewers: Whole = None
    countries: Whole = None


class Case(_Closed):
    id: str
    status: Text = None


class Consent(_Closed):
    ref: str | UnsetType = UNSET
    scope: list[str] | UnsetType = UNSET
    given_at: str | UnsetType = UNSET
    withdrawn_at: Text = None


class Sharing(_Closed):
    tlp: Literal["red", "amber+strict", "amber", "green", "clear"] | None = None
    serve: list[Literal["exact_check", "near_check", "scanner", "export"]] | UnsetType = UNSET
    territory: list[str] | UnsetType = UNSET
    legal_basis: Text = None
    reshare: Truth = None


class RawSource(_Closed):
    sha256: str | UnsetType = UNSET
    media_type: str | UnsetType = UNSET
    ref: Text = None


class Audit(_Closed):
    version: int | UnsetType = UNSET
    created_at: str | UnsetType = UNSET
    created_by: str | UnsetType = UNSET
    prev_hash: Text = None


class NativeEntry(_Closed):
    """One line of our own format."""

    schema: Literal["hash-entry/1"]
    entry_id: str
    source: EntrySource
    source_entry_id: str
    media_type: Literal[
        "image", "video", "frame", "document", "audio", "text", "url", "unknown"
    ]  # fmt: skip
    status: Literal["active", "disputed", "quarantined", "withdrawn", "deleted", "expired"]
    fingerprints: list[NativeFingerprint]
    list_purpose: (
        Literal[
            "illegal", "national_illegal", "exploitative", "victim_submitted", "benign_allow",
            "test", "other",
        ]
        | UnsetType
    ) = UNSET  # fmt: skip
    status_src: Text = None
    tombstone: bool | UnsetType = UNSET
    source_created_at: Text = None
    source_updated_at: Text = None
    valid_until: Text = None
    media: Media | UnsetType = UNSET
    classifications: list[NativeClassification] | UnsetType = UNSET
    observations: Observations | UnsetType = UNSET
    entry_feedback: list[Feedback] | UnsetType = UNSET
    counts: Counts | UnsetType = UNSET
    cases: list[Case] | UnsetType = UNSET
    consent: Consent | None = None
    sharing: Sharing | UnsetType = UNSET
    tags: list[str] | UnsetType = UNSET
    comments: Text = None
    raw: RawSource | None = None
    extra: Free | UnsetType = UNSET
    audit: Audit | UnsetType = UNSET


decode = msgspec.json.Decoder(NativeEntry).decode
encode = msgspec.json.Encoder().encode

_STRUCTS: tuple[type[Struct], ...] = (*_Closed.__subclasses__(), Blob)
NAMES = frozenset(name for struct in _STRUCTS for name in struct.__struct_fields__)
"""Every field of the format: what a reason may name without quoting a line."""
