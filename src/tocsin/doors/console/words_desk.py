"""What the desk's own states, reasons and kinds are called."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tocsin.domain.reports.desk_types import (
    AppealOrigin,
    ItemAppealState,
    Look,
    PoliceReason,
    Predecide,
    SkipReason,
)
from tocsin.domain.reports.types import ReasonCode

Words = Mapping[str, Promise]

LOOK: Words = {
    Look.FIRST: _("first look"),
    Look.SECOND: _("second look"),
    Look.THIRD: _("third look"),
    Look.CLUSTER: _("with its cluster"),
}
POLICE: Words = {
    PoliceReason.BAD_HOSTER: _("the hoster warns its customers"),
    PoliceReason.NEW_HOSTER: _("nobody knows this hoster"),
    PoliceReason.COUNTRY: _("because of the country"),
    PoliceReason.NEW_VICTIM: _("a child nobody knows of"),
    PoliceReason.NO_HOTLINE: _("no hotline in that country"),
    PoliceReason.NOT_TRACEABLE: _("cannot be traced"),
    PoliceReason.UNREACHABLE: _("the hoster cannot be reached"),
    PoliceReason.ASKED: _("the police asked for it"),
}
SKIP: Words = {
    SkipReason.NOT_NOW: _("not now"),
    SkipReason.TOO_HARD: _("I would rather not see this"),
    SkipReason.KNOWS_IT: _("I know somebody concerned"),
    SkipReason.LANGUAGE: _("a language I do not read"),
    SkipReason.OTHER: _("another reason"),
}
PREDECIDE: Words = {
    Predecide.PROPOSE: _("a person confirms it with one key"),
    Predecide.AUTOMATIC: _("the very same file needs nobody"),
}
APPEAL_ORIGIN: Words = {
    AppealOrigin.HOSTER: _("a hoster"),
    AppealOrigin.UPLOADER: _("whoever put it there"),
    AppealOrigin.PUBLISHER: _("whoever publishes it"),
}
ITEM_APPEAL: Words = {
    ItemAppealState.OPENED: _("to review"),
    ItemAppealState.BEING_REVIEWED: _("being reviewed"),
    ItemAppealState.UPHELD: _("finding corrected"),
    ItemAppealState.DISMISSED: _("finding stands"),
    ItemAppealState.MOOT: _("finding gone before"),
}
REASON: Words = {
    ReasonCode.EXACT_MATCH: _("exact match with a list"),
    ReasonCode.NEAR_MATCH: _("near match with a list"),
    ReasonCode.REPORTED: _("reported, on no list"),
    ReasonCode.REPORTED_AGAIN: _("reported again, each time"),
    ReasonCode.OFFICIAL_SOURCE: _("from police or a hotline"),
    ReasonCode.OVERDUE: _("past its deadline"),
    ReasonCode.SEEN_AGAIN: _("reported again after an unlawful finding"),
    ReasonCode.LIVE: _("happening now"),
    ReasonCode.NEW_TO_LISTS: _("a picture new to all lists"),
    ReasonCode.CLUSTER_DECIDED: _("the same picture is decided"),
    ReasonCode.CLUSTER_SIZE: _("other items with the same picture, each"),
    ReasonCode.SITE_KNOWN: _("found unlawful at this site before, each time"),
    ReasonCode.SLOW_LANE: _("from the form without script, or set aside"),
    ReasonCode.GOOD_SOURCE: _("a source that is nearly always right"),
    ReasonCode.POOR_SOURCE: _("a source that is hardly ever right"),
    ReasonCode.WAITING: _("waiting, each hour"),
}
HISTORY: Words = {
    "reports.open": _("reported, item opened"),
    "reports.count": _("reported again"),
    "reports.reopen": _("opened again: a list knows it now"),
    "reports.take": _("taken"),
    "reports.give_back": _("given back"),
    "reports.lease_lapses": _("given back by the clock"),
    "reports.overdue": _("past its deadline"),
    "reports.second_look": _("back for a second look"),
    "reports.find_unlawful": _("found unlawful"),
    "reports.find_not_unlawful": _("found not unlawful"),
    "reports.find_cannot_tell": _("cannot tell"),
    "reports.agree": _("second person agreed"),
    "reports.correct": _("finding corrected"),
    "reports.skip": _("put back"),
    "reports.live": _("happening now"),
    "reports.find_police_first": _("found unlawful, the police first"),
    "reports.ask_second": _("judged, waits for a second person"),
    "reports.second_agrees": _("a second person found the same"),
    "reports.second_agrees_police": _("a second person found the same, the police first"),
    "reports.second_differs": _("a second person found otherwise"),
    "reports.settle_unlawful": _("settled: unlawful"),
    "reports.settle_police_first": _("settled: unlawful, the police first"),
    "reports.settle_not_unlawful": _("settled: not unlawful"),
    "reports.settle_cannot_tell": _("settled: cannot tell"),
    "reports.follow_unlawful": _("unlawful, with its cluster"),
    "reports.follow_not_unlawful": _("not unlawful, with its cluster"),
    "reports.release_police": _("the hold for the police is over"),
    "reports.extend_police": _("held longer for the police"),
    "reports.join_cluster": _("shows the same picture as another item"),
    "reports.take_apart": _("taken out of its cluster"),
    "reports.appeal_open": _("an appeal was opened"),
    "reports.appeal_take": _("the appeal is being reviewed"),
    "reports.appeal_give_back": _("the appeal was given back"),
    "reports.appeal_lapse": _("the appeal went back by the clock"),
    "reports.appeal_press": _("the appeal is past its deadline"),
    "reports.appeal_uphold": _("the appeal was upheld"),
    "reports.appeal_dismiss": _("the appeal was dismissed"),
    "reports.appeal_moot": _("nothing was left to appeal"),
}
