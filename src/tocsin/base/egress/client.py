"""The client: one call, one policy, one answer."""

import functools
import importlib.metadata
import logging
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NoReturn

import certifi
import httpcore
import structlog

from tocsin.base.egress.body import read_body
from tocsin.base.egress.connecting import Dial, PinnedBackend, dial_tcp
from tocsin.base.egress.deadline import Deadline
from tocsin.base.egress.hops import REDIRECTS, Hop, read_address, redirected
from tocsin.base.egress.policy import Policy
from tocsin.base.egress.refusals import EgressError, TooLarge, TooManyRedirects, Unreachable
from tocsin.base.egress.resolving import Resolve, addresses_for, ask_system
from tocsin.base.egress.witness import Step, Witness

log = structlog.get_logger()

# httpcore writes every address and header at level DEBUG; addresses of items are secrets.
logging.getLogger("httpcore").setLevel(logging.WARNING)

_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding"})
# Never that of a browser: who is called may know who calls.
_USER_AGENT = f"Tocsin/{importlib.metadata.version('tocsin')}"


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What came back.

    ``headers``: names in lower case, a repeated one joined with ``, ``. ``body`` is unpacked, at
    most the policy's ``max_bytes``. ``final_url`` is where the last redirect led, without fragment.
    ``address`` is the IP address that answered. It cannot be pickled, because a body may be a
    picture and must not travel through a queue or a cache, and its ``repr`` shows only sizes.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    final_url: str
    address: str

    def __repr__(self) -> str:
        return f"Answer(status={self.status}, body=<{len(self.body)} bytes>)"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("an answer stays in the memory of the process that fetched it")


@dataclass(frozen=True, slots=True)
class Egress:
    """Makes requests to other machines, each under a ``Policy``.

    Holds no connection and no cookie, reads no proxy from the environment, and may be used from
    any number of threads. ``resolve``, ``dial`` and ``tls`` are there to be replaced in tests.
    """

    resolve: Resolve = ask_system
    dial: Dial = dial_tcp
    tls: ssl.SSLContext | None = field(default=None, repr=False)

    def request(
        self,
        method: str,
        url: str,
        *,
        policy: Policy,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        witness: Witness | None = None,
    ) -> Answer:
        """Send one request, follow what redirects the policy allows, and give the answer.

        Every hop is looked up once, checked, and connected to at the address that was checked. Any
        status is an answer; only what brought none is an ``EgressError``. ``witness`` is told of
        each hop as it ends, also of the last one when it failed.
        Raises ``RefusedAddress``, ``Unreachable``, ``TooSlow``, ``TooLarge``, ``TooManyRedirects``,
        ``UnreadableAnswer``; ``ValueError`` for a method or header that HTTP cannot carry.
        """
        started = time.monotonic()
        try:
            first = Hop(method.upper(), read_address(url), _own_headers(headers), content)
            deadline = Deadline(policy.deadline_seconds)
            return self._follow(first, policy, deadline, witness or _unseen)
        except EgressError as error:
            log.info(
                "egress_failed",
                policy=policy.name,
                error=type(error).__name__,
                reason=error.reason,
                seconds=round(time.monotonic() - started, 3),
            )
            raise

    def _follow(self, hop: Hop, policy: Policy, deadline: Deadline, witness: Witness) -> Answer:
        for left in range(policy.max_redirects, -1, -1):
            answer = self._witnessed(hop, policy, deadline, witness)
            if not _leads_on(answer.status, answer.headers):
                return answer
            if left:
                hop = redirected(hop, answer.status, answer.headers["location"])
        raise TooManyRedirects("redirects")

    def _witnessed(self, hop: Hop, policy: Policy, deadline: Deadline, witness: Witness) -> Answer:
        step = Step(hop.url)
        try:
            policy.check_origin(hop.parts)
            addresses = addresses_for(
                hop.parts.host, policy=policy, resolve=self.resolve, deadline=deadline
            )
            step = replace(step, resolved=tuple(map(str, addresses)))
            backend = PinnedBackend(addresses, self.dial, deadline)
            try:
                answer = self._send(hop, policy, backend)
            finally:
                address = str(backend.address) if backend.connected else ""
                step = replace(step, address=address, tls=backend.tls)
        except EgressError:
            witness(step)
            raise
        witness(replace(step, status=answer.status))
        return answer

    def _send(self, hop: Hop, policy: Policy, backend: PinnedBackend) -> Answer:
        try:
            with (
                httpcore.ConnectionPool(
                    ssl_context=self.tls or _trusted(), network_backend=backend, max_connections=1
                ) as pool,
                pool.stream(
                    hop.method, _core_url(hop), headers=_wire_headers(hop), content=hop.content
                ) as response,
            ):
                headers = _read_headers(response)
                body = _read(hop, response, headers, policy)
        except httpcore.LocalProtocolError:
            # Its text repeats the header, which may hold a key.
            raise ValueError("a method or header that HTTP cannot carry") from None
        except httpcore.RemoteProtocolError:
            raise Unreachable("not_http") from None
        except (httpcore.NetworkError, httpcore.TimeoutException):
            raise Unreachable("broken_off") from None
        return Answer(response.status, headers, body, hop.url, str(backend.address))


def _unseen(step: Step) -> None:
    return


@functools.cache
def _trusted() -> ssl.SSLContext:
    # The machine's own store too: an operator puts the certificate of an own authority there.
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _own_headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    own = {name.lower(): value for name, value in (headers or {}).items()}
    if _OURS & own.keys():
        raise ValueError("egress itself sets these headers: " + ", ".join(sorted(_OURS)))
    return {"user-agent": _USER_AGENT, "accept": "*/*", **own}


def _wire_headers(hop: Hop) -> list[tuple[bytes, bytes]]:
    port = "" if hop.parts.port is None else f":{hop.parts.port}"
    fixed = {
        "host": hop.parts.host + port,
        "connection": "close",
        # Plain bytes: what is not packed cannot unpack to gigabytes.
        "accept-encoding": "identity",
    }
    try:
        return [
            (k.encode("ascii"), v.encode("latin-1")) for k, v in {**fixed, **hop.headers}.items()
        ]
    except UnicodeEncodeError:
        raise ValueError("a method or header that HTTP cannot carry") from None


def _core_url(hop: Hop) -> httpcore.URL:
    return httpcore.URL(
        scheme=hop.parts.scheme.encode(),
        host=hop.parts.host.encode(),
        port=hop.parts.port,
        target=hop.target.encode(),
    )


def _read_headers(response: httpcore.Response) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in response.headers:
        name, value = raw_name.decode("latin-1").lower(), _text(raw_value)
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _text(value: bytes) -> str:
    try:
        return value.decode()  # a Location is often UTF-8, whatever the standard says
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _leads_on(status: int, headers: Mapping[str, str]) -> bool:
    return status in REDIRECTS and bool(headers.get("location"))


def _read(
    hop: Hop, response: httpcore.Response, headers: Mapping[str, str], policy: Policy
) -> bytes:
    if hop.method == "HEAD" or _leads_on(response.status, headers):
        return b""
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > policy.max_bytes:
        raise TooLarge("declared")
    return read_body(
        response.iter_stream(),
        encoding=headers.get("content-encoding", ""),
        max_bytes=policy.max_bytes,
    )
