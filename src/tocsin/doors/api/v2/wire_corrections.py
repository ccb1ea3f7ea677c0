"""What goes over the wire about corrections: words on entries, the feed, webhooks."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from tocsin.domain.corrections.types import (
    CorrectionView,
    EndpointState,
    Kept,
    Now,
    Scope,
    Verdict,
)
from tocsin.doors.api.v2.wire import Moment

MOST_WORDS_SENT = 1_000
MOST_REFERENCE = 200
MOST_CURSOR = 2**53 - 1

Reference = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MOST_REFERENCE,
        pattern="^[!-~]*$",
        description="The `reference` of an answer to a check of yours.",
    ),
]
Reason = Annotated[
    str,
    Meta(
        pattern="^[a-z][a-z0-9_]{0,39}$",
        description="Why: not_csam, adult, benign_artwork, known_software_asset, meme, "
        "hash_collision, blank_or_pattern, wrong_category, duplicate, cannot_view, confirmed, or "
        "a code of your own.",
    ),
]
Cursor = Annotated[int, Meta(ge=0, le=MOST_CURSOR, description="Where the feed was read to.")]


# A float, because JSON knows one kind of number; whole ones up to 2**53 are exact in it.
CursorSent = Annotated[
    float,
    Meta(ge=0, le=MOST_CURSOR, description="A `cursor` of the feed; a fraction is cut off."),
]


class StopNcii(StrEnum):
    """`feedbackValue` as StopNCII v1 has it."""

    NONE = "None"
    QUALITY_UNKNOWN = "QualityUnknown"
    PENDING_REVIEW = "PendingReview"
    BLOCKED = "Blocked"
    NOT_BLOCKED = "NotBlocked"
    WITHDRAWN = "Withdrawn"
    DELETED = "Deleted"


class FeedbackItem(Struct, frozen=True, forbid_unknown_fields=True):
    """Your word on one entry: `verdict` with `reason`, or `feedback_value` instead of both.

    `dispute` with `down` opens an appeal, or joins the one that is open. Your party's later word
    on the same reference and fingerprint takes the place of the earlier one.
    """

    reference: Reference
    verdict: Verdict | None = None
    reason: Reason | None = None
    feedback_value: StopNcii | None = None
    fingerprint: Scope = Scope.ALL
    dispute: bool = False
    for_person: Annotated[
        bool, Meta(description="You appeal on behalf of somebody whom the hit concerned.")
    ] = False
    words: Annotated[str, Meta(max_length=4_000, description="For whoever reviews it.")] = ""


class FeedbackRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Words on entries. When one item has another form than described nothing is kept; else each
    is kept by itself and has its own status."""

    items: Annotated[list[FeedbackItem], Meta(min_length=1, max_length=MOST_WORDS_SENT)]


class FeedbackResult(Struct, frozen=True):
    """What became of one word. `now`: how the entry stands; `appeal`: the one your word is in."""

    reference: str
    status: Kept
    now: Now | None
    appeal: str | None


class FeedbackAnswered(Struct, frozen=True):
    """Results in the order sent."""

    results: list[FeedbackResult]


class CorrectionsAnswered(Struct, frozen=True):
    """Part of the feed, in order. Ask again after `cursor`; at once while there is `more`."""

    corrections: list[CorrectionView]
    cursor: Cursor
    more: bool


class AcknowledgeRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """You have worked in everything up to this cursor."""

    cursor: CursorSent


class Acknowledged(Struct, frozen=True):
    """Up to where your party has acknowledged by now."""

    cursor: Cursor


class WebhookRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Where to send corrections; null for nowhere.

    It begins behind `after`. Without that it goes on where your earlier address came to, or, where
    there is none, with what comes from now on.
    """

    url: (
        Annotated[
            str,
            Meta(
                min_length=9,
                max_length=2_000,
                pattern="^https://",
                description="An https address on port 443 of the open internet.",
            ),
        ]
        | None
    )
    after: CursorSent | None = None


class WebhookTold(Struct, frozen=True):
    """Your party's webhook. `behind`: corrections it has not taken; all null when there is none."""

    state: EndpointState | None
    behind: int | None
    attempts: int | None
    last_error: str | None
    last_sent_at: Moment | None


class SigningKey(Struct, frozen=True):
    """A public key of ours (RFC 8037)."""

    kid: str
    x: Annotated[str, Meta(description="32 bytes, base64url without padding.")]
    kty: str = "OKP"
    crv: str = "Ed25519"
    use: str = "sig"


class SigningKeys(Struct, frozen=True):
    """Every key that a webhook of ours may be signed with."""

    keys: list[SigningKey]
