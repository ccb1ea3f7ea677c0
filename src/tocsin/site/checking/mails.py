"""The parts of a mail (RFC 5322, MIME): attached files, and pictures written in its texts."""

from __future__ import annotations

import email.policy
import mimetypes
from collections.abc import Iterator
from dataclasses import replace
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from typing import Final

from tocsin.site.checking.archives import MARK
from tocsin.site.checking.looks import Looks
from tocsin.site.checking.reading import Fingerprint
from tocsin.site.checking.types import File, Looked, Trouble

MOST_PARTS: Final = 1_000
MOST_BYTES: Final = 100 << 20
_parser = BytesParser(policy=email.policy.compat32)


def parts(mail: File, fingerprint: Fingerprint, looks: Looks) -> Iterator[Looked | Trouble]:
    """Every part of a mail that is no container of others, mails inside it too.

    One that cannot be read, or is larger than is read, is a Trouble: never called clean.
    """
    try:
        data = _read(Path(mail.path))
        message = None if data is None else _parser.parsebytes(data)
        if message is None:
            yield _trouble(mail, f"has more than {MOST_BYTES:,} bytes")
            return
        yield from _looked_at(mail, message, fingerprint, looks)
    except OSError as error:
        yield _trouble(mail, (error.strerror or "unreadable").lower())
    except (RecursionError, ValueError, LookupError):
        yield _trouble(mail, "is built so that its parts cannot be told apart")


def _looked_at(
    mail: File, message: Message, fingerprint: Fingerprint, looks: Looks
) -> Iterator[Looked | Trouble]:
    for number, part in enumerate(p for p in message.walk() if not p.is_multipart()):
        if number == MOST_PARTS:
            yield _trouble(mail, f"has more than {MOST_PARTS:,} parts")
            return
        payload = part.get_payload(decode=True)
        if not isinstance(payload, bytes) or not payload:
            continue
        name = _name(part, number)
        # A text in a mail may have pictures written in it whatever it calls itself.
        options = looks.options_for("a.html" if part.get_content_maintype() == "text" else name)
        file = replace(mail, path=f"{mail.path}{MARK}{name}", size_bytes=len(payload))
        yield Looked(file, fingerprint(payload, options))


def _name(part: Message, number: int) -> str:
    told = part.get_filename()
    if told:
        return f"{number}-{told.replace('/', '_')}"
    return f"{number}{mimetypes.guess_extension(part.get_content_type()) or ''}"


def _read(path: Path) -> bytes | None:
    with path.open("rb") as opened:
        data = opened.read(MOST_BYTES + 1)
    return data if len(data) <= MOST_BYTES else None


def _trouble(mail: File, reason: str) -> Trouble:
    return Trouble(f"{mail.path}{MARK}", mail.root, reason)
