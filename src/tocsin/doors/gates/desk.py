"""The desk behind both protocols: a file's bytes in, what to say of it out."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import uuid4

import structlog

from tocsin.base.accounts.types import Tier
from tocsin.domain.matching.queries import Checker, query_of
from tocsin.domain.matching.types import CheckKey, Door, KeysUnknown, Query, Step
from tocsin.doors.gates import rules
from tocsin.doors.gates.budget import Budget, Held
from tocsin.doors.gates.chain import Scanner
from tocsin.doors.gates.pace import Pace
from tocsin.doors.gates.types import GateKey, Habits, Limits, Ruling, Told
from tocsin.engine.fingerprints import Fingerprints, Status
from tocsin.engine.media import DecoderUnavailable, PoolClosed
from tocsin.engine.media.containers import film_kind

log = structlog.get_logger()

Fingerprinter = Callable[[bytes], Fingerprints]

TOO_LONG = "the answer took too long"
NO_DECODER = "no decoder can be started at the moment"
BROKE = "something broke here"

# JPEG XL, JPEG 2000 and its bare stream, Photoshop, QOI, FLIF, icons.
_UNREAD_PICTURES = (
    *(b"\xff\x0a", b"\x00\x00\x00\x0cJXL ", b"\x00\x00\x00\x0cjP  ", b"\xff\x4f\xff\x51"),
    *(b"8BPS", b"qoif", b"FLIF", b"\x00\x00\x01\x00"),
)


class CannotAsk(Exception):
    """The key of this gate may not ask at the moment; the text says why."""


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists as the gate's key sees them. `version` is None when they cannot be looked up.

    `tag` changes whenever an answer may: with the lists, the key's terms, the gate's habits.
    """

    version: int | None
    tag: str


def _now() -> datetime:
    return datetime.now(UTC)


