"""Talking to a gate without a socket: bytes in as they come off a wire, bytes out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from tocsin.base.accounts.types import Tier
from tocsin.domain.matching.guard.types import GOOD_STANDING, Standing
from tocsin.domain.matching.types import (
    Action,
    Answer,
    AnswerStatus,
    CheckKey,
    Door,
    KeysUnknown,
    Match,
    Outcome,
    PolicyTerms,
    Query,
)
from tocsin.doors.gates.chain import Scanner
from tocsin.doors.gates.desk import Desk, Fingerprinter
from tocsin.doors.gates.types import GateKey, Habits, Limits
from tocsin.doors.gates.wire import Wire
from tocsin.engine.fingerprints import Fingerprints, Status
from tocsin.engine.media import fingerprint

AT = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
QUICK = Limits(idle_seconds=5, arrive_seconds=5, answer_seconds=5, room_seconds=0.2)


def a_key(terms: PolicyTerms | None = None, standing: Standing = GOOD_STANDING) -> CheckKey:
    return CheckKey(
        key_id="k1",
        party_id=1,
        tier=Tier.DETAIL,
        per_second=1e6,
        burst=1_000_000,
        expires_at=None,
        secret_digest="",
        terms=terms or PolicyTerms(),
        standing=standing,
    )


class Keys:
    """A table of one key."""

    def __init__(self, key: CheckKey | None) -> None:
        self.key = key
        self.are_read = True

    def authenticate(self, key_id: str, secret: str, *, at: datetime) -> CheckKey | None:
        if not self.are_read:
            raise KeysUnknown("not yet")
        return self.key


@dataclass
class StandIn:
    """A checker whose lists are `listed`: SHA-256 digests, and what each of them is answered with.

    A file that is not there is `not_listed` when it starts with b"clean", and else, as the real
    checker would say, whatever fingerprinting said of it.
    """

    key: CheckKey | None = field(default_factory=a_key)
    listed: dict[bytes, tuple[AnswerStatus, Action]] = field(default_factory=dict)
    problem: str | None = None
    version: int = 812
    asked: list[Query] = field(default_factory=list)
    doors: list[Door] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.keys = Keys(self.key)

    def check(self, key: CheckKey, queries: Sequence[Query], *, door: Door, at: datetime) -> Answer:
        self.asked += queries
        self.doors += [door] * len(queries)
        outcomes = tuple(self._outcome(key, query) for query in queries)
        return Answer(None if self.problem else self.version, False, outcomes, self.problem)

    def _outcome(self, key: CheckKey, query: Query) -> Outcome:
        if self.problem:
            return Outcome(query.client_id, AnswerStatus.UNAVAILABLE, Action.HOLD)
        found = self.listed.get(query.sha256 or b"")
        if found is not None:
            match = Match("exact", "B1", 1, (7,), "k1.ref", 0)  # type: ignore[arg-type]
            return Outcome(query.client_id, *found, match)
        if query.media_status in {None, Status.OK}:
            return Outcome(query.client_id, AnswerStatus.NOT_LISTED, Action.NONE)
        status = AnswerStatus(query.media_status.value)
        return Outcome(query.client_id, status, key.terms.unchecked_action)


def clean_or_real(data: bytes) -> Fingerprints:
    """As `fingerprint`, but b"clean…" passes for a picture that was looked at in full."""
    found = fingerprint(data)
    if data.startswith(b"clean"):
        return replace(found, status=Status.OK, format="jpeg")
    return found


def a_desk(
    checker: StandIn | None = None,
    *,
    habits: Habits | None = None,
    limits: Limits = QUICK,
    fingerprint: Fingerprinter = clean_or_real,
    scanner: Scanner | None = None,
) -> Desk:
    made = checker or StandIn()
    return Desk(
        checker=lambda: made,  # type: ignore[arg-type, return-value]
        fingerprint=fingerprint,
        key=GateKey("k1", "secret"),
        habits=habits,
        limits=limits,
        scanner=scanner,
        now=lambda: AT,
    )


class Written:
    """The other end's half of a connection: takes what is written."""

    def __init__(self) -> None:
        self.said = bytearray()

    def write(self, data: bytes) -> None:
        self.said += data

    async def drain(self) -> None:
        await asyncio.sleep(0)

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        return

    def close(self) -> None:
        return


def talk(serve: Callable[[Wire], Awaitable[None]], *sent: bytes, idle_seconds: float = 5) -> bytes:
    """Send these pieces, close our half, and give all that was said until the gate hung up."""

    async def converse() -> bytes:
        reader, writer = asyncio.StreamReader(limit=1 << 16), Written()

        async def feed() -> None:
            for piece in sent:
                reader.feed_data(piece)
                await asyncio.sleep(0)
            reader.feed_eof()

        feeding = asyncio.create_task(feed())
        await serve(Wire(reader, writer, idle_seconds=idle_seconds))
        await feeding
        return bytes(writer.said)

    return asyncio.run(converse())
