"""The words of intake, and the frozen values that go in and out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Way(StrEnum):
    """How a batch of reports came."""

    FILE = "file"
    PASTED = "pasted"
    MAIL = "mail"


class Command(StrEnum):
    """What a batch asks for."""

    REPORT = "report"
    SAID_REMOVED = "said_removed"
    SAID_UNAVAILABLE = "said_unavailable"


class SiteType(StrEnum):
    """What kind of site, in the words that hotlines' files use."""

    UNSTATED = ""
    NOT_DETERMINED = "notdetermined"
    WEBSITE = "website"
    FILE_HOST = "filehost"
    IMAGE_HOST = "imagehost"
    IMAGE_STORE = "imagestore"
    IMAGE_BOARD = "imageboard"
    BANNER_SITE = "bannersite"
    LINK_SITE = "linksite"
    SOCIAL_SITE = "socialsite"
    REDIRECTOR = "redirector"
    WEB_ARCHIVE = "webarchived"
    SEARCH_PROVIDER = "searchprovider"
    BLOG = "blog"
    FORUM = "forum"


class LineState(StrEnum):
    """What became of a line."""

    WAITING = "waiting"
    KEPT = "kept"  # a report was kept, and counted on its item
    ALREADY = "already"  # this very line was kept before: nothing was counted
    STATED = "stated"  # somebody's word that it is gone was kept with the item
    REFUSED = "refused"
    FOR_A_PERSON = "for_a_person"  # words without an address: somebody must read them
    DEALT_WITH = "dealt_with"


class Why(StrEnum):
    """Why a line or a whole batch was refused. Never repeats what was sent."""

    NONE = ""
    NO_ADDRESS = "no_address"
    NOT_AN_ADDRESS = "not_an_address"
    QUOTE_OPEN = "quote_open"
    TOO_MANY_FIELDS = "too_many_fields"
    CONTROL_CHARACTER = "control_character"
    TOO_LONG = "too_long"
    UNKNOWN_ADDRESS = "unknown_address"
    # Of a whole batch:
    NOT_ON_FILE = "not_on_file"
    NOT_PROVEN = "not_proven"
    NOT_ALLOWED = "not_allowed"
    UNKNOWN_COMMAND = "unknown_command"
    NO_TEXT = "no_text"
    NOT_TEXT = "not_text"
    NOT_A_FORM = "not_a_form"
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TOO_MANY_LINES = "too_many_lines"


SENTENCES: Mapping[Why, str] = {
    Why.NONE: "",
    Why.NO_ADDRESS: "There is no address in it.",
    Why.NOT_AN_ADDRESS: "The first field is no web address; it begins with http:// or https://.",
    Why.QUOTE_OPEN: "A quote is opened and not closed on the same line.",
    Why.TOO_MANY_FIELDS: "It has more fields than there are; put an address with ; in quotes.",
    Why.CONTROL_CHARACTER: "There is a control character in it.",
    Why.TOO_LONG: "It is longer than what is kept of a report.",
    Why.UNKNOWN_ADDRESS: "There is no item of this address here.",
    Why.NOT_ON_FILE: "The sender is not on file: tocsin intake sender add",
    Why.NOT_PROVEN: "Nothing that our mail server noted proves the sender.",
    Why.NOT_ALLOWED: "This sender may not say this.",
    Why.UNKNOWN_COMMAND: "The subject is no command that we know.",
    Why.NO_TEXT: "The mail has no plain text.",
    Why.NOT_TEXT: "This is no text, or in an encoding that we do not read.",
    Why.NOT_A_FORM: "The text is no flat list of names and values.",
    Why.EMPTY: "There is no line in it.",
    Why.TOO_LARGE: "It is larger than 16 MiB, or a mail than 1 MiB.",
    Why.TOO_MANY_LINES: "It has more than 100,000 lines.",
}
"""Each in plain words, for the command line and exports; pages have their translations."""


class Proof(StrEnum):
    """What showed who sent a mail."""

    NONE = ""
    FROM_LINE = "from_line"  # anybody can write it: no proof
    DKIM = "dkim"
    DMARC = "dmarc"


class IntakeRefused(Exception):
    """What was sent cannot be taken in at all; `why` says it."""

    def __init__(self, why: Why) -> None:
        super().__init__(SENTENCES[why])
        self.why = why


class UnknownBatch(Exception):
    """There is no batch, or no line, of that number."""


class NotSigned(Exception):
    """The request is not signed as its key must; the words say what is missing."""


class SenderRefused(Exception):
    """The sender, or the form, cannot be noted down as told; the words say why."""


@dataclass(frozen=True, slots=True, repr=False)
class Record:
    """One line as it was sent, in its fields. `extra`: fields of a form that have no place here."""

    url: str = ""
    referer: str = ""
    worker: str = ""
    reference: str = ""
    source: str = ""
    site_type: str = ""
    note: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """What another system says of a report: the page that led there, what another hotline found."""

    source: str = ""
    site_type: str = ""
    referer: str = ""
    iccam_number: str = ""
    classification: str = ""

    def __repr__(self) -> str:
        return "Said(…)"

    def __bool__(self) -> bool:
        return any(
            (self.source, self.site_type, self.referer, self.iccam_number, self.classification)
        )


@dataclass(frozen=True, slots=True)
class Read:
    """A line of a document: its number there, its fields, and why it cannot be used, if so."""

    number: int
    record: Record
    why: Why = Why.NONE


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a batch came from. `source`: what its lines name as theirs when they name none."""

    way: Way
    command: Command = Command.REPORT
    source: str = ""
    party_id: int | None = None
    sender: str = ""
    proof: Proof = Proof.NONE

    def __repr__(self) -> str:
        return f"Origin({self.way})"


@dataclass(frozen=True, slots=True, repr=False)
class SignedRequest:
    """A request as it is signed: `path` as it was sent, `headers` by name."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class SenderTerms:
    """A sender of mails. `needs_proof`: its mails count only with DKIM or DMARC noted as passed."""

    address: str
    name: str
    source: str = ""
    party_id: int | None = None
    needs_proof: bool = True
    may_say_gone: bool = False

    def __repr__(self) -> str:
        return "SenderTerms(…)"


@dataclass(frozen=True, slots=True)
class SenderView:
    """A sender on file."""

    id: int
    terms: SenderTerms
    made_at: datetime


@dataclass(frozen=True, slots=True)
class FormTerms:
    """A web form that is sent by mail: mails whose subject begins with `subject`.

    `fields`: our names (url, referer, note, reference, site_type) to the form's own.
    """

    name: str
    subject: str
    source: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch and what became of its lines. `again`: this very document was here before."""

    id: int
    way: Way
    command: Command
    source: str
    by: str
    at: datetime
    proof: Proof
    why: Why
    lines: int
    counts: Mapping[LineState, int]
    again: bool = False

    @property
    def waiting(self) -> int:
        return self.counts.get(LineState.WAITING, 0)


@dataclass(frozen=True, slots=True)
class LineView:
    """A line with what was sent, opened for who may read it."""

    id: int
    number: int
    state: LineState
    why: Why
    item_number: str
    record: Record

    def __repr__(self) -> str:
        return f"LineView({self.id})"
