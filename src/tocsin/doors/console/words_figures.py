"""What figures are called on the pages."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from tocsin.domain.figures.types import Line, NamingState, Origin

FIGURE: Mapping[str, Promise] = {
    "reports": _("Reports"),
    "origin": _("Origin"),
    "decisions": _("Decisions"),
    "country": _("Country"),
    "site_type": _("Type of site"),
    "category": _("Category"),
    "inhope": _("INHOPE's indicators"),
    "bands": _("Removed within days"),
    "trusted_flagger": _("Trusted flagger's report (DSA, Article 22)"),
}
ORIGIN: Mapping[str, Promise] = {
    Origin.PUBLIC: _("the public"),
    Origin.HOTLINE: _("other hotlines"),
    Origin.POLICE: _("the police"),
    Origin.PROVIDER: _("providers"),
    Origin.SCANNER: _("our scanner"),
    Origin.STAFF: _("our staff"),
    Origin.OTHER: _("others"),
}
LABELS: Mapping[str, Promise] = {
    "reports": _("reports"),
    "items": _("items"),
    "reported_again": _("reported again"),
    "decided": _("decided"),
    "unlawful": _("unlawful"),
    "unlawful_percent": _("share unlawful"),
    "undecided": _("not decided yet"),
    "report_to_decision_median_hours": _("report to decision, median"),
    "report_to_decision_p95_hours": _("report to decision, 95 of 100"),
    "decision_to_notice_median_minutes": _("decision to notice, median"),
    "decision_to_notice_p95_minutes": _("decision to notice, 95 of 100"),
    "exposures_per_confirmed_item": _("exposures for each confirmed item"),
    "content_urls": _("addresses"),
    "illegal": _("unlawful"),
    "illegal_percent": _("share unlawful"),
    "reported_once_percent": _("reported once only"),
    "received_to_police_median_hours": _("received to police, median"),
    "received_to_host_median_hours": _("received to hoster, median"),
    "host_to_removed_median_hours": _("hoster to removal, median"),
    "to_police_within_3_days_percent": _("with the police within 3 days"),
    "handling_mean_days": _("handling time, mean"),
    "notices": _("notices"),
    "removed": _("removed"),
    "answered": _("answered"),
    "no_action": _("nothing done"),
    "found_wrong_later": _("found wrong later"),
    "unknown": _("not known"),
}
NAMING: Mapping[str, Promise] = {
    NamingState.HEARING: _("is being heard"),
    NamingState.TO_DECIDE: _("to decide"),
    NamingState.NAMED: _("named"),
    NamingState.NOT_NAMED: _("not named"),
    NamingState.LAPSED: _("lapsed"),
    NamingState.WITHDRAWN: _("named no more"),
}
NAMING_WORDS: Mapping[str, Promise] = {
    "hoster": _("The hoster:"),
    "decision": _("Decided, because:"),
    "withdrawal": _("Withdrawn, because:"),
}


def label(line: Line) -> str:
    """What a number is called."""
    section = line.code.partition(".")[0]
    kind, colon, rest = line.label.partition(":")
    if colon:
        return rest
    if section == "origin":
        return str(ORIGIN.get(kind, kind))
    if "_within_" in kind and section == "bands":
        days = kind.split("_within_")[1].split("_")[0]
        words = (
            _now("at home, %(days)s days")
            if kind.startswith("home")
            else _now("abroad, %(days)s days")
        )
        return words % {"days": days}
    return str(LABELS.get(kind, kind))
