"""What another system may say of a report beside its address: observations, and no finding."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from tocsin.domain.intake.types import SiteType


class StatedClass(StrEnum):
    """What the sender's own analyst found."""

    NOTHING = ""
    BASELINE = "baseline"
    NATIONAL = "national"
    NOT_ILLEGAL = "not_illegal"


class StatedOfReport(Struct, frozen=True, forbid_unknown_fields=True):
    """What a hotline knows of what it reports. Kept with the report and shown to the analyst, who
    finds for herself."""

    source: Annotated[
        str, Meta(max_length=40, pattern="^[ -~]*$", description="Who told you, as a kind.")
    ] = ""
    site_type: SiteType = SiteType.UNSTATED
    referrer: Annotated[str, Meta(max_length=3_000, description="The page that led there.")] = ""
    iccam_number: Annotated[
        str, Meta(max_length=40, pattern="^[0-9]*$", description="Number of the content in ICCAM.")
    ] = ""
    classification: StatedClass = StatedClass.NOTHING
