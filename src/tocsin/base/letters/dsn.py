"""Reading what mail servers report of a letter: delivered, delayed, returned (RFC 3464)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import Message
from enum import StrEnum

from tocsin.base.letters.rules import without_addresses

MOST_BYTES = 1_000_000
MOST_RECIPIENTS = 20
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_ID = re.compile(r"[^\s<>]{1,118}")


class Outcome(StrEnum):
    """What became of a letter, in the words of RFC 3464 §2.3.3."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"  # handed to a server that reports nothing
    EXPANDED = "expanded"


@dataclass(frozen=True, slots=True)
class Returned:
    """One line of a report. `status`: as 5.1.1, or empty; `said`: the server's words, without
    addresses of the web."""

    message_id: str
    outcome: Outcome
    status: str
    said: str


def read(mail: bytes) -> tuple[Returned, ...]:
    """What a report says, one for each receiver; nothing for mail that is no report.

    Any bytes may come here: what cannot be read is nothing. Only the first megabyte counts.
    """
    message = message_from_bytes(mail[:MOST_BYTES], policy=policy.compat32)
    if message.get_content_type() != "multipart/report" or not message.is_multipart():
        return ()
    status = next(_parts(message, "message/delivery-status"), None)
    if status is None or not status.is_multipart():
        return ()
    envelope, *receivers = [part for part in status.get_payload() if isinstance(part, Message)]
    message_id = _from_envelope(envelope) or _from_original(message)
    if not message_id:
        return ()
    lines = (_line(message_id, receiver) for receiver in receivers[:MOST_RECIPIENTS])
    return tuple(line for line in lines if line is not None)


def _line(message_id: str, receiver: Message) -> Returned | None:
    try:
        outcome = Outcome(_field(receiver, "Action").lower())
    except ValueError:
        return None
    status = _STATUS.search(_field(receiver, "Status"))
    _, _, said = _field(receiver, "Diagnostic-Code").rpartition(";")
    return Returned(message_id, outcome, status[0] if status else "", without_addresses(said))


def _from_envelope(envelope: Message) -> str:
    """The id that was sent along with the letter, where its server passed it on."""
    told = _XTEXT.sub(lambda m: chr(int(m[1], 16)), _field(envelope, "Original-Envelope-Id"))
    return f"<{told}>" if "@" in told and _ID.fullmatch(told) else ""


def _from_original(message: Message) -> str:
    """The id in the heading of the letter that came back."""
    for kind in ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers"):
        for part in _parts(message, kind):
            told = _field(_heading(part), "Message-ID").strip("<>")
            if _ID.fullmatch(told):
                return f"<{told}>"
    return ""


def _heading(part: Message) -> Message:
    inside = part.get_payload()
    if isinstance(inside, list):
        return inside[0] if inside and isinstance(inside[0], Message) else Message()
    payload = part.get_payload(decode=True)
    return message_from_bytes(payload if isinstance(payload, bytes) else b"")


def _parts(message: Message, kind: str) -> Iterator[Message]:
    inside = message.get_payload()
    for part in inside if isinstance(inside, list) else []:
        if isinstance(part, Message) and part.get_content_type() == kind:
            yield part


def _field(message: Message, name: str) -> str:
    return " ".join(str(message.get(name, "")).split())
