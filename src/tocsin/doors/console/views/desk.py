"""The analyst's desk: the queue, the item, and what is done with it. No picture anywhere."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.accounts.types import Permission
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.domain.reports import actions, queries
from tocsin.domain.reports.types import (
    FindingRefused,
    ItemState,
    ItemView,
    NoListMatch,
    NothingToAgree,
    NotSeen,
    NotTaken,
    SamePerson,
    TakenByAnother,
    UnknownItem,
    ViewingIsOff,
)
from tocsin.domain.takedown import queries as takedown
from tocsin.domain.viewing.queries import viewing_is_on
from tocsin.doors.console import words
from tocsin.doors.console.forms import Correction, FindingForm
from tocsin.doors.console.numbers import page_number
from tocsin.doors.console.observing import ObservedForm
from tocsin.doors.console.permissions import StaffRequest, may

ROWS_ON_A_PAGE = 50


@dataclass(frozen=True, slots=True)
class Filter:
    """One way of looking at the queue, with how many items that shows."""

    url: str
    label: str
    count: int
    here: bool


@require_safe
@may(Permission.SEE_ITEMS)
def queue(request: StaffRequest) -> HttpResponse:
    """Items of one state, most pressing first."""
    state = _state(request.GET.get("state"))
    on_page = page_number(request.GET.get("page"))
    found = queries.queue(state=state, limit=ROWS_ON_A_PAGE, offset=(on_page - 1) * ROWS_ON_A_PAGE)
    page = {
        "rows": found.rows,
        "total": found.total,
        "filters": _filters(state),
        "state": state,
        "page_number": on_page,
        "more": found.total > on_page * ROWS_ON_A_PAGE,
    }
    return render(request, "console/queue.html", page)


@require_safe
@may(Permission.SEE_ITEMS)
def item(request: StaffRequest, number: str) -> HttpResponse:
    """One item: what is known of it, who said so, and what may be done."""
    return _page(request, _item(number))


@require_POST
@may(Permission.ASSESS)
def take(request: StaffRequest, number: str) -> HttpResponse:
    """Take the item, so that nobody else works on it."""
    try:
        actions.take(number=number, actor=request.actor, at=request.at)
    except TakenByAnother as other:
        return _page(request, _item(number), taken=other, status=409)
    except MoveRefused:
        return _page(request, _item(number), problem=_moved_on(), status=409)
    except UnknownItem as error:
        raise Http404 from error
    return redirect("console:item", number=number)


@require_POST
@may(Permission.ASSESS)
def give_back(request: StaffRequest, number: str) -> HttpResponse:
    """Put the item back for others, and go on with the queue."""
    try:
        actions.give_back(number=number, actor=request.actor, at=request.at)
    except TakenByAnother as other:
        return _page(request, _item(number), taken=other, status=409)
    except (MoveRefused, NotTaken):
        return _page(request, _item(number), problem=_moved_on(), status=409)
    except UnknownItem as error:
        raise Http404 from error
    messages.success(request, _("%(number)s is given back.") % {"number": number})
    return redirect("console:queue")


@require_POST
@may(Permission.ASSESS)
def assess(request: StaffRequest, number: str) -> HttpResponse:
    """Record a finding; a notice leaves by itself when it is unlawful."""
    form, seen = FindingForm(request.POST), ObservedForm(request.POST)
    # Both are asked, so that all that is wrong is said at once.
    if not all([form.is_valid(), seen.is_valid()]):
        return _page(request, _item(number), form=form, seen=seen, status=422)
    finding = replace(form.finding(), observed=seen.observed(), labels=seen.stated_labels())
    try:
        actions.assess(number=number, finding=finding, actor=request.actor, at=request.at)
    except FindingRefused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, _why(refusal))
        return _page(request, _item(number), form=form, seen=seen, status=422)
    except TakenByAnother as other:
        return _page(request, _item(number), taken=other, status=409)
    except (MoveRefused, NotTaken):
        return _page(request, _item(number), form=form, seen=seen, problem=_moved_on(), status=409)
    except UnknownItem as error:
        raise Http404 from error
    messages.success(request, _("The finding on %(number)s is recorded.") % {"number": number})
    return redirect("console:item", number=number)


@require_POST
@may(Permission.REVIEW)
def agree(request: StaffRequest, number: str) -> HttpResponse:
    """A second person agrees: from now on the own list says `block`."""
    try:
        actions.agree(number=number, actor=request.actor, at=request.at)
    except SamePerson:
        problem = _("The second person must be somebody other than who recorded the finding.")
        return _page(request, _item(number), problem=problem, status=409)
    except NothingToAgree:
        return _page(request, _item(number), problem=_moved_on(), status=409)
    except UnknownItem as error:
        raise Http404 from error
    messages.success(request, _("You agreed with the finding."))
    return redirect("console:item", number=number)


@require_POST
@may(Permission.CORRECT)
def correct(request: StaffRequest, number: str) -> HttpResponse:
    """The finding was wrong: the entry is withdrawn and whoever was told is named."""
    form = Correction(request.POST)
    if not form.is_valid():
        return _page(request, _item(number), correction=form, status=422)
    try:
        actions.correct(
            number=number,
            why=form.cleaned_data["why"],
            was=form.state_seen(),
            actor=request.actor,
            at=request.at,
        )
    except (MoveRefused, FindingRefused):
        return _page(request, _item(number), problem=_moved_on(), status=409)
    except UnknownItem as error:
        raise Http404 from error
    messages.success(request, _("The finding on %(number)s is corrected.") % {"number": number})
    return redirect("console:item", number=number)


def _page(
    request: StaffRequest,
    shown: ItemView,
    *,
    form: FindingForm | None = None,
    seen: ObservedForm | None = None,
    correction: Correction | None = None,
    taken: TakenByAnother | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    form = form or FindingForm(initial={"ground": _likely_ground(shown)})
    form.only_grounds_of(matched=bool(shown.matches), seen=viewing_is_on(at=request.at))
    page = {
        "item": shown,
        "mine": shown.state is ItemState.TAKEN and shown.holder == request.person.username,
        "can_take": shown.state in {ItemState.NEW, ItemState.CANNOT_TELL},
        "can_agree": _waits_for_second_person(request, shown),
        "can_correct": shown.state in {ItemState.UNLAWFUL, ItemState.NOT_UNLAWFUL},
        "form": form,
        "seen": seen or ObservedForm(),
        "at": request.at,
        "correction": correction or Correction(initial={"was": shown.state.value}),
        "notices": takedown.for_item(shown.number),
        "taken": taken,
        "problem": problem,
    }
    response = render(request, "console/item.html", page, status=status)
    # After a refusal the browser stands on the item and not on the act: reloading shows it.
    response.headers["HX-Push-Url"] = reverse("console:item", args=[shown.number])
    return response


def _item(number: str) -> ItemView:
    try:
        return queries.item(number)
    except UnknownItem as error:
        raise Http404 from error


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


def _state(asked: str | None) -> ItemState | None:
    """The state asked for; None, for all that waits, when that is no state."""
    return ItemState(asked) if asked in set(ItemState) else None


def _filters(current: ItemState | None) -> list[Filter]:
    counts = queries.counts()
    url = reverse("console:queue")
    by_state = [
        Filter(
            f"{url}?state={state}", str(words.ITEM_STATE[state]), counts[state], state is current
        )
        for state in ItemState
    ]
    waiting = sum(counts[state] for state in queries.WAITING_FOR_SOMEBODY)
    return [Filter(url, _("all that waits"), waiting, current is None), *by_state]


def _moved_on() -> str:
    return _("The item has moved on in the meantime. This is how it stands now.")


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
    }
    return told.get(refusal.field, _("The finding cannot be recorded like this."))
