"""Floods: entries held because they suddenly matched for many."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.accounts import queries as accounts
from tocsin.base.accounts.types import Permission
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.domain.corrections import actions, queries
from tocsin.domain.corrections.types import UnknownFlood, WordsNeeded
from tocsin.doors.console.forms_corrections import FloodDecision
from tocsin.doors.console.permissions import StaffRequest, may


@require_safe
@may(Permission.SEE_ITEMS)
def floods(request: StaffRequest) -> HttpResponse:
    """Those that wait for somebody first."""
    return _page(request)


@require_POST
@may(Permission.CORRECT)
def decide(request: StaffRequest, flood_id: int) -> HttpResponse:
    """Lift the hold, or withdraw the entry."""
    form = FloodDecision(request.POST)
    known = form.is_valid() and form.cleaned_data["verdict"]
    act = actions.withdraw if known == FloodDecision.WITHDRAW else actions.lift
    words = form.cleaned_data.get("words", "")
    try:
        act(number=flood_id, words=words if known else "", actor=request.actor, at=request.at)
    except UnknownFlood as error:
        raise Http404 from error
    except WordsNeeded:
        if not any(flood.number == flood_id for flood in queries.floods()):
            raise Http404 from None
        messages.error(request, _("Choose what to do, and write why."))
        return _page(request, status=422)
    except MoveRefused:
        messages.error(request, _("It has been decided in the meantime."))
        return _page(request, status=409)
    messages.success(request, _("Everybody who got a hit is being told."))
    return redirect("console:floods")


def _page(request: StaffRequest, status: int = 200) -> HttpResponse:
    page = {
        # Each with a form of its own: the names of its fields must be unique on the page.
        "rows": [
            (flood, FloodDecision(auto_id=f"id_{flood.number}_%s")) for flood in queries.floods()
        ],
        "names": {f"user:{person.pk}": person.username for person in accounts.people()},
    }
    return render(request, "console/floods.html", page, status=status)
