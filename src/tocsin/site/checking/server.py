"""A server's lists: fingerprints are sent, never a file, a path or a name."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from tocsin.base.egress import Answer, Egress, EgressError, Policy, configured_peer
from tocsin.domain.matching.rules import unchecked_status
from tocsin.domain.matching.types import Action, AnswerStatus
from tocsin.engine.addresses import UnusableAddress, split
from tocsin.engine.fingerprints import Fingerprints
from tocsin.site.checking.types import STATUSES, CannotAsk, Known, Looked

BATCH: Final = 1_000
TRIES: Final = 4
LONGEST_WAIT_SECONDS: Final = 60.0
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_AGAIN: Final = frozenset({429, 502, 503, 504})


class _Match(msgspec.Struct):
    kind: str
    category: str | None
    sources: int


class _Result(msgspec.Struct):
    id: str
    status: str
    action: str | None = None
    match: _Match | None = None
    reference: str | None = None


class _Answered(msgspec.Struct):
    results: list[_Result]


class _Problem(msgspec.Struct):
    message: str


class _Refusal(msgspec.Struct):
    error: _Problem


class ServerLists:
    """The lists behind `POST /v2/checks` of a server, as the key may see them."""

    most_at_once = BATCH

    def __init__(
        self,
        url: str,
        key: str,
        *,
        egress: Egress | None = None,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """Raises CannotAsk when `url` is no address or `key` is no key."""
        try:
            self._policy: Policy = configured_peer(url)
        except UnusableAddress as error:
            raise CannotAsk("--server takes an address such as https://tocsin.example") from error
        if not _safe_for_a_key(url):
            raise CannotAsk("the key would travel in the clear; use https:// for another machine.")
        self._key_id, dot, secret = key.partition(".")
        if not (key.isascii() and key.isprintable() and dot and secret and " " not in key):
            raise CannotAsk("the key file holds no key: one line is expected, as it was issued.")
        self._url = f"{url.rstrip('/')}/v2/checks"
        self._headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
        self._egress = egress or Egress()
        self._wait = wait

    @property
    def identity(self) -> str:
        return f"server {self._policy.only_origin} {self._key_id}"

    @property
    def described(self) -> str:
        return f"lists of {self._policy.only_origin}"

    def ask(self, looked: Sequence[Looked]) -> list[Known]:
        items = [_item(str(place), one.fingerprints) for place, one in enumerate(looked)]
        known = _read(self._answer(msgspec.json.encode({"items": items})), len(looked))
        return [_honest(told, one) for told, one in zip(known, looked, strict=True)]

    def _answer(self, body: bytes) -> bytes:
        why = ""
        for turn in range(TRIES):
            pause = float(1 << turn)
            try:
                answer = self._send(body)
            except EgressError as error:
                why = str(error)
            else:
                if answer.status == 200:
                    return answer.body
                why = _words(answer)
                if answer.status not in _AGAIN:
                    break
                pause = _pause(answer, pause)
            if turn + 1 < TRIES:
                self._wait(pause)
        raise CannotAsk(f"the server gave no answer, so nothing is known of these files. {why}")

    def _send(self, body: bytes) -> Answer:
        return self._egress.request(
            "POST", self._url, policy=self._policy, content=body, headers=self._headers
        )


def _safe_for_a_key(url: str) -> bool:
    parts = split(url)
    return parts.scheme == "https" or parts.host in LOOPBACK


def _item(name: str, prints: Fingerprints) -> dict[str, str | int]:
    item: dict[str, str | int] = {
        "id": name,
        "md5": prints.md5.hex(),
        "sha1": prints.sha1.hex(),
        "sha256": prints.sha256.hex(),
        "media_status": prints.status.value,
    }
    if prints.pdq is not None and prints.pdq_quality is not None:
        item |= {"pdq": prints.pdq.hex(), "pdq_quality": prints.pdq_quality}
        if prints.pdq_512 is not None and prints.pdq_512 != prints.pdq:
            item["pdq_512"] = prints.pdq_512.hex()
        if prints.pdq_oriented is not None:
            item["pdq_oriented"] = prints.pdq_oriented.hex()
    return item


def _read(body: bytes, asked: int) -> list[Known]:
    """The answers in the order asked; anything else than one known status for each is no answer."""
    try:
        results = msgspec.json.decode(body, type=_Answered).results
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CannotAsk("what the server said is no answer of a Tocsin.") from error
    if [result.id for result in results] != [str(place) for place in range(asked)]:
        raise CannotAsk("the server answered for other files than it was asked about.")
    if any(result.status not in STATUSES for result in results):
        raise CannotAsk("the server answered with a status that this version does not know.")
    return [_known(result) for result in results]


def _known(result: _Result) -> Known:
    match = result.match
    return Known(
        status=result.status,
        action=result.action or "",
        kind=match.kind if match else None,
        category=match.category if match else None,
        sources=match.sources if match else None,
        reference=result.reference,
    )


def _honest(known: Known, looked: Looked) -> Known:
    """The server looked at fingerprints only: it cannot call a file clean that had no good ones."""
    unchecked = unchecked_status(
        media_status=looked.fingerprints.status,
        has_pdq=looked.fingerprints.pdq is not None,
        pdq_quality=looked.fingerprints.pdq_quality,
    )
    if known.status != AnswerStatus.NOT_LISTED.value or unchecked is None:
        return known
    return Known(unchecked.value, Action.HOLD.value)


def _words(answer: Answer) -> str:
    try:
        message = msgspec.json.decode(answer.body, type=_Refusal).error.message
    except (msgspec.DecodeError, UnicodeDecodeError):
        message = ""
    # Printed on a terminal, and said by another machine.
    message = "".join(c for c in message[:300] if c.isprintable())
    return f"It said {answer.status}. {message}".strip()


def _pause(answer: Answer, otherwise: float) -> float:
    text = answer.headers.get("retry-after", "")
    seconds = float(text) if text.isascii() and text.isdigit() else otherwise
    return min(seconds, LONGEST_WAIT_SECONDS)
