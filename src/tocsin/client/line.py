"""The line to one server: one call with its repetitions, within one deadline."""

from __future__ import annotations

import asyncio
import functools
import importlib.metadata
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import httpx

from tocsin.client.failures import Failure
from tocsin.client.keys import Key, server_address
from tocsin.client.pacing import Allowance, Backoff, Breaker, retry_after
from tocsin.client.settings import Settings
from tocsin.client.types import Why
from tocsin.client.wire import refusal_in

MOST_ANSWER_BYTES: Final = 16 << 20
_TOO_FAST: Final = 429
_UNAVAILABLE: Final = 503
_PASSING: Final = frozenset({408, 425})


@dataclass(frozen=True, slots=True, repr=False)
class Call:
    """One request. `items` are what it costs of the key's allowance; `again`: it may be repeated,
    because doing it twice is the same as doing it once. `signed`: by the signing
    key that the key may have."""

    method: str
    path: str
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    items: int = 1
    again: bool = True
    signed: bool = False


class Line:
    """All calls to one server with one key. Belongs to one event loop at a time.

    Keeps connections open, follows no redirect, verifies certificates, reads nothing from the
    environment. Raises WrongAddress.
    """

    def __init__(
        self,
        server: str,
        key: Key,
        settings: Settings,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.server = server_address(server)
        self.key_id = key.key_id
        self._signing = key.signing
        self._headers = {
            "authorization": f"Bearer {key.bearer}",
            "accept": "application/json",
            # Plain bytes: what is not packed cannot unpack to gigabytes.
            "accept-encoding": "identity",
            "user-agent": _user_agent(),
        }
        self._settings = settings
        self._transport = transport
        self._backoff = Backoff(settings.first_pause_seconds, settings.longest_pause_seconds)
        self.breaker = Breaker(settings.breaker_failures, settings.breaker_seconds)
        self.allowance = Allowance()
        self._http: httpx.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def ask(self, call: Call) -> bytes:
        """The body of a 2xx answer. Raises Failure for everything else."""
        try:
            async with asyncio.timeout(self._settings.deadline_seconds) as deadline:
                return await self._with_tries(call, deadline.when() or 0.0)
        except TimeoutError:
            self.breaker.failed()
            raise Failure(Why.TOO_SLOW, "no answer before the deadline") from None

    async def close(self) -> None:
        """Let go of the connections."""
        http, self._http = self._http, None
        if http is not None and self._loop is asyncio.get_running_loop():
            await http.aclose()

    async def _with_tries(self, call: Call, ends_at: float) -> bytes:
        last: Failure | None = None
        for number in range(1, self._settings.tries + 1):
            if last is not None:
                pause = max(last.retry_after, self._backoff.before_try(number))
                await _wait(pause, ends_at, otherwise=last)
            wait = self.allowance.wait_for(call.items)
            await _wait(wait, ends_at, otherwise=Failure(Why.TOO_FAST, "allowance used up"))
            try:
                return await self._once(call)
            except Failure as failure:
                if failure.why is Why.CIRCUIT_OPEN and last is not None:
                    raise last from None
                last = failure
                if not (call.again and failure.may_pass):
                    raise
        raise last or Failure(Why.UNREACHABLE)

    async def _once(self, call: Call) -> bytes:
        if not self.breaker.admit():
            raise Failure(Why.CIRCUIT_OPEN, "too many calls have failed; none is made for now")
        self.allowance.spend(call.items)
        try:
            body = await self._send(call)
        except Failure as failure:
            if failure.is_outage:
                self.breaker.failed()
            else:
                self.breaker.succeeded()
            raise
        except BaseException:
            self.breaker.abandoned()
            raise
        self.breaker.succeeded()
        return body

    async def _send(self, call: Call) -> bytes:
        try:
            async with self._client().stream(
                call.method,
                f"{self.server}{call.path}",
                content=call.content,
                headers=self._headers_of(call),
            ) as response:
                self.allowance.learn(response.headers)
                return _understood(response, await _read(response))
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise Failure(Why.UNREACHABLE, type(error).__name__) from None
        except httpx.TimeoutException as error:
            raise Failure(Why.TOO_SLOW, type(error).__name__) from None
        except (httpx.HTTPError, OSError) as error:
            raise Failure(Why.CUT_SHORT, type(error).__name__) from None

    def _headers_of(self, call: Call) -> Mapping[str, str]:
        if not call.signed or self._signing is None:
            return call.headers
        signed = self._signing.headers(call.method, call.path, call.content or b"")
        return {**call.headers, **signed}

    def _client(self) -> httpx.AsyncClient:
        loop = asyncio.get_running_loop()
        # Connections belong to the loop, and to the process, that opened them.
        if self._http is None or self._loop is not loop:
            self._http, self._loop = self._opened(), loop
        return self._http

    def _opened(self) -> httpx.AsyncClient:
        told = self._settings
        return httpx.AsyncClient(
            transport=self._transport,
            verify=_trusted(told.ca_file),
            proxy=told.proxy,
            trust_env=False,
            follow_redirects=False,
            headers=self._headers,
            timeout=httpx.Timeout(told.deadline_seconds, connect=told.connect_seconds),
            limits=httpx.Limits(
                max_connections=told.connections, max_keepalive_connections=told.connections
            ),
        )


def _user_agent() -> str:
    try:
        return f"tocsin-client/{importlib.metadata.version('tocsin')}"
    except importlib.metadata.PackageNotFoundError:
        return "tocsin-client"  # carried along as files, without having been installed


@functools.cache
def _trusted(ca_file: str | None) -> ssl.SSLContext:
    context = httpx.create_ssl_context(trust_env=False)
    # The machine's own store too: an operator puts the certificate of an own authority there.
    context.load_default_certs()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


async def _wait(seconds: float, ends_at: float, *, otherwise: Failure) -> None:
    """Raises `otherwise` at once when the deadline comes first."""
    if seconds <= 0:
        return
    if asyncio.get_running_loop().time() + seconds >= ends_at:
        raise otherwise
    await asyncio.sleep(seconds)


async def _read(response: httpx.Response) -> bytes:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise Failure(Why.UNREADABLE, "the answer is packed, which was not asked for")
    got = bytearray()
    async for piece in response.aiter_raw():
        got += piece
        if len(got) > MOST_ANSWER_BYTES:
            raise Failure(Why.CUT_SHORT, "the answer is too long")
    return bytes(got)


def _understood(response: httpx.Response, body: bytes) -> bytes:
    status = response.status_code
    if status in {200, 202}:
        return body
    code, message, places = refusal_in(body)
    words = f"it said {status} {code}: {message}" if code else f"it said {status}"
    why = _why(status)
    if why is Why.REDIRECTED:
        words = "it leads elsewhere, where the key must not go"
    raise Failure(why, words, status, retry_after(response.headers), code, tuple(places))


def _why(status: int) -> Why:
    if status == _TOO_FAST:
        return Why.TOO_FAST
    if status == _UNAVAILABLE:
        return Why.UNAVAILABLE
    if status >= 500 or status in _PASSING:
        return Why.SERVER_ERROR
    if status >= 400:
        return Why.REFUSED
    return Why.REDIRECTED if status >= 300 else Why.UNREADABLE
