"""What name servers and registries say of the rehearsed sites: recorded, in a folder."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Final

# Whichever of the five an address belongs to: it is asked, and the others are not.
_REGISTRIES: Final = (
    "https://rdap.db.ripe.net/",
    "https://rdap.arin.net/registry/",
    "https://rdap.apnic.net/",
    "https://rdap.lacnic.net/rdap/",
    "https://rdap.afrinic.net/rdap/",
)


class Registries:
    """Writes the answers into the folder that stands in for the outside."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: dict[str, dict[str, list[str]]] = {}
        folder.mkdir(mode=0o700, exist_ok=True)

    def say(self, host: str, address: str, *, name: str, mail: str, country: str) -> None:
        """A host is at an address, whose registration names an abuse desk."""
        self._names[host] = {"addresses": [address]}
        (self._folder / "names.json").write_text(json.dumps(self._names), "utf-8")
        card = [
            ["version", {}, "text", "4.0"],
            ["fn", {}, "text", name],
            ["email", {}, "text", mail],
        ]
        body = {
            "objectClassName": "ip network",
            "startAddress": f"{address.rpartition('.')[0]}.0",
            "endAddress": f"{address.rpartition('.')[0]}.255",
            "name": "REHEARSED",
            "country": country,
            "entities": [
                {"objectClassName": "entity", "roles": ["abuse"], "vcardArray": ["vcard", card]}
            ],
        }
        for registry in _REGISTRIES:
            url = f"{registry}ip/{address}"
            told = {"url": url, "status": 200, "body": body}
            place = f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.json"
            (self._folder / place).write_text(json.dumps(told), "utf-8")