class Desk:
    """Answers for files, so many at once, in the name of one key.

    Nothing that happens to one file raises here: whatever comes between a file and its answer is
    an answer too (UNAVAILABLE), and the log says what it was.
    """

    def __init__(
        self,
        *,
        checker: Callable[[], Checker],
        fingerprint: Fingerprinter,
        key: GateKey,
        habits: Habits | None = None,
        limits: Limits | None = None,
        scanner: Scanner | None = None,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self.habits = habits or Habits()
        self.limits = limits or Limits()
        self._checker = checker
        self._fingerprint = fingerprint
        self._key = key
        self._scanner = scanner
        self._now = now
        self._pace = Pace()
        self._budget = Budget(self.limits.memory_bytes, self.limits.room_seconds)
        self._places = asyncio.Semaphore(self.limits.files_at_once)
        self._threads = ThreadPoolExecutor(self.limits.files_at_once, "gate")
        self.busy = 0

    def hold(self) -> Held:
        """Room for one file; for `async with`."""
        return Held(self._budget, self.limits.most_bytes)

    @asynccontextmanager
    async def room(self, n: int) -> AsyncIterator[None]:
        """Memory for work on a file, of what all files share; raises NoRoom."""
        await self._budget.take(n)
        try:
            yield
        finally:
            self._budget.give_back(n)

    @property
    def held_bytes(self) -> int:
        """What all files that are here take up."""
        return self._budget.used_bytes

    async def look(
        self, file: Held, door: Door, *, check_id: str = "", is_whole: bool = True
    ) -> Told:
        """What to say of one file. A piece of one (`is_whole` False) is never CLEAN by itself."""
        check_id = check_id or new_check_id()
        told = await self._answered(file, door, check_id, is_whole)
        if self._scanner is not None and told.ruling is not Ruling.FOUND:
            told = await self._scanner.also(told, file.bytes())
        if told.ruling is Ruling.FOUND:
            log.info("gate_found", check_id=told.check_id, door=door.value)
        elif told.ruling is Ruling.UNAVAILABLE:
            log.warning("gate_unavailable", check_id=told.check_id, door=door.value)
        return told

    def refuse(self, status: Status, door: Door) -> Told:
        """What to say of a file that was not even taken in: `status` says why. It is counted."""
        check_id = new_check_id()
        try:
            return self._ruled(self._ask_with(), Query(check_id, media_status=status), door)
        except CannotAsk as error:
            return rules.unavailable(str(error), check_id)

    def lists(self, door: Door) -> Lists:
        """Which lists answer now."""
        try:
            key = self._ask_with()
        except CannotAsk:
            return Lists(None, "none")
        answer = self._checker().check(key, [], door=door, at=self._now())
        terms = repr((key.key_id, key.terms, key.tier, self.habits)).encode()
        tag = f"{answer.list_version or 'none'}-{hashlib.sha256(terms).hexdigest()[:12]}"
        return Lists(answer.list_version, tag)

    def close(self) -> None:
        """Take no more files."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _answered(self, file: Held, door: Door, check_id: str, is_whole: bool) -> Told:
        try:
            async with asyncio.timeout(self.limits.answer_seconds):
                key = self._ask_with()
                await self._pace.wait(key.per_second, key.burst)
                await self._places.acquire()
                return await asyncio.shield(self._begin(file, key, door, check_id, is_whole))
        except TimeoutError:
            return rules.unavailable(TOO_LONG, check_id)
        except CannotAsk as error:
            return rules.unavailable(str(error), check_id)
        except (DecoderUnavailable, PoolClosed):
            return rules.unavailable(NO_DECODER, check_id)
        except Exception as error:  # noqa: BLE001 - a fault here must not read as "clean" there
            log.error("gate_failed", error=type(error).__name__, check_id=check_id)
            return rules.unavailable(BROKE, check_id)

    def _begin(
        self, file: Held, key: CheckKey, door: Door, check_id: str, is_whole: bool
    ) -> asyncio.Future[Told]:
        """The look itself, in a thread. Its place is free when it has ended, answered or not."""
        loop = asyncio.get_running_loop()
        data = file.bytes()
        try:
            job = loop.run_in_executor(
                self._threads, self._looked_at, data, key, door, check_id, is_whole
            )
        except BaseException:
            self._places.release()
            raise
        self.busy += 1
        job.add_done_callback(self._ended)
        file.lend(job)
        return job

    def _ended(self, job: asyncio.Future[Told]) -> None:
        self.busy -= 1
        self._places.release()
        if not job.cancelled():
            job.exception()  # it was told already, or nobody waits for it any more

    def _looked_at(
        self, data: bytes, key: CheckKey, door: Door, check_id: str, is_whole: bool
    ) -> Told:
        found = self._fingerprint(data)
        query = query_of(found, check_id)
        if not is_whole and found.status in {Status.OK, Status.UNSUPPORTED}:
            query = replace(query, media_status=Status.PARTIAL)
        is_other = is_whole and found.format is None and not starts_like_media(data)
        return self._ruled(key, query, door, is_other_file=is_other)

    def _ruled(
        self, key: CheckKey, query: Query, door: Door, *, is_other_file: bool = False
    ) -> Told:
        answer = self._checker().check(key, [query], door=door, at=self._now())
        return rules.told_of(
            answer,
            tier=Tier(key.tier),
            habits=self.habits,
            is_other_file=is_other_file,
            check_id=query.client_id,
        )

    def _ask_with(self) -> CheckKey:
        """The gate's key as it stands; raises CannotAsk."""
        at = self._now()
        try:
            key = self._checker().keys.authenticate(self._key.key_id, self._key.secret, at=at)
        except KeysUnknown:
            raise CannotAsk("the keys have not been read yet") from None
        if key is None:
            raise CannotAsk("the key of this gate is not known")
        if key.standing.step is Step.PAUSED:
            raise CannotAsk("the key of this gate is paused")
        until = key.standing.spent_until
        if until is not None and until > at:
            raise CannotAsk("the key of this gate has asked as much as it may today")
        return key


def starts_like_media(data: bytes) -> bool:
    """Whether its first bytes are those of a film, or of a kind of picture that is not read."""
    return data.startswith(_UNREAD_PICTURES) or film_kind(data) is not None


def new_check_id() -> str:
    """Names one look in our journal, our log and the answer; says nothing of the file."""
    return uuid4().hex
