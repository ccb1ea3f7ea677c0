"""Documents, mails and senders for the tests of intake."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage

from tests.domain.desk import SYSTEM
from tocsin.domain.intake import actions
from tocsin.domain.intake.types import BatchView, Origin, SenderTerms, Way

AUTHSERV = "mx.hotline.example"
SENDER = "desk@partner.example"
FILE = Origin(Way.FILE)


def take_in(text: str | bytes, now: datetime, origin: Origin = FILE) -> BatchView:
    raw = text.encode() if isinstance(text, str) else text
    return actions.take_in(raw=raw, origin=origin, actor=SYSTEM, at=now)


def sender(now: datetime, address: str = SENDER, **terms: object) -> int:
    told = SenderTerms(address=address, name="Partner", **terms)  # type: ignore[arg-type]
    return actions.add_sender(terms=told, actor=SYSTEM, at=now)


def mail(
    subject: str,
    body: str,
    *,
    frm: str = SENDER,
    results: str = f"{AUTHSERV}; dkim=pass header.d=partner.example",
    number: int = 1,
) -> bytes:
    message = EmailMessage()
    if results:
        message["Authentication-Results"] = results
    message["From"] = f"The Desk <{frm}>"
    message["To"] = "intake@hotline.example"
    message["Subject"] = subject
    message["Message-ID"] = f"<{number}@partner.example>"
    message.set_content(body)
    return message.as_bytes()
