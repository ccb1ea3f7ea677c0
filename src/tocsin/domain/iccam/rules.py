"""Deciding: a step's life, what is said of a finding, and what is still to be said. No Django."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from tocsin.base.clock.lifecycle import Lifecycle, Waiting, move
from tocsin.domain.hashlists.classification import (
    Act,
    AgeBand,
    Code,
    Observations,
    asserted_as,
    derive,
    translate,
)
from tocsin.domain.hashlists.classification import Gender as Whom
from tocsin.domain.hashlists.types import Category
from tocsin.domain.iccam.types import (
    ActionType,
    Age,
    Assessment,
    Classification,
    ContentNow,
    Gender,
    Reason,
    ReportNow,
    StepState,
    Told,
    Trouble,
)
from tocsin.domain.visits.types import Outcome, Standing

LATE: Final = "iccam.step_late"
DEAD_WAITS: Final = "iccam.dead_waits"
LATE_AFTER: Final = timedelta(hours=24)
REMIND_EACH: Final = timedelta(days=1)
DEAD_AFTER_ATTEMPTS: Final = 12
DEAD_AFTER_REFUSALS: Final = 3
BETWEEN_REPORT_AND_ACTION: Final = timedelta(minutes=1)
"""Actions are told in a later round than the report and its assessment."""
PULL_EACH: Final = timedelta(minutes=1)
OVERLAP: Final = timedelta(days=1)
MOST_RESULTS: Final = 200
BETWEEN_CALLS_SECONDS: Final = 1.0
AFTER_LOG_IN_SECONDS: Final = 2.0
NOT_DETERMINED: Final = 1
WEBSITE: Final = 2
_SCHEME: Final = "iccam-v3"

LIFE = Lifecycle(
    states=StepState,
    first=StepState.WAITING,
    moves=(
        move("send", [StepState.WAITING], StepState.SENT),
        move("give_up", [StepState.WAITING], StepState.DEAD),
        move("pass_over", [StepState.WAITING, StepState.DEAD], StepState.PASSED_OVER),
        move("revive", [StepState.DEAD], StepState.WAITING),
        # A person found that it had gone through.
        move("find_sent", [StepState.DEAD], StepState.SENT),
    ),
    final=frozenset({StepState.SENT, StepState.PASSED_OVER}),
    waiting={
        StepState.WAITING: Waiting(LATE_AFTER, LATE),
        StepState.DEAD: Waiting(REMIND_EACH, DEAD_WAITS),
    },
)

_AGES: Final = {
    AgeBand.UNDER_3: Age.INFANT,
    AgeBand.INFANT: Age.INFANT,
    AgeBand.UNDER_7: Age.PREPUBESCENT,
    AgeBand.UNDER_11: Age.PREPUBESCENT,
    AgeBand.PREPUBESCENT: Age.PREPUBESCENT,
    AgeBand.UNDER_14: Age.PUBESCENT,
    AgeBand.UNDER_16: Age.PUBESCENT,
    AgeBand.UNDER_18: Age.PUBESCENT,
    AgeBand.PUBESCENT: Age.PUBESCENT,
}
_BANDS: Final = {
    Age.INFANT: AgeBand.INFANT,
    Age.PREPUBESCENT: AgeBand.PREPUBESCENT,
    Age.PUBESCENT: AgeBand.PUBESCENT,
}
_GENDERS: Final = {Whom.FEMALE: Gender.FEMALE, Whom.MALE: Gender.MALE, Whom.BOTH: Gender.BOTH}
_WHOM: Final = {number: whom for whom, number in _GENDERS.items()}
_REMOVED: Final = frozenset({
    Outcome.GONE_404, Outcome.GONE_410, Outcome.PLACEHOLDER, Outcome.SOFT_404,
    Outcome.REDIRECTED_AWAY,
})  # fmt: skip
"""What the server says of the file itself; a name that is gone says only that nobody gets there."""


def assessment_of(category: Category, observed: Observations) -> Assessment:
    """Our finding in ICCAM's words.

    Baseline is what its own criteria hold to be one, by what was observed or by the category;
    what was found unlawful and is not certainly that is national: a baseline can never be taken
    back there. A flag is yes only where somebody said so.
    """
    return Assessment(
        classification=Classification.BASELINE
        if _is_baseline(category, observed)
        else Classification.NATIONAL,
        age=_AGES.get(observed.age_band, Age.NOT_CATEGORISED)
        if observed.age_band
        else Age.NOT_CATEGORISED,
        gender=_GENDERS.get(observed.gender, Gender.NOT_DETERMINED)
        if observed.gender
        else Gender.NOT_DETERMINED,
        virtual=observed.virtual_or_drawn is True or observed.ai_generated is True,
        self_generated=observed.self_generated is True,
        child_modelling=observed.child_modelling is True,
    )


def _is_baseline(category: Category, observed: Observations) -> bool:
    if category is Category.BASELINE:
        return True
    asserted = asserted_as(category.value)
    codes = [derive(observed, _SCHEME)]
    if asserted is not None:
        codes.append(translate(asserted, _SCHEME, observed))
    return any(isinstance(code, Code) and code.code == "baseline" for code in codes)


def observed_of(assessment: Assessment | None) -> Observations:
    """Another hotline's assessment as observations. A flag that is no says nothing: a tool that is
    spread widely sends no for each, whatever its analyst answered."""
    if assessment is None:
        return Observations()
    return Observations(
        age_band=_BANDS.get(assessment.age),
        gender=_WHOM.get(assessment.gender),
        virtual_or_drawn=True if assessment.virtual else None,
        self_generated=True if assessment.self_generated else None,
        child_modelling=True if assessment.child_modelling else None,
    )


def gone(outcome: Outcome | None, at: datetime) -> Told | None:
    """What is told of content that was seen to be gone; None for an outcome that says it is there.

    Without an outcome it is the recheck's own word, after two looks: removed.
    """
    if outcome is None or outcome in _REMOVED:
        return Told(ActionType.REMOVED, at)
    if outcome.standing is Standing.PRESENT or outcome.iccam is None:
        return None
    return Told(ActionType.UNAVAILABLE, at, outcome.iccam)


def not_illegal_reason(observed: Observations) -> Reason:
    """Why content is not illegal here, by what was observed of it."""
    if observed.age_band is AgeBand.ADULT:
        return Reason.ADULT_PORNOGRAPHY
    if observed.virtual_or_drawn or observed.ai_generated:
        return Reason.VIRTUAL
    if observed.act is Act.NONE:
        return Reason.NUDISM_OR_NOT_SEXUALIZED
    if observed.age_band is AgeBand.UNDETERMINED:
        return Reason.AGE_UNCLEAR
    return Reason.BELOW_THRESHOLD


class Next(StrEnum):
    """What is to be done about a step, by what ICCAM has now."""

    GO = "go"
    DONE = "done"
    PASS_OVER = "pass_over"  # noqa: S105 - no password
    GIVE_UP = "give_up"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`why`: for what is not simply sent."""

    next: Next
    why: Trouble = Trouble.NONE


