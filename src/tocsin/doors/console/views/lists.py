"""The hash lists and the index made of them; no hash is ever shown."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tocsin.base.accounts.types import Permission
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
    }
    return render(request, "console/lists.html", page)


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
    return render(request, "console/entry.html", {"entry": shown, "at": request.at})
