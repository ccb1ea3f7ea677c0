"""The hash lists and the index made of them; no hash is ever shown."""

from __future__ import annotations

from django.http import HttpResponse
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
