"""The page of an item: what is on it, for whoever looks."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from tocsin.base.accounts.types import Permission
from tocsin.domain.reports import queries, questions
from tocsin.domain.reports.types import (
    FindingInput,
    FindingKind,
    FindingRefused,
    ItemState,
    ItemView,
    NoListMatch,
    NotSeen,
    TakenByAnother,
    UnknownItem,
    ViewingIsOff,
)
from tocsin.domain.takedown import queries as takedown
from tocsin.domain.viewing.queries import viewing_is_on
from tocsin.doors.console.forms import Correction, FindingForm
from tocsin.doors.console.forms_desk import (
    ExtendForm,
    ItemAppealForm,
    QuestionsForm,
    SkipForm,
    TwinForm,
    WhyForm,
)
from tocsin.doors.console.observing import ObservedForm
from tocsin.doors.console.permissions import StaffRequest

_OPEN = frozenset({ItemState.NEW, ItemState.TAKEN, ItemState.CANNOT_TELL})
_TO_REVIEW = frozenset({ItemState.SECOND_REVIEW, ItemState.DISAGREED})
_CORRECTABLE = frozenset({ItemState.UNLAWFUL, ItemState.NOT_UNLAWFUL, ItemState.FIRST_POLICE})


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms of the page that were filled in; the others are empty ones."""

    finding: FindingForm | None = None
    seen: ObservedForm | None = None
    asked: QuestionsForm | None = None
    correction: Correction | None = None
    extend: ExtendForm | None = None
    appeal: ItemAppealForm | None = None
    apart: WhyForm | None = None
    together: TwinForm | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an act came to nothing: who has the item, or in words."""

    status: int
    problem: str = ""
    taken: TakenByAnother | None = None
    forms: Forms = field(default_factory=Forms)


ALL_WELL = Refusal(200)


def page(request: StaffRequest, number: str, refusal: Refusal = ALL_WELL) -> HttpResponse:
    """The item's page; after a refusal with what was filled in and why it came to nothing."""
    shown = item_of(request, number)
    filled = refusal.forms
    form = filled.finding or FindingForm(initial={"ground": _likely_ground(shown)})
    form.only_grounds_of(matched=bool(shown.matches), seen=viewing_is_on(at=request.at))
    context = {
        "item": shown,
        "form": form,
        "seen": filled.seen or ObservedForm(),
        "asked": filled.asked or questions_form(request),
        "at": request.at,
        "correction": filled.correction or Correction(initial={"was": shown.state.value}),
        "extend": filled.extend or ExtendForm(auto_id="id_extend_%s"),
        "appeal": filled.appeal or ItemAppealForm(auto_id="id_appeal_%s"),
        "apart": filled.apart or WhyForm(auto_id="id_apart_%s"),
        "together": filled.together or TwinForm(auto_id="id_together_%s"),
        "skip": SkipForm(auto_id="id_skip_%s"),
        "notices": takedown.for_item(shown.number),
        "taken": refusal.taken,
        "problem": refusal.problem,
        **_what_may_be_done(request, shown),
    }
    response = render(request, "console/item.html", context, status=refusal.status)
    # After a refusal the browser stands on the item and not on the act: reloading shows it.
    response.headers["HX-Push-Url"] = reverse("console:item", args=[shown.number])
    return response


def item_of(request: StaffRequest, number: str) -> ItemView:
    """The item as this person may see it: without findings that they are to judge blind."""
    try:
        return queries.item(number, reader=request.actor)
    except UnknownItem as error:
        raise Http404 from error


def questions_form(request: StaffRequest, *, filled: bool = False) -> QuestionsForm:
    """The questions in force, in this person's language."""
    return QuestionsForm(
        request.POST if filled else None,
        sets=queries.desk_rules().question_sets,
        language=request.person.language,
        day=request.at.date(),
    )


def filled_in(request: StaffRequest) -> tuple[Forms, FindingInput | None]:
    """The finding that was sent, or None where something is wrong with it."""
    form, seen = FindingForm(request.POST), ObservedForm(request.POST)
    asked = questions_form(request, filled=True)
    forms = Forms(finding=form, seen=seen, asked=asked)
    # All are asked, so that all that is wrong is said at once.
    if not all([form.is_valid(), seen.is_valid(), asked.is_valid()]):
        return forms, None
    finding = form.finding()
    answers = asked.answers(FindingKind(finding.verdict))
    observed = questions.implied(answers, seen.observed())
    finding = replace(finding, answers=answers, observed=observed, labels=seen.stated_labels())
    return forms, finding


def refused(forms: Forms, refusal: FindingRefused) -> Refusal:
    """The finding cannot be recorded like this: said at its field."""
    form = forms.finding
    if form is not None:
        form.add_error(refusal.field if refusal.field in form.fields else None, _why(refusal))
    return Refusal(422, forms=forms)


def moved_on() -> str:
    """What somebody is told whose page was older than the item."""
    return _("The item has moved on in the meantime. This is how it stands now.")


def _what_may_be_done(request: StaffRequest, shown: ItemView) -> dict[str, object]:
    me = request.person.username
    judged = any(f.by == me and not f.corrected for f in shown.findings)
    cluster = shown.cluster
    held_by_me = shown.state is ItemState.TAKEN and shown.holder == me
    return {
        "mine": held_by_me,
        "can_take": shown.state in {ItemState.NEW, ItemState.CANNOT_TELL},
        "can_agree": _waits_for_second_person(request, shown),
        "can_correct": shown.state in _CORRECTABLE | _TO_REVIEW,
        "can_review": (
            shown.state in _TO_REVIEW and not judged and request.person.may(Permission.REVIEW)
        ),
        "can_follow": (
            cluster is not None
            and cluster.decided_by is not None
            and shown.state in _OPEN
            and (held_by_me or shown.state is not ItemState.TAKEN)
            and request.person.may(Permission.ASSESS)
        ),
        "can_be_live": shown.state in _OPEN and not shown.live,
        "can_appeal": shown.state is ItemState.UNLAWFUL,
    }


def _waits_for_second_person(request: StaffRequest, shown: ItemView) -> bool:
    return any(
        finding.own_entry_id is not None
        and not finding.agreed_by
        and not finding.corrected
        and finding.by != request.person.username
        for finding in shown.findings
    )


def _likely_ground(shown: ItemView) -> str:
    return "matched_list" if shown.matches else ""


def _why(refusal: FindingRefused) -> str:
    if isinstance(refusal, ViewingIsOff):
        return _("Viewing is off here: a finding cannot rest on having seen it.")
    if isinstance(refusal, NotSeen):
        return _("You have not looked at it here, so your finding cannot rest on having seen it.")
    if isinstance(refusal, NoListMatch):
        return _("This item matches no list.")
    told = {
        "category": _("An unlawful finding has a category; the others have none."),
        "ground": _("Say what the finding rests on."),
        "ground_detail": _("Name the authority and its reference."),
        "note": _("Without a ground, write why."),
        "police": _("The police come first only for what is unlawful."),
    }
    return told.get(refusal.field, _("The finding cannot be recorded like this."))
