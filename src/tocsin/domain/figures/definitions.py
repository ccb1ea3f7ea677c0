"""What each number counts, in a sentence that stands beside it wherever it is shown."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

DEFINITIONS: dict[str, str] = {
    "reports.reports": _(
        "Reports that came in, of every item that was first reported in the period."
    ),
    "reports.items": _(
        "Different addresses that were first reported in the period, each counted once however it "
        "was written."
    ),
    "reports.reported_again": _("Reports of an address that had been reported before."),
    "origin": _(
        "Reports by who told us first of the item: the public, another hotline, the police, a "
        "provider, our own scanner, our staff."
    ),
    "decisions.decided": _("Items that were found unlawful or not unlawful."),
    "decisions.unlawful": _(
        "Items that were found unlawful and for which nobody has found since that this was wrong."
    ),
    "decisions.unlawful_percent": _("Unlawful items in a hundred decided ones."),
    "decisions.undecided": _("Items of the period that nobody has decided yet."),
    "decisions.report_to_decision_median_hours": _(
        "Hours from the first report to the decision, in the middle of all decided items."
    ),
    "decisions.report_to_decision_p95_hours": _(
        "Hours from the first report to the decision that 95 of 100 decided items took at most."
    ),
    "decisions.decision_to_notice_median_minutes": _(
        "Minutes from the decision to the first notice that left, in the middle of all notices."
    ),
    "decisions.decision_to_notice_p95_minutes": _(
        "Minutes from the decision to the first notice that 95 of 100 notices took at most."
    ),
    "decisions.exposures_per_confirmed_item": _(
        "How often somebody looked at a picture, for each item that was found unlawful."
    ),
    "country": _("Unlawful items by the country of the server when it was found."),
    "site_type": _("Unlawful items by the type of site."),
    "category": _("Unlawful items by category."),
    "inhope.content_urls": _("Items that were first reported in the period."),
    "inhope.illegal": _("Items that were found unlawful and still are."),
    "inhope.illegal_percent": _("Unlawful items in a hundred items."),
    "inhope.reported_once_percent": _(
        "Unlawful items, in a hundred, that were reported once only."
    ),
    "inhope.received_to_police_median_hours": _(
        "Hours from the first report to the police, in the middle of those that were handed over."
    ),
    "inhope.received_to_host_median_hours": _(
        "Hours from the first report to the first notice, in the middle of those with a notice."
    ),
    "inhope.host_to_removed_median_hours": _(
        "Hours from the first notice until half of the items were removed, by Kaplan and Meier, "
        "those still online counted."
    ),
    "inhope.to_police_within_3_days_percent": _(
        "Unlawful items, in a hundred, that the police had within three days of the first report."
    ),
    "bands": _(
        "Unlawful items, in a hundred whose first notice is at least so many days old, that were "
        "removed within so many days of it: those still online are counted as not removed."
    ),
    "bands.handling_mean_days": _(
        "Days from the first notice to removal, the mean of those removed."
    ),
    "trusted_flagger.notices": _("Items of the period of which a notice was sent."),
    "trusted_flagger.removed": _("Of these, items that were removed."),
    "trusted_flagger.answered": _("Of these, items of which the hoster said something."),
    "trusted_flagger.no_action": _("Of these, items still online without a word from the hoster."),
    "trusted_flagger.found_wrong_later": _("Of these, items of which the finding was corrected."),
    "trusted_flagger.notices_to": _("Notices by provider."),
    "trusted_flagger.notices_of": _("Notices by type of content."),
    "monitor": _(
        "For each hoster, items with a notice that were found unlawful. Times run from the first "
        "notice until two looks found nothing; what is still online counts until it was last seen. "
        "Recidivism: the same picture back at the same hoster within 90 days. Ignored: still "
        "online after a week and three notices without a word."
    ),
}


def definition_of(code: str) -> str:
    """The sentence for a number: its own, or that of its section."""
    return DEFINITIONS.get(code) or DEFINITIONS[code.partition(".")[0]]
