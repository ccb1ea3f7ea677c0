"""Where one item is, whether it is still there, and a person's word on it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.accounts.types import Permission
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.domain.hosting import queries as hosting
from tocsin.domain.rechecks import actions
from tocsin.domain.rechecks import queries as rechecks
from tocsin.domain.rechecks.types import Abroad, NotFollowed, NothingToRule, Ruling, RulingRefused
from tocsin.domain.reports import queries as reports
from tocsin.domain.reports.types import ItemView, UnknownItem
from tocsin.doors.console.forms_rechecks import AbroadForm, RulingForm
from tocsin.doors.console.permissions import StaffRequest, may


@require_safe
@may(Permission.SEE_ITEMS)
def whereabouts(request: StaffRequest, number: str) -> HttpResponse:
    """The chain of those answerable, with source and confidence; looks and hops."""
    return _page(request, _item(number))


@require_POST
@may(Permission.ASSESS)
def rule(request: StaffRequest, number: str) -> HttpResponse:
    """Say of an item of which looks cannot tell whether it is there."""
    item, form = _item(number), RulingForm(request.POST)
    if not form.is_valid():
        return _page(request, item, form=form, status=422)
    try:
        actions.rule(
            item_id=item.id,
            ruling=Ruling(form.cleaned_data["ruling"]),
            why=form.cleaned_data["why"],
            actor=request.actor,
            at=request.at,
        )
    except RulingRefused:
        form.add_error("why", _("Write how you know."))
        return _page(request, item, form=form, status=422)
    except (NotFollowed, NothingToRule):
        messages.error(request, _("It does not wait for a word any more."))
        return _page(request, item, status=409)
    messages.success(request, _("Your word is written down."))
    return redirect("console:whereabouts", number=number)


@require_POST
@may(Permission.ASSESS)
def look(request: StaffRequest, number: str) -> HttpResponse:
    """Have it looked at now."""
    actions.look_soon(item_id=_item(number).id, actor=request.actor, at=request.at)
    messages.success(request, _("It is looked at as soon as its server may be asked."))
    return redirect("console:whereabouts", number=number)


@require_POST
@may(Permission.ASSESS)
def pause(request: StaffRequest, number: str) -> HttpResponse:
    """Do not look at it for a fortnight."""
    actions.pause(item_id=_item(number).id, actor=request.actor, at=request.at)
    messages.success(request, _("It is not looked at for two weeks."))
    return redirect("console:whereabouts", number=number)


@require_POST
@may(Permission.ASSESS)
def go_on(request: StaffRequest, number: str) -> HttpResponse:
    """Look at it again."""
    actions.go_on(item_id=_item(number).id, actor=request.actor, at=request.at)
    messages.success(request, _("It is looked at again."))
    return redirect("console:whereabouts", number=number)


@require_POST
@may(Permission.ASSESS)
def abroad(request: StaffRequest, number: str) -> HttpResponse:
    """Write down what became of it abroad."""
    item, form = _item(number), AbroadForm(request.POST)
    if not form.is_valid():
        return _page(request, item, status=422)
    said = Abroad(form.cleaned_data["said"])
    try:
        actions.note_abroad(item_id=item.id, said=said, actor=request.actor, at=request.at)
    except (NotFollowed, MoveRefused):
        messages.error(request, _("It is not known to be abroad."))
        return _page(request, item, status=409)
    messages.success(request, _("It is written down; the item stays open until it is gone."))
    return redirect("console:whereabouts", number=number)


def _page(
    request: StaffRequest, item: ItemView, *, form: RulingForm | None = None, status: int = 200
) -> HttpResponse:
    page = {
        "item": item,
        "where": hosting.latest(item.host) if item.host else None,
        "before": hosting.history(item.host)[1:] if item.host else (),
        "origin": hosting.origin(item.host) if item.host else None,
        "follow": rechecks.follow(item.id),
        "stays": rechecks.stays(item.id),
        "form": form or RulingForm(),
        "abroad_form": AbroadForm(),
    }
    return render(request, "console/whereabouts.html", page, status=status)


def _item(number: str) -> ItemView:
    try:
        return reports.item(number)
    except UnknownItem as error:
        raise Http404 from error
