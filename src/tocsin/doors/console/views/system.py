"""How the system is doing: the audit, dead letters, clocks."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.accounts.types import Permission
from tocsin.base.audit import queries as audit
from tocsin.base.clock import queries as clock
from tocsin.base.letters import actions as letter_actions
from tocsin.base.letters import queries as letters
from tocsin.base.outbox import actions as outbox_actions
from tocsin.base.outbox import queries as outbox
from tocsin.domain.matching import queries as matching
from tocsin.doors.console.permissions import StaffRequest, may


@require_safe
@may(Permission.SEE_SYSTEM)
def system(request: StaffRequest) -> HttpResponse:
    """One page that says whether all is well."""
    page = {
        "last_head": audit.last_head(),
        "late": clock.late(at=request.at),
        "dead_letters": letters.dead(),
        "dead_messages": outbox.dead_letters(),
        "waiting_messages": outbox.waiting(),
        "index": matching.index_state(),
        "noticed": matching.keys_noticed(at=request.at),
    }
    return render(request, "console/system.html", page)


@require_POST
@may(Permission.SEE_SYSTEM)
def verify_audit(request: StaffRequest) -> HttpResponse:
    """Walk the whole chain now; asked for, since it takes seconds for each million rows."""
    return render(request, "console/audit_verdict.html", {"verdict": audit.verify_chain()})


@require_POST
@may(Permission.SEE_SYSTEM)
def revive_letter(request: StaffRequest, letter_id: int) -> HttpResponse:
    """Try a dead letter again."""
    if letter_actions.revive(letter_id=letter_id, actor=request.actor, at=request.at):
        messages.success(request, _("It is tried again."))
    return redirect("console:system")


@require_POST
@may(Permission.SEE_SYSTEM)
def revive_message(request: StaffRequest, message_id: UUID) -> HttpResponse:
    """Deliver dead news again."""
    if outbox_actions.revive(message_id=str(message_id), actor=request.actor, at=request.at):
        messages.success(request, _("It is tried again."))
    return redirect("console:system")
