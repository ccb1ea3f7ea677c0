"""Entries that are held, by an appeal, by the brake, or by nobody any more."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.accounts.types import Permission
from tocsin.domain.corrections import actions, queries
from tocsin.domain.corrections.types import HeldFor, HeldView, NotHeld, StillAsked, WordsNeeded
from tocsin.doors.console.forms_corrections import LetCountForm
from tocsin.doors.console.permissions import StaffRequest, may


@require_safe
@may(Permission.SEE_ITEMS)
def holds(request: StaffRequest) -> HttpResponse:
    """Every entry that is held, and where that is lifted."""
    return _page(request)


@require_POST
@may(Permission.CORRECT)
def let_count(request: StaffRequest, entry_id: int) -> HttpResponse:
    """Nobody asks about it any more: it counts again."""
    told = _("The entry counts again.")
    return _decided(request, actions.let_count, entry_id, told)


@require_POST
@may(Permission.CORRECT)
def withdraw_held(request: StaffRequest, entry_id: int) -> HttpResponse:
    """It is wrong, as the one that it is like: it is withdrawn."""
    told = _("The entry is withdrawn; everybody who got a hit is being told.")
    return _decided(request, actions.withdraw_held, entry_id, told)


def _decided(
    request: StaffRequest, decide: Callable[..., None], entry_id: int, told: str
) -> HttpResponse:
    form = LetCountForm(request.POST)
    words = form.cleaned_data["words"] if form.is_valid() else ""
    try:
        decide(entry_id=entry_id, words=words, actor=request.actor, at=request.at)
    except WordsNeeded:
        messages.error(request, _("Write why."))
        return _page(request, status=422)
    except NotHeld as error:
        raise Http404 from error
    except StillAsked:
        messages.error(request, _("An appeal or the flood brake holds it: decide there."))
        return _page(request, status=409)
    messages.success(request, told)
    return redirect("console:holds")


def _page(request: StaffRequest, status: int = 200) -> HttpResponse:
    page = {
        # Each with a form of its own: the names of its fields must be unique on the page.
        "rows": [(view, _form(view)) for view in queries.holds()],
    }
    return render(request, "console/holds.html", page, status=status)


def _form(view: HeldView) -> LetCountForm | None:
    nobody = view.held_for is HeldFor.NOBODY
    return LetCountForm(auto_id=f"id_{view.entry.id}_%s") if nobody else None
