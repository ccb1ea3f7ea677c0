"""Reading: one provider, all of them for managers, whether a link would work."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from tocsin.base.accounts.types import OutagePolicy, Tier
from tocsin.domain.providers import rules
from tocsin.domain.providers.health import WORDS
from tocsin.domain.providers.links import is_usable
from tocsin.domain.providers.models import Provider
from tocsin.domain.providers.rules import MAY_ENTER, MAY_GO_LIVE, MAY_TRY
from tocsin.domain.providers.types import (
    Application,
    Lamp,
    ProofWay,
    ProviderState,
    ProviderView,
)
from tocsin.domain.providers.warning import lamps_of

__all__ = [
    "MAY_ENTER",
    "MAY_GO_LIVE",
    "MAY_TRY",
    "WORDS",
    "canaries",
    "health",
    "is_usable",
    "provider",
    "providers",
]


def provider(provider_id: int) -> ProviderView | None:
    """One that has confirmed and may come in, or None."""
    row = Provider.objects.filter(pk=provider_id, state__in=MAY_ENTER).first()
    return None if row is None else _view(row)


def providers() -> list[ProviderView]:
    """All that have confirmed, those whose application waits first, then the newest."""
    rows = [_view(row) for row in Provider.objects.filter(state__in=MAY_ENTER).order_by("-pk")]
    return sorted(rows, key=lambda view: view.application is not Application.WAITING)


def health(provider_id: int, *, at: datetime) -> tuple[Lamp, ...]:
    """The lamps that are red for a provider."""
    row = Provider.objects.filter(pk=provider_id, state__in=MAY_ENTER).first()
    return () if row is None or row.party_id is None else lamps_of(row.party_id, at)


def canaries() -> dict[str, bytes]:
    """The pictures of the canary by file name: `exact.jpg`, and `near.jpg`, which is the same made
    smaller."""
    folder = Path(__file__).parent / "canaries"
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.jpg"))}


def _view(row: Provider) -> ProviderView:
    return ProviderView(
        id=row.pk,
        party_id=row.party_id,
        organisation=row.organisation,
        domain=row.domain,
        email=row.email,
        language=row.language,
        state=ProviderState(row.state),
        outage_policy=OutagePolicy(row.outage_policy),
        application=Application(row.application),
        application_words=row.application_words,
        tier=rules.live_tier(Application(row.application), Tier(row.tier)),
        proof_name=rules.proof_name(row.domain),
        proof_url=rules.proof_url(row.domain),
        proof_text=row.proof,
        proof_way=ProofWay(row.proof_way) if row.proof_way else None,
        proven_at=row.proven_at,
        looked_at=row.looked_at,
        pauses_at=_pauses_at(row),
        made_at=row.made_at,
    )


def _pauses_at(row: Provider) -> datetime | None:
    return row.lost_at + rules.GRACE if row.state == ProviderState.LOST and row.lost_at else None
