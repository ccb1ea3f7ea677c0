"""What states and troubles of exchanges are called on the pages, in three languages."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tocsin.domain.exchanges.types import Direction, ExchangeKind, PullState, Trouble

PULL: Mapping[str, Promise] = {
    PullState.WELL: _("goes well"),
    PullState.FAILING: _("failed, is tried again"),
    PullState.DEAD: _("needs somebody"),
    PullState.OFF: _("switched off"),
}
EXCHANGE: Mapping[str, Promise] = {
    ExchangeKind.NCMEC: _("NCMEC hash sharing"),
    ExchangeKind.STOPNCII: _("StopNCII"),
}
DIRECTION: Mapping[str, Promise] = {
    Direction.UP: _("belongs on the list"),
    Direction.DOWN: _("does not belong on the list"),
}
TROUBLE: Mapping[str, Promise] = {
    Trouble.NO_KEY: _("Our keys for it are not in the file of keys."),
    Trouble.REFUSED: _("It does not accept our keys."),
    Trouble.UNREACHABLE: _("It could not be reached."),
    Trouble.TOO_SLOW: _("It took too long to answer."),
    Trouble.TOO_LARGE: _("Its answer is larger than any page should be."),
    Trouble.BUSY: _("It asked us to come back later."),
    Trouble.SERVER: _("It answered that something broke over there."),
    Trouble.REDIRECTED: _("It sent us to another address, which we do not follow with our keys."),
    Trouble.GONE: _("It does not know what we asked for."),
    Trouble.WRONG_TYPE: _("It answered with another kind of document than a page of entries."),
    Trouble.BROKEN: _("A page stops before its end or is no page of entries."),
    Trouble.ELSEWHERE: _("A page names a next page that is not of the same window."),
    Trouble.SKIPPED: _("A page names a next page that leaves some records out."),
    Trouble.ENDLESS: _("Its pages go on without an end, or lead back to one we had."),
    Trouble.NOT_TAKEN: _(
        "What it sent could not be taken into its list; an import may be open there."
    ),
    Trouble.KNOWN_GOOD: _(
        "A known-good set here is damaged or missing, so that nothing new can be gone over. Put it "
        "back or make it anew (tocsin knowngood); what came is kept, and counts then."
    ),
    Trouble.MEMBERS: _(
        "It names more new members than may each have a list without a person. What came is kept, "
        "and counts when somebody has let them in."
    ),
    Trouble.OURS: _("Something broke here while it was taken in; the log of the worker says what."),
    Trouble.NO_REASON: _("It has no reason of that name for a vote against."),
}
