"""What doors and other rooms hand to this room and get from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tocsin.base.audit.types import Json
from tocsin.domain.hashlists.classification import (
    NO_LABELS,
    NOTHING_OBSERVED,
    Labels,
    Observations,
)
from tocsin.domain.hashlists.types import Category, EntryStatus, FingerprintValue, Purpose
from tocsin.domain.reports.desk_types import Answer, ClusterView, Look, PoliceReason


class ItemState(StrEnum):
    NEW = "new"
    TAKEN = "taken"
    UNLAWFUL = "unlawful"
    NOT_UNLAWFUL = "not_unlawful"
    CANNOT_TELL = "cannot_tell"
    SECOND_REVIEW = "second_review"
    DISAGREED = "disagreed"
    FIRST_POLICE = "first_police"


class FindingKind(StrEnum):
    """A verdict, or the later word that a verdict was wrong."""

    UNLAWFUL = "unlawful"
    NOT_UNLAWFUL = "not_unlawful"
    CANNOT_TELL = "cannot_tell"
    CORRECTION = "correction"


class Ground(StrEnum):
    """What a finding rests on."""

    SEEN = "seen"
    MATCHED_LIST = "matched_list"
    STATED_BY_AUTHORITY = "stated_by_authority"
    WITH_CLUSTER = "with_cluster"
    NONE = "none"


class Channel(StrEnum):
    """The way a report came in."""

    HIT = "hit"
    API = "api"
    CONSOLE = "console"
    FORM = "form"
    MAIL = "mail"
    FILE = "file"
    ICCAM = "iccam"
    SCANNER = "scanner"
    MEETING = "meeting"
    HOSTER = "hoster"


class MatchKind(StrEnum):
    """How an item's picture is known: not at all, exactly, or as a near variant."""

    NONE = ""
    EXACT = "exact"
    NEAR = "near"


class ReasonCode(StrEnum):
    """Why an item stands where it does in the queue."""

    EXACT_MATCH = "exact_match"
    NEAR_MATCH = "near_match"
    REPORTED = "reported"
    REPORTED_AGAIN = "reported_again"
    OFFICIAL_SOURCE = "official_source"
    OVERDUE = "overdue"
    SEEN_AGAIN = "seen_again"
    LIVE = "live"
    NEW_TO_LISTS = "new_to_lists"
    CLUSTER_DECIDED = "cluster_decided"
    CLUSTER_SIZE = "cluster_size"
    SITE_KNOWN = "site_known"
    SLOW_LANE = "slow_lane"
    GOOD_SOURCE = "good_source"
    POOR_SOURCE = "poor_source"
    WAITING = "waiting"


class ReportRefused(Exception):
    """The report cannot be kept as told; `field` names where, the words say what to do."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


class UnknownItem(Exception):
    """There is no item with that number."""


class TakenByAnother(Exception):
    """Somebody else works on the item: `by` (a name) `since` when."""

    def __init__(self, by: str, since: datetime) -> None:
        super().__init__(f"{by} has taken this item.")
        self.by = by
        self.since = since


class NotTaken(Exception):
    """The item must be taken before a finding is recorded."""


class FindingRefused(Exception):
    """The finding cannot be recorded; `field` names where, the words say what to do."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


class ViewingIsOff(FindingRefused):
    """Nobody here has a mandate to look, so nothing can rest on having seen."""

    def __init__(self) -> None:
        super().__init__("ground", "Viewing is off here: a finding cannot rest on having seen it.")


class NoListMatch(FindingRefused):
    """The item matches no list, so nothing can rest on one."""

    def __init__(self) -> None:
        super().__init__("ground", "This item matches no list.")


class SamePerson(Exception):
    """The second pair of eyes must be somebody else's."""


class NothingToAgree(Exception):
    """The item's finding has no entry on the own list that waits for a second person."""


@dataclass(frozen=True, slots=True)
class Match:
    """A picture known from lists: how, by which entries, and at what distance in bits."""

    kind: MatchKind
    entry_ids: tuple[int, ...]
    distance_bits: int | None = None


@dataclass(frozen=True, slots=True)
class IncomingReport:
    """What somebody tells. `client_reference`: the teller's own; the same one is the same report.

    `fingerprints` are of the file the teller found at `url`. `match` is set when the index has
    been asked already. `live`: the teller says that it happens now. `slow`: it came through the
    form without script, which proves no work. `batch`: what one visit's reports have in common.
    """

    url: str
    channel: Channel
    party_id: int | None = None
    words: str = ""
    category_hint: str = ""
    fingerprints: tuple[FingerprintValue, ...] = ()
    client_reference: str = ""
    first_seen_at: datetime | None = None
    rehearsal: bool = False
    hit_id: str | None = None
    match: Match | None = None
    live: bool = False
    slow: bool = False
    batch: str = ""

    def __repr__(self) -> str:
        return "IncomingReport(…)"


