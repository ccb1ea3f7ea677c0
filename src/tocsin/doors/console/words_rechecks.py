"""What the console calls where an item is, and whether it is still there."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tocsin.domain.hosting.types import ContactRole, OriginState, Source
from tocsin.domain.rechecks.types import Abroad, ClosedBy, FollowState, HopKind, OpenedBy
from tocsin.domain.visits.types import Outcome, Standing

FOLLOW: Mapping[str, Promise] = {
    FollowState.CHECKING: _("still there"),
    FollowState.MAYBE_GONE: _("seen gone once"),
    FollowState.UNCERTAIN: _("not sure"),
    FollowState.MOVED: _("at another hoster"),
    FollowState.WATCHING: _("gone, watched"),
    FollowState.MAYBE_BACK: _("seen again once"),
    FollowState.PAUSED: _("not looked at"),
    FollowState.ENDED: _("no longer followed"),
}
IS_THERE: Mapping[str, Promise] = {
    Standing.PRESENT: _("there"),
    Standing.GONE: _("gone"),
    Standing.CANNOT_TELL: _("cannot tell"),
}
OUTCOME: Mapping[str, Promise] = {
    Outcome.PRESENT: _("something is there"),
    Outcome.GONE_404: _("not found (404)"),
    Outcome.GONE_410: _("gone (410)"),
    Outcome.LEGAL_451: _("withheld for legal reasons (451)"),
    Outcome.FORBIDDEN: _("forbidden (403)"),
    Outcome.LOGIN_WALL: _("asks to log in"),
    Outcome.PLACEHOLDER: _("another picture in its place"),
    Outcome.SOFT_404: _("a page that says it is gone"),
    Outcome.GEO_BLOCKED: _("closed to this country"),
    Outcome.RATE_LIMITED: _("asked too often"),
    Outcome.SERVER_ERROR: _("the server failed"),
    Outcome.DNS_GONE: _("the name is gone"),
    Outcome.NO_ADDRESS: _("no public address"),
    Outcome.REFUSED: _("nobody answers there"),
    Outcome.TIMEOUT: _("too slow"),
    Outcome.TLS_FAILED: _("no secure connection"),
    Outcome.REDIRECTED_AWAY: _("sent on to the front page"),
    Outcome.NOT_MEDIA: _("neither page nor picture"),
    Outcome.TOO_LARGE: _("too large"),
    Outcome.BROKEN: _("cannot be read"),
    Outcome.REFUSED_ADDRESS: _("an address that is not called"),
    Outcome.ECHO: _("shows whatever it is asked"),
    Outcome.OTHER_STATUS: _("another answer"),
    Outcome.NOT_FETCHED: _("not fetched"),
}
HOP: Mapping[str, Promise] = {
    HopKind.MOVED: _("to another hoster"),
    HopKind.FRONTED: _("behind a service that hides it"),
    HopKind.RESURFACED: _("the same picture at another address"),
}
ABROAD: Mapping[str, Promise] = {
    Abroad.NOT: _("not abroad"),
    Abroad.SEEN: _("abroad, nobody told yet"),
    Abroad.HANDED_OVER: _("handed over"),
    Abroad.ACKNOWLEDGED: _("acknowledged there"),
    Abroad.REMOVED_THERE: _("removed there"),
}
STAY_OPENED: Mapping[str, Promise] = {
    OpenedBy.FOUND: _("found"),
    OpenedBy.BACK: _("came back"),
    OpenedBy.MOVED: _("moved here"),
}
STAY_CLOSED: Mapping[str, Promise] = {
    ClosedBy.NOTHING: _("still there"),
    ClosedBy.REMOVED: _("removed"),
    ClosedBy.MOVED: _("moved away"),
    ClosedBy.CORRECTED: _("corrected"),
}
CONTACT_ROLE: Mapping[str, Promise] = {
    ContactRole.HOSTER: _("hoster"),
    ContactRole.SITE_OWNER: _("site owner"),
    ContactRole.UPSTREAM: _("network that carries it"),
    ContactRole.REGISTRAR: _("registrar"),
    ContactRole.RESELLER: _("reseller"),
    ContactRole.CDN: _("service in front"),
}
HOSTING_SOURCE: Mapping[str, Promise] = {
    Source.TABLE: _("our own table"),
    Source.RDAP_NETWORK: _("registry, the address"),
    Source.RDAP_PARENT: _("registry, the block around it"),
    Source.RDAP_AUTNUM: _("registry, the network"),
    Source.RDAP_DOMAIN: _("registry, the domain"),
    Source.ROUTING: _("routing"),
    Source.DNS: _("name servers"),
    Source.CDN_DATA: _("list of such services"),
    Source.CDN_ORIGIN: _("told by the service in front"),
}
ORIGIN_STATE: Mapping[str, Promise] = {
    OriginState.KNOWN: _("the server behind it is known"),
    OriginState.UNKNOWN: _("the server behind it is not known"),
    OriginState.LEFT: _("not asked about any more"),
}
HISTORY: Mapping[str, Promise] = {
    "rechecks.missed": _("seen gone once"),
    "rechecks.seen_there": _("still there"),
    "rechecks.removed": _("gone, confirmed"),
    "rechecks.doubt": _("looks cannot tell"),
    "rechecks.assume_there": _("taken to be there by the clock"),
    "rechecks.moved": _("at another hoster"),
    "rechecks.told_there": _("the new hoster was told"),
    "rechecks.seen_again": _("seen again once"),
    "rechecks.gone_again": _("gone again"),
    "rechecks.back": _("back, confirmed"),
    "rechecks.pause": _("not looked at for now"),
    "rechecks.go_on": _("looked at again"),
    "rechecks.go_on_watching": _("watched again"),
    "rechecks.end": _("no longer followed"),
    "rechecks.start_again": _("followed again"),
    "rechecks.rule": _("a person said whether it is there"),
    "rechecks.look_soon": _("a look was asked for"),
    "rechecks.note_abroad": _("what became of it abroad"),
}
ALL: dict[str, Mapping[str, Promise]] = {
    "follow": FOLLOW,
    "is_there": IS_THERE,
    "outcome": OUTCOME,
    "hop": HOP,
    "abroad": ABROAD,
    "stay_opened": STAY_OPENED,
    "stay_closed": STAY_CLOSED,
    "contact_role": CONTACT_ROLE,
    "hosting_source": HOSTING_SOURCE,
    "origin": ORIGIN_STATE,
}
