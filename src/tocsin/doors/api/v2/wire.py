"""What goes over the `/v2` wire, as structs: they decode, they encode, and OpenAPI shows them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from tocsin.base.accounts.types import OutagePolicy
from tocsin.domain.hashlists.types import Category
from tocsin.domain.matching.types import (
    MOST_FRAMES,
    MOST_VARIANTS,
    Action,
    AnswerStatus,
    MatchKind,
)
from tocsin.doors.api.v2.wire_reports import StatedOfReport
from tocsin.engine.fingerprints import Status
from tocsin.engine.search import Level

MOST_ITEMS = 10_000
MOST_ID = 200
MOST_URL = 8_192
MOST_ERRORS_NAMED = 20
# What can neither be printed nor kept in a text column.
NO_CONTROLS = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"


def _hex(digits: int, what: str) -> Meta:
    return Meta(
        pattern=f"^[0-9a-fA-F]{{{digits}}}$",
        min_length=digits,
        max_length=digits,
        description=f"{what}: {digits} hexadecimal digits, upper or lower case.",
    )


Md5 = Annotated[str, _hex(32, "MD5 of the file")]
Sha1 = Annotated[str, _hex(40, "SHA-1 of the file")]
Sha256 = Annotated[str, _hex(64, "SHA-256 of the file")]
Pdq = Annotated[str, _hex(64, "PDQ of the stored pixels, bit 255 first")]
Pdq512 = Annotated[
    str, _hex(64, "PDQ of the stored pixels shrunk to 512 x 512 by nearest neighbour first")
]
PdqOriented = Annotated[str, _hex(64, "PDQ of the pixels turned as EXIF says")]
Variants = Annotated[
    list[Annotated[str, _hex(64, "PDQ of the picture as one alteration undone would show it")]],
    Meta(
        max_length=MOST_VARIANTS,
        description="The query battery of `tocsin.engine`, each of quality 50 or more: for asking "
        "only, what they alone find is for a person to look at.",
    ),
]
# A float, because JSON knows one kind of number and some writers put 81 as 81.0.
Quality = Annotated[
    float, Meta(ge=0, le=100, description="Quality of the PDQ, 0 to 100; a fraction is cut off.")
]
ClientId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MOST_ID,
        pattern=NO_CONTROLS,
        description="Your own name for the upload; it comes back in the answer.",
    ),
]
Url = Annotated[str, Meta(min_length=1, max_length=MOST_URL, description="Where the file is.")]
ListVersion = Annotated[int, Meta(ge=0, le=2**53, description="A `list_version` of before.")]
Moment = Annotated[datetime, Meta(tz=True, description="A time with its offset from UTC.")]


class CheckFrame(Struct, frozen=True, forbid_unknown_fields=True):
    """One frame of a film, as vPDQ hashes it; or a further picture in the file, with no offset."""

    pdq: Annotated[str, _hex(64, "PDQ of the frame")]
    quality: Quality
    offset_s: Annotated[float, Meta(ge=0, le=1e8, description="Seconds from the start.")] | None = (
        None
    )


class CheckItem(Struct, frozen=True, forbid_unknown_fields=True):
    """One picture by its fingerprints, or a film by its frames: at least one of them. `pdq` needs
    `pdq_quality`."""

    id: ClientId
    md5: Md5 | None = None
    sha1: Sha1 | None = None
    sha256: Sha256 | None = None
    pdq: Pdq | None = None
    pdq_quality: Quality | None = None
    pdq_512: Pdq512 | None = None
    pdq_oriented: PdqOriented | None = None
    pdq_variants: Variants | None = None
    frames: Annotated[list[CheckFrame], Meta(max_length=MOST_FRAMES)] | None = None
    media_status: Status | None = None
    url: Url | None = None
    uploaded_at: Moment | None = None


class OnError(StrEnum):
    """What a wrong item refuses: the whole batch, or itself."""

    BATCH = "batch"
    ITEM = "item"


class ChecksRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A batch. When one item is wrong nothing is checked, or with `on_error` as `item` all others
    are. With `receipt` the answer brings a signed receipt for what was checked. `level` says how
    much of what the items carry is asked: without it, all of it. With `since_version` only what
    came or changed after that list version is looked for; there is no receipt for that."""

    items: Annotated[list[CheckItem], Meta(min_length=1, max_length=MOST_ITEMS)]
    on_error: OnError = OnError.BATCH
    receipt: bool = False
    level: Level | None = None
    since_version: ListVersion | None = None


class RawBatch(Struct, frozen=True, forbid_unknown_fields=True):
    """A batch whose items are not looked into yet, to name every wrong one."""

    items: list[msgspec.Raw]
    on_error: OnError = OnError.BATCH
    receipt: bool = False
    level: Level | None = None
    since_version: ListVersion | None = None


class WrongItem(Struct, frozen=True):
    """One thing wrong with one item."""

    index: int
    id: str | None
    field: str | None
    message: str


class MatchTold(Struct, frozen=True):
    """What was found, for keys of the tier `detail`."""

    kind: MatchKind
    category: Annotated[str, Meta(description="The gravest class named for it.")] | None
    sources: Annotated[int, Meta(ge=1, description="Independent organisations that list it.")]
    distance_bits: Annotated[
        int,
        Meta(
            ge=0,
            le=60,
            description="At most so many of 256 bits differ, in steps of 4; 0 for an exact match.",
        ),
    ]
    film: FilmTold | UnsetType = UNSET


