"""Looking for the proof of a domain: in its name server, then on its web server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from tocsin.base.egress import PUBLIC, Answer, Egress, EgressError, NameServers, Policy
from tocsin.domain.providers.rules import proof_name, proof_url, says
from tocsin.domain.providers.types import ProofWay

# No redirects: an open one would let strangers speak for a domain.
_POLICY = PUBLIC.limited_to(max_bytes=4_096, deadline_seconds=5.0, max_redirects=0)
_OK = 200


class Names(Protocol):
    """Who is asked for TXT records."""

    def texts(self, name: str) -> list[str]: ...


class Web(Protocol):
    """Who fetches the file."""

    def request(self, method: str, url: str, *, policy: Policy) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Looker:
    """Asks both; `names` and `web` are there to be replaced in tests."""

    names: Names = field(default_factory=NameServers)
    web: Web = field(default_factory=Egress)

    def look(self, domain: str, token: str) -> ProofWay | None:
        """By which way the domain says `token`; None when by neither, or nobody answered.

        Takes ten seconds at most; call it outside a transaction.
        """
        if says(self._texts(domain), token):
            return ProofWay.DNS
        return ProofWay.FILE if says(self._file(domain), token) else None

    def _texts(self, domain: str) -> list[str]:
        try:
            return self.names.texts(proof_name(domain))
        except EgressError:
            return []

    def _file(self, domain: str) -> list[str]:
        try:
            answer = self.web.request("GET", proof_url(domain), policy=_POLICY)
        except EgressError:
            return []
        if answer.status != _OK:
            return []
        return answer.body.decode("utf-8", "replace").splitlines()
