"""What a round needs of ICCAM, whoever speaks for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from tocsin.domain.iccam.types import (
    Assessment,
    ContentNow,
    Filed,
    Listing,
    OutgoingReport,
    ReportNow,
    Told,
    Trouble,
)


class CallFailed(Exception):
    """A call did not bring what was asked for. `asked_wait`: seconds the server wants."""

    def __init__(self, trouble: Trouble, asked_wait: int | None = None) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble
        self.asked_wait = asked_wait


class NotTaken(CallFailed):
    """ICCAM understood the call and refused what it asks: 400, 403, 404, 409 or 422."""

    def __init__(self) -> None:
        super().__init__(Trouble.NOT_TAKEN)


class Service(Protocol):
    """ICCAM as rounds use it. Every method raises CallFailed."""

    def listed(self, which: Listing, since: datetime, most: int) -> Sequence[int]:
        """Numbers of contents, each once."""
        ...

    def content(self, number: int) -> ContentNow: ...

    def report(self, number: int) -> ReportNow: ...

    def file(self, report: OutgoingReport) -> Filed:
        """Report something to another country's hotline."""
        ...

    def assess(self, number: int, assessment: Assessment) -> None: ...

    def act(self, number: int, told: Told) -> None: ...

    def set_reference(self, number: int, reference: str) -> None: ...

    def set_hosting(self, number: int, ip: str, country: str) -> None: ...

    def assign(self, number: int, country: str) -> None: ...

    def set_site_type(self, report_number: int, site_type: int) -> None: ...

    def set_commerciality(self, report_number: int, commerciality: int) -> None: ...

    def set_payment_methods(self, report_number: int, methods: Sequence[int]) -> None: ...

    def close(self) -> None:
        """Log out; never raises."""
        ...
