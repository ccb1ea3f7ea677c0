"""Ways a letter leaves: a folder of `.eml` files (embedded default), or SMTP."""

from __future__ import annotations

import os
import re
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol

HEADER_LINE = 240  # RFC 5322 §2.1.1 allows 998


class NotSent(Exception):
    """The transport did not take the letter; its words say what the other side answered."""


class Transport(Protocol):
    """Takes one message and returns the receipt: what the taker said on taking it."""

    @property
    def name(self) -> str: ...

    def send(self, message: EmailMessage) -> str: ...


@dataclass(frozen=True, slots=True)
class Folder:
    """Writes `<message id>.eml` whole or not at all; a second sending replaces the same file."""

    path: Path
    name: str = "folder"

    def send(self, message: EmailMessage) -> str:
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        target = self.path / file_name(message["Message-ID"])
        temporary = target.with_suffix(f".{os.getpid()}.part")
        try:
            with temporary.open("wb") as file:
                file.write(as_sent(message))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise NotSent(f"could not write the letter: {error.strerror}") from error
        return f"written to {target.name}"


@dataclass(frozen=True, slots=True)
class Smtp:
    """Hands the message to a mail server; the receipt is the server's last answer."""

    host: str
    port: int
    security: str  # "starttls", "tls" or "none"
    username: str = ""
    password: str = ""
    timeout_seconds: float = 20.0
    name: str = "smtp"

    def send(self, message: EmailMessage) -> str:
        try:
            with self._connect() as server:
                if self.username:
                    server.login(self.username, self.password)
                return self._hand_over(server, message)
        except (smtplib.SMTPException, OSError) as error:
            raise NotSent(f"{type(error).__name__}: {_short(error)}") from error

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.security == "tls":
            return smtplib.SMTP_SSL(
                self.host, self.port, timeout=self.timeout_seconds, context=context
            )
        server = smtplib.SMTP(self.host, self.port, timeout=self.timeout_seconds)
        if self.security == "starttls":
            server.starttls(context=context)
        return server

    def _hand_over(self, server: smtplib.SMTP, message: EmailMessage) -> str:
        # Not send_message(): it throws away the server's answer to DATA, which is our receipt.
        sender, receiver = _address(message["From"]), _address(message["To"])
        server.ehlo_or_helo_if_needed()
        ours, theirs = _asking_for_reports(server, message)
        for code, answer in (server.mail(sender, ours), server.rcpt(receiver, theirs)):
            if code not in (250, 251):
                raise NotSent(f"{code} {answer.decode(errors='replace')}"[:300])
        code, answer = server.data(as_sent(message))
        if code != 250:
            raise NotSent(f"{code} {answer.decode(errors='replace')}"[:300])
        return f"{code} {answer.decode(errors='replace')}"[:300]


def _asking_for_reports(server: smtplib.SMTP, message: EmailMessage) -> tuple[list[str], list[str]]:
    """Options of MAIL and RCPT where the server passes on wishes for reports (RFC 3461).

    Only the heading is to come back: a report on its way must not carry addresses of items.
    """
    if not server.has_extn("dsn"):
        return [], []
    return [f"RET=HDRS ENVID={envelope_id(message['Message-ID'])}"], [
        "NOTIFY=SUCCESS,FAILURE,DELAY"
    ]


def envelope_id(message_id: str) -> str:
    """The Message-ID without its brackets, in the spelling of RFC 3461 §4 (`xtext`)."""
    plain = str(message_id).strip().strip("<>")
    return "".join(c if "!" <= c <= "~" and c not in "+=" else f"+{ord(c):02X}" for c in plain)


def as_sent(message: EmailMessage) -> bytes:
    """The message as it leaves. Its subject stands on one line: mail filters dislike an empty
    first line, which Python's own folding makes of a subject of more than 78 characters."""
    return message.as_bytes(policy=message.policy.clone(max_line_length=HEADER_LINE))


def file_name(message_id: str) -> str:
    """The file a message id is kept under: letters, digits, dot and dash only."""
    return re.sub(r"[^A-Za-z0-9.-]", "_", message_id.strip("<>").split("@")[0]) + ".eml"


def _address(header: str) -> str:
    return header.rsplit("<", 1)[-1].rstrip(">").strip()


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
