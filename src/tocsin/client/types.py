"""The words of the client: what is asked, what is known, and what to do with the upload."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, NoReturn, Self

from tocsin.engine.fingerprints import Fingerprints, Status
from tocsin.engine.search.further import (
    MOST_FRAMES,
    MOST_VARIANTS,
    Frame,
    frames_of,
    variants_of,
)

MOST_ID: Final = 200
MOST_URL: Final = 8_192
_LENGTHS: Final = {
    "md5": 16,
    "sha1": 20,
    "sha256": 32,
    "pdq": 32,
    "pdq_512": 32,
    "pdq_oriented": 32,
}


class Answer(StrEnum):
    """What is known of an upload. There are three answers, never two."""

    LISTED = "listed"
    """Something was found; `Verdict.status` says whether the very file (`listed`), a likeness
    (`near`), or an entry that is disputed at the moment (`held`)."""
    NOT_LISTED = "not_listed"
    """It was looked at in full and is on no list."""
    UNKNOWN = "unknown"
    """Nobody knows; `Verdict.why` says why."""


class Decision(StrEnum):
    """What to do with the upload."""

    ALLOW = "allow"
    HOLD = "hold"
    """Keep it from everybody until somebody has looked, or until it was asked again."""
    BLOCK = "block"


class OutagePolicy(StrEnum):
    """What becomes of uploads while the service cannot be asked. There is no default."""

    CLOSED = "closed"
    """Nothing gets in that was not checked."""
    HOLD = "hold"
    OPEN_AND_RECHECK = "open-and-recheck"
    """It gets in, is written down, and is asked again later."""


class Why(StrEnum):
    """Why the answer is `unknown`."""

    UNREACHABLE = "unreachable"
    TOO_SLOW = "too_slow"
    """No answer before the deadline."""
    CUT_SHORT = "cut_short"
    """The answer broke off, or was longer than an answer may be."""
    UNREADABLE = "unreadable"
    """What came is no answer of a Tocsin: a page of some proxy, or another order of results."""
    INCOMPLETE = "incomplete"
    """It answered for fewer or other uploads than it was asked about."""
    UNFAMILIAR = "unfamiliar"
    """It answered with a word that this version does not know."""
    REDIRECTED = "redirected"
    REFUSED = "refused"
    """The server does not take this question or this key."""
    TOO_FAST = "too_fast"
    """The key's allowance is used up."""
    SERVER_ERROR = "server_error"
    UNAVAILABLE = "unavailable"
    """The server is there, its lists are not."""
    CIRCUIT_OPEN = "circuit_open"
    """So many calls have failed that for some seconds none is made."""
    BUSY = "busy"
    """This process is holding as many uploads as it may."""
    NO_DECODER = "no_decoder"
    """No fingerprint could be taken here."""
    UNREADABLE_FILE = "unreadable_file"
    NOT_LOOKED_AT = "not_looked_at"
    """The file has too little picture or none that is read; its digests are on no list."""


class WrongQuestion(ValueError):
    """This cannot be asked; the text says what is wrong with it."""


def new_id() -> str:
    """A name for an upload that has none."""
    return uuid.uuid4().hex


