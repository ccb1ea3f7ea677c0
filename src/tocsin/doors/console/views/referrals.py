"""The police: what was handed to them, what they say, what is held, and their keys."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.accounts.types import Permission
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.domain.referrals import actions, queries
from tocsin.domain.referrals.actions import Wanted
from tocsin.domain.referrals.types import Reason, ReferralRefused, UnknownReferral
from tocsin.domain.reports import queries as reports
from tocsin.domain.reports.types import FindingKind, UnknownItem
from tocsin.doors.console.forms_referrals import (
    ExtendForm,
    HoldForm,
    PoliceAnswerForm,
    PoliceKeyForm,
    ReferForm,
)
from tocsin.doors.console.numbers import page_number
from tocsin.doors.console.permissions import StaffRequest, may

ROWS_ON_A_PAGE = 50


@require_safe
@may(Permission.HANDLE_POLICE)
def referrals(request: StaffRequest) -> HttpResponse:
    """All of it on one page."""
    return _page(request)


@require_POST
@may(Permission.HANDLE_POLICE)
def refer(request: StaffRequest, number: str) -> HttpResponse:
    """Hand an item to the police."""
    forces = queries.police()
    form = ReferForm(request.POST).between(forces)
    finding = _standing(number)
    if not form.is_valid():
        return _refused(request, _("Choose a police force that is on file, and a reason."), 422)
    told = form.cleaned_data
    wanted = Wanted(told["party"], Reason(told["reason"]), told["words"])

    def act() -> None:
        actions.refer(finding_id=finding, wanted=wanted, actor=request.actor, at=request.at)

    return _acted(request, act, _("It is being handed over."))


@require_POST
@may(Permission.HANDLE_POLICE)
def hold(request: StaffRequest, number: str) -> HttpResponse:
    """Hold an item as the police or a court want it."""
    form = HoldForm(request.POST)
    if not form.is_valid():
        return _refused(request, _("Say what is held, on what ground, and for how many days."), 422)
    terms = form.terms(request.at)

    def act() -> None:
        actions.hold(item_number=number, terms=terms, actor=request.actor, at=request.at)

    return _acted(request, act, _("It is held."))


@require_POST
@may(Permission.HANDLE_POLICE)
def release(request: StaffRequest, hold_id: int) -> HttpResponse:
    """Hold it no more."""
    return _acted(
        request,
        lambda: actions.release_hold(number=hold_id, actor=request.actor, at=request.at),
        _("It is held no more."),
    )


@require_POST
@may(Permission.HANDLE_POLICE)
def extend(request: StaffRequest, hold_id: int) -> HttpResponse:
    """Hold it for longer, with a reason."""
    form = ExtendForm(request.POST)
    valid = form.is_valid()
    until = request.at + timedelta(days=form.cleaned_data["days"] if valid else 1)
    why = form.cleaned_data["why"] if valid else ""
    return _acted(
        request,
        lambda: actions.extend_hold(
            number=hold_id, until=until, why=why, actor=request.actor, at=request.at
        ),
        _("It is held for longer."),
    )


@require_POST
@may(Permission.HANDLE_POLICE)
def acknowledge(request: StaffRequest, number: str) -> HttpResponse:
    """They have it."""
    return _acted(
        request,
        lambda: actions.acknowledge(number=number, actor=request.actor, at=request.at),
        _("It is written down."),
    )


@require_POST
@may(Permission.HANDLE_POLICE)
def answer(request: StaffRequest, number: str) -> HttpResponse:
    """What they say, and what follows from it."""
    form = PoliceAnswerForm(request.POST)
    if not form.is_valid():
        _one(number)
        return _refused(request, _("Choose what they say."), 422)
    told = form.told(request.at)
    return _acted(
        request,
        lambda: actions.answer(number=number, told=told, actor=request.actor, at=request.at),
        _("It is written down."),
    )


@require_POST
@may(Permission.HANDLE_POLICE)
def add_key(request: StaffRequest) -> HttpResponse:
    """A public key of the police."""
    form = PoliceKeyForm(request.POST).between(queries.police())
    if not form.is_valid():
        return _refused(request, _("Choose the police force, and paste its public key."), 422)
    party, text = form.cleaned_data["party"], form.cleaned_data["key"]

    def act() -> None:
        mark = actions.add_key(party_id=party, text=text, actor=request.actor, at=request.at)
        words = _("Compare this by telephone: %(mark)s") % {"mark": mark}
        messages.info(request, words)

    return _acted(request, act, _("The key is on file."))


@require_POST
@may(Permission.HANDLE_POLICE)
def remove_key(request: StaffRequest, key_id: int) -> HttpResponse:
    """Encrypt to it no more."""
    return _acted(
        request,
        lambda: actions.remove_key(number=key_id, actor=request.actor, at=request.at),
        _("The key is not used any more."),
    )


def _acted(request: StaffRequest, act: Callable[[], None], done: str) -> HttpResponse:
    try:
        act()
    except (UnknownReferral, UnknownItem) as error:
        raise Http404 from error
    except ReferralRefused as refusal:
        return _refused(request, _why(refusal), 422)
    except MoveRefused:
        words = _("That cannot be done as things stand; this is how they stand now.")
        return _refused(request, words, 409)
    messages.success(request, done)
    return redirect("console:referrals")


def _refused(request: StaffRequest, words: str, status: int) -> HttpResponse:
    messages.error(request, words)
    return _page(request, status)


def _why(refusal: ReferralRefused) -> str:
    told = {
        "party": _("Choose a police force that is on file."),
        "key": _("This is no public key of age or OpenPGP that can be used beside their others."),
        "basis": _("Name the law or the order that the hold rests on."),
        "until": _("Say until when: at most 14 days in place, 365 days kept, and extend it then."),
        "words": _("Write the number of the case."),
        "why": _("Write why it takes longer."),
        "do_not_notify": _("Who must not be told is told by no removal either."),
    }
    return told.get(refusal.field, str(refusal))


def _page(request: StaffRequest, status: int = 200) -> HttpResponse:
    here = page_number(request.GET.get("page"))
    rows, total = queries.referrals(limit=ROWS_ON_A_PAGE, offset=(here - 1) * ROWS_ON_A_PAGE)
    forces = queries.police()
    names = dict(forces)
    page = {
        "rows": [(one, _on(PoliceAnswerForm, one.number)) for one in rows],
        "total": total,
        "page_number": here,
        "more": total > here * ROWS_ON_A_PAGE,
        "holds": [(one, _on(ExtendForm, str(one.number))) for one in queries.holds()],
        "keys": [(one, names.get(one.party_id, "")) for one in queries.police_keys()],
        "key_form": PoliceKeyForm(auto_id="id_key_%s").between(forces),
        "forces": forces,
    }
    return render(request, "console/referrals.html", page, status=status)


def _on(form: type[forms.Form], number: str) -> forms.Form:
    """A form of its own for each row: the names of its fields must be unique on the page."""
    return form(auto_id=f"id_{number}_%s")


def _one(number: str) -> None:
    try:
        queries.referral(number)
    except UnknownReferral as error:
        raise Http404 from error


def _standing(number: str) -> int:
    """The finding by which an item is unlawful."""
    try:
        found = reports.item(number).findings
    except UnknownItem as error:
        raise Http404 from error
    standing = [f.id for f in found if f.kind is FindingKind.UNLAWFUL and not f.corrected]
    if not standing:
        raise Http404
    return standing[-1]
