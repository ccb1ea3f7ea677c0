"""Figures: the report of a period with its plots, as files too, and naming a hoster."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.accounts.types import Permission
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.domain.figures import actions, queries
from tocsin.domain.figures.actions import Decision
from tocsin.domain.figures.types import (
    Figures,
    Period,
    SamePerson,
    TooFewNotices,
    UnknownNaming,
    WordsNeeded,
)
from tocsin.domain.hosters import queries as hosters
from tocsin.doors.console import plots
from tocsin.doors.console.forms_figures import PeriodForm, WordsForm
from tocsin.doors.console.permissions import StaffRequest, may

_FILES: dict[str, tuple[str, Callable[[Figures], str]]] = {
    "json": ("application/json", queries.as_json),
    "csv": ("text/csv; charset=utf-8", queries.as_csv),
}


@require_safe
@may(Permission.SEE_FIGURES)
def figures(request: StaffRequest) -> HttpResponse:
    """The report of a period; of the half-year that is running when none is given."""
    form = PeriodForm(request.GET or _this_half(request.at))
    if not form.is_valid():
        return render(request, "console/figures.html", {"form": form}, status=422)
    report = queries.report(form.period(), at=request.at)
    names = _names(request)
    page = {
        "form": form,
        "report": report,
        "origins": _bars(report, "origin"),
        "countries": _bars(report, "country"),
        "removal": plots.steps(report.removal),
        "hosters": [(one, names.get(one.hoster, "")) for one in report.hosters],
        "least": queries.LEAST_NOTICES,
        "halves": _halves(request.at),
        "files": [(kind, _address("console:figures_file", report.period, kind)) for kind in _FILES],
        "may_propose": request.person.may(Permission.KEEP_DESK),
    }
    return render(request, "console/figures.html", page)


@require_safe
@may(Permission.SEE_FIGURES)
def figures_file(request: StaffRequest, kind: str) -> HttpResponse:
    """The same as a file."""
    form = PeriodForm(request.GET)
    if kind not in _FILES or not form.is_valid():
        raise Http404
    media_type, text = _FILES[kind]
    report = queries.report(form.period(), at=request.at)
    response = HttpResponse(text(report), content_type=media_type)
    name = f"figures-{report.period.first}-{report.period.last}.{kind}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_safe
@may(Permission.KEEP_DESK)
def namings(request: StaffRequest) -> HttpResponse:
    """Every proposal to name a hoster, and what can be done with it."""
    return _namings(request)


@require_POST
@may(Permission.KEEP_DESK)
def propose(request: StaffRequest) -> HttpResponse:
    """Propose to name a hoster: it is written to, and has four weeks."""
    form = PeriodForm(request.POST)
    if not form.is_valid():
        raise Http404
    report = queries.report(form.period(), at=request.at)
    found = [one for one in report.hosters if one.hoster == request.POST.get("hoster")]
    if not found:
        raise Http404
    try:
        actions.propose(figures=found[0], period=report.period, actor=request.actor, at=request.at)
    except (TooFewNotices, MoveRefused) as refusal:
        messages.error(request, _why(refusal))
        return _namings(request, status=409)
    messages.success(request, _("The hoster is being written to."))
    return redirect("console:namings")


@require_POST
@may(Permission.KEEP_DESK)
def naming(request: StaffRequest, number: int, act: str) -> HttpResponse:
    """Write down the hoster's answer, name it or not, or withdraw that."""
    form = WordsForm(request.POST)
    words = form.cleaned_data["words"] if form.is_valid() else ""
    try:
        _act(request, number, act, words)
    except UnknownNaming as error:
        raise Http404 from error
    except (MoveRefused, SamePerson, WordsNeeded) as refusal:
        messages.error(request, _why(refusal))
        return _namings(request, status=422 if isinstance(refusal, WordsNeeded) else 409)
    messages.success(request, _("It is written down."))
    return redirect("console:namings")


def _act(request: StaffRequest, number: int, act: str, words: str) -> None:
    actor, at = request.actor, request.at
    if act == "hear":
        actions.hear(number=number, words=words, actor=actor, at=at)
    elif act == "withdraw":
        actions.withdraw(number=number, why=words, actor=actor, at=at)
    elif act in {"name", "spare"}:
        decision = Decision(name=act == "name", why=words)
        actions.decide(number=number, decision=decision, actor=actor, at=at)
    else:
        raise Http404


def _namings(request: StaffRequest, status: int = 200) -> HttpResponse:
    rows = [(view, WordsForm(auto_id=f"id_{view.number}_%s")) for view in queries.namings()]
    return render(request, "console/namings.html", {"rows": rows}, status=status)


def _names(request: StaffRequest) -> dict[str, str]:
    """What hosters are called: all for whoever works with them, those named for all others."""
    if not request.person.may(Permission.SEE_NOTICES):
        return queries.named()
    return {f"hoster:{one.id}": one.name for one in hosters.hosters()}


def _bars(report: Figures, code: str) -> plots.Bars:
    [section] = [one for one in report.sections if one.code == code]
    return plots.bars([(line.label, line.value or 0, line.before or 0) for line in section.lines])


def _this_half(at: datetime) -> dict[str, str]:
    period = _halves(at)[0][1]
    return {"first": period.first.isoformat(), "last": period.last.isoformat()}


def _halves(at: datetime) -> list[tuple[str, Period, str]]:
    """The half-year that is running and the three before it, with their addresses."""
    here = at.astimezone(settings.TOCSIN_ZONE)
    running = here.year * 2 + (here.month > 6)
    found = []
    for number in range(running, running - 4, -1):
        period = queries.half_year(number // 2, number % 2 + 1)
        url = _address("console:figures", period)
        found.append((f"{number // 2}/{number % 2 + 1}", period, url))
    return found


def _address(name: str, period: Period, *arguments: str) -> str:
    return f"{reverse(name, args=arguments)}?first={period.first}&last={period.last}"


def _why(refusal: Exception) -> str:
    if isinstance(refusal, SamePerson):
        return _("Somebody else must decide: you proposed it.")
    if isinstance(refusal, WordsNeeded):
        return _("Write why.")
    if isinstance(refusal, TooFewNotices):
        return _("There are too few notices, or no address to write to.")
    return _("That cannot be done as things stand: the hoster may still answer, or it is decided.")
