"""Reading: referrals, keys of the police, and what is held."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet

from tocsin.base.accounts import queries as accounts
from tocsin.base.accounts.types import PartyKind
from tocsin.base.secrets import verify
from tocsin.domain.referrals import bag, sealed
from tocsin.domain.referrals.models import Hold, RecipientKey, Referral
from tocsin.domain.referrals.types import (
    HoldKind,
    HoldView,
    KeyKind,
    KeyView,
    PoliceAnswer,
    Reason,
    ReferralState,
    ReferralView,
    UnknownReferral,
)


def referrals(*, limit: int = 50, offset: int = 0) -> tuple[list[ReferralView], int]:
    """The newest first, and how many there are."""
    rows = Referral.objects.order_by("-pk")
    return [view(row) for row in rows[offset : offset + limit]], rows.count()


def referral(number: str) -> ReferralView:
    """One; raises UnknownReferral."""
    row = Referral.objects.filter(number=number).first()
    if row is None:
        raise UnknownReferral(f"There is no referral {number}.")
    return view(row)


def of_item(item_number: str) -> list[ReferralView]:
    """Those of an item, oldest first."""
    return [view(row) for row in Referral.objects.filter(item_number=item_number).order_by("pk")]


def holds_of(item_number: str) -> list[HoldView]:
    """What is, or was, held of an item, oldest first."""
    return [hold_view(row) for row in Hold.objects.filter(item_number=item_number).order_by("pk")]


def holds() -> list[HoldView]:
    """All that is held now, the one that ends first first."""
    return [hold_view(row) for row in Hold.objects.filter(released_at=None).order_by("until", "pk")]


def must_not_be_told(item_id: int) -> bool:
    """Whether nobody at the hoster's may hear of the item."""
    return open_holds(item_id).filter(do_not_notify=True).exists()


def open_holds(item_id: int) -> QuerySet[Hold]:
    """What is held of an item now."""
    return Hold.objects.filter(item_id=item_id, released_at=None)


def police_keys() -> list[KeyView]:
    """The keys in use."""
    rows = RecipientKey.objects.filter(removed_at=None).order_by("party_id", "pk")
    return [KeyView(r.pk, r.party_id, KeyKind(r.kind), r.mark, r.added_at) for r in rows]


def police() -> list[tuple[int, str]]:
    """The parties that are police, with their names."""
    return [(one.pk, one.name) for one in accounts.parties() if one.kind == PartyKind.POLICE]


def handed_over(since: datetime, until: datetime) -> Iterable[tuple[int, datetime]]:
    """For figures: items that reached the police in [since, until), and when first."""
    rows = Referral.objects.filter(sent_at__gte=since, sent_at__lt=until, rehearsal=False)
    for row in rows.order_by("sent_at").only("item_id", "sent_at").iterator(2_000):
        if row.sent_at is not None:
            yield row.item_id, row.sent_at


def verify_package(data: bytes) -> list[str]:
    """The files in a decrypted package that is as we made it; raises PackageDamaged."""
    ring = settings.TOCSIN_KEYS.ring("referrals")

    def ours(message: bytes, key_id: str, signature: str) -> bool:
        return verify(ring, message, key_id=key_id, signature=signature)

    return sorted(bag.unpack(data, verify=ours))


def view(row: Referral) -> ReferralView:
    """A row as others see it."""
    context = f"referral:{row.number}"
    return ReferralView(
        number=row.number,
        item_number=row.item_number,
        state=ReferralState(row.state),
        party_id=row.party_id,
        party_name=accounts.party_names().get(row.party_id, ""),
        reason=Reason(row.reason),
        words=sealed.opened(row.sealed_words, context),
        made_by=row.made_by,
        made_at=row.made_at,
        sent_at=row.sent_at,
        receipt=row.receipt,
        package_sha256=row.package_sha256,
        package_bytes=row.package_bytes,
        acknowledged_at=row.acknowledged_at,
        answer=PoliceAnswer(row.answer) if row.answer else None,
        answer_words=sealed.opened(row.sealed_answer, f"{context}:answer"),
        answered_at=row.answered_at,
        attention=row.attention,
        rehearsal=row.rehearsal,
    )


def hold_view(row: Hold) -> HoldView:
    """A hold as others see it."""
    basis, _, order = sealed.opened(row.sealed_basis, f"hold:{row.pk}").partition("\n")
    return HoldView(
        number=row.pk,
        item_number=row.item_number,
        kind=HoldKind(row.kind),
        basis=basis,
        order_reference=order,
        do_not_notify=row.do_not_notify,
        since=row.since,
        until=row.until,
        released_at=row.released_at,
        by=row.by,
    )
