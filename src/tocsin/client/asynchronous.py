"""The client for programs that run an event loop; the other one (`Client`) stands on it."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from types import TracebackType
from typing import BinaryIO, Final, Self, TypeVar

import httpx

from tocsin.client import corrections as feed
from tocsin.client.asking import Asking
from tocsin.client.deciding import Policies, unanswered
from tocsin.client.failures import Failure, call_failed
from tocsin.client.intake import Budget, Decoders, Intake, by_digests, read_into
from tocsin.client.keys import Key
from tocsin.client.line import Call, Line
from tocsin.client.recheck import QueueUnusable, Rechecked, RecheckQueue, Waiting
from tocsin.client.settings import DEFAULT_SETTINGS, Settings
from tocsin.client.signatures import read_keys
from tocsin.client.types import Answer, Decision, News, OutagePolicy, Question, Verdict, Why, new_id
from tocsin.client.wire import item_of, read_json, taken
from tocsin.engine.fingerprints import Fingerprints
from tocsin.engine.media import DecoderUnavailable
from tocsin.engine.search.matches import Level

log = logging.getLogger("tocsin.client")
log.addHandler(logging.NullHandler())
RECHECKED_AT_ONCE: Final = 1_000

Read = TypeVar("Read")
Told = Callable[[Verdict], object]
"""Is told every verdict, to count it or keep it; in the thread of the client's own loop."""


