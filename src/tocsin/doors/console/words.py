"""What the rooms' states, kinds and reasons are called on the pages, in three languages."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from tocsin.base.accounts.types import OutagePolicy, PartyKind, Tier
from tocsin.base.letters.types import LetterState
from tocsin.domain.corrections.types import (
    AppealState,
    EndpointState,
    FloodState,
    HeldFor,
    Origin,
    Scope,
    Verdict,
)
from tocsin.domain.hashlists.types import (
    Category,
    Decision,
    EntryStatus,
    LintReason,
    Purpose,
    QuarantineState,
    RunState,
    SetState,
    Standing,
)
from tocsin.domain.matching.types import Action, ListsSeen, Sign, Step
from tocsin.domain.reports.types import (
    Channel,
    FindingKind,
    Ground,
    ItemState,
    MatchKind,
    Reason,
    ReasonCode,
)
from tocsin.doors.console import (
    words_desk,
    words_exchanges,
    words_figures,
    words_looking,
    words_notices,
    words_partners,
    words_people,
    words_rechecks,
    words_referrals,
    words_reporters,
)
from tocsin.doors.console.words_providers import APPLICATION, PROVIDER
from tocsin.engine.search import RateKind

Words = Mapping[str, Promise]

ITEM_STATE: Words = {
    ItemState.NEW: _("to decide"),
    ItemState.TAKEN: _("taken"),
    ItemState.UNLAWFUL: _("unlawful"),
    ItemState.NOT_UNLAWFUL: _("not unlawful"),
    ItemState.CANNOT_TELL: _("cannot tell"),
    ItemState.SECOND_REVIEW: _("waits for a second person"),
    ItemState.DISAGREED: _("waits for a third person"),
    ItemState.FIRST_POLICE: _("police first"),
}
FINDING: Words = {
    FindingKind.UNLAWFUL: _("unlawful"),
    FindingKind.NOT_UNLAWFUL: _("not unlawful"),
    FindingKind.CANNOT_TELL: _("cannot tell"),
    FindingKind.CORRECTION: _("corrected"),
}
GROUND: Words = {
    Ground.MATCHED_LIST: _("It matches a list"),
    Ground.STATED_BY_AUTHORITY: _("An authority states it"),
    Ground.NONE: _("No ground"),
    Ground.SEEN: _("Seen by a person"),
    Ground.WITH_CLUSTER: _("Decided with its cluster"),
}
CATEGORY: Words = {
    Category.UNKNOWN: _("not stated"),
    Category.A1: _("A1: prepubescent child, sexual act"),
    Category.A2: _("A2: prepubescent child, lascivious exhibition"),
    Category.B1: _("B1: pubescent child, sexual act"),
    Category.B2: _("B2: pubescent child, lascivious exhibition"),
    Category.BASELINE: _("Baseline: illegal in nearly every country"),
    Category.NATIONAL: _("National: illegal here"),
}
MATCH: Words = {
    MatchKind.EXACT: _("exact match"),
    MatchKind.NEAR: _("near match"),
    MatchKind.NONE: _("on no list"),
}
CHANNEL: Words = {
    Channel.HIT: _("hit of a provider"),
    Channel.API: _("report of a partner"),
    Channel.CONSOLE: _("entered here"),
    Channel.FORM: _("public form"),
    Channel.MAIL: _("mail"),
    Channel.FILE: _("file"),
    Channel.ICCAM: _("ICCAM"),
    Channel.SCANNER: _("scanner"),
    Channel.MEETING: _("live meeting"),
    Channel.HOSTER: _("a hoster"),
    Channel.FILE: _("line of a file"),
    Channel.MAIL: _("mail of a partner"),
    Channel.ICCAM: _("ICCAM"),
}
PURPOSE: Words = {
    Purpose.ILLEGAL: _("illegal"),
    Purpose.NATIONAL_ILLEGAL: _("illegal in one country"),
    Purpose.EXPLOITATIVE: _("exploitative"),
    Purpose.VICTIM_SUBMITTED: _("submitted by victims"),
    Purpose.BENIGN_ALLOW: _("known to be harmless"),
    Purpose.TEST: _("for rehearsals"),
    Purpose.OTHER: _("other"),
}
ENTRY_STATUS: Words = {
    EntryStatus.ACTIVE: _("active"),
    EntryStatus.DISPUTED: _("disputed"),
    EntryStatus.QUARANTINED: _("set aside"),
    EntryStatus.WITHDRAWN: _("withdrawn"),
    EntryStatus.DELETED: _("deleted"),
    EntryStatus.EXPIRED: _("expired"),
}
RUN: Words = {
    RunState.RUNNING: _("being read"),
    RunState.READY: _("waits for release"),
    RunState.RELEASED: _("released"),
    RunState.DISCARDED: _("discarded"),
}
LETTER: Words = {
    LetterState.WAITING: _("about to leave"),
    LetterState.SENT: _("sent"),
    LetterState.BOUNCED: _("came back"),
    LetterState.DEAD: _("cannot be delivered"),
}
PARTY: Words = {
    PartyKind.PROVIDER: _("provider"),
    PartyKind.HOTLINE: _("hotline"),
    PartyKind.POLICE: _("police"),
    PartyKind.REGULATOR: _("regulator"),
}
TIER: Words = {
    Tier.BOOLEAN: _("yes or no"),
    Tier.ACTION: _("what to do"),
    Tier.DETAIL: _("all that may be told"),
}
LISTS: Words = {
    ListsSeen.LIVE: _("the lists that count"),
    ListsSeen.OPEN: _("lists that may answer whom nobody has vetted, exact matches only"),
    ListsSeen.TEST: _("lists for rehearsals only"),
}
ACTION: Words = {
    Action.BLOCK: _("block"),
    Action.REVIEW: _("review"),
    Action.HOLD: _("hold"),
    Action.NONE: _("nothing"),
}
OUTAGE_POLICY: Words = {
    OutagePolicy.CLOSED: _("refuses uploads"),
    OutagePolicy.HOLD: _("keeps uploads back"),
    OutagePolicy.OPEN_AND_RECHECK: _("lets uploads through and checks them afterwards"),
}
STEP: Words = {
    Step.OPEN: _("in order"),
    Step.NOTICED: _("noticed"),
    Step.SLOWED: _("slowed"),
    Step.PAUSED: _("paused"),
}
SIGN: Words = {
    Sign.EDGES: _("it tried where matches end"),
    Sign.MATCHES: _("it found more entries than uploads would"),
    Sign.HASHES: _("it asks nearly as much as it may in a day"),
    Sign.RUN: _("it asks long runs of near-identical hashes"),
}
RATE: Words = {
    RateKind.MEASURED_BOUND: _("measured bound"),
    RateKind.EXTRAPOLATED: _("extrapolated"),
}
LANGUAGE: Words = {"en": _("English"), "nl": _("Dutch"), "fr": _("French")}
LETTER_LANGUAGE: Words = {**LANGUAGE, "de": _("German")}
HISTORY: Words = {
    **words_desk.HISTORY,
    **words_looking.HISTORY,
    **words_rechecks.HISTORY,
}
LINT: Words = {
    LintReason.KNOWN_SHA256: _("a harmless file has this SHA-256"),
    LintReason.KNOWN_SHA1: _("a harmless file has this SHA-1"),
    LintReason.KNOWN_MD5: _("a harmless file has this MD5, its only digest"),
    LintReason.KNOWN_NEAR: _("a harmless picture looks like it"),
    LintReason.BLANK_FILE: _("a file without content, or a field that nobody filled"),
    LintReason.VOID_PDQ: _("its PDQ is a field that nobody filled"),
    LintReason.BLANK_PDQ: _("its PDQ is that of a blank picture"),
    LintReason.FLAT_PDQ: _("its PDQ says too little, and there is nothing else"),
    LintReason.PATTERNED_PDQ: _("its PDQ is that of a pattern"),
    LintReason.MD5_TWIN: _("a harmless file has this MD5, but its other digests differ"),
    LintReason.SHA1_TWIN: _("a harmless file has this SHA-1, but its SHA-256 differs"),
    LintReason.SHA256_TWIN: _("begins as a harmless file's SHA-256, but its other digests differ"),
    LintReason.FEW_BYTES: _("its source says that the file has less than 1,024 bytes"),
    LintReason.FEW_PIXELS: _("its source says that a side has less than 50 pixels"),
}
KNOWN_SET: Words = {
    SetState.ASKED: _("asked"),
    SetState.DAMAGED: _("damaged"),
    SetState.MISSING: _("gone"),
    SetState.LEFT_OUT: _("left out, as somebody decided"),
    SetState.WAITS: _("waits for a person"),
}
QUARANTINE: Words = {
    QuarantineState.WAITING: _("waits for a decision"),
    QuarantineState.RELEASED: _("let out, matches again"),
    QuarantineState.CONFIRMED: _("harmless, withdrawn"),
    QuarantineState.MOOT: _("gone or replaced before"),
}
DECISION: Words = {
    Decision.RELEASE: _("It may match again"),
    Decision.CONFIRM: _("It is harmless: withdraw it"),
}

APPEAL: Words = {
    AppealState.OPENED: _("to review"),
    AppealState.BEING_REVIEWED: _("being reviewed"),
    AppealState.NEEDS_SOURCE: _("source asked"),
    AppealState.UPHELD: _("entry withdrawn"),
    AppealState.DISMISSED: _("entry stands"),
    AppealState.MOOT: _("entry gone before"),
}
ORIGIN: Words = {
    Origin.PROVIDER: _("a provider"),
    Origin.PERSON: _("a person, through a provider"),
    Origin.STAFF: _("somebody here"),
    Origin.VOTES: _("several providers doubt it"),
}
VERDICT: Words = {
    Verdict.UP: _("right"),
    Verdict.DOWN: _("wrong"),
    Verdict.SEEN: _("looked at"),
}
SCOPE: Words = {Scope.ALL: _("all fingerprints")}
FEEDBACK_REASON: Words = {
    "not_csam": _("no abuse of a child"),
    "adult": _("adults"),
    "benign_artwork": _("harmless artwork"),
    "known_software_asset": _("part of well-known software"),
    "meme": _("meme"),
    "hash_collision": _("another picture matched"),
    "blank_or_pattern": _("blank or a pattern"),
    "wrong_category": _("wrong category"),
    "duplicate": _("duplicate"),
    "cannot_view": _("could not be looked at"),
    "not_violating": _("breaks no rule there"),
    "withdrawn_by_owner": _("withdrawn by its owner"),
    "confirmed": _("confirmed"),
    "blocked": _("blocked there"),
    "removed": _("removed there"),
    "pending_review": _("still being reviewed there"),
    "quality_unknown": _("quality unknown"),
    "deleted": _("deleted there"),
    "none": _("no reason given"),
}
STANDING: Words = {
    Standing.LISTED: _("counts"),
    Standing.HELD: _("held"),
    Standing.CHANGED: _("changed"),
    Standing.WITHDRAWN: _("withdrawn"),
    Standing.EXPIRED: _("expired"),
}
FLOOD: Words = {
    FloodState.HELD: _("held"),
    FloodState.LIFTED: _("lifted"),
    FloodState.WITHDRAWN: _("entry withdrawn"),
    FloodState.MOOT: _("entry gone before"),
}
HELD_FOR: Words = {
    HeldFor.APPEAL: _("by an appeal"),
    HeldFor.FLOOD: _("by the flood brake"),
    HeldFor.BOTH: _("by an appeal and by the flood brake"),
    HeldFor.NOBODY: _("nobody asks for it any more"),
}
WEBHOOK: Words = {
    EndpointState.WAITING: _("waits for its proof"),
    EndpointState.PROVEN: _("in service"),
    EndpointState.DEAD: _("given up on"),
    EndpointState.LAPSED: _("never proved itself"),
}

ALL: dict[str, Words] = {
    "look": words_desk.LOOK,
    "police": words_desk.POLICE,
    "skip": words_desk.SKIP,
    "weight": words_desk.REASON,
    "appeal_origin": words_desk.APPEAL_ORIGIN,
    "item_appeal": words_desk.ITEM_APPEAL,
    "pull": words_exchanges.PULL,
    "exchange": words_exchanges.EXCHANGE,
    "direction": words_exchanges.DIRECTION,
    "trouble": words_exchanges.TROUBLE,
    **words_partners.ALL,
    "appeal": APPEAL,
    "origin": ORIGIN,
    "verdict": VERDICT,
    "scope": SCOPE,
    "feedback": FEEDBACK_REASON,
    "standing": STANDING,
    "flood": FLOOD,
    "referral": words_referrals.REFERRAL,
    "referral_reason": words_referrals.REASON,
    "police_answer": words_referrals.ANSWER,
    "hold": words_referrals.HOLD,
    "figure": words_figures.FIGURE,
    "naming": words_figures.NAMING,
    "naming_words": words_figures.NAMING_WORDS,
    "held_for": HELD_FOR,
    "webhook": WEBHOOK,
    "lint": LINT,
    "known_set": KNOWN_SET,
    "quarantine": QUARANTINE,
    "decision": DECISION,
    "item": ITEM_STATE,
    "finding": FINDING,
    "ground": GROUND,
    "category": CATEGORY,
    "match": MATCH,
    "channel": CHANNEL,
    "purpose": PURPOSE,
    "entry": ENTRY_STATUS,
    "run": RUN,
    **words_notices.GROUPS,
    "letter": LETTER,
    "role": words_people.ROLE,
    "party": PARTY,
    "tier": TIER,
    "lists": LISTS,
    "action": ACTION,
    "step": STEP,
    "sign": SIGN,
    "rate": RATE,
    "language": LETTER_LANGUAGE,
    "permission": words_people.PERMISSION,
    "history": HISTORY,
    "talk": words_reporters.TALK,
    "pace": words_reporters.PACE,
    "theme": words_reporters.THEME,
    "site": words_reporters.SITE,
    "provider": PROVIDER,
    "application": APPLICATION,
    **words_rechecks.ALL,
    **words_looking.GROUPS,
}


def reason(why: Reason) -> str:
    """One reason of an item's priority, in words."""
    if why.code is ReasonCode.REPORTED_AGAIN:
        text = ngettext("reported %(count)d more time", "reported %(count)d more times", why.count)
        return text % {"count": why.count}
    if why.code is ReasonCode.WAITING:
        text = ngettext("waits for %(count)d hour", "waits for %(count)d hours", why.count)
        return text % {"count": why.count}
    if why.code is ReasonCode.CLUSTER_SIZE:
        text = ngettext(
            "%(count)d more item with the same picture",
            "%(count)d more items with the same picture",
            why.count,
        )
        return text % {"count": why.count}
    if why.code is ReasonCode.SITE_KNOWN:
        text = ngettext(
            "found unlawful at this site %(count)d time before",
            "found unlawful at this site %(count)d times before",
            why.count,
        )
        return text % {"count": why.count}
    return str(words_desk.REASON[why.code])


def choices(words: Words, *kinds: str) -> list[tuple[str, Promise]]:
    """Choices of a form field: those `kinds`, in that order, or all."""
    return [(kind, words[kind]) for kind in kinds or words]
