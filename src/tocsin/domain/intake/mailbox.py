"""The mailbox that reports arrive in: IMAP over TLS, mail by mail. Knows nothing of Django.

A mail is marked as read only when it is taken in: what breaks off is found again.
"""

from __future__ import annotations

import contextlib
import imaplib
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_SECONDS: Final = 60.0
_SIZE: Final = re.compile(rb"RFC822\.SIZE (\d+)")


class MailboxFailed(Exception):
    """The mailbox could not be read; the words say where it stopped, and name no mail."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where the mailbox is. `security`: tls, starttls, or none (on this machine alone)."""

    host: str
    username: str = ""
    password: str = field(default="", repr=False)
    port: int = 993
    folder: str = "INBOX"
    security: str = "tls"
    context: ssl.SSLContext | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Raises ValueError for one that would send its password in the clear."""
        if self.security not in {"tls", "starttls", "none"}:
            raise ValueError("security is tls, starttls or none")
        if self.security == "none" and self.host not in _LOOPBACK:
            raise ValueError("a mailbox on another machine is read by TLS only")


@dataclass(frozen=True, slots=True, repr=False)
class Arrived:
    """A mail that was not read yet. `raw` is None where it is larger than it may be."""

    uid: bytes
    raw: bytes | None


class Reader:
    """An open mailbox."""

    def __init__(self, connection: imaplib.IMAP4, most_bytes: int) -> None:
        self._imap = connection
        self._most_bytes = most_bytes

    def unread(self, most: int) -> Iterator[Arrived]:
        """Mails that are not marked as read, oldest first; looking at one does not mark it."""
        for uid in self._uids()[:most]:
            size = _SIZE.search(b" ".join(_flat(self._do("FETCH", uid, "(RFC822.SIZE)"))))
            if size is None or int(size[1]) > self._most_bytes:
                yield Arrived(uid, None)
                continue
            found = [
                part for part in self._do("FETCH", uid, "(BODY.PEEK[])") if isinstance(part, tuple)
            ]
            if found:
                yield Arrived(uid, found[0][1])

    def mark(self, mail: Arrived, *, refused: bool) -> None:
        """Mark it as read; one that was refused with a flag too, for people who look in there."""
        flags = r"(\Seen \Flagged)" if refused else r"(\Seen)"
        self._do("STORE", mail.uid, "+FLAGS.SILENT", flags)

    def _uids(self) -> list[bytes]:
        found = self._do("SEARCH", None, "UNSEEN")
        return [uid for part in found if isinstance(part, bytes) for uid in part.split()]

    def _do(self, command: str, *arguments: object) -> list[object]:
        answer, data = self._imap.uid(command, *arguments)  # type: ignore[arg-type]
        if answer != "OK":
            raise MailboxFailed(f"The mailbox did not take {command}.")
        return list(data)


@contextlib.contextmanager
def opened(mailbox: Mailbox, *, most_bytes: int) -> Iterator[Reader]:
    """Log in and open the folder; raises MailboxFailed."""
    try:
        connection = _connected(mailbox)
    except (OSError, imaplib.IMAP4.error) as error:
        raise MailboxFailed(f"The mailbox could not be reached: {type(error).__name__}.") from None
    try:
        try:
            connection.login(mailbox.username, mailbox.password)
        except imaplib.IMAP4.error:
            raise MailboxFailed("The mailbox does not take our name and password.") from None
        answer, _ = connection.select(mailbox.folder)
        if answer != "OK":
            raise MailboxFailed("The mailbox has no folder of that name.")
        yield Reader(connection, most_bytes)
    except (OSError, imaplib.IMAP4.error) as error:
        raise MailboxFailed(f"The mailbox broke off: {type(error).__name__}.") from None
    finally:
        with contextlib.suppress(OSError, imaplib.IMAP4.error):
            connection.logout()


def _connected(mailbox: Mailbox) -> imaplib.IMAP4:
    context = mailbox.context or ssl.create_default_context()
    if mailbox.security == "tls":
        return imaplib.IMAP4_SSL(mailbox.host, mailbox.port, ssl_context=context, timeout=_SECONDS)
    connection = imaplib.IMAP4(mailbox.host, mailbox.port, timeout=_SECONDS)
    if mailbox.security == "starttls":
        connection.starttls(context)
    return connection


def _flat(parts: list[object]) -> Iterator[bytes]:
    for part in parts:
        if isinstance(part, bytes):
            yield part
        elif isinstance(part, tuple):
            yield from (one for one in part if isinstance(one, bytes))
