"""What another system says of a report beside its address: kept with it, decided on by nobody."""

from __future__ import annotations

from datetime import datetime

from tocsin.domain.intake import rules, sealed
from tocsin.domain.intake.models import Stated
from tocsin.domain.intake.types import Record, Said
from tocsin.domain.reports.types import Received


def of_record(told: Record) -> Said:
    """The same of a line. A site type that hotlines' files do not know stays in the words alone."""
    known = told.site_type.strip().lower()
    return Said(
        source=rules.source_of(told.source),
        site_type=known if known in rules.SITE_TYPES else "",
        referer=told.referer,
    )


def keep_stated(received: Received, said: Said, at: datetime) -> None:
    """Keep it with its report, in the caller's transaction; nothing where nothing was said."""
    if not said:
        return
    Stated.objects.get_or_create(
        report_id=received.report_id,
        defaults={
            "item_number": received.item_number,
            "source": said.source,
            "site_type": said.site_type,
            "sealed_referer": sealed.close(said.referer, context=context(received.report_id))
            if said.referer
            else "",
            "iccam_number": said.iccam_number,
            "classification": said.classification,
            "at": at,
        },
    )


def context(report_id: object) -> str:
    """What the referrer is bound to."""
    return f"intake:stated:{report_id}"
