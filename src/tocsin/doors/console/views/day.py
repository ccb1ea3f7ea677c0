"""A person's day at the desk: what they did, what they look for, what one shift tells the next."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.accounts.types import Permission
from tocsin.domain.reports import actions, queries
from tocsin.doors.console.forms_desk import NoteForm, SearchForm
from tocsin.doors.console.permissions import StaffRequest, may


@require_safe
@may(Permission.SEE_ITEMS)
def day(request: StaffRequest) -> HttpResponse:
    """What I did today and hold, the notes of the last shifts, and a search."""
    return _page(request, SearchForm(), NoteForm())


@require_POST
@may(Permission.SEE_ITEMS)
def search(request: StaffRequest) -> HttpResponse:
    """Find items. By POST: what is looked for may be an address, and stands in no log."""
    form = SearchForm(request.POST)
    if not form.is_valid():
        return _page(request, form, NoteForm(), status=422)
    found = queries.found_by(form.cleaned_data["words"])
    if len(found) == 1:
        return redirect("console:item", number=found[0])
    return _page(request, form, NoteForm(), found=found)


@require_POST
@may(Permission.TAKE_IN)
def hand_over(request: StaffRequest) -> HttpResponse:
    """Leave a note for whoever comes next."""
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _page(request, SearchForm(), form, status=422)
    actions.hand_over(words=form.cleaned_data["words"], actor=request.actor, at=request.at)
    messages.success(request, _("Whoever comes next will read it."))
    return redirect("console:day")


def _page(
    request: StaffRequest,
    search_form: SearchForm,
    note: NoteForm,
    *,
    found: tuple[str, ...] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "search": search_form,
        "note": note,
        "found": found,
        "day": queries.my_day(actor=request.actor, at=request.at),
        "notes": queries.notes(),
    }
    return render(request, "console/day.html", context, status=status)
