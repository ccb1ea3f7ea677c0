"""Asking a CDN which server stands behind it: one adapter for each that tells trusted parties."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote, urlencode

from tocsin.base.egress import configured_peer

if TYPE_CHECKING:
    from tocsin.domain.hosting.means import Web


class NotTold(Exception):
    """The CDN did not tell. `why` is a fixed word, safe to log and to count."""

    def __init__(self, why: str) -> None:
        super().__init__(f"The CDN did not tell which server is behind it ({why}).")
        self.why = why


class OriginAdapter(Protocol):
    """Asks one CDN, named as in `data/cdns.toml`."""

    @property
    def cdn(self) -> str: ...

    def origins(self, host: str) -> tuple[str, ...]:
        """The IP addresses behind `host` as text, at least one; raises NotTold."""
        ...


@dataclass(frozen=True, slots=True)
class CloudflareTrust:
    """Cloudflare's interface for hotlines: one case, and a service token in two headers."""

    web: Web
    url: str
    case: str
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    cdn: str = "Cloudflare"

    def origins(self, host: str) -> tuple[str, ...]:
        """As OriginAdapter says. The host goes out in the address of the request: there is no
        other way to ask, and who is asked serves that very host."""
        from tocsin.domain.hosting.means import NoAnswer

        asked = f"/investigation/v1/{quote(self.case, safe='')}/origin?"
        headers = {
            "cf-access-client-id": self.client_id,
            "cf-access-client-secret": self.client_secret,
        }
        policy = configured_peer(self.url).limited_to(
            max_bytes=1 << 16, deadline_seconds=10.0, max_redirects=0
        )
        try:
            reply = self.web.get(
                self.url.rstrip("/") + asked + urlencode({"hostname": host}),
                policy=policy,
                headers=headers,
            )
        except NoAnswer as error:
            raise NotTold(error.why) from None
        if reply.status in {401, 403}:
            raise NotTold("refused")
        if reply.status != 200:
            raise NotTold("no_origin" if reply.status == 404 else "status")
        return _addresses(reply.body)


def _addresses(body: bytes) -> tuple[str, ...]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise NotTold("unreadable") from None
    if isinstance(told, dict) and isinstance(told.get("result"), dict):
        told = told["result"]
    found = []
    for name in ("originIPv4", "originIPv6"):
        values = told.get(name) if isinstance(told, dict) else None
        for value in values if isinstance(values, list) else [values]:
            try:
                found.append(str(ipaddress.ip_address(str(value))))
            except ValueError:
                continue
    if not found:
        raise NotTold("no_origin")
    return tuple(dict.fromkeys(found))[:8]
