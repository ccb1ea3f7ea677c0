"""What of an item has gone to the police, on its page."""

from __future__ import annotations

from django import template
from django.template.context import RequestContext

from tocsin.base.accounts.types import Permission
from tocsin.domain.referrals import queries
from tocsin.domain.reports.types import ItemState, ItemView
from tocsin.doors.console.forms_referrals import HoldForm, ReferForm
from tocsin.doors.console.permissions import StaffRequest

register = template.Library()

_UNLAWFUL = frozenset({ItemState.UNLAWFUL, ItemState.FIRST_POLICE})


@register.inclusion_tag("console/_referred.html", takes_context=True)
def police(context: RequestContext, request: StaffRequest, item: ItemView) -> dict[str, object]:
    """Referrals and holds; and the forms, for whoever deals with the police."""
    deals = request.person.may(Permission.HANDLE_POLICE) and item.state in _UNLAWFUL
    return {
        "csrf_token": context.get("csrf_token"),
        "number": item.number,
        "referrals": queries.of_item(item.number),
        "holds": queries.holds_of(item.number),
        "refer_form": ReferForm(auto_id="id_refer_%s").between(queries.police()) if deals else None,
        "hold_form": HoldForm(auto_id="id_hold_%s") if deals else None,
    }
