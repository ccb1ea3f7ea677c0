"""From a host to the addresses that may be connected to. Done once for each hop."""

import ipaddress
import queue
import socket
import threading
from collections.abc import Callable, Sequence

from tocsin.base.egress.deadline import Deadline
from tocsin.base.egress.policy import Policy
from tocsin.base.egress.reach import IpAddress
from tocsin.base.egress.refusals import RefusedAddress, TooSlow, Unreachable

Resolve = Callable[[str], Sequence[str]]
"""Takes a host name, gives addresses as text; raises ``OSError`` when there are none."""

_MOST_ADDRESSES = 4


def ask_system(name: str) -> list[str]:
    """Look ``name`` up as this machine is set up to do."""
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def addresses_for(
    host: str, *, policy: Policy, resolve: Resolve, deadline: Deadline
) -> list[IpAddress]:
    """Give the addresses of ``host`` that the policy admits, at most four, best first.

    Whoever connects must connect to one of these and not look the name up again: a name server
    under somebody else's control gives a public address to the check and a private one to the call.
    Raises ``RefusedAddress``, ``Unreachable`` or ``TooSlow``.
    """
    found = _literal(host) or _look_up(host, resolve, deadline)
    admitted = [address for address in found if policy.admits(address)]
    if not admitted:
        raise RefusedAddress("not_public")
    return list(dict.fromkeys(admitted))[:_MOST_ADDRESSES]


def _literal(host: str) -> list[IpAddress]:
    try:
        return [ipaddress.ip_address(host.strip("[]"))]
    except ValueError:
        return []


def _look_up(host: str, resolve: Resolve, deadline: Deadline) -> list[IpAddress]:
    texts = _in_time(lambda: resolve(host), deadline)
    found: list[IpAddress] = []
    for text in texts:
        try:
            found.append(ipaddress.ip_address(text))
        except ValueError:
            continue  # a resolver that answers with something else than an address
    if not found:
        raise Unreachable("no_such_name")
    return found


def _in_time(ask: Callable[[], Sequence[str]], deadline: Deadline) -> Sequence[str]:
    # The system's look-up cannot be given a time limit, so it is waited for from outside. A thread
    # left behind ends when the system gives up, and as a daemon it does not hold the process.
    answers: queue.SimpleQueue[Sequence[str] | None] = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put(ask())
        except (OSError, UnicodeError):
            answers.put(None)

    threading.Thread(target=run, name="egress-look-up", daemon=True).start()
    try:
        answer = answers.get(timeout=deadline.left())
    except queue.Empty:
        raise TooSlow("look_up") from None
    if answer is None:
        raise Unreachable("no_such_name")
    return answer
