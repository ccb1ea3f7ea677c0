"""An outside that was recorded: names, registries, routing; all of it synthetic."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tocsin.domain.hosting.means import file_name

ROUTING = "https://routing.example/data"
RIPE = "https://rdap.db.ripe.net/"
ARIN = "https://rdap.arin.net/registry/"
VERISIGN = "https://rdap.verisign.com/com/v1/"


def person(*roles: str, name: str = "", mail: str = "", **more: Any) -> dict[str, Any]:
    """An entity with a vCard."""
    card: list[list[Any]] = [["version", {}, "text", "4.0"], ["fn", {}, "text", name]]
    if mail:
        card.append(["email", {}, "text", mail])
    return {
        "objectClassName": "entity",
        "roles": list(roles),
        "vcardArray": ["vcard", card],
        **more,
    }


def network(first: str, last: str, *entities: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A registration of addresses."""
    return {
        "objectClassName": "ip network",
        "startAddress": first,
        "endAddress": last,
        "entities": list(entities),
        **more,
    }


class Outside:
    """Writes what name servers and the web answer into the folder that stands in for them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.names: dict[str, dict[str, Any]] = {}

    def name(self, name: str, *addresses: str, alias: str = "") -> None:
        self.names[name] = {"addresses": list(addresses), "alias": alias}
        (self.folder / "names.json").write_text(json.dumps(self.names), "utf-8")

    def answer(self, url: str, body: Any, status: int = 200) -> None:
        told = {"url": url, "status": status, "body": body}
        (self.folder / file_name(url)).write_text(json.dumps(told), "utf-8")

    def announced(self, address: str, asn: int | None, holder: str = "") -> None:
        asns = [] if asn is None else [{"asn": asn, "holder": holder}]
        url = f"{ROUTING}/prefix-overview/data.json?resource={address}"
        self.answer(url, {"status": "ok", "data": {"asns": asns}})

    def rented_server(self) -> None:
        """shop.host-a.com is at 192.0.2.10: a reseller's, at a hoster, on a carrier."""
        self.name("shop.host-a.com", "192.0.2.10", "2001:db8::10")
        self.answer(
            f"{ARIN}ip/192.0.2.10",
            network(
                "192.0.2.0",
                "192.0.2.15",
                person("abuse", name="Small Reseller", mail="abuse@reseller.example"),
                name="SMALL-RESELLER",
                country="NL",
                links=[{"rel": "up", "href": f"{ARIN}ip/192.0.2.0/24"}],
            ),
        )
        self.answer(
            f"{ARIN}ip/192.0.2.0/24",
            network(
                "192.0.2.0",
                "192.0.2.255",
                person(
                    "registrant",
                    name="Large Hoster",
                    entities=[person("abuse", name="Abuse desk", mail="abuse@hoster.example")],
                ),
                name="LARGE-HOSTER",
                country="NL",
            ),
        )
        self.announced("192.0.2.10", 64500, "CARRIER-AS Carrier")
        self.answer(
            f"{RIPE}autnum/64500",
            {
                "objectClassName": "autnum",
                "startAutnum": 64500,
                "endAutnum": 64500,
                "name": "CARRIER-AS",
                "country": "DE",
                "entities": [person("abuse", name="Carrier", mail="abuse@carrier.example")],
            },
        )
        self.answer(
            f"{VERISIGN}domain/host-a.com",
            {
                "objectClassName": "domain",
                "ldhName": "HOST-A.COM",
                "entities": [
                    person(
                        "registrar",
                        name="Name Seller",
                        entities=[person("abuse", mail="abuse@registrar.example")],
                    )
                ],
            },
        )
