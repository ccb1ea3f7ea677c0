"""Reports of other systems: what came, line by line, and lines pasted in."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.accounts.types import Permission
from tocsin.domain.intake import actions, queries
from tocsin.domain.intake.types import Command, IntakeRefused, LineState, Origin, UnknownBatch, Way
from tocsin.doors.console import words_partners
from tocsin.doors.console.forms_partners import PastedLines
from tocsin.doors.console.numbers import page_number
from tocsin.doors.console.permissions import StaffRequest, may

ON_A_PAGE = 50
LINES_ON_A_PAGE = 100


@require_safe
@may(Permission.TAKE_IN)
def intake(request: StaffRequest) -> HttpResponse:
    """What came, the newest first; words that wait for somebody; a place to paste lines."""
    return _page(request, PastedLines())


@require_POST
@may(Permission.TAKE_IN)
def paste(request: StaffRequest) -> HttpResponse:
    """Take pasted lines in."""
    form = PastedLines(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    told = form.cleaned_data
    origin = Origin(Way.PASTED, Command(told["asks"]), source=told["source"])
    try:
        batch = actions.take_in(
            raw=told["lines"].encode(), origin=origin, actor=request.actor, at=request.at
        )
    except IntakeRefused as refused:
        form.add_error("lines", str(words_partners.WHY[refused.why]))
        return _page(request, form, status=422)
    if batch.again:
        messages.info(request, _("These very lines were here before: nothing was counted again."))
    return redirect("console:intake_batch", batch.id)


@require_safe
@may(Permission.TAKE_IN)
def batch(request: StaffRequest, batch_id: int) -> HttpResponse:
    """One batch: each line and what became of it, those first that were refused."""
    try:
        view = queries.batch(batch_id)
    except UnknownBatch as error:
        raise Http404 from error
    number = page_number(request.GET.get("page"))
    only = request.GET.get("state")
    states = [LineState(only)] if only in list(LineState) else list(LineState)
    found = queries.lines(
        batch_id,
        states=states,
        limit=LINES_ON_A_PAGE + 1,
        offset=(number - 1) * LINES_ON_A_PAGE,
    )
    page = {
        "batch": view,
        "counts": [(state, view.counts[state]) for state in LineState if state in view.counts],
        "lines": found[:LINES_ON_A_PAGE],
        "state": only if only in list(LineState) else "",
        "page_number": number,
        "more": len(found) > LINES_ON_A_PAGE,
    }
    return render(request, "console/intake_batch.html", page)


@require_POST
@may(Permission.TAKE_IN)
def export(request: StaffRequest, batch_id: int) -> HttpResponse:
    """Every line of a batch as CSV; a POST, since it is written down who took addresses away."""
    try:
        text = actions.export(batch_id=batch_id, actor=request.actor, at=request.at)
    except UnknownBatch as error:
        raise Http404 from error
    name = f'attachment; filename="intake-{batch_id}.csv"'
    headers = {"Content-Disposition": name, "X-Content-Type-Options": "nosniff"}
    body = "\N{ZERO WIDTH NO-BREAK SPACE}" + text
    return HttpResponse(body, content_type="text/csv; charset=utf-8", headers=headers)


@require_POST
@may(Permission.TAKE_IN)
def deal_with(request: StaffRequest, line_id: int) -> HttpResponse:
    """Somebody has read words without an address."""
    if actions.deal_with(line_id=line_id, actor=request.actor, at=request.at):
        messages.success(request, _("Noted."))
    return redirect("console:intake")


def _page(request: StaffRequest, form: PastedLines, status: int = 200) -> HttpResponse:
    number = page_number(request.GET.get("page"))
    found = queries.batches(limit=ON_A_PAGE + 1, offset=(number - 1) * ON_A_PAGE)
    page = {
        "form": form,
        "waiting": queries.for_a_person(),
        "batches": [(one, one.counts.get(LineState.REFUSED, 0)) for one in found[:ON_A_PAGE]],
        "page_number": number,
        "more": len(found) > ON_A_PAGE,
    }
    return render(request, "console/intake.html", page, status=status)
