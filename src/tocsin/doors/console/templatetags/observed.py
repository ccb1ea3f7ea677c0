"""The tag that shows what was observed of a picture and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django import template

from tocsin.domain.hashlists.classification import Asserted, Labels, Observations
from tocsin.domain.hashlists.types import Category
from tocsin.doors.console import observed_words

register = template.Library()


@register.inclusion_tag("console/_observed.html")
def observed(
    seen: Observations, said: Labels | Sequence[Asserted], category: Category, at: datetime
) -> dict[str, object]:
    """Observations, codes and verdicts; `said` are labels, or every code that was asserted."""
    if isinstance(said, Labels):
        said = (*observed_words.of_category(category), *said.asserted())
    return {"reading": observed_words.reading(seen, said, category, at.date())}