@dataclass(frozen=True, slots=True, repr=False)
class Question:
    """One upload by its fingerprints: raw bytes, at least one of the first four, or frames.

    `id` is your own name for it (1 to 200 printable characters; random when not given): it comes
    back in corrections and is kept in clear with a hit, so never use a hash, an address, or
    anything about a person. `pdq` needs `pdq_quality` (0 to 100). `pdq_variants` (up to 400, each
    32 bytes) are asked at the level thorough, `frames` (up to 2,000: of a film, or further pictures
    in the file) at near too. Raises WrongQuestion.
    """

    id: str = field(default_factory=new_id)
    md5: bytes | None = None
    sha1: bytes | None = None
    sha256: bytes | None = None
    pdq: bytes | None = None
    pdq_quality: int | None = None
    pdq_512: bytes | None = None
    pdq_oriented: bytes | None = None
    media_status: Status | None = None
    url: str | None = None
    uploaded_at: datetime | None = None
    pdq_variants: tuple[bytes, ...] = ()
    frames: tuple[Frame, ...] = ()

    def __post_init__(self) -> None:
        if not (1 <= len(self.id) <= MOST_ID and self.id.isprintable()):
            raise WrongQuestion(f"an id has 1 to {MOST_ID} printable characters")
        for name, length in _LENGTHS.items():
            value = getattr(self, name)
            if value is not None and len(value) != length:
                raise WrongQuestion(f"{name} has {length} bytes")
        if not (self.md5 or self.sha1 or self.sha256 or self.pdq or self.frames):
            raise WrongQuestion("at least one fingerprint is needed")
        self._check_pdq()
        self._check_further()
        if self.url is not None and not (1 <= len(self.url) <= MOST_URL and _is_text(self.url)):
            raise WrongQuestion(f"a url has 1 to {MOST_URL:,} characters of Unicode")
        if self.uploaded_at is not None and self.uploaded_at.tzinfo is None:
            raise WrongQuestion("uploaded_at needs its offset from UTC")

    def _check_pdq(self) -> None:
        if (self.pdq is None) != (self.pdq_quality is None):
            raise WrongQuestion("pdq and pdq_quality are needed together")
        if self.pdq_quality is not None and not 0 <= self.pdq_quality <= 100:
            raise WrongQuestion("pdq_quality is 0 to 100")
        if self.pdq is None and (self.pdq_512 or self.pdq_oriented):
            raise WrongQuestion("pdq_512 and pdq_oriented need pdq beside them")

    def _check_further(self) -> None:
        if self.pdq_variants and self.pdq is None:
            raise WrongQuestion("pdq_variants need pdq beside them")
        if len(self.pdq_variants) > MOST_VARIANTS or len(self.frames) > MOST_FRAMES:
            raise WrongQuestion(f"at most {MOST_VARIANTS} variants and {MOST_FRAMES:,} frames")
        hashes = (*self.pdq_variants, *(frame.pdq for frame in self.frames))
        if any(len(value) != _LENGTHS["pdq"] for value in hashes):
            raise WrongQuestion("each variant and each frame has 32 bytes")
        if any(not 0 <= frame.quality <= 100 for frame in self.frames):
            raise WrongQuestion("the quality of a frame is 0 to 100")

    @classmethod
    def of(
        cls,
        prints: Fingerprints,
        *,
        id: str | None = None,  # noqa: A002 - the field's name on the wire
        url: str | None = None,
        uploaded_at: datetime | None = None,
    ) -> Self:
        """The question about a file that the engine has fingerprinted."""
        has_pdq = prints.pdq is not None and prints.pdq_quality is not None
        return cls(
            id=new_id() if id is None else id,
            md5=prints.md5,
            sha1=prints.sha1,
            sha256=prints.sha256,
            pdq=prints.pdq if has_pdq else None,
            pdq_quality=prints.pdq_quality if has_pdq else None,
            pdq_512=prints.pdq_512 if has_pdq else None,
            pdq_oriented=prints.pdq_oriented if has_pdq else None,
            media_status=prints.status,
            url=url,
            uploaded_at=uploaded_at,
            pdq_variants=variants_of(prints) if has_pdq else (),
            frames=frames_of(prints),
        )

    def __repr__(self) -> str:
        # No hash in the text form: it would end up in a log line.
        return f"<Question {self.id!r}>"


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Match:
    """What was found, for keys of the tier `detail`. `distance_bits` is an upper bound;
    `film_share` is there where listed films were met: which part of yours was found, 0 to 1."""

    kind: str
    category: str | None
    sources: int
    distance_bits: int
    film_share: float | None = None


@dataclass(frozen=True, slots=True)
class News:
    """What came of asking only about what is new: a verdict for each question, in order, or None
    where nothing new was met and what was known before stands; and up to which list version."""

    verdicts: tuple[Verdict | None, ...]
    list_version: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of one upload, and what to do with it.

    `status` and `action` are the server's words, None where it gave none; `why` and `detail` (for
    people) are there when the answer is `unknown`. `decided_by` is the outage policy where it had
    to decide, or None. `rechecked_later`: it was let in unchecked and is written down to be asked
    again. `reference` names the match to the server, for feedback. `stale`: the server may have
    missed changes of the last seconds.

    It has no truth value: an error must not be read as "clean" by an `if`.
    """

    id: str
    answer: Answer
    decision: Decision
    status: str | None = None
    action: str | None = None
    why: Why | None = None
    detail: str = ""
    match: Match | None = None
    reference: str | None = None
    list_version: int | None = None
    stale: bool = False
    decided_by: OutagePolicy | None = None
    rechecked_later: bool = False

    def __bool__(self) -> NoReturn:
        raise TypeError(
            "a verdict is neither true nor false: look at .decision (allow, hold, block), "
            "or at .answer (listed, not_listed, unknown)"
        )
