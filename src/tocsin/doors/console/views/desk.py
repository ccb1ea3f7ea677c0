"""The analyst's desk: the queue, the item, and what is done with it. No picture anywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.accounts.types import Permission
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.domain.reports import actions, queries
from tocsin.domain.reports.desk_types import BadAnswer
from tocsin.domain.reports.types import (
    FindingRefused,
    ItemState,
    NothingToAgree,
    NotTaken,
    SamePerson,
    TakenByAnother,
    UnknownItem,
)
from tocsin.doors.console import words
from tocsin.doors.console.forms import Correction
from tocsin.doors.console.numbers import page_number
from tocsin.doors.console.permissions import StaffRequest, may
from tocsin.doors.console.views.item_page import (
    Forms,
    Refusal,
    filled_in,
    moved_on,
    page,
    refused,
)

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
    found = queries.queue(
        state=state,
        limit=ROWS_ON_A_PAGE,
        offset=(on_page - 1) * ROWS_ON_A_PAGE,
        at=request.at,
    )
    context = {
        "rows": found.rows,
        "total": found.total,
        "filters": _filters(state),
        "state": state,
        "page_number": on_page,
        "more": found.total > on_page * ROWS_ON_A_PAGE,
    }
    return render(request, "console/queue.html", context)


@require_safe
@may(Permission.SEE_ITEMS)
def item(request: StaffRequest, number: str) -> HttpResponse:
    """One item: what is known of it, who said so, and what may be done."""
    return page(request, number)


@require_POST
@may(Permission.ASSESS)
def take(request: StaffRequest, number: str) -> HttpResponse:
    """Take the item, so that nobody else works on it."""
    return acted(
        request, number, lambda: actions.take(number=number, actor=request.actor, at=request.at)
    )


@require_POST
@may(Permission.ASSESS)
def take_next(request: StaffRequest) -> HttpResponse:
    """Take the most pressing item that is free."""
    taken = actions.take_next(actor=request.actor, at=request.at)
    if taken is None:
        messages.info(request, _("Nothing is free for you now."))
        return redirect("console:queue")
    return redirect("console:item", number=taken.number)


@require_POST
@may(Permission.ASSESS)
def give_back(request: StaffRequest, number: str) -> HttpResponse:
    """Put the item back for others, and go on with the queue."""
    answer = acted(
        request,
        number,
        lambda: actions.give_back(number=number, actor=request.actor, at=request.at),
    )
    if answer.status_code != 302:
        return answer
    messages.success(request, _("%(number)s is given back.") % {"number": number})
    return redirect("console:queue")


@require_POST
@may(Permission.ASSESS)
def assess(request: StaffRequest, number: str) -> HttpResponse:
    """Record a finding; a notice leaves by itself when it is unlawful."""
    forms, finding = filled_in(request)
    if finding is None:
        return page(request, number, Refusal(422, forms=forms))
    return acted(
        request,
        number,
        lambda: actions.assess(number=number, finding=finding, actor=request.actor, at=request.at),
        forms=forms,
        said=_("The finding on %(number)s is recorded.") % {"number": number},
    )


@require_POST
@may(Permission.REVIEW)
def agree(request: StaffRequest, number: str) -> HttpResponse:
    """A second person agrees: from now on the own list says `block`."""
    return acted(
        request,
        number,
        lambda: actions.agree(number=number, actor=request.actor, at=request.at),
        said=_("You agreed with the finding."),
    )


@require_POST
@may(Permission.CORRECT)
def correct(request: StaffRequest, number: str) -> HttpResponse:
    """The finding was wrong: the entry is withdrawn and whoever was told is named."""
    form = Correction(request.POST)
    if not form.is_valid():
        return page(request, number, Refusal(422, forms=Forms(correction=form)))
    try:
        actions.correct(
            number=number,
            why=form.cleaned_data["why"],
            was=form.state_seen(),
            actor=request.actor,
            at=request.at,
        )
    except (MoveRefused, FindingRefused):
        return page(request, number, Refusal(409, moved_on()))
    except UnknownItem as error:
        raise Http404 from error
    messages.success(request, _("The finding on %(number)s is corrected.") % {"number": number})
    return redirect("console:item", number=number)


def acted(
    request: StaffRequest,
    number: str,
    act: Callable[[], object],
    *,
    forms: Forms | None = None,
    said: str = "",
) -> HttpResponse:
    """Do it and go to the item; or say on its page why nothing came of it."""
    forms = forms or Forms()
    try:
        act()
    except UnknownItem as error:
        raise Http404 from error
    except FindingRefused as refusal:
        return page(request, number, refused(forms, refusal))
    except BadAnswer:
        problem = _("An answer does not fit the finding.")
        return page(request, number, Refusal(422, problem, forms=forms))
    except TakenByAnother as other:
        return page(request, number, Refusal(409, taken=other))
    except SamePerson:
        problem = _("The second person must be somebody other than who recorded the finding.")
        return page(request, number, Refusal(409, problem))
    except (MoveRefused, NotTaken, NothingToAgree):
        return page(request, number, Refusal(409, moved_on(), forms=forms))
    if said:
        messages.success(request, said)
    return redirect("console:item", number=number)


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
