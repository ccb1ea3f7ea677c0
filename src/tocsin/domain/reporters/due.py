"""What this room does by itself: take forms that were left, and press what nobody answers."""

from __future__ import annotations

from tocsin.base.clock import rounds
from tocsin.domain.reporters import forms, rules, talks


def register() -> None:
    """Handle the clock of every waiting state."""
    rounds.handle(rules.FORM_LIES, forms.leave)
    rounds.handle(rules.ANSWER_WAITS, talks.still_waiting)
