"""The tag that shows what other systems stated of an item, and what ICCAM is told of it."""

from __future__ import annotations

from django import template

from tocsin.domain.iccam import queries as iccam
from tocsin.domain.intake import queries as intake

register = template.Library()


@register.inclusion_tag("console/_stated.html")
def stated_by_others(item_number: str) -> dict[str, object]:
    """Observations of others, and steps on their way; nothing where there are none."""
    return {
        "said": intake.said_of(item_number),
        "stated": [
            (number, classification) for number, classification, _ in iccam.stated(item_number)
        ],
        "steps": iccam.steps_of(item_number),
    }
