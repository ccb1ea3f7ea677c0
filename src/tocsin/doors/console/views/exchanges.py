"""Exchanges: how pulls from other organisations' services go, and which votes did not get there."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.accounts.types import Permission
from tocsin.domain.exchanges import actions, queries
from tocsin.doors.console.forms_exchanges import ExchangeVotes, MembersDecision, votes_of
from tocsin.doors.console.permissions import StaffRequest, may


@require_safe
@may(Permission.SEE_SYSTEM)
def exchanges(request: StaffRequest) -> HttpResponse:
    """How far each pull is, what went wrong, and when it is tried again."""
    page = {
        "exchanges": [(one, votes_of(one)) for one in queries.exchanges(at=request.at)],
        "dead_votes": queries.dead_votes(),
    }
    return render(request, "console/exchanges.html", page)


@require_POST
@may(Permission.SEE_SYSTEM)
def try_now(request: StaffRequest, slug: str) -> HttpResponse:
    """Pull at once and not when its turn comes."""
    try:
        trying = actions.try_now(slug=slug, actor=request.actor, at=request.at)
    except actions.NoSuchExchange as error:
        raise Http404 from error
    if trying:
        messages.success(request, _("It is tried again."))
    return redirect("console:exchanges")


@require_POST
@may(Permission.CORRECT)
def set_votes(request: StaffRequest, slug: str) -> HttpResponse:
    """Send our votes there or not, and with which reason."""
    form = ExchangeVotes(request.POST)
    if not form.is_valid():
        messages.error(request, _("A reason has 80 characters at most."))
        return redirect("console:exchanges")
    try:
        actions.set_votes(slug=slug, **form.cleaned_data, actor=request.actor, at=request.at)
    except actions.NoSuchExchange as error:
        raise Http404 from error
    messages.success(request, _("Noted."))
    return redirect("console:exchanges")


@require_POST
@may(Permission.CORRECT)
def decide_members(request: StaffRequest, slug: str) -> HttpResponse:
    """Let new members have lists, or keep to those that have one."""
    form = MembersDecision(request.POST)
    if not form.is_valid():
        return HttpResponse(status=422)
    lets_in = form.cleaned_data["decision"] == MembersDecision.LET_IN
    act = actions.let_members_in if lets_in else actions.keep_to_known_members
    in_all = form.cleaned_data["in_all"]
    try:
        done = act(slug=slug, in_all=in_all, actor=request.actor, at=request.at)
    except actions.NoSuchExchange as error:
        raise Http404 from error
    if done:
        messages.success(request, _("It is tried again."))
    else:
        messages.error(request, _("It has changed in the meantime: look again."))
    return redirect("console:exchanges")


@require_POST
@may(Permission.SEE_SYSTEM)
def revive_vote(request: StaffRequest, vote_id: int) -> HttpResponse:
    """Send a vote that was given up on."""
    if actions.revive_vote(vote_id=vote_id, actor=request.actor, at=request.at):
        messages.success(request, _("It is tried again."))
    return redirect("console:exchanges")
