"""The hash lists and the index made of them; no hash is ever shown."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.accounts.types import Permission
from tocsin.domain.hashlists import actions as keeping
from tocsin.domain.hashlists import queries as hashlists
from tocsin.domain.matching import queries as matching
from tocsin.doors.console.permissions import StaffRequest, may


@require_safe
@may(Permission.SEE_LISTS)
def lists(request: StaffRequest) -> HttpResponse:
    """Which lists there are, how many entries count, and what the index holds."""
    page = {
        "lists": hashlists.lists(),
        "runs": hashlists.runs(limit=30),
        "index": matching.index_state(),
        "apart": hashlists.set_apart(),
        "waiting": _waiting(request),
        "known_sets": hashlists.known_sets(),
    }
    return render(request, "console/lists.html", page)


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
    }
    return render(request, "console/entry.html", page)


def _waiting(request: StaffRequest) -> int:
    """How many entries wait in quarantine, for whoever may see them."""
    if not request.user.may(Permission.SEE_ITEMS):  # type: ignore[union-attr]
        return 0
    return hashlists.waiting_entries()
