"""Signed tokens in hidden fields, where other sites set a cookie.

A token says what it is for, its own number, when it was made and how much work it asks for:
`v1.report.<32 hex digits>.<seconds>.<bits>.<signature>`. It names nobody.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings

from tocsin.base.secrets import NotOurs, keyed_digest, seal, unseal

_FORM = re.compile(
    r"v1\.(report|look)\.([0-9a-f]{32})\.([0-9]{1,12})\.([0-9]{1,2})\.([0-9a-f]{64})"
)
_CONTEXT = "public pass"

PASS_LASTS = timedelta(minutes=30)


class Purpose(StrEnum):
    """What a token is for: one form, or one look by receipt."""

    REPORT = "report"
    LOOK = "look"


class WrongToken(Exception):
    """The token was not made here, or not for this."""


class TooOld(Exception):
    """The token, or the pass, is over."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is read. `number` is secret: it stands for the form."""

    purpose: Purpose
    number: str
    made_at: int
    bits: int
    text: str

    @property
    def challenge(self) -> str:
        """What the work is done on: of this token alone, and short enough for one block of SHA-256
        with what is added to it."""
        return self.text[-64:-32]

    def __repr__(self) -> str:
        return f"Token({self.purpose})"


def make(purpose: Purpose, *, bits: int, at: datetime) -> Token:
    """A new token that asks for puzzles of `bits` bits."""
    number, seconds = secrets.token_hex(16), int(at.timestamp())
    said = f"v1.{purpose}.{number}.{seconds}.{bits}"
    return Token(purpose, number, seconds, bits, f"{said}.{_signature(said)}")


def read(text: str, purpose: Purpose, *, lasts: timedelta, at: datetime) -> Token:
    """The token behind a text; raises WrongToken, and TooOld for one of ours that is over."""
    token = _parse(text)
    if token.purpose is not purpose:
        raise WrongToken
    # A minute of grace: the clocks of two machines behind one proxy may differ.
    if not -60 <= at.timestamp() - token.made_at <= lasts.total_seconds():
        raise TooOld
    return token


def make_pass(talk_id: int, *, at: datetime) -> str:
    """What the page of a conversation carries instead of its receipt: sealed, for half an hour."""
    ring = settings.TOCSIN_KEYS.ring("seal")
    return seal(ring, f"{talk_id}.{int(at.timestamp())}".encode(), context=_CONTEXT)


def read_pass(text: str, *, at: datetime) -> int:
    """The number of the conversation a pass is for; raises WrongToken and TooOld."""
    try:
        said = unseal(settings.TOCSIN_KEYS.ring("seal"), text, context=_CONTEXT).decode()
    except NotOurs as error:
        raise WrongToken from error
    talk_id, _, seconds = said.partition(".")
    if at.timestamp() - int(seconds) > PASS_LASTS.total_seconds():
        raise TooOld
    return int(talk_id)


def _parse(text: str) -> Token:
    found = _FORM.fullmatch(text)
    if found is None:
        raise WrongToken
    purpose, number, seconds, bits, signature = found.groups()
    if not hmac.compare_digest(_signature(text.rpartition(".")[0]), signature):
        raise WrongToken
    return Token(Purpose(purpose), number, int(seconds), int(bits), text)


def _signature(said: str) -> str:
    ring = settings.TOCSIN_KEYS.ring("form")
    return keyed_digest(ring, said.encode(), context="public form")
