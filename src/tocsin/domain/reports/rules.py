"""Deciding: an item's life, what may be found, which fingerprints count, what is pressing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from tocsin.base.clock.lifecycle import Lifecycle, Waiting, move
from tocsin.domain.hashlists.types import (
    DIALECTS,
    VALUE_BYTES,
    WIDTHS,
    Category,
    FingerprintValue,
    Kind,
)
from tocsin.domain.reports.desk_types import DeskRules
from tocsin.domain.reports.types import (
    FindingInput,
    FindingKind,
    FindingRefused,
    Ground,
    IncomingReport,
    ItemState,
    MatchKind,
    NoListMatch,
    ReportRefused,
    ViewingIsOff,
)

WAITS = "reports.item_waits"
LEASE_LAPSES = "reports.lease_lapses"
SECOND_LOOK = "reports.second_look"
REVIEW_WAITS = "reports.second_review_waits"
SETTLING_WAITS = "reports.disagreement_waits"
POLICE_HOLD_ENDS = "reports.police_hold_ends"

DECIDE_WITHIN = timedelta(hours=24)
LEASE = timedelta(minutes=30)
REVIEW_WITHIN = timedelta(hours=12)
POLICE_HOLD = timedelta(hours=24)
LIVE_WITHIN = timedelta(hours=1)
SECOND_LOOK_AFTER = timedelta(days=7)
OVERDUE_AGAIN_AFTER = timedelta(hours=4)
MOST_WORDS = 4_000
MOST_REFERENCE = 120
MOST_HINT = 40
MOST_BATCH = 64
MOST_FINGERPRINTS = 64
MOST_ENTRIES = 64

_NEW, _TAKEN = ItemState.NEW, ItemState.TAKEN
_UNLAWFUL, _NOT_UNLAWFUL = ItemState.UNLAWFUL, ItemState.NOT_UNLAWFUL
_CANNOT_TELL = ItemState.CANNOT_TELL

_SECOND, _DISAGREED = ItemState.SECOND_REVIEW, ItemState.DISAGREED
_POLICE = ItemState.FIRST_POLICE
_OPEN = (_NEW, _TAKEN, _CANNOT_TELL)

LIFE = Lifecycle(
    states=ItemState,
    first=_NEW,
    moves=(
        move("take", [_NEW, _CANNOT_TELL], _TAKEN),
        move("give_back", [_TAKEN], _NEW),
        move("skip", [_TAKEN], _NEW),
        move("lease_lapses", [_TAKEN], _NEW),
        move("find_unlawful", [_TAKEN], _UNLAWFUL),
        move("find_not_unlawful", [_TAKEN], _NOT_UNLAWFUL),
        move("find_cannot_tell", [_TAKEN], _CANNOT_TELL),
        move("find_police_first", [_TAKEN], _POLICE),
        # Where a second person must agree before anything is done.
        move("ask_second", [_TAKEN], _SECOND),
        move("second_agrees", [_SECOND], _UNLAWFUL),
        move("second_agrees_police", [_SECOND], _POLICE),
        move("second_differs", [_SECOND], _DISAGREED),
        move("settle_unlawful", [_DISAGREED], _UNLAWFUL),
        move("settle_police_first", [_DISAGREED], _POLICE),
        move("settle_not_unlawful", [_DISAGREED], _NOT_UNLAWFUL),
        move("settle_cannot_tell", [_DISAGREED], _CANNOT_TELL),
        # The same picture has been judged elsewhere: the finding there is the finding here.
        move("follow_unlawful", _OPEN, _UNLAWFUL),
        move("follow_not_unlawful", _OPEN, _NOT_UNLAWFUL),
        move("release_police", [_POLICE], _UNLAWFUL),
        move("second_look", [_CANNOT_TELL], _NEW),
        # New evidence (a list match not known before) opens what was closed without a notice.
        move("reopen", [_NOT_UNLAWFUL, _CANNOT_TELL], _NEW),
        # A wrong "unlawful" is undone at once; a wrong "not unlawful" must be judged again.
        move("correct", [_UNLAWFUL, _POLICE], _NOT_UNLAWFUL),
        move("correct", [_NOT_UNLAWFUL, _SECOND, _DISAGREED], _NEW),
    ),
    final=frozenset({_UNLAWFUL, _NOT_UNLAWFUL}),
    waiting={
        _NEW: Waiting(DECIDE_WITHIN, WAITS),
        _TAKEN: Waiting(LEASE, LEASE_LAPSES),
        _CANNOT_TELL: Waiting(SECOND_LOOK_AFTER, SECOND_LOOK),
        _SECOND: Waiting(REVIEW_WITHIN, REVIEW_WAITS),
        _DISAGREED: Waiting(REVIEW_WITHIN, SETTLING_WAITS),
        _POLICE: Waiting(POLICE_HOLD, POLICE_HOLD_ENDS),
    },
)

VERDICT_MOVE = {
    FindingKind.UNLAWFUL: "find_unlawful",
    FindingKind.NOT_UNLAWFUL: "find_not_unlawful",
    FindingKind.CANNOT_TELL: "find_cannot_tell",
}
SETTLE_MOVE = {
    FindingKind.UNLAWFUL: "settle_unlawful",
    FindingKind.NOT_UNLAWFUL: "settle_not_unlawful",
    FindingKind.CANNOT_TELL: "settle_cannot_tell",
}
FOLLOW_MOVE = {
    FindingKind.UNLAWFUL: "follow_unlawful",
    FindingKind.NOT_UNLAWFUL: "follow_not_unlawful",
}
UNDECIDED = frozenset(_OPEN)
PENDING = frozenset({_SECOND, _DISAGREED})
"""States in which a finding has been made and nothing been done about it yet."""


def move_of(finding: FindingInput, *, second: bool) -> str:
    """The move a first finding makes; `second`: somebody else must agree before action."""
    if second:
        return "ask_second"
    if finding.police is not None:
        return "find_police_first"
    return VERDICT_MOVE[finding.verdict]


def needs_second(finding: FindingInput, desk: DeskRules, *, listed: bool) -> bool:
    """Whether a second person must agree before anything is done about a finding.

    Only what leads to action: nobody is written to about what is not unlawful. `listed`: a live
    list entry holds this very picture, so somebody else has looked at it before.
    """
    if finding.verdict is not FindingKind.UNLAWFUL:
        return False
    new = desk.second_for_new and not listed
    return new or (desk.second_for_police and finding.police is not None)


def refuse_report(report: IncomingReport) -> None:
    """Raise ReportRefused unless the report fits what is kept of one."""
    if len(report.client_reference) > MOST_REFERENCE or not report.client_reference.isprintable():
        raise ReportRefused(
            "client_reference", f"Give at most {MOST_REFERENCE} printable characters."
        )
    if len(report.category_hint) > MOST_HINT or not report.category_hint.isprintable():
        raise ReportRefused("category_hint", f"Give at most {MOST_HINT} printable characters.")
    if len(report.batch) > MOST_BATCH or not report.batch.isprintable():
        raise ReportRefused("batch", f"Give at most {MOST_BATCH} printable characters.")
    if len(report.words) > MOST_WORDS:
        raise ReportRefused("words", f"Write at most {MOST_WORDS} characters.")
    if len(report.fingerprints) > MOST_FINGERPRINTS:
        raise ReportRefused("fingerprints", f"Give at most {MOST_FINGERPRINTS} fingerprints.")
    for value in report.fingerprints:
        _refuse_fingerprint(value)


def _refuse_fingerprint(value: FingerprintValue) -> None:
    if len(value.value) > VALUE_BYTES or value.dialect not in DIALECTS:
        raise ReportRefused("fingerprints", f"This is not a {value.kind.name} as we keep one.")
    if len(value.value) != WIDTHS.get(value.kind, len(value.value)):
        words = f"A {value.kind.name} has {WIDTHS[value.kind]} bytes."
        raise ReportRefused("fingerprints", words)


def refuse(finding: FindingInput, *, matched: bool, viewing: bool) -> None:
    """Raise FindingRefused unless the finding may be recorded.

    `matched`: the item's picture is on a list. `viewing`: there is a mandate to look.
    """
    if finding.verdict not in VERDICT_MOVE:
        raise FindingRefused("verdict", "Choose unlawful, not unlawful or cannot tell.")
    _refuse_ground(finding, matched=matched, viewing=viewing)
    unlawful = finding.verdict is FindingKind.UNLAWFUL
    if unlawful and finding.category is Category.UNKNOWN:
        raise FindingRefused("category", "Choose a category.")
    if finding.police is not None and not unlawful:
        raise FindingRefused("police", "The police come first only for what is unlawful.")
    if not unlawful and finding.category is not Category.UNKNOWN:
        raise FindingRefused("category", "Only an unlawful finding has a category.")
    if max(len(finding.ground_detail), len(finding.note)) > MOST_WORDS:
        raise FindingRefused("note", f"Write at most {MOST_WORDS} characters.")


def _refuse_ground(finding: FindingInput, *, matched: bool, viewing: bool) -> None:
    if finding.ground is Ground.WITH_CLUSTER:
        raise FindingRefused("ground", "Say what the finding rests on.")
    if finding.ground is Ground.SEEN and not viewing:
        raise ViewingIsOff
    if finding.ground is Ground.MATCHED_LIST and not matched:
        raise NoListMatch
    if finding.ground is Ground.STATED_BY_AUTHORITY and not finding.ground_detail.strip():
        raise FindingRefused("ground_detail", "Name the authority and its reference.")
    if finding.ground is Ground.NONE:
        if finding.verdict is FindingKind.UNLAWFUL:
            raise FindingRefused("ground", "Say what the finding rests on.")
        if not finding.note.strip():
            raise FindingRefused("note", "Without a ground, write why.")


def needs_own_entry(
    fingerprints: Sequence[FingerprintValue], *, match: MatchKind, listed_live: bool
) -> bool:
    """Whether an unlawful finding becomes an entry on the own list.

    Not without a fingerprint that can be matched, and not when a live entry holds this very
    picture; a near variant is another picture.
    """
    matchable = any(value.kind in WIDTHS for value in fingerprints)
    return matchable and not (match is MatchKind.EXACT and listed_live)


def stronger(known: MatchKind, new: MatchKind) -> MatchKind:
    """The stronger of two ways of being known."""
    order = [MatchKind.NONE, MatchKind.NEAR, MatchKind.EXACT]
    return max(known, new, key=order.index)


def brings_new_evidence(known: Sequence[int], new: Sequence[int]) -> bool:
    """Whether a match names list entries that were not known of the item.

    An item keeps so many entries and no more; from then on another one is no news, or the
    repeats of a decided item would reopen it for ever.
    """
    return len(known) < MOST_ENTRIES and bool(set(new) - set(known))


@dataclass(frozen=True, slots=True)
class Merged:
    """Fingerprints an item has after a report, and whether the report was of another file."""

    fingerprints: tuple[FingerprintValue, ...]
    differs: bool


_DIGESTS = (Kind.SHA256, Kind.SHA1, Kind.MD5)


def merge(known: Sequence[FingerprintValue], new: Sequence[FingerprintValue]) -> Merged:
    """Fingerprints of the item once `new` has been reported for it.

    New kinds are added only when a digest shows that it is the same file: otherwise whoever
    reports second could put the fingerprint of any picture on our list.
    """
    if not known or not new:
        return Merged(tuple(known or new), False)
    mine = {(value.kind, value.n): value for value in known}
    theirs = {(value.kind, value.n): value for value in new}
    shared = [key for key in theirs if key in mine and key[0] in _DIGESTS]
    if any(mine[key].value != theirs[key].value for key in shared):
        return Merged(tuple(known), True)
    if not shared:
        return Merged(tuple(known), not _all_in(theirs, mine))
    return Merged(tuple({**theirs, **mine}.values()), False)


def _all_in(
    theirs: dict[tuple[Kind, int], FingerprintValue], mine: dict[tuple[Kind, int], FingerprintValue]
) -> bool:
    return all(key in mine and mine[key].value == value.value for key, value in theirs.items())
