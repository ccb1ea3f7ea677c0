"""A finding as a notice needs it, and the desk it is for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from tests.domain.desk import URL, picture
from tocsin.base.letters.types import Organisation
from tocsin.domain.hashlists.types import Category
from tocsin.domain.reports.types import Case, Ground
from tocsin.domain.takedown.types import Addressee, Rung
from tocsin.domain.takedown.wording import Sheet
from tocsin.domain.takedown.xarf import Heading

AT = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
US = Organisation("Example Hotline", "notices@hotline.example", "hotline.example", "NL")
NUMBER = "N-2026-000001"


def case(**changes: object) -> Case:
    made = Case(
        item_id=1,
        finding_id=1,
        item_number="T-2026-000001",
        url=URL,
        rehearsal=False,
        category=Category.B1,
        ground=Ground.MATCHED_LIST,
        fingerprints=picture("new"),
        last_reported_at=AT,
        found_at=AT,
        corrected=False,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def hoster(language: str = "en", rung: Rung = Rung.HOSTER) -> Addressee:
    return Addressee(rung, "Big Host", "abuse@bighost.example", "NL", language, hoster_id=1)


def sheet(language: str = "en", *, tell_digests: bool = True) -> Sheet:
    return Sheet(NUMBER, US, hoster(language), tell_digests)


def heading(*, tell_digests: bool = True) -> Heading:
    report_id = UUID("b7ca7591-811e-4d40-83d9-dc043c08555d")
    return Heading(report_id, NUMBER, US, hoster(), tell_digests)
