"""Entries in quarantine: why they were set aside, and what people decide."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.accounts import queries as accounts
from tocsin.base.accounts.types import Permission
from tocsin.domain.hashlists import actions, queries
from tocsin.domain.hashlists.types import Group
from tocsin.doors.console.forms_quarantine import GroupDecision, QuarantineDecision
from tocsin.doors.console.permissions import StaffRequest, may

SHOWN = 50


@require_safe
@may(Permission.SEE_ITEMS)
def quarantine(request: StaffRequest) -> HttpResponse:
    """What waits, by reason and one by one, and what was decided."""
    return _page(request)


@require_POST
@may(Permission.CORRECT)
def decide(request: StaffRequest, number: int) -> HttpResponse:
    """Let one entry match again, or withdraw it."""
    if queries.quarantine(number) is None:
        raise Http404
    form = QuarantineDecision(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose what to do, and write why."))
        return _page(request, status=422)
    try:
        over = actions.decide(
            number=number,
            decision=form.chosen(),
            words=form.cleaned_data["words"],
            actor=request.actor,
            at=request.at,
        )
    except actions.DecidedAlready:
        messages.error(request, _("It has been decided in the meantime."))
        return _page(request, status=409)
    if over:
        messages.success(request, _("Decided. It takes effect within a second."))
    else:
        messages.warning(request, _("Decided. It still waits for another reason."))
    return redirect("console:quarantine")


@require_POST
@may(Permission.CORRECT)
def decide_all(request: StaffRequest) -> HttpResponse:
    """Decide the same of all entries of a list that wait for one reason."""
    form = GroupDecision(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose what to do, and write why."))
        return _page(request, status=422)
    reached = actions.decide_all(
        chosen=form.group(),
        decision=form.chosen(),
        words=form.cleaned_data["words"],
        actor=request.actor,
        at=request.at,
    )
    told = ngettext("%(count)d entry decided.", "%(count)d entries decided.", reached)
    messages.success(request, told % {"count": reached})
    return redirect("console:quarantine")


def _page(request: StaffRequest, status: int = 200) -> HttpResponse:
    page = {
        "groups": [(group, _form_of(place, group)) for place, group in _groups()],
        # Each with a form of its own: the names of its fields must be unique on the page.
        "rows": [
            (one, QuarantineDecision(auto_id=f"id_{one.number}_%s"))
            for one in queries.quarantined(limit=SHOWN)
        ],
        "shown": SHOWN,
        "decided": queries.decided(limit=SHOWN),
        "lint": queries.last_lint(),
        "names": {f"user:{person.pk}": person.username for person in accounts.people()},
    }
    return render(request, "console/quarantine.html", page, status=status)


def _groups() -> list[tuple[int, Group]]:
    return list(enumerate(queries.quarantine_groups()))


def _form_of(place: int, group: Group) -> GroupDecision:
    return GroupDecision(
        auto_id=f"id_all_{place}_%s",
        initial={
            "list_slug": group.list_slug,
            "reason": group.reason.value,
            "known_set": group.known_set,
            "through": group.through,
        },
    )
