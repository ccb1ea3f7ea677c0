"""The hash lists and the index made of them; no hash is ever shown."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.accounts.types import Permission
from tocsin.domain.hashlists import actions as keeping
from tocsin.domain.hashlists import queries as hashlists
from tocsin.domain.hashlists.types import WIDTHS, Kind, SetState, SetView
from tocsin.domain.matching import queries as matching
from tocsin.doors.console.forms_quarantine import SetConfirmation
from tocsin.doors.console.permissions import StaffRequest, may


@require_safe
@may(Permission.SEE_LISTS)
def lists(request: StaffRequest) -> HttpResponse:
    """Which lists there are, how many entries count, and what the index holds."""
    return _page(request)


@require_POST
@may(Permission.CORRECT)
def confirm_set(request: StaffRequest) -> HttpResponse:
    """A known-good set that waits may set aside all it knows."""
    form = SetConfirmation(request.POST)
    if not form.is_valid():
        messages.error(request, _("Write why."))
        return _page(request, status=422)
    try:
        keeping.confirm_set(**form.cleaned_data, actor=request.actor, at=request.at)
    except (keeping.NoSuchKnownSet, keeping.SetIsWell, keeping.DecidedAlready):
        messages.error(request, _("The set has changed, or somebody has decided: look again."))
        return _page(request, status=409)
    except keeping.WordsNeeded:
        messages.error(request, _("Write why."))
        return _page(request, status=422)
    messages.success(request, _("The set is asked; the lists are gone over within a minute."))
    return redirect("console:lists")


@require_POST
@may(Permission.KEEP_PROVIDERS)
def answer_unvetted(request: StaffRequest, number: int) -> HttpResponse:
    """Whether a list may answer providers nobody has vetted: what its sharing terms say."""
    if number not in {view.number for view in hashlists.lists()}:
        raise Http404
    change = (
        keeping.let_answer_unvetted
        if request.POST.get("answers") == "yes"
        else keeping.keep_from_unvetted
    )
    change(number=number, actor=request.actor, at=request.at)
    return redirect("console:lists")


@require_safe
@may(Permission.SEE_ITEMS)
def entry(request: StaffRequest, entry_id: int) -> HttpResponse:
    """One entry: whose it is, what was observed, which codes follow. Never a fingerprint.

    It tells of a picture, so whoever may not see items may not see it either.
    """
    try:
        shown = hashlists.entry(entry_id)
    except hashlists.NoSuchEntry as error:
        raise Http404 from error
    page = {
        "entry": shown,
        "at": request.at,
        "quarantines": hashlists.quarantines_of(entry_id),
        "notes": hashlists.notes_of(entry_id),
        "muted": hashlists.muted_of(entry_id),
        "unlinted": _by_photodna_alone(entry_id),
    }
    return render(request, "console/entry.html", page)


def _by_photodna_alone(entry_id: int) -> bool:
    return hashlists.kinds_of(entry_id) & WIDTHS.keys() == {Kind.PHOTODNA}


def _page(request: StaffRequest, status: int = 200) -> HttpResponse:
    page = {
        "lists": hashlists.lists(),
        "runs": hashlists.runs(limit=30),
        "index": matching.index_state(),
        "apart": hashlists.set_apart(),
        "waiting": _waiting(request),
        "known_sets": [
            (one, _form(place, one)) for place, one in enumerate(hashlists.known_sets())
        ],
    }
    return render(request, "console/lists.html", page, status=status)


def _form(place: int, one: SetView) -> SetConfirmation | None:
    if one.state is not SetState.WAITS:
        return None
    told = {"name": one.name, "mark": one.mark}
    # Each with a form of its own: the names of its fields must be unique on the page.
    return SetConfirmation(auto_id=f"id_set_{place}_%s", initial=told)


def _waiting(request: StaffRequest) -> int:
    """How many entries wait in quarantine, for whoever may see them."""
    if not request.user.may(Permission.SEE_ITEMS):  # type: ignore[union-attr]
        return 0
    return hashlists.waiting_entries()
