"""Comparing kept digests with what is new on a server's lists, without sending any of them.

docs/retro.md says what each side learns. What is found is asked for by an ordinary check.
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

import msgspec

from tocsin.base.egress import Egress, EgressError, configured_peer
from tocsin.client import Key
from tocsin.client.keys import WrongKey
from tocsin.engine.addresses import UnusableAddress, split
from tocsin.engine.fingerprints import Fingerprints
from tocsin.engine.oprf import (
    KEPT_BYTES,
    PROTOCOL,
    Blinded,
    ProofWrong,
    blind,
    digest_input,
    finalize,
    kept_output,
)
from tocsin.site.checking.types import CannotAsk

FILES_AT_ONCE: Final = 600
"""Three digests each: under the 2,000 that a server takes."""
TRIES: Final = 5
LONGEST_WAIT_SECONDS: Final = 60.0
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_AGAIN: Final = frozenset({429, 502, 503, 504})
KINDS: Final = ("md5", "sha1", "sha256")

Sent = tuple[int, bytes, str]
"""Status, body, and `Retry-After`."""
Send = Callable[[str, str, bytes | None], Sent]
Told = TypeVar("Told")


class _Key(msgspec.Struct):
    protocol: str
    epoch: str
    public_key: str


class _Evaluation(msgspec.Struct):
    epoch: str
    evaluated: list[str]
    proof: str


class _Delta(msgspec.Struct):
    epoch: str
    list_version: int
    page: int
    pages: int
    value_bytes: int
    values: str


class _Problem(msgspec.Struct):
    message: str


class _Refusal(msgspec.Struct):
    error: _Problem


class TooOld(CannotAsk):
    """What came so long ago is not told in private."""


class PrivateServer:
    """The three addresses below `/v2/private` of a server. Whatever goes wrong is CannotAsk."""

    def __init__(self, send: Send, *, wait: Callable[[float], None] = time.sleep) -> None:
        self._send = send
        self._wait = wait
        told = self._told("GET", "/v2/private/key", None, _Key)
        if told.protocol != PROTOCOL.decode("ascii"):
            raise CannotAsk("the server compares in a way that this version does not know.")
        self.epoch = told.epoch
        self.public = _bytes(told.public_key)

    def evaluate(self, files: Sequence[Fingerprints]) -> list[list[bytes]]:
        """For each file what to look for in a delta: a value for each of its digests."""
        asked = [blind(one) for prints in files for one in _inputs(prints)]
        body = msgspec.json.encode({"elements": [_text(one.element) for one in asked]})
        told = self._told("POST", "/v2/private/evaluate", body, _Evaluation)
        values = self._finalized(asked, told)
        return [values[at : at + len(KINDS)] for at in range(0, len(values), len(KINDS))]

    def delta(self, since: int) -> Iterator[tuple[int, list[bytes]]]:
        """Pages of what came since: the list version they lead to, and the values."""
        first = self._page(f"since={since}")
        yield first.list_version, _values(first)
        for page in range(1, first.pages):
            query = f"since={since}&through={first.list_version}&pages={first.pages}&page={page}"
            told = self._page(query)
            if (told.page, told.list_version) != (page, first.list_version):
                raise CannotAsk("the server told another page than was asked for.")
            yield told.list_version, _values(told)

    def _page(self, query: str) -> _Delta:
        told = self._told("GET", f"/v2/private/delta?{query}", None, _Delta)
        if told.epoch != self.epoch:
            raise CannotAsk("the server has another key since a moment; say the same again.")
        return told

    def _finalized(self, asked: Sequence[Blinded], told: _Evaluation) -> list[bytes]:
        if told.epoch != self.epoch:
            raise CannotAsk("the server has another key since a moment; say the same again.")
        elements = [_bytes(one) for one in told.evaluated]
        try:
            outputs = finalize(asked, elements, _bytes(told.proof), self.public)
        except ProofWrong as error:
            raise CannotAsk(
                f"the server did not prove that it used the key it tells everybody: {error}. "
                "Nothing it says in private can be believed; tell who runs it."
            ) from error
        return [kept_output(one) for one in outputs]

    def _told(self, method: str, path: str, body: bytes | None, kind: type[Told]) -> Told:
        try:
            return msgspec.json.decode(self._answer(method, path, body), type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise CannotAsk("what the server said is no answer of a Tocsin.") from error

    def _answer(self, method: str, path: str, body: bytes | None) -> bytes:
        why = ""
        for turn in range(TRIES):
            pause = float(1 << turn)
            try:
                status, answer, retry_after = self._send(method, path, body)
            except EgressError as error:
                why = str(error)
            else:
                if status == 200:
                    return answer
                why = _words(status, answer)
                if status == 410:
                    raise TooOld(why)
                if status not in _AGAIN:
                    break
                pause = float(retry_after) if retry_after.isdecimal() else pause
            if turn + 1 < TRIES:
                self._wait(min(pause, LONGEST_WAIT_SECONDS))
        raise CannotAsk(f"the server gave no answer. {why}")


def sender(url: str, key: str, *, egress: Egress | None = None) -> Send:
    """Requests to this server with this key; raises CannotAsk when either is none."""
    try:
        policy, bearer = configured_peer(url), Key.from_text(key).bearer
        parts = split(url)
    except (UnusableAddress, WrongKey) as error:
        raise CannotAsk(f"--server or --key-file: {error}.") from error
    if parts.scheme != "https" and parts.host not in LOOPBACK:
        raise CannotAsk("the key would travel in the clear; use https:// for another machine.")
    way = egress or Egress()
    headers = {"authorization": f"Bearer {bearer}", "content-type": "application/json"}

    def send(method: str, path: str, body: bytes | None) -> Sent:
        answer = way.request(
            method, f"{url.rstrip('/')}{path}", policy=policy, content=body, headers=headers
        )
        return answer.status, answer.body, answer.headers.get("retry-after", "")

    return send


def _inputs(prints: Fingerprints) -> list[bytes]:
    return [digest_input(kind, getattr(prints, kind)) for kind in KINDS]


def _values(told: _Delta) -> list[bytes]:
    whole = _bytes(told.values)
    if told.value_bytes != KEPT_BYTES or len(whole) % KEPT_BYTES:
        raise CannotAsk("the server tells values of another length than this version knows.")
    return [whole[at : at + KEPT_BYTES] for at in range(0, len(whole), KEPT_BYTES)]


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise CannotAsk("what the server said is no answer of a Tocsin.") from error


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _words(status: int, body: bytes) -> str:
    try:
        message = msgspec.json.decode(body, type=_Refusal).error.message
    except (msgspec.DecodeError, UnicodeDecodeError):
        message = ""
    # Printed on a terminal, and said by another machine.
    message = "".join(c for c in message[:300] if c.isprintable())
    return f"It said {status}. {message}".strip()
