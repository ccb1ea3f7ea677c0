"""What steps, reasons and outcomes of looking are called on the pages, in three languages."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tocsin.domain.viewing.types import Veil, WhyNot
from tocsin.domain.visits.types import Outcome, Place

VEIL: Mapping[str, Promise] = {
    Veil.BLUR: _("Blurred, grey"),
    Veil.CONTOUR: _("Outlines"),
    Veil.GREY: _("Small, grey"),
    Veil.SMALL: _("Small"),
    Veil.PLAIN: _("As it is"),
}
WHY_NOT: Mapping[str, Promise] = {
    WhyNot.NO_MANDATE: _(
        "Viewing is off. No picture is fetched or shown here; decide by what is known, or give the"
        " item back."
    ),
    WhyNot.FETCHING_IS_OFF: _("Fetching is off, so there is nothing to show."),
    WhyNot.OPTED_OUT: _("You have said that you want to be shown nothing."),
    WhyNot.KNOWN: _("A list knows this picture: it was judged once, and nobody needs to see it."),
    WhyNot.LISTS_AWAY: _("The lists cannot be asked at the moment, so nothing is shown."),
    WhyNot.DECIDED: _("This item is decided."),
    WhyNot.NOT_TAKEN: _("Take the item first."),
    WhyNot.CLUSTER_SEEN: _(
        "Somebody has seen this picture at another address: decide this item from that one."
    ),
    WhyNot.STEP_TOO_FAR: _("Look at the step before it first."),
    WhyNot.BREAK: _("You have looked for an hour: take a break."),
    WhyNot.DAY_IS_OVER: _("You have looked at pictures long enough for today."),
    WhyNot.SHIFT_ENDS: _("No pictures in the last half hour of a shift."),
    WhyNot.NOT_THERE: _("There is nothing there that could be shown."),
}
OUTCOME: Mapping[str, Promise] = {
    Outcome.PRESENT: _("there"),
    Outcome.GONE_404: _("not found (404)"),
    Outcome.GONE_410: _("gone (410)"),
    Outcome.LEGAL_451: _("withheld for legal reasons (451)"),
    Outcome.FORBIDDEN: _("refused"),
    Outcome.LOGIN_WALL: _("behind a log-in"),
    Outcome.PLACEHOLDER: _("another picture stands in for it"),
    Outcome.SOFT_404: _("a page says that it is not there"),
    Outcome.GEO_BLOCKED: _("blocked for readers from here"),
    Outcome.RATE_LIMITED: _("too many requests"),
    Outcome.SERVER_ERROR: _("the server failed"),
    Outcome.DNS_GONE: _("the name does not exist"),
    Outcome.NO_ADDRESS: _("no address out in the open"),
    Outcome.REFUSED: _("nobody answers"),
    Outcome.TIMEOUT: _("too slow"),
    Outcome.TLS_FAILED: _("its certificate is wrong"),
    Outcome.REDIRECTED_AWAY: _("sent on to the front page"),
    Outcome.NOT_MEDIA: _("no picture, no film, and no page of any"),
    Outcome.TOO_LARGE: _("too large"),
    Outcome.BROKEN: _("broken off"),
    Outcome.REFUSED_ADDRESS: _("an address that is not called"),
    Outcome.ECHO: _("a proxy that shows anything"),
    Outcome.OTHER_STATUS: _("an odd status"),
    Outcome.NOT_FETCHED: _("not fetched"),
}
PLACE: Mapping[str, Promise] = {
    Place.ITSELF: _("the address itself"),
    Place.IMG: _("a picture on the page"),
    Place.SRCSET: _("a picture on the page, in another size"),
    Place.POSTER: _("the still of a film"),
    Place.VIDEO: _("a film"),
    Place.META: _("the page's preview"),
    Place.LINK: _("a link to a picture"),
    Place.DATA_URI: _("written into the page"),
}
HISTORY: Mapping[str, Promise] = {
    "reports.looked_at": _("address visited"),
    "viewing.look": _("looked at"),
    "viewing.end": _("taken from the screen"),
    "viewing.taken_away": _("taken from the screen by the clock"),
}
GROUPS: Mapping[str, Mapping[str, Promise]] = {
    "veil": VEIL,
    "why_not": WHY_NOT,
    "outcome": OUTCOME,
    "place": PLACE,
}
