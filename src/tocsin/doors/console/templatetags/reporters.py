"""What the page of an item shows of the reporters who told of it."""

from __future__ import annotations

from django import template
from django.http import HttpRequest

from tocsin.base.accounts.types import Permission
from tocsin.domain.reporters import queries

register = template.Library()


@register.inclusion_tag("console/_reporters.html")
def conversations(request: HttpRequest, item_number: str) -> dict[str, object]:
    """The conversations in which an item was reported, for who may read them."""
    person = request.user
    reads = person.is_authenticated and person.may(Permission.TAKE_IN)
    return {"talks": queries.about(item_number) if reads else ()}
