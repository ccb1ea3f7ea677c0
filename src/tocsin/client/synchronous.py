"""The client for programs with threads: an `AsyncClient` on an event loop in the background.

One loop serves all threads, so that a deadline holds whatever hangs (a look-up of a name cannot be
broken off in the thread that waits for it), and so that there is one implementation of everything.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, BinaryIO, Self, TypeVar

import httpx

from tocsin.client import corrections as feed
from tocsin.client.asynchronous import RECHECKED_AT_ONCE, AsyncClient, Told
from tocsin.client.intake import Intake
from tocsin.client.keys import Key
from tocsin.client.recheck import QueueUnusable, Rechecked, RecheckQueue
from tocsin.client.settings import DEFAULT_SETTINGS, Settings
from tocsin.client.types import Decision, News, OutagePolicy, Question, Verdict

log = logging.getLogger("tocsin.client")

Got = TypeVar("Got")


class Client:
    """Asks one server with one key; safe for any number of threads, and for a server that forks.

    `outage` says what becomes of uploads that nobody could answer for, and has no default.
    `open-and-recheck` needs `recheck`, where they are written down. `unsupported` says what becomes
    of files of no kind that is read here and whose digests are on no list. Methods do as those of
    `AsyncClient`. Raises WrongAddress, ValueError.
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
        self.asynchronous = AsyncClient(
            server,
            key,
            outage=outage,
            recheck=recheck,
            unsupported=unsupported,
            settings=settings,
            told=told,
            transport=transport,
        )
        self._background = _Background()

    @property
    def server(self) -> str:
        return self.asynchronous.server

    @property
    def key_id(self) -> str:
        return self.asynchronous.key_id

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of connections, decoders and the loop; a later call starts them anew."""
        self._background.run(self.asynchronous.close())
        self._background.stop()

    def check(self, questions: Sequence[Question]) -> list[Verdict]:
        """A verdict for each, in order. Never raises for what goes wrong: that is `unknown`."""
        return self._background.run(self.asynchronous.check(questions))

    def check_since(self, questions: Sequence[Question], since: int) -> News:
        """Only what came or changed after a list version. Raises CallFailed, CallRefused."""
        return self._background.run(self.asynchronous.check_since(questions, since))

    def check_bytes(
        self,
        data: bytes,
        *,
        id: str | None = None,  # noqa: A002 - the field's name on the wire
        url: str | None = None,
        uploaded_at: datetime | None = None,
    ) -> Verdict:
        """One file, fingerprinted here in a process of its own; its bytes stay here."""
        check = self.asynchronous.check_bytes(data, id=id, url=url, uploaded_at=uploaded_at)
        return self._background.run(check)

    def check_file(
        self,
        file: str | os.PathLike[str] | BinaryIO,
        *,
        id: str | None = None,  # noqa: A002
        url: str | None = None,
        uploaded_at: datetime | None = None,
    ) -> Verdict:
        """One file, by its path or opened (read from where it stands); its bytes stay here."""
        check = self.asynchronous.check_file(file, id=id, url=url, uploaded_at=uploaded_at)
        return self._background.run(check)

    def intake(self) -> Intake:
        """For an upload that is to be checked while it arrives: feed it, then `check_intake`."""
        return self.asynchronous.intake()

    def check_intake(
        self,
        intake: Intake,
        *,
        id: str | None = None,  # noqa: A002
        url: str | None = None,
        uploaded_at: datetime | None = None,
    ) -> Verdict:
        """An upload that has arrived whole."""
        check = self.asynchronous.check_intake(intake, id=id, url=url, uploaded_at=uploaded_at)
        return self._background.run(check)

    def send_bytes(self, data: bytes, *, id: str | None = None) -> Verdict:  # noqa: A002
        """One file whose bytes are sent to the server, for those who cannot fingerprint here."""
        return self._background.run(self.asynchronous.send_bytes(data, id=id))

    def send_file(
        self,
        file: str | os.PathLike[str] | BinaryIO,
        *,
        id: str | None = None,  # noqa: A002
    ) -> Verdict:
        """The same for a file, by its path or opened."""
        return self._background.run(self.asynchronous.send_file(file, id=id))

    def recheck(
        self, tell: Callable[[Rechecked], object], *, limit: int = RECHECKED_AT_ONCE
    ) -> int:
        """Ask again about what was let in unchecked and is due; how many are settled now.

        Each verdict goes to `tell`, and only when that returned is the upload taken off the queue.
        """
        return self._background.run(self.asynchronous.recheck(tell, limit=limit))

    def keep_rechecking(
        self, tell: Callable[[Rechecked], object], *, every_seconds: float = 30.0
    ) -> Callable[[], None]:
        """Do `recheck` from now on, in a thread of its own; call what is given back to end it."""
        ended = threading.Event()

        def go_on() -> None:
            while not ended.wait(every_seconds):
                try:
                    self.recheck(tell)
                except QueueUnusable:
                    log.error("recheck_queue_unusable")
                except Exception as error:  # noqa: BLE001 - the provider's own `tell` may raise
                    # What it could not take in stays on the queue and comes again.
                    log.error("recheck_not_told", extra={"error": type(error).__name__})

        thread = threading.Thread(target=go_on, name="tocsin-recheck", daemon=True)
        thread.start()

        def end() -> None:
            ended.set()
            thread.join()

        return end

    def report(
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
        """Tell of an address. With a `client_reference` it is sent again where that is needed."""
        return self._background.run(
            self.asynchronous.report(
                url,
                client_reference=client_reference,
                words=words,
                category_hint=category_hint,
                fingerprints=fingerprints,
                first_seen_at=first_seen_at,
                stated=stated,
            )
        )

    def say(self, words: Sequence[feed.Word]) -> list[feed.Said]:
        """Say of matches that they are right or wrong, 1,000 at most."""
        return self._background.run(self.asynchronous.say(words))

    def corrections(self, after: int) -> feed.FeedPage:
        """The feed behind a cursor, which is 0 at first."""
        return self._background.run(self.asynchronous.corrections(after))

    def acknowledge(self, cursor: int) -> int:
        """You have worked in all up to `cursor`; how far your party is now."""
        return self._background.run(self.asynchronous.acknowledge(cursor))

    def webhook_keys(self) -> dict[str, bytes]:
        """The keys that webhooks are signed with, for a `WebhookReader`."""
        return self._background.run(self.asynchronous.webhook_keys())


class _Background:
    """An event loop in a thread of its own, started when first needed, anew after a fork."""

    def __init__(self) -> None:
        self._starting = threading.Lock()
        self._of_process: tuple[int, asyncio.AbstractEventLoop, threading.Thread] | None = None

    def run(self, work: Coroutine[Any, Any, Got]) -> Got:
        """The result of `work`; whoever is interrupted while waiting breaks it off."""
        loop, thread = self._running()
        if thread is threading.current_thread():
            work.close()
            raise RuntimeError("a call from inside the client's own loop would wait for itself")
        future = asyncio.run_coroutine_threadsafe(work, loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def stop(self) -> None:
        """End the loop and its thread."""
        with self._starting:
            made, self._of_process = self._of_process, None
        if made is not None and made[0] == os.getpid():
            made[1].call_soon_threadsafe(made[1].stop)
            made[2].join()
            made[1].close()

    def _running(self) -> tuple[asyncio.AbstractEventLoop, threading.Thread]:
        with self._starting:
            if self._of_process is None or self._of_process[0] != os.getpid():
                loop = asyncio.new_event_loop()
                thread = threading.Thread(
                    target=loop.run_forever, name="tocsin-client", daemon=True
                )
                thread.start()
                self._of_process = (os.getpid(), loop, thread)
            return self._of_process[1:]
