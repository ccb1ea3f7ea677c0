"""A mail to what it asks for: who says it, what proves that, and its lines. In memory only.

Of a mail only its plain text is read. Whatever hangs on it, a picture perhaps, is let go of unread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from typing import Final

from tocsin.domain.intake import reading, rules
from tocsin.domain.intake.types import (
    Command,
    FormTerms,
    IntakeRefused,
    Origin,
    Proof,
    Read,
    SenderTerms,
    Way,
    Why,
)

# Names without a domain, and several names, are nobody's.
_PLAIN: Final = policy.default.clone(max_line_length=None)


@dataclass(frozen=True, slots=True, repr=False)
class Mail:
    """A mail as far as it is read."""

    sender: str
    subject: str
    proof: Proof
    message: EmailMessage


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """What a mail asks for, or why it is refused."""

    origin: Origin
    reads: Sequence[Read] = ()
    why: Why = Why.NONE


def opened(raw: bytes, *, authserv: str) -> Mail:
    """The mail; raises IntakeRefused for one that is too large, or from nobody or several."""
    if len(raw) > rules.MOST_MAIL_BYTES:
        raise IntakeRefused(Why.TOO_LARGE)
    message = message_from_bytes(raw, policy=_PLAIN)
    named = [address for _, address in getaddresses(_texts(message, "From")) if address]
    if len(named) != 1 or named[0].count("@") != 1:
        raise IntakeRefused(Why.NOT_ON_FILE)
    sender = named[0].strip().lower()
    proof = rules.proof_in(
        _texts(message, "Authentication-Results"),
        ours=authserv,
        from_domain=sender.partition("@")[2],
    )
    return Mail(sender, " ".join(_texts(message, "Subject")), proof, message)


def asked(mail: Mail, sender: SenderTerms | None, forms: Sequence[FormTerms]) -> Asked:
    """What a mail asks for, by who may ask it."""
    origin = Origin(Way.MAIL, sender=mail.sender, proof=mail.proof)
    if sender is None:
        return Asked(origin, why=Why.NOT_ON_FILE)
    if sender.needs_proof and not rules.proves(mail.proof):
        return Asked(origin, why=Why.NOT_PROVEN)
    form = _form(mail.subject, forms)
    command = (Command.REPORT, form.source) if form else rules.command_in(mail.subject)
    if command is None:
        return Asked(origin, why=Why.UNKNOWN_COMMAND)
    origin = Origin(
        Way.MAIL,
        command[0],
        source=command[1] or sender.source,
        party_id=sender.party_id,
        sender=mail.sender,
        proof=mail.proof,
    )
    if origin.command is not Command.REPORT and not sender.may_say_gone:
        return Asked(origin, why=Why.NOT_ALLOWED)
    try:
        return Asked(origin, _reads(_text(mail.message), form))
    except IntakeRefused as refused:
        return Asked(origin, why=refused.why)


def _reads(text: str, form: FormTerms | None) -> list[Read]:
    if form is None:
        return reading.read_mail_lines(text)
    told = reading.read_form(text, form.fields)
    return [Read(1, told, rules.refusal(told) or (Why.NONE if told.url else Why.NO_ADDRESS))]


def _form(subject: str, forms: Sequence[FormTerms]) -> FormTerms | None:
    """The form whose subject it begins with; the longest, where several fit."""
    plain = " ".join(subject.split()).lower()
    fitting = [form for form in forms if plain.startswith(form.subject.lower())]
    return max(fitting, key=lambda form: len(form.subject), default=None)


def _text(message: EmailMessage) -> str:
    part = message.get_body(preferencelist=("plain",))
    if part is None:
        raise IntakeRefused(Why.NO_TEXT)
    raw = part.get_payload(decode=True)
    if not isinstance(raw, bytes):
        raise IntakeRefused(Why.NO_TEXT)
    named = (part.get_content_charset() or "").lower()
    try:
        return raw.decode(named) if named and named != "us-ascii" else reading.text_of(raw)
    except (LookupError, UnicodeDecodeError):
        return reading.text_of(raw)


def _texts(message: EmailMessage, name: str) -> list[str]:
    """Every header of a name, unfolded; one that cannot be read counts as empty."""
    return [" ".join(str(value).split()) for value in message.get_all(name, [])]