_GO, _DONE = Verdict(Next.GO), Verdict(Next.DONE)
_NOT_OURS = Verdict(Next.PASS_OVER, Trouble.NOT_OURS)


def before_action(action: ActionType, now: ContentNow, country: str) -> Verdict:
    """Whether an action is still to be told: one of a type once, by the hotline in charge, and not
    before there is an assessment."""
    if action in now.actions:
        return _DONE
    if now.assigned_country != country:
        return _NOT_OURS
    if now.assessment is None:
        return Verdict(Next.GIVE_UP, Trouble.NOT_ASSESSED)
    return _GO


def before_assessment(wanted: Assessment, now: ContentNow, country: str) -> Verdict:
    """Whether an assessment is still to be told. A baseline that stands is never overruled."""
    if now.assessment == wanted:
        return _DONE
    if now.assigned_country != country:
        return _NOT_OURS
    stands = now.assessment is not None
    if stands and now.assessment.classification is Classification.BASELINE:  # type: ignore[union-attr]
        same = wanted.classification is Classification.BASELINE
        return _DONE if same else Verdict(Next.GIVE_UP, Trouble.BASELINE_STANDS)
    return _GO


def before_move(country: str, now: ContentNow, ours: str) -> Verdict:
    """Whether content is still to be given to another country."""
    if now.assigned_country == country:
        return _DONE
    return _GO if now.assigned_country == ours else _NOT_OURS


def before_hosting(country: str, now: ContentNow, ours: str) -> Verdict:
    """Whether the country of its host is still to be told; another address within it is told by
    the same call and cannot be read back, so that is told again."""
    if now.assigned_country != ours:
        return _DONE if now.hosting_country == country else _NOT_OURS
    return _GO


def before_reference(wanted: str, now: ContentNow, country: str) -> Verdict:
    """Whether our number is still to be written there."""
    if now.reference == wanted:
        return _DONE
    if now.assigned_country != country:
        return _NOT_OURS
    return Verdict(Next.PASS_OVER, Trouble.SET_ALREADY) if now.reference else _GO


def before_field(has: int | tuple[int, ...], wanted: int | tuple[int, ...]) -> Verdict:
    """Whether a field of a report is still to be filled in; what others wrote there stands."""
    if not has:
        return _GO
    return _DONE if has == wanted else Verdict(Next.PASS_OVER, Trouble.SET_ALREADY)


def misses(report: ReportNow) -> bool:
    """Whether something is not filled in without which no action is taken."""
    return not (report.site_type and report.commerciality and report.payment_methods)


def wait(attempts: int) -> timedelta:
    """How long a step rests after so many tries: 30 s, 1 min, 2 min … at most 6 h."""
    return min(timedelta(seconds=30 * (1 << min(max(attempts - 1, 0), 12))), timedelta(hours=6))


def rest(failures: int, asked: int | None) -> timedelta:
    """How long the service is left alone after so many failed rounds; never shorter than asked."""
    return max(wait(failures), timedelta(seconds=asked or 0))


def give_up(trouble: Trouble, attempts: int, refusals: int) -> bool:
    """Whether no further try would go otherwise, so that a person must look."""
    settled = {Trouble.NUMBER_UNKNOWN, Trouble.NOT_ASSESSED, Trouble.BASELINE_STANDS}
    if trouble in settled or refusals >= DEAD_AFTER_REFUSALS:
        return True
    return attempts >= DEAD_AFTER_ATTEMPTS