class FilmTold(Struct, frozen=True):
    """How much of a film was found in a listed one, in steps of 0.05, rounded down.

    `rule` is the first of these that holds (the whole list stands in the documentation): `vpdq`,
    `whole list`, `part of the query`, `part of the list`, `ten frames`.
    """

    share_of_query: Annotated[float, Meta(ge=0, le=1)]
    share_of_listed: Annotated[float, Meta(ge=0, le=1)]
    frames: Annotated[int, Meta(ge=1, description="Frames of yours that were found.")]
    rule: str


REFUSED = "refused"
NOTHING_NEW = "nothing_new"

ResultStatus = Annotated[
    str,
    Meta(
        extra_json_schema={
            "enum": [*(status.value for status in AnswerStatus), REFUSED, NOTHING_NEW]
        },
        description="What is known after the check; `refused` where the item was wrong and only "
        "the others were checked: `error` says what is wrong with it. `nothing_new`: of what came "
        "since the version asked about nothing was met; what was known before stands.",
    ),
]


class Result(Struct, frozen=True):
    """The answer for one item. `action` and `match` are null for tiers that are not told.

    `reference` is there for every tier, so that everyone can say that a match is wrong: null where
    nothing matched. `shadow_action` is there for keys in shadow mode only: what `action` would
    have said. `receipt_index` is there where a receipt was asked for: the item's place in it.
    """

    id: str | None
    status: ResultStatus
    action: Action | None
    match: MatchTold | None
    reference: Annotated[
        str | None, Meta(description="Names the matched entry to us; only your party can use it.")
    ]
    shadow_action: Action | UnsetType = UNSET
    error: WrongItem | UnsetType = UNSET
    receipt_index: int | UnsetType = UNSET


class ReceiptTold(Struct, frozen=True):
    """A signed receipt for the whole answer (a compact JWS), and the salt that opens it.

    Keep both with your request and this answer. Whoever has the salt can find out what was asked:
    it is yours alone, and we forget it.
    """

    id: str
    jws: str
    salt: Annotated[str, Meta(description="32 random bytes in base64url.")]


class Answered(Struct, frozen=True):
    """Results in the order asked.

    `list_version` grows with every change to the lists. `stale`: changes of the last seconds may
    be missing, because the database is away. `outage_policy` is what was agreed on with your key
    for when nothing can be checked: keep it, since there may be no answer to read it from then.
    `since_version` is there where it was asked for: only what came after it, up to `list_version`,
    was looked for.
    """

    list_version: int
    stale: bool
    outage_policy: OutagePolicy
    results: list[Result]
    receipt: ReceiptTold | UnsetType = UNSET
    since_version: int | UnsetType = UNSET


class Error(Struct, frozen=True):
    """What went wrong: a fixed code for programs, a sentence for people."""

    code: str
    message: str
    wrong_items: int | UnsetType = UNSET
    items: list[WrongItem] | UnsetType = UNSET
    field: str | UnsetType = UNSET


class ErrorAnswer(Struct, frozen=True):
    """Every refusal has this shape."""

    error: Error


class StreamEnd(Struct, frozen=True):
    """The last line of a stream: so many lines were answered. Without it the stream was cut."""

    end: Annotated[int, Meta(ge=0)]


class StreamStopped(Struct, frozen=True):
    """The last line of a stream that may not go on: send what follows after `retry_after`."""

    stopped: Annotated[int, Meta(ge=0, description="So many lines were answered.")]
    error: Error
    retry_after: Annotated[int, Meta(description="Seconds to wait.")] | None


class Unavailable(Struct, frozen=True):
    """Nothing could be checked: every result is `unavailable` with the action `hold`.

    `outage_policy` is what was agreed on with your key for this.
    """

    error: Error
    list_version: int | None
    stale: bool
    outage_policy: OutagePolicy
    results: list[Result]
    receipt: ReceiptTold | UnsetType = UNSET


class ReportedFingerprints(Struct, frozen=True, forbid_unknown_fields=True):
    """Fingerprints of the file that was found at the address."""

    md5: Md5 | None = None
    sha1: Sha1 | None = None
    sha256: Sha256 | None = None
    pdq: Pdq | None = None
    pdq_quality: Quality | None = None


class ReportRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A report: an address, and what is known of it. Never a picture."""

    url: Url
    words: Annotated[str, Meta(max_length=4_000, description="What you saw, in words.")] = ""
    category_hint: Category = Category.UNKNOWN
    fingerprints: ReportedFingerprints | None = None
    client_reference: Annotated[
        str,
        Meta(
            max_length=120,
            pattern="^[ -~]*$",
            description="Your own number, in ASCII; the same one for the same address is the same "
            "report.",
        ),
    ] = ""
    first_seen_at: Moment | None = None
    stated: StatedOfReport | None = None


class Reported(Struct, frozen=True):
    """`report` names the report to us. `repeated`: it was here already, nothing was counted."""

    report: str
    repeated: bool
