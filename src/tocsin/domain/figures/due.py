"""What this room does by itself: the clocks of proposals to name a hoster."""

from tocsin.base.clock import rounds
from tocsin.domain.figures import naming


def register() -> None:
    """Handle the end of a hearing, and what nobody decides."""
    rounds.handle(naming.HEARING_OVER, naming.hearing_over)
    rounds.handle(naming.LAPSES, naming.lapse)
