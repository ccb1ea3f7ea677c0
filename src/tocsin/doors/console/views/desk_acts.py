"""What else is done with an item: put it back with a reason, put it first, judge it blind, confirm
it with its cluster, hold it for the police, appeal."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tocsin.base.accounts.types import Permission
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.domain.reports import actions
from tocsin.domain.reports.actions import Opening
from tocsin.domain.reports.desk_types import (
    AppealOrigin,
    NoSuchCluster,
    NothingToAppealHere,
    SkipReason,
)
from tocsin.domain.reports.types import UnknownItem
from tocsin.doors.console.forms_desk import ExtendForm, ItemAppealForm, SkipForm, TwinForm, WhyForm
from tocsin.doors.console.permissions import StaffRequest, may
from tocsin.doors.console.views.desk import acted
from tocsin.doors.console.views.item_page import Forms, Refusal, filled_in, moved_on, page


@require_POST
@may(Permission.ASSESS)
def skip(request: StaffRequest, number: str) -> HttpResponse:
    """Put the item back and say why; it is not offered to this person again today."""
    form = SkipForm(request.POST)
    if not form.is_valid():
        return page(request, number, Refusal(422, _("Choose why you put it back.")))
    reason = SkipReason(form.cleaned_data["reason"])
    answer = acted(
        request,
        number,
        lambda: actions.skip(number=number, reason=reason, actor=request.actor, at=request.at),
    )
    if answer.status_code != 302:
        return answer
    messages.success(request, _("%(number)s is put back.") % {"number": number})
    return redirect("console:queue")


@require_POST
@may(Permission.TAKE_IN)
def set_live(request: StaffRequest, number: str) -> HttpResponse:
    """It happens now: to the top of the queue."""
    return acted(
        request,
        number,
        lambda: actions.set_live(number=number, actor=request.actor, at=request.at),
        said=_("%(number)s goes first now.") % {"number": number},
    )


@require_POST
@may(Permission.REVIEW)
def review(request: StaffRequest, number: str) -> HttpResponse:
    """Record a second finding, made blind, or a third that settles it."""
    forms, finding = filled_in(request)
    if finding is None:
        return page(request, number, Refusal(422, forms=forms))
    return acted(
        request,
        number,
        lambda: actions.review(number=number, finding=finding, actor=request.actor, at=request.at),
        forms=forms,
        said=_("The finding on %(number)s is recorded.") % {"number": number},
    )


@require_POST
@may(Permission.ASSESS)
def follow(request: StaffRequest, number: str) -> HttpResponse:
    """What was found of the same picture holds here too."""
    try:
        return acted(
            request,
            number,
            lambda: actions.follow(number=number, actor=request.actor, at=request.at),
            said=_("The finding on %(number)s is recorded.") % {"number": number},
        )
    except NoSuchCluster:
        return page(request, number, Refusal(409, moved_on()))


@require_POST
@may(Permission.ASSESS)
def take_apart(request: StaffRequest, number: str) -> HttpResponse:
    """It shows another picture than the items it stands with."""
    form = WhyForm(request.POST, auto_id="id_apart_%s")
    if not form.is_valid():
        return page(request, number, Refusal(422, forms=Forms(apart=form)))
    why = form.cleaned_data["why"]
    try:
        return acted(
            request,
            number,
            lambda: actions.take_apart(number=number, why=why, actor=request.actor, at=request.at),
        )
    except NoSuchCluster:
        return page(request, number, Refusal(409, moved_on()))


@require_POST
@may(Permission.ASSESS)
def put_together(request: StaffRequest, number: str) -> HttpResponse:
    """It shows the same picture as another item."""
    form = TwinForm(request.POST, auto_id="id_together_%s")
    if form.is_valid():
        other = form.cleaned_data["other"]
        try:
            actions.put_together(number=number, other=other, actor=request.actor, at=request.at)
        except NoSuchCluster:
            form.add_error("other", _("These two cannot stand together."))
        except UnknownItem:
            form.add_error("other", _("There is no item of this number."))
        else:
            said = _("%(number)s and %(other)s stand together now.")
            messages.success(request, said % {"number": number, "other": other})
            return redirect("console:item", number=number)
    return page(request, number, Refusal(422, forms=Forms(together=form)))


@require_POST
@may(Permission.HANDLE_POLICE)
def extend(request: StaffRequest, number: str) -> HttpResponse:
    """Hold it longer for the police, with a reason."""
    form = ExtendForm(request.POST, auto_id="id_extend_%s")
    if not form.is_valid():
        return page(request, number, Refusal(422, forms=Forms(extend=form)))
    told = form.cleaned_data
    return acted(
        request,
        number,
        lambda: actions.extend_police(
            number=number,
            hours=told["hours"],
            why=told["why"],
            actor=request.actor,
            at=request.at,
        ),
    )


@require_POST
@may(Permission.HANDLE_POLICE)
def release(request: StaffRequest, number: str) -> HttpResponse:
    """The police need no more time."""
    return acted(
        request,
        number,
        lambda: actions.release_police(number=number, actor=request.actor, at=request.at),
        said=_("The takedown of %(number)s begins.") % {"number": number},
    )


@require_POST
@may(Permission.TAKE_IN)
def appeal(request: StaffRequest, number: str) -> HttpResponse:
    """Somebody with a stake says that the finding was wrong."""
    form = ItemAppealForm(request.POST, auto_id="id_appeal_%s")
    if not form.is_valid():
        return page(request, number, Refusal(422, forms=Forms(appeal=form)))
    told = form.cleaned_data
    opening = Opening(AppealOrigin(told["origin"]), told["words"], told["contact"])
    try:
        opened = actions.open_appeal(
            number=number, opening=opening, actor=request.actor, at=request.at
        )
    except UnknownItem as error:
        raise Http404 from error
    except (NothingToAppealHere, MoveRefused):
        return page(request, number, Refusal(409, moved_on()))
    return redirect("console:item_appeal", number=opened)