@dataclass(frozen=True, slots=True)
class Received:
    """The answer to a report. `repeated`: this very report was here before, nothing was counted."""

    item_number: str
    report_id: str
    repeated: bool


@dataclass(frozen=True, slots=True)
class FindingInput:
    """An analyst's finding as entered; `rules.refuse` says what may be recorded.

    `ground_detail` names the authority, the list or the law; `note` is for colleagues. `observed`
    and `labels`: what was stated of the picture, if anything; neither is ever needed. `police`: the
    police come first, for this reason. `with_cluster`: the same for all that look the same.
    """

    verdict: FindingKind
    ground: Ground
    category: Category = Category.UNKNOWN
    ground_detail: str = ""
    note: str = ""
    observed: Observations = NOTHING_OBSERVED
    labels: Labels = NO_LABELS
    answers: tuple[Answer, ...] = ()
    police: PoliceReason | None = None
    with_cluster: bool = False


@dataclass(frozen=True, slots=True)
class ItemKey:
    """What an item is called by rooms (`id`, in news and audit) and by people (`number`)."""

    id: int
    number: str


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of the priority: `points` in all, for `count` times."""

    code: ReasonCode
    points: int
    count: int = 1


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A line of the queue. `holder`: the name of who has taken it."""

    number: str
    state: ItemState
    priority: int
    why: tuple[Reason, ...]
    match_kind: MatchKind
    source: str
    report_count: int
    first_reported_at: datetime
    last_reported_at: datetime
    decide_by: datetime | None
    holder: str | None
    taken_until: datetime | None
    rehearsal: bool
    live: bool = False


@dataclass(frozen=True, slots=True)
class QueuePage:
    """Some lines of the queue, most pressing first, and how many there are in all."""

    rows: tuple[QueueRow, ...]
    total: int


@dataclass(frozen=True, slots=True)
class MatchedEntry:
    """A list entry the item's picture matches: whose list, what for; never its hashes."""

    entry_id: int
    list_name: str
    purpose: Purpose
    category: Category
    status: EntryStatus
    sources: int
    own: bool


@dataclass(frozen=True, slots=True)
class ReportView:
    """What somebody said, opened for the analyst."""

    id: str
    at: datetime
    channel: Channel
    source: str
    words: str
    category_hint: str
    fingerprints: int
    client_reference: str
    first_seen_at: datetime | None

    def __repr__(self) -> str:
        return f"ReportView({self.id})"


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding. `agreed_by`: the second person, when there was one."""

    id: int
    kind: FindingKind
    category: Category
    ground: Ground
    ground_detail: str
    note: str
    by: str
    at: datetime
    own_entry_id: int | None
    agreed_by: str | None
    corrected: bool
    observed: Observations = NOTHING_OBSERVED
    labels: Labels = NO_LABELS
    look: Look = Look.FIRST
    answers: tuple[Answer, ...] = ()
    police: PoliceReason | None = None


@dataclass(frozen=True, slots=True)
class ToldParty:
    """A party that had got hits on an entry which was then withdrawn."""

    party_name: str
    key_id: str
    hits: int
    last_hit_at: datetime


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One audit row about the item."""

    at: datetime
    by: str
    action: str
    facts: dict[str, Json]


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item, opened for the analyst: match information first, the address as text."""

    id: int
    number: str
    state: ItemState
    url: str
    host: str
    priority: int
    why: tuple[Reason, ...]
    match_kind: MatchKind
    distance_bits: int | None
    matches: tuple[MatchedEntry, ...]
    fingerprint_kinds: tuple[str, ...]
    content_differs: bool
    source: str
    report_count: int
    first_reported_at: datetime
    last_reported_at: datetime
    decide_by: datetime | None
    decided_at: datetime | None
    holder: str | None
    taken_at: datetime | None
    taken_until: datetime | None
    rehearsal: bool
    reports: tuple[ReportView, ...]
    findings: tuple[FindingView, ...]
    told: tuple[ToldParty, ...]
    history: tuple[HistoryLine, ...]
    live: bool = False
    cluster: ClusterView | None = None
    police_until: datetime | None = None
    blind: bool = False
    """Findings are left out: whoever reads this may still judge it without knowing them."""

    def __repr__(self) -> str:
        return f"ItemView({self.number})"


@dataclass(frozen=True, slots=True)
class Case:
    """What a notice needs of an unlawful finding. `fingerprints` are the reported file's own."""

    item_id: int
    finding_id: int
    item_number: str
    url: str
    rehearsal: bool
    category: Category
    ground: Ground
    fingerprints: tuple[FingerprintValue, ...]
    last_reported_at: datetime
    found_at: datetime
    corrected: bool

    def __repr__(self) -> str:
        return f"Case({self.item_number})"