class AsyncClient:
    """Asks one server with one key. Every call may be cancelled.

    `outage` says what becomes of uploads that nobody could answer for, and has no default.
    `open-and-recheck` needs `recheck`, where they are written down. `unsupported` says what becomes
    of files of no kind that is read here and whose digests are on no list.

    Belongs to one event loop at a time. Raises WrongAddress, ValueError.
    """

    def __init__(
        self,
        server: str,
        key: Key,
        *,
        outage: OutagePolicy,
        recheck: RecheckQueue | None = None,
        unsupported: Decision = Decision.HOLD,
        settings: Settings = DEFAULT_SETTINGS,
        told: Told | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.outage = OutagePolicy(outage)
        if (self.outage is OutagePolicy.OPEN_AND_RECHECK) != (recheck is not None):
            raise ValueError("open-and-recheck, and nothing else, needs a recheck queue")
        self.settings = settings
        self._queue = recheck
        self._told = told
        self._line = Line(server, key, settings, transport=transport)
        self._asking = Asking(
            self._line,
            Policies(self.outage, Decision(unsupported)),
            settings.most_items,
            settings.level,
        )
        self._budget = Budget(settings.most_held_bytes)
        self._decoders = Decoders(settings.decoders, settings.decoder_seconds, settings.looks)

    @property
    def server(self) -> str:
        return self._line.server

    @property
    def key_id(self) -> str:
        return self._line.key_id

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of connections and decoders."""
        await self._line.close()
        await asyncio.to_thread(self._decoders.close)

    async def check(self, questions: Sequence[Question]) -> list[Verdict]:
        """A verdict for each, in order. Never raises for what goes wrong: that is `unknown`."""
        return await self._settled(questions, await self._asking.check(questions))

    async def check_since(self, questions: Sequence[Question], since: int) -> News:
        """Only what came or changed after a list version.

        Raises CallFailed; CallRefused with the code `too_old` where all must be asked in full.
        """
        try:
            return await self._asking.news(questions, since)
        except Failure as failure:
            raise call_failed(failure) from None

    async def check_bytes(
        self,
        data: bytes,
        *,
        id: str | None = None,  # noqa: A002 - the field's name on the wire
        url: str | None = None,
        uploaded_at: datetime | None = None,
    ) -> Verdict:
        """One file, fingerprinted here in a process of its own; its bytes stay here."""
        with self.intake() as intake:
            intake.feed(data)
            return await self.check_intake(intake, id=id, url=url, uploaded_at=uploaded_at)

    async def check_file(
        self,
        file: str | os.PathLike[str] | BinaryIO,
        *,
        id: str | None = None,  # noqa: A002
        url: str | None = None,
        uploaded_at: datetime | None = None,
    ) -> Verdict:
        """One file, by its path or opened (read from where it stands); its bytes stay here."""
        with self.intake() as intake:
            problem = await asyncio.to_thread(read_into, intake, file)
            if problem is not None:
                return await self._nothing_to_ask(id or new_id(), Why.UNREADABLE_FILE, problem)
            return await self.check_intake(intake, id=id, url=url, uploaded_at=uploaded_at)

    def intake(self) -> Intake:
        """For an upload that is to be checked while it arrives: feed it, then `check_intake`."""
        return Intake(self.settings.most_upload_bytes, self._budget)

    async def check_intake(
        self,
        intake: Intake,
        *,
        id: str | None = None,  # noqa: A002
        url: str | None = None,
        uploaded_at: datetime | None = None,
    ) -> Verdict:
        """An upload that has arrived whole."""
        try:
            if self.settings.level is Level.EXACT:
                prints = by_digests(intake)
            elif intake.ran_out:
                raise Failure(Why.BUSY, "too many uploads are held at once")
            else:
                prints = await self._fingerprinted(intake)
        except (DecoderUnavailable, Failure) as error:
            why = error.why if isinstance(error, Failure) else Why.NO_DECODER
            return await self._by_digests(intake, id or new_id(), why, str(error))
        question = Question.of(prints, id=id, url=url, uploaded_at=uploaded_at)
        return (await self.check([question]))[0]

    async def send_bytes(self, data: bytes, *, id: str | None = None) -> Verdict:  # noqa: A002
        """One file whose bytes are sent to the server, for those who cannot fingerprint here."""
        upload_id = id or new_id()
        verdict = await self._asking.send(data, upload_id)
        if verdict.decided_by is not OutagePolicy.OPEN_AND_RECHECK:
            return self._decided(verdict)
        # The queue keeps fingerprints and never bytes.
        with self.intake() as intake:
            intake.feed(data)
            try:
                prints = await self._fingerprinted(intake)
            except (DecoderUnavailable, Failure):
                return self._decided(_held(verdict, "it cannot be asked about later"))
        question = Question.of(prints, id=upload_id)
        return (await self._settled([question], [verdict]))[0]

    async def send_file(
        self,
        file: str | os.PathLike[str] | BinaryIO,
        *,
        id: str | None = None,  # noqa: A002
    ) -> Verdict:
        """The same for a file, by its path or opened."""
        with self.intake() as intake:
            problem = await asyncio.to_thread(read_into, intake, file)
            if problem is not None:
                return await self._nothing_to_ask(id or new_id(), Why.UNREADABLE_FILE, problem)
            if intake.data is None:
                return await self.check_intake(intake, id=id)
            return await self.send_bytes(intake.data, id=id)

    async def recheck(
        self, tell: Callable[[Rechecked], object], *, limit: int = RECHECKED_AT_ONCE
    ) -> int:
        """Ask again about what was let in unchecked and is due; how many are settled now.

        Each verdict goes to `tell` (which may block: it has a thread of its own), and only when
        that returned is the upload taken off the queue: one may be told twice, and none never.
        Raises QueueUnusable.
        """
        if self._queue is None:
            return 0
        waiting = await asyncio.to_thread(self._queue.take, limit, at=time.time())
        verdicts = await self._asking.check([one.question for one in waiting])
        again: list[Waiting] = []
        for one, verdict in zip(waiting, verdicts, strict=True):
            if verdict.decided_by is not None:
                again.append(one)
                continue
            await asyncio.to_thread(tell, Rechecked(self._tell(verdict), one.let_in_at))
            await asyncio.to_thread(self._queue.done, one)
        await asyncio.to_thread(self._queue.postpone, again, at=time.time())
        return len(waiting) - len(again)

    async def report(
        self,
        url: str,
        *,
        client_reference: str = "",
        words: str = "",
        category_hint: str | None = None,
        fingerprints: Question | None = None,
        first_seen_at: datetime | None = None,
        stated: feed.Stated | None = None,
    ) -> feed.Reported:
        """Tell of an address. With a `client_reference` it is sent again where that is needed;
        where the key has a `signing` of its own, it is signed.

        Raises CallFailed, CallRefused.
        """
        item: dict[str, object] = {"url": url, "words": words, "client_reference": client_reference}
        if category_hint is not None:
            item["category_hint"] = category_hint
        if fingerprints is not None:
            wanted = ("md5", "sha1", "sha256", "pdq", "pdq_quality")
            told = item_of(fingerprints)
            item["fingerprints"] = {name: told[name] for name in wanted if name in told}
        if first_seen_at is not None:
            item["first_seen_at"] = first_seen_at.isoformat()
        if stated is not None:
            item["stated"] = asdict(stated)
        call = _json_call("/v2/reports", item, again=bool(client_reference), signed=True)
        return await self._read(call, _reported)

    async def say(self, words: Sequence[feed.Word]) -> list[feed.Said]:
        """Say of matches that they are right or wrong, 1,000 at most. Raises CallFailed."""
        items = [
            {name: getattr(word, name) for name in feed.Word.__dataclass_fields__} for word in words
        ]
        call = _json_call("/v2/feedback", {"items": items}, items=len(items))
        return await self._read(call, feed.read_said)

    async def corrections(self, after: int) -> feed.FeedPage:
        """The feed behind a cursor, which is 0 at first. Raises CallFailed."""
        return await self._read(Call("GET", f"/v2/corrections?after={after:d}"), feed.read_page)

    async def acknowledge(self, cursor: int) -> int:
        """You have worked in all up to `cursor`; how far your party is now. Raises CallFailed."""
        call = _json_call("/v2/corrections/acknowledge", {"cursor": cursor})
        return await self._read(call, lambda body: taken(read_json(body), "cursor", int))

    async def webhook_keys(self) -> dict[str, bytes]:
        """The keys that webhooks are signed with, for a `WebhookReader`. Raises CallFailed."""
        return await self._read(Call("GET", "/v2/webhook/keys"), read_keys)

    async def _read(self, call: Call, read: Callable[[bytes], Read]) -> Read:
        try:
            return read(await self._line.ask(call))
        except Failure as failure:
            raise call_failed(failure) from None

    async def _fingerprinted(self, intake: Intake) -> Fingerprints:
        """Raises DecoderUnavailable, and Failure when it takes too long, as in a flood of uploads.

        Whoever goes away first leaves nothing to do for the thread that comes to it later.
        """
        gone = threading.Event()

        def work() -> Fingerprints:
            if gone.is_set():
                raise Failure(Why.BUSY)
            return self._decoders.fingerprint(intake)

        try:
            async with asyncio.timeout(self.settings.fingerprinting_seconds):
                return await asyncio.to_thread(work)
        except TimeoutError:
            raise Failure(Why.BUSY, "no decoder was free in time") from None
        finally:
            gone.set()

    async def _by_digests(self, intake: Intake, upload_id: str, why: Why, detail: str) -> Verdict:
        """Without fingerprints of its pixels, a hit still is one; finding nothing says nothing."""
        told = intake.digests
        question = Question(id=upload_id, md5=told.md5, sha1=told.sha1, sha256=told.sha256)
        [verdict] = await self._asking.check([question])
        if verdict.answer is Answer.LISTED:
            return self._tell(verdict)
        return await self._nothing_to_ask(upload_id, why, detail)

    async def _nothing_to_ask(self, upload_id: str, why: Why, detail: str) -> Verdict:
        """What can never be asked again must not be let in to be asked later."""
        verdict = unanswered(upload_id, why, detail, self.outage)
        if verdict.decision is Decision.ALLOW:
            verdict = _held(verdict, detail)
        return self._decided(verdict)

    async def _settled(
        self, questions: Sequence[Question], verdicts: Sequence[Verdict]
    ) -> list[Verdict]:
        """Write down what is let in unchecked; what cannot be written down is held."""
        let_in = [
            (question, verdict.why or Why.UNAVAILABLE)
            for question, verdict in zip(questions, verdicts, strict=True)
            if verdict.decided_by is OutagePolicy.OPEN_AND_RECHECK
        ]
        settled: Callable[[Verdict], Verdict] = _noted
        if let_in and self._queue is not None:
            try:
                await asyncio.to_thread(self._queue.add, let_in, at=time.time())
            except QueueUnusable:
                log.error("recheck_queue_unusable")
                settled = _not_noted
        decided = [settled(verdict) for verdict in verdicts]
        _log_unanswered(decided)
        return [self._tell(verdict) for verdict in decided]

    def _decided(self, verdict: Verdict) -> Verdict:
        _log_unanswered([verdict])
        return self._tell(verdict)

    def _tell(self, verdict: Verdict) -> Verdict:
        if self._told is not None:
            self._told(verdict)
        return verdict


def _log_unanswered(verdicts: Sequence[Verdict]) -> None:
    """One line for each way in which uploads of a call went unanswered."""
    ways = Counter((v.why, v.decision) for v in verdicts if v.decided_by is not None)
    for (why, decision), uploads in ways.items():
        told = {"why": str(why), "decision": decision.value, "uploads": uploads}
        log.warning("checks_unanswered", extra=told)


def _noted(verdict: Verdict) -> Verdict:
    if verdict.decided_by is not OutagePolicy.OPEN_AND_RECHECK:
        return verdict
    return replace(verdict, rechecked_later=True)


def _not_noted(verdict: Verdict) -> Verdict:
    if verdict.decided_by is not OutagePolicy.OPEN_AND_RECHECK:
        return verdict
    return _held(verdict, f"{verdict.detail}; the recheck queue cannot be written to")


def _held(verdict: Verdict, detail: str) -> Verdict:
    return replace(verdict, decision=Decision.HOLD, detail=detail)


def _json_call(
    path: str, told: object, *, items: int = 1, again: bool = True, signed: bool = False
) -> Call:
    headers = {"content-type": "application/json"}
    return Call("POST", path, json.dumps(told).encode(), headers, items, again, signed)


def _reported(body: bytes) -> feed.Reported:
    told = read_json(body)
    return feed.Reported(taken(told, "report", str), taken(told, "repeated", bool))
