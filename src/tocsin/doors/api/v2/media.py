"""`POST /v2/media`: the bytes of one file; fingerprinted in a decoder process, then forgotten."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from tocsin.domain.matching.queries import Checker, query_of
from tocsin.domain.matching.types import CheckKey, Door, Query
from tocsin.domain.receipts.queries import Issuer
from tocsin.domain.receipts.types import Request
from tocsin.doors.api.entering import by_bearer, let_ask
from tocsin.doors.api.http import Environ, Refused, Reply, media_type, read_body
from tocsin.doors.api.http import require_method as only
from tocsin.doors.api.limits import RateLimit, cost_of
from tocsin.doors.api.v2 import repeats, told
from tocsin.doors.api.v2.levels import level_in, weight_of
from tocsin.doors.api.v2.receipts import giving, wanted
from tocsin.doors.api.v2.wire import MOST_ID
from tocsin.engine.fingerprints import Fingerprints, digests_of
from tocsin.engine.media import DecoderUnavailable
from tocsin.engine.search import Level

MOST_BYTES = 100 * 1024 * 1024
MOST_AT_ONCE = 8
WAIT_SECONDS = 2.0

Fingerprinter = Callable[[bytes], Fingerprints]

_DOCUMENTS = frozenset(
    {"application/json", "application/xhtml+xml", "application/xml", "image/svg+xml"}
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be had of a file beside its plain fingerprints: the variants of its pictures; and
    of a document, the pictures that are written in it as text."""

    battery: bool = False
    document: bool = False


Look = Callable[[bytes, Wanted], Fingerprints]
PLAIN = Wanted()


class MediaDesk:
    """Takes files, a few at a time: each may have a hundred megabytes and all are in memory.

    One party has at most half the places, so that its slow uploads never keep the others out. It
    is refused at once beyond that: requests that wait would take up the threads of the others.
    """

    def __init__(
        self,
        fingerprint: Fingerprinter,
        *,
        look: Look | None = None,
        most_at_once: int = MOST_AT_ONCE,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._fingerprint = fingerprint
        self._look = look
        self._room = threading.BoundedSemaphore(most_at_once)
        self._most_of_one_party = max(1, most_at_once // 2)
        self._of_party: Counter[int] = Counter()
        self._counting = threading.Lock()
        self._wait_seconds = wait_seconds

    def check(
        self,
        environ: Environ,
        checker: Checker,
        limit: RateLimit,
        at: datetime,
        issuer: Callable[[], Issuer],
    ) -> Reply:
        """Answer for one file; raises Refused."""
        only(environ, "POST")
        key = by_bearer(environ, checker, at)
        let_ask(key, at)
        allowance = limit.take(key)
        client_id = client_id_of(environ)
        receipt = wanted(environ)
        again, level = repeats.key_in(environ), level_in(environ)
        query = self._query(key, environ, client_id, level)
        if (cost := cost_of(weight_of([query]))) > 1:
            allowance = limit.take(key, cost, paid=1)
        if again is not None:
            (query,) = repeats.with_hit_ids([query], key, again, query.sha256 or b"")
        answer = checker.check(key, [query], door=Door.MEDIA, at=at)
        give = giving(issuer(), Request(key, Door.MEDIA, at, [query])) if receipt else None
        return told.reply(answer, key, allowance, told.Beside(give=give))

    def fingerprints(
        self, key: CheckKey, file: Callable[[], bytes], wanted: Wanted = PLAIN
    ) -> Fingerprints:
        """Of the file that `file` reads when there is room for it; raises Refused."""
        with self._place(key):
            try:
                if wanted == PLAIN or self._look is None:
                    return self._fingerprint(file())
                return self._look(file(), wanted)
            except DecoderUnavailable:
                words = "No decoder can be started at the moment; send the file again."
                raise _busy(words) from None

    def _query(self, key: CheckKey, environ: Environ, client_id: str, level: Level | None) -> Query:
        if level is not Level.EXACT:
            looks = Wanted(level is Level.THOROUGH, is_document(media_type(environ)))
            return query_of(self.fingerprints(key, lambda: one_file(environ), looks), client_id)
        with self._place(key):
            told = digests_of(one_file(environ))
        return Query(client_id, md5=told.md5, sha1=told.sha1, sha256=told.sha256)

    @contextmanager
    def _place(self, key: CheckKey) -> Iterator[None]:
        """Room for one file in memory; raises Refused."""
        with self._share(key.party_id):
            if not self._room.acquire(timeout=self._wait_seconds):
                raise _busy("Too many files at once; send this one again.")
            try:
                yield
            finally:
                self._room.release()

    @contextmanager
    def _share(self, party_id: int) -> Iterator[None]:
        with self._counting:
            if self._of_party[party_id] >= self._most_of_one_party:
                raise _too_many(self._most_of_one_party)
            self._of_party[party_id] += 1
        try:
            yield
        finally:
            with self._counting:
                self._of_party[party_id] -= 1


def is_document(kind: str) -> bool:
    """Whether a file of this media type may have pictures written in it as text."""
    return kind.startswith("text/") or kind in _DOCUMENTS


def one_file(environ: Environ) -> bytes:
    """The body as one file, in memory; raises Refused for a form and for what `read_body` does."""
    if media_type(environ).startswith("multipart/"):
        # Its boundaries would be hashed with the file, and nothing would ever be found.
        raise Refused(415, "not_one_file", "Send the file's bytes alone, not a form.")
    return read_body(environ, most_bytes=MOST_BYTES).getvalue()


def client_id_of(environ: Environ) -> str:
    """The asker's own name for the file, from `Tocsin-Client-Id`; raises Refused."""
    text = str(environ.get("HTTP_TOCSIN_CLIENT_ID") or "")
    if len(text) > MOST_ID or not text.isprintable():
        raise Refused(
            400, "wrong_client_id", f"Tocsin-Client-Id takes up to {MOST_ID} printable characters."
        )
    return text


def _too_many(most: int) -> Refused:
    return Refused(
        429,
        "too_many_at_once",
        f"You are sending {most} files already; send this one when one of them is answered.",
        headers=(("Retry-After", "2"),),
    )


def _busy(message: str) -> Refused:
    return Refused(503, "busy", message, headers=(("Retry-After", "2"),))
