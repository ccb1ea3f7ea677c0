"""Mail: what mail servers hand to a scanner whole, and what hangs on it."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from email.message import Message
from typing import Final

from tocsin.doors.gates.rules import Unreadable, is_words
from tocsin.engine.fingerprints import Status

MOST_PARTS: Final = 500
_LOOKED_THROUGH: Final = 1 << 14
_BEGINS: Final = re.compile(rb"(?:>?From [^\r\n]*\r?\n)?[!-9;-~]+:[ \t]?[^\r\n]*\r?\n")
# What Exim writes above a mail; with a blank line behind it when it only tries out its scanner.
_ENVELOPE: Final = re.compile(rb"(?:From [^\n]*\n)?(?:X-Envelope-[A-Za-z]+:[^\n]*\n)+\n?")
_NAMES: Final = re.compile(
    rb"^(received|from|to|date|subject|message-id|mime-version|return-path):",
    re.MULTILINE | re.IGNORECASE,
)


def is_mail(data: bytes) -> bool:
    """Whether it starts as a mail does: with lines of a head, two of them of those all mail has."""
    start = data[: 2 * _LOOKED_THROUGH][_mail_begins(data) :]
    if _BEGINS.match(start) is None:
        return False
    head = re.split(rb"\r?\n\r?\n", start, maxsplit=1)[0]
    return len({name.lower() for name in _NAMES.findall(head)}) >= 2


def attachments(data: bytes) -> Iterator[bytes]:
    """The bytes of each part that is not plain words (RFC 2045), those of mails within it too.

    Raises Unreadable for a mail that breaks its own form, as another reader may cut it otherwise.
    """
    try:
        mail = email.message_from_bytes(data[_mail_begins(data) :])
        yield from _leaves(mail)
    except (RecursionError, ValueError, LookupError):
        # Mails within mails without end, and what else the parser has not foreseen.
        raise Unreadable(Status.CORRUPT) from None


def _leaves(mail: Message) -> Iterator[bytes]:
    for seen, part in enumerate(mail.walk()):
        if part.defects or seen > MOST_PARTS:
            raise Unreadable(Status.CORRUPT)
        if part.is_multipart():
            continue
        content = _decoded(part)
        if content and not (part.get_content_maintype() == "text" and is_words(content)):
            yield content


def _mail_begins(data: bytes) -> int:
    envelope = _ENVELOPE.match(data[:_LOOKED_THROUGH])
    return envelope.end() if envelope else 0


def _decoded(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    if part.defects or not isinstance(content, bytes):
        raise Unreadable(Status.CORRUPT)
    return content
