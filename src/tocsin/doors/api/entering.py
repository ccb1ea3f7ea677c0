"""Who is asking: a key by HTTP Basic on `/v1`, as a bearer token on `/v2`."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime

from tocsin.domain.matching.queries import Checker
from tocsin.domain.matching.types import CheckKey, KeysUnknown, Step
from tocsin.doors.api.http import Environ, Refused

BASIC = 'Basic realm="Tocsin", charset="UTF-8"'
BEARER = 'Bearer realm="Tocsin"'


def by_basic(environ: Environ, checker: Checker, at: datetime) -> CheckKey:
    """The key of `Authorization: Basic`; raises Refused 401."""
    scheme, _, rest = _authorization(environ)
    if scheme != "basic":
        raise _unknown(BASIC)
    try:
        key_id, _, secret = base64.b64decode(rest, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        raise _unknown(BASIC) from None
    return _known(checker, key_id, secret, BASIC, at)


def by_bearer(environ: Environ, checker: Checker, at: datetime) -> CheckKey:
    """The key of `Authorization: Bearer KEY_ID.SECRET`; raises Refused 401."""
    scheme, _, rest = _authorization(environ)
    if scheme != "bearer":
        raise _unknown(BEARER)
    key_id, _, secret = rest.partition(".")
    return _known(checker, key_id, secret, BEARER, at)


def by_header(environ: Environ, name: str, checker: Checker, at: datetime) -> CheckKey:
    """The key of a header that holds `KEY_ID.SECRET` and no more; raises Refused 401."""
    key_id, _, secret = str(environ.get(name) or "").strip().partition(".")
    return _known(checker, key_id, secret, BEARER, at)


def let_ask(key: CheckKey, at: datetime) -> None:
    """Raises Refused for a key that the oracle guard has stopped: 403, or 429 until tomorrow."""
    if key.standing.step is Step.PAUSED:
        raise Refused(
            403,
            "key_paused",
            "This key is paused, since what it asks would show what is on the lists. Write to the "
            "organisation that issued it.",
        )
    until = key.standing.spent_until
    if until is not None and until > at:
        raise Refused(
            429,
            "day_spent",
            "This key has asked as many different fingerprints as it may in a day.",
            headers=(("Retry-After", str(max(1, int((until - at).total_seconds())))),),
        )


def _authorization(environ: Environ) -> tuple[str, str, str]:
    scheme, space, rest = str(environ.get("HTTP_AUTHORIZATION") or "").partition(" ")
    return scheme.lower(), space, rest.strip()


def _known(checker: Checker, key_id: str, secret: str, challenge: str, at: datetime) -> CheckKey:
    try:
        key = checker.keys.authenticate(key_id, secret, at=at)
    except KeysUnknown as error:
        raise Refused(503, "starting", str(error), headers=(("Retry-After", "1"),)) from error
    except UnicodeEncodeError:
        raise _unknown(challenge) from None
    if key is None:
        raise _unknown(challenge)
    return key


def _unknown(challenge: str) -> Refused:
    return Refused(
        401,
        "unknown_key",
        "Give a live key of this service: its id and its secret.",
        headers=(("WWW-Authenticate", challenge),),
    )
