"""The proof of a domain as it is looked for: a real web server over TLS, a real name server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from tests.base.egress.name_server import Zone, name_server
from tests.base.egress.peer import Handler, Outside, Peer, certificate, serving
from tests.domain.providers.signing import confirmed
from tocsin.base.egress import Egress, NameServers
from tocsin.domain.providers import actions
from tocsin.domain.providers.models import Provider
from tocsin.domain.providers.proving import Looker
from tocsin.domain.providers.types import ProofWay, ProviderState

pytestmark = [pytest.mark.django_db, pytest.mark.server]

PATH = "/.well-known/tocsin.txt"
Reply = Callable[[Handler], None]


@contextmanager
def a_domain(
    folder: Path,
    reply: Reply,
    *,
    leads_to: str = "8.8.8.8",
    certified: str = "host.example",
) -> Iterator[tuple[Looker, Peer, Zone, Outside]]:
    """`host.example` on loopback, as the outside world would have it."""
    server, trusting = certificate(folder, certified)
    with serving(reply, tls=server) as peer, name_server() as zone:
        outside = Outside(names={"host.example": [[leads_to]]}, port=peer.port)
        web = Egress(resolve=outside.resolve, dial=outside.dial, tls=trusting)
        yield Looker(NameServers(["127.0.0.1"], zone.port), web), peer, zone, outside


def looked(provider: Provider, looker: Looker, at: datetime) -> bool:
    found = actions.look_for_proof(provider_id=provider.pk, looker=looker, actor=None, at=at)
    provider.refresh_from_db()
    return found


def says(text: str, status: int = 200) -> Reply:
    return lambda request: request.give(status, body=text.encode())


def test_the_file_on_the_web_server_shows_the_domain(tmp_path: Path, now: datetime) -> None:
    provider = confirmed(now)
    with a_domain(tmp_path, says(f"# ours\r\n{provider.proof}\r\n")) as (looker, peer, _, outside):
        assert looked(provider, looker, now)

    assert (provider.state, provider.proof_way) == (ProviderState.PROVEN, ProofWay.FILE)
    [asked] = peer.seen
    assert (asked.method, asked.path, asked.headers["host"]) == ("GET", PATH, "host.example")
    assert outside.dialled == [("8.8.8.8", 443)]


def test_a_record_in_the_name_server_shows_it_and_the_web_is_not_asked(
    tmp_path: Path, now: datetime
) -> None:
    provider = confirmed(now)
    with a_domain(tmp_path, says("")) as (looker, peer, zone, _):
        zone.texts["_tocsin.host.example"] = [[b"v=spf1"], [provider.proof.encode()]]
        assert looked(provider, looker, now)

    assert provider.proof_way == ProofWay.DNS
    assert peer.seen == []


def test_a_silent_name_server_leaves_the_file(tmp_path: Path, now: datetime) -> None:
    provider = confirmed(now)
    with a_domain(tmp_path, says(provider.proof)) as (looker, _, zone, _outside):
        zone.refused.add("_tocsin.host.example")
        assert looked(provider, looker, now)
    assert provider.proof_way == ProofWay.FILE


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(tmp_path: Path, now: datetime, status: int) -> None:
    provider = confirmed(now)

    def reply(request: Handler) -> None:
        request.give(status, body=provider.proof.encode(), Location=f"https://host.example{PATH}2")

    with a_domain(tmp_path, reply) as (looker, peer, _, _outside):
        assert not looked(provider, looker, now)
    assert [seen.path for seen in peer.seen] == [PATH]
    assert provider.state == ProviderState.TRYING


@pytest.mark.parametrize("leads_to", ["127.0.0.1", "10.0.0.7", "169.254.169.254", "::1"])
def test_a_domain_that_leads_inside_is_not_asked(
    tmp_path: Path, now: datetime, leads_to: str
) -> None:
    provider = confirmed(now)
    with a_domain(tmp_path, says(provider.proof), leads_to=leads_to) as (looker, peer, _, outside):
        assert not looked(provider, looker, now)
    assert (peer.seen, outside.dialled) == ([], [])


def test_another_s_certificate_shows_nothing(tmp_path: Path, now: datetime) -> None:
    provider = confirmed(now)
    with a_domain(tmp_path, says(provider.proof), certified="other.example") as (looker, peer, *_):
        assert not looked(provider, looker, now)
    assert peer.seen == []


@pytest.mark.parametrize(
    "text", ["x" * 5_000 + "\n{}", "<html>{}</html>", "\x00{}", "tocsin-domain=another"]
)
def test_what_is_too_long_or_not_the_line_shows_nothing(
    tmp_path: Path, now: datetime, text: str
) -> None:
    provider = confirmed(now)
    with a_domain(tmp_path, says(text.format(provider.proof))) as (looker, peer, *_):
        assert not looked(provider, looker, now)
    assert len(peer.seen) == 1
