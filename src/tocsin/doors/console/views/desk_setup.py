"""How the desk is set up: weights and rules, in versions, kept by managers."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.accounts.types import Permission
from tocsin.domain.reports import actions, queries
from tocsin.domain.reports.desk_types import (
    DeskRules,
    Moved,
    ReasonNeeded,
    SetupMovedOn,
    UnusableSetup,
)
from tocsin.domain.reports.types import ReasonCode
from tocsin.doors.console.forms_desk import RulesForm, WeightsForm
from tocsin.doors.console.permissions import StaffRequest, may

TRY = "try"


@require_safe
@may(Permission.KEEP_DESK)
def setup(request: StaffRequest) -> HttpResponse:
    """Weights and rules as they are, and who changed them when and why."""
    return _page(request)


@require_POST
@may(Permission.KEEP_DESK)
def weights(request: StaffRequest) -> HttpResponse:
    """Try other weights, which changes nothing, or make them count."""
    form = WeightsForm(request.POST)
    if not form.is_valid():
        return _page(request, weights_form=form, status=422)
    if request.POST.get("do") == TRY:
        points = {ReasonCode(code): n for code, n in form.points().items()}
        return _page(request, weights_form=form, dry=queries.dry_view(points))
    try:
        actions.set_weights(
            asked=form.points(),
            after=form.cleaned_data["after"],
            why=form.cleaned_data["why"],
            actor=request.actor,
            at=request.at,
        )
    except UnusableSetup as error:
        form.add_error(error.field, _("This number is out of bounds."))
        return _page(request, weights_form=form, status=422)
    except ReasonNeeded:
        form.add_error("why", _("Write why."))
        return _page(request, weights_form=form, status=422)
    except SetupMovedOn:
        messages.error(request, _("Somebody else has changed this meanwhile."))
        return _page(request, status=409)
    messages.success(request, _("The queue takes its new order."))
    return redirect("console:desk_setup")


@require_POST
@may(Permission.KEEP_DESK)
def rules(request: StaffRequest) -> HttpResponse:
    """Set how the desk decides."""
    form = RulesForm(request.POST, language=request.person.language)
    if not form.is_valid():
        return _page(request, rules_form=form, status=422)
    try:
        actions.set_rules(
            desk=form.desk(),
            after=form.cleaned_data["after"],
            why=form.cleaned_data["why"],
            actor=request.actor,
            at=request.at,
        )
    except UnusableSetup as error:
        form.add_error(error.field, _("This cannot be: look at the limits."))
        return _page(request, rules_form=form, status=422)
    except SetupMovedOn:
        messages.error(request, _("Somebody else has changed this meanwhile."))
        return _page(request, status=409)
    messages.success(request, _("The desk decides like this from now on."))
    return redirect("console:desk_setup")


def _page(
    request: StaffRequest,
    *,
    weights_form: WeightsForm | None = None,
    rules_form: RulesForm | None = None,
    dry: tuple[Moved, ...] | None = None,
    status: int = 200,
) -> HttpResponse:
    names = queries.names()
    context = {
        "weights": weights_form or _weights_now(),
        "rules": rules_form or _rules_now(request, queries.desk_rules()),
        "dry": dry,
        "names": names,
        "versions": {
            "weights": queries.setup_versions("weights"),
            "rules": queries.setup_versions("rules"),
        },
    }
    return render(request, "console/desk_setup.html", context, status=status)


def _weights_now() -> WeightsForm:
    points = {code.value: n for code, n in queries.weights().items()}
    return WeightsForm(initial={**points, "after": queries.setup_version("weights")})


def _rules_now(request: StaffRequest, desk: DeskRules) -> RulesForm:
    initial = {
        "second_for_new": desk.second_for_new,
        "second_for_police": desk.second_for_police,
        "police_hold": int(desk.police_hold.total_seconds() // 3600),
        "longest_hold": int(desk.longest_hold.total_seconds() // 3600),
        "predecide": desk.predecide.value,
        "question_sets": list(desk.question_sets),
        "jurisdiction": desk.jurisdiction,
        "after": queries.setup_version("rules"),
    }
    return RulesForm(initial=initial, language=request.person.language)
