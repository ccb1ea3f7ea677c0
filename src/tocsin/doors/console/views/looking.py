"""Looking at a picture: step by step, from memory, counted; and who looked how much.

The picture is written into the answer to a POST and nowhere else: there is no address at which it
could be fetched again, and what answers is kept by no browser and no proxy.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tocsin.base.accounts.types import Permission
from tocsin.domain.reports import queries as reports
from tocsin.domain.reports.types import UnknownItem
from tocsin.domain.viewing import actions, queries
from tocsin.domain.viewing.types import Ladder, LookIsOver, MayNotLook, Shown, Subject, Veil
from tocsin.domain.visits.actions import DecodersBusy
from tocsin.doors.console.forms_looking import LookForm
from tocsin.doors.console.permissions import StaffRequest, may
from tocsin.doors.console.seeing import Sight, sight_of

DAYS_SHOWN = 30


@dataclass(frozen=True, slots=True, repr=False)
class Picture:
    """What a page shows of a look: the picture as text, for this one answer."""

    look_id: int
    source: str
    width: int
    height: int
    left_minutes: int
    moments: int

    @classmethod
    def of(cls, shown: Shown) -> Picture:
        written = base64.b64encode(shown.picture).decode()
        return cls(
            shown.look_id,
            f"data:image/jpeg;base64,{written}",
            shown.width,
            shown.height,
            shown.left_seconds // 60,
            shown.moments,
        )


@dataclass(frozen=True, slots=True, repr=False)
class Answered:
    """What came of asking for a step."""

    status: int = 200
    picture: Picture | None = None
    step: Veil | None = None
    refusal: MayNotLook | None = None
    problem: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
@may(Permission.VIEW)
def look(request: StaffRequest, number: str) -> HttpResponse:
    """What may be looked at of an item; by POST, the next step of it."""
    sight = _sight(request, number)
    if request.method != "POST":
        return _panel(request, number, sight, _asked(request, sight))
    form = LookForm(request.POST)
    subject = sight.subject(form.number("place")) if form.is_valid() else None
    if subject is None:
        return _panel(request, number, sight, None, Answered(422))
    step, moment = Veil(form.cleaned_data["step"]), form.number("moment")
    try:
        shown = actions.look(
            subject=subject, step=step, moment=moment, actor=request.actor, at=request.at
        )
    except MayNotLook as refusal:
        return _panel(request, number, sight, subject, Answered(409, refusal=refusal))
    except DecodersBusy:
        busy = _("No picture can be read at the moment; try again.")
        return _panel(request, number, sight, subject, Answered(409, problem=busy))
    picture = Picture.of(shown)
    return _panel(request, number, sight, subject, Answered(picture=picture, step=step))


@require_POST
@may(Permission.VIEW)
def beat(request: StaffRequest, look_id: int) -> HttpResponse:
    """The picture is still on the screen; once it must not be, what to put in its place."""
    try:
        actions.beat(look_id=look_id, actor=request.actor, at=request.at)
    except LookIsOver as over:
        return render(request, "console/_look_over.html", {"why": over.why})
    return HttpResponse(status=204)


@require_POST
@may(Permission.VIEW)
def end(request: StaffRequest, look_id: int) -> HttpResponse:
    """The picture is taken from the screen."""
    actions.end_look(look_id=look_id, actor=request.actor, at=request.at)
    return render(request, "console/_look_over.html", {"why": None, "by_hand": True})


@require_safe
@may(Permission.VIEW)
def mine(request: StaffRequest) -> HttpResponse:
    """What I was shown, and what is left of my day."""
    since = request.at - timedelta(days=DAYS_SHOWN)
    until = request.at + timedelta(seconds=1)
    page = {
        "mine": queries.exposure(request.actor, since=since, until=until, at=request.at),
        "looks": queries.looks(who=request.actor.text, since=since, until=until),
        "limits": queries.limits(),
        "days": DAYS_SHOWN,
        "on": queries.viewing_is_on(at=request.at),
    }
    return render(request, "console/looks.html", page)


@require_safe
@may(Permission.SEE_QUALITY)
def everybody(request: StaffRequest) -> HttpResponse:
    """What everybody was shown, and the figure that must go down."""
    since = request.at - timedelta(days=DAYS_SHOWN)
    until = request.at + timedelta(seconds=1)
    page = {
        "people": queries.exposures(since=since, until=until, at=request.at),
        "headline": queries.headline(since=since, until=until, confirmed=_confirmed(since, until)),
        "days": DAYS_SHOWN,
    }
    return render(request, "console/looks_everybody.html", page)


@require_POST
@may(Permission.VIEW)
def opt_out(request: StaffRequest) -> HttpResponse:
    """I want to be shown nothing. Nobody asks why."""
    actions.opt_out(actor=request.actor, at=request.at)
    messages.success(request, _("You are shown no pictures until you say otherwise here."))
    return redirect("console:my_looks")


@require_POST
@may(Permission.VIEW)
def opt_in(request: StaffRequest) -> HttpResponse:
    """I may be shown pictures again."""
    actions.opt_in(actor=request.actor, at=request.at)
    messages.success(request, _("You may be shown pictures again."))
    return redirect("console:my_looks")


def _sight(request: StaffRequest, number: str) -> Sight:
    try:
        item = reports.item(number)
    except UnknownItem as error:
        raise Http404 from error
    members = item.cluster.members if item.cluster else ()
    return sight_of(item, request.person, [one.id for one in members if one.id != item.id])


def _confirmed(since: datetime, until: datetime) -> int:
    return reports.found_unlawful(since=since, until=until)


def _asked(request: StaffRequest, sight: Sight) -> Subject | None:
    """The picture that the address names, or the only one there is."""
    place = request.GET.get("place", "")
    if place.isdecimal() and len(place) < 5:
        return sight.subject(int(place))
    return sight.subjects[0] if len(sight.subjects) == 1 else None


def _panel(
    request: StaffRequest,
    number: str,
    sight: Sight,
    subject: Subject | None,
    answered: Answered | None = None,
) -> HttpResponse:
    answered = answered or Answered()
    ladder = _ladder(request, sight, subject)
    page = {
        "number": number,
        "sight": sight,
        "pairs": list(zip(sight.images, sight.subjects, strict=False)),
        "subject": subject,
        "ladder": ladder,
        "steps": [(veil, veil in ladder.steps, veil in ladder.seen) for veil in Veil],
        "moments": range(ladder.moments) if ladder.moments > 1 else (),
        "picture": answered.picture,
        "step": answered.step,
        "refusal": answered.refusal,
        "problem": answered.problem,
    }
    return render(request, "console/look.html", page, status=answered.status)


def _ladder(request: StaffRequest, sight: Sight, subject: Subject | None) -> Ladder:
    """Of the picture that was chosen; before one is, of the first: what keeps all of them away is
    said at once."""
    about = subject or (sight.subjects[0] if sight.subjects else None)
    if about is None:
        return Ladder(())
    return queries.ladder(about, actor=request.actor, at=request.at)
