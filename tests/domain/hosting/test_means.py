"""Asking outside: politely, over https, through egress; and the CDN that tells its origin."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.base.egress.peer import Handler, Outside, certificate, serving
from tocsin.base.egress import Egress
from tocsin.domain.hosting import bootstrap, cdns
from tocsin.domain.hosting.means import NoAnswer, Paced, Recorded
from tocsin.domain.hosting.origins import CloudflareTrust, NotTold

REGISTRY = "https://rdap.one.example/ip/192.0.2.9"


class Clock:
    def __init__(self) -> None:
        self.now, self.rests = 100.0, list[float]()

    def rest(self, seconds: float) -> None:
        self.rests.append(seconds)
        self.now += seconds


def web(tmp_path: Path, clock: Clock) -> tuple[Outside, Paced, object]:
    server, client = certificate(tmp_path, "rdap.one.example", "rdap.two.example")
    world = Outside(names={f"rdap.{n}.example": [["8.8.8.8"]] for n in ("one", "two")})
    egress = Egress(resolve=world.resolve, dial=world.dial, tls=client)
    return world, Paced(egress, tick=lambda: clock.now, rest=clock.rest), server


def asked(tmp_path: Path, reply: Callable[[Handler], None], *urls: str) -> tuple[list[str], Clock]:
    """What came of asking for each address in turn: the body, or why there is none."""
    clock = Clock()
    world, paced, server = web(tmp_path, clock)
    told = []
    with serving(reply, server) as peer:  # type: ignore[arg-type]
        world.port = peer.port
        for url in urls:
            try:
                told.append(paced.get(url).body.decode())
            except NoAnswer as error:
                told.append(error.why)
    return told, clock


@pytest.mark.server
def test_a_registry_that_sends_on_to_another_is_followed(tmp_path: Path) -> None:
    def reply(handler: Handler) -> None:
        if handler.headers["host"] == "rdap.one.example":
            return handler.give(307, Location="https://rdap.two.example/ip/192.0.2.9")
        return handler.give(200, b"{}")

    assert asked(tmp_path, reply, REGISTRY)[0] == ["{}"]


@pytest.mark.server
def test_a_registry_asked_twice_in_a_row_is_given_a_moment(tmp_path: Path) -> None:
    told, clock = asked(tmp_path, lambda handler: handler.give(200, b"{}"), REGISTRY, REGISTRY)
    assert told == ["{}", "{}"]
    assert [round(seconds, 3) for seconds in clock.rests] == [0.2]


@pytest.mark.server
def test_a_registry_that_says_no_more_is_left_alone(tmp_path: Path) -> None:
    told, clock = asked(
        tmp_path, lambda handler: handler.give(429, Retry_After="600"), REGISTRY, REGISTRY
    )
    assert told == ["busy", "busy"]
    assert clock.rests == []


@pytest.mark.server
def test_what_came_over_plain_http_names_nobody_to_write_to(tmp_path: Path) -> None:
    told, _ = asked(tmp_path, lambda handler: handler.give(200, b"{}"), REGISTRY.replace("s:", ":"))
    assert told != ["{}"]


def trust(url: str) -> CloudflareTrust:
    return CloudflareTrust(
        web=Paced(Egress()), url=url, case="case/1", client_id="id", client_secret="secret"
    )


@pytest.mark.server
def test_cloudflare_is_asked_with_its_case_and_both_halves_of_the_token() -> None:
    body = json.dumps({"originIPv4": "192.0.2.10", "originIPv6": ["2001:db8::10", "nonsense"]})
    with serving(lambda handler: handler.give(200, body.encode())) as peer:
        assert trust(peer.url).origins("shop.host-a.com") == ("192.0.2.10", "2001:db8::10")
    [seen] = peer.seen
    assert seen.path == "/investigation/v1/case%2F1/origin?hostname=shop.host-a.com"
    assert seen.headers["cf-access-client-id"] == "id"
    assert seen.headers["cf-access-client-secret"] == "secret"


@pytest.mark.server
@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (403, b"", "refused"),
        (404, b"", "no_origin"),
        (302, b"", "status"),
        (429, b"", "busy"),
        (200, b"<html>", "unreadable"),
        (200, b"[" * 50_000, "unreadable"),
        (200, b'{"originIPv4": null}', "no_origin"),
    ],
)
def test_an_answer_without_an_origin_says_why(status: int, body: bytes, why: str) -> None:
    with (
        serving(lambda handler: handler.give(status, body)) as peer,
        pytest.raises(NotTold) as refused,
    ):
        trust(peer.url).origins("shop.host-a.com")
    assert refused.value.why == why


def test_no_token_stands_in_the_adapters_words() -> None:
    assert "secret" not in repr(trust("https://trust.example"))


def test_what_is_not_recorded_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(NoAnswer):
        Recorded(tmp_path).get(REGISTRY)


@pytest.mark.parametrize(
    ("address", "registry"),
    [
        ("193.0.6.139", "https://rdap.db.ripe.net/"),
        ("8.8.8.8", "https://rdap.arin.net/registry/"),
        ("1.1.1.1", "https://rdap.apnic.net/"),
        ("2001:610::1", "https://rdap.db.ripe.net/"),
        ("2c0f::1", "https://rdap.afrinic.net/rdap/"),
        ("127.0.0.1", None),
    ],
)
def test_each_address_has_its_registry(address: str, registry: str | None) -> None:
    assert bootstrap.registries().of_address(ipaddress.ip_address(address)) == registry


def test_each_number_and_name_has_its_registry() -> None:
    shipped = bootstrap.registries()
    assert shipped.of_asn(3333) == "https://rdap.db.ripe.net/"
    assert shipped.of_asn(4_294_967_294) is None
    assert shipped.of_domain("a.b.com") == "https://rdap.verisign.com/com/v1/"
    assert shipped.of_domain("a.invalid") is None
    assert set(shipped.published) == {"ipv4", "ipv6", "asn", "dns"}


def iana(part: str, *services: object) -> bytes:
    return json.dumps({"publication": f"2026-{part}", "services": services}).encode()


def test_files_of_iana_are_gathered_and_registries_without_https_left_out(tmp_path: Path) -> None:
    plain = [["kg"], ["http://rdap.kg.example/"]]
    files = {
        "ipv4": iana("4", [["192.0.0.0/8"], ["http://a.example/", "https://a.example/"]]),
        "ipv6": iana("6", [["2001:db8::/32"], ["https://b.example/"]]),
        "asn": iana("asn", [["64496-64511"], ["https://c.example/"]]),
        "dns": iana("dns", [["nl"], ["https://d.example/"]], plain),
    }
    path = tmp_path / "registries.json"
    path.write_text(bootstrap.gathered(files), "utf-8")
    renewed = bootstrap.registries(path)
    assert renewed.of_address(ipaddress.ip_address("192.0.2.1")) == "https://a.example/"
    assert renewed.of_asn(64500) == "https://c.example/"
    assert renewed.of_domain("host.kg") is None
    assert renewed.published["dns"] == "2026-dns"
    with pytest.raises(bootstrap.WrongBootstrap):
        bootstrap.gathered({**files, "asn": b"<html>"})


def test_a_cdn_is_told_by_network_block_name_and_headers() -> None:
    def name(**told: object) -> str | None:
        found = cdns.recognise(**{"names": (), "addresses": (), **told})  # type: ignore[arg-type]
        return found.name if found else None

    assert name(asn=13335) == "Cloudflare"
    assert name(addresses=("104.16.0.9",)) == "Cloudflare"
    assert name(addresses=("2606:4700::1",)) == "Cloudflare"
    assert name(names=("x.b-cdn.net",)) == "bunny.net"
    assert name(names=("notb-cdn.net",)) is None
    assert name(addresses=("192.0.2.1",), asn=64500) is None
    by_ray = cdns.by_headers({"cf-ray": "1"})
    assert by_ray is not None
    assert by_ray.name == "Cloudflare"
    assert cdns.by_headers({"server": "nginx"}) is None
