"""Clusters: items with the same picture find each other, and what is decided of one is proposed,
or done, for the others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import F

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, system
from tocsin.base.clock.actions import set_due
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.domain.hashlists.types import FingerprintValue, Kind
from tocsin.domain.reports import acting, items, likeness, rules, sealed, setup
from tocsin.domain.reports.book import SHELF
from tocsin.domain.reports.clustering import decided
from tocsin.domain.reports.desk_types import (
    ClusterEventKind,
    Look,
    NoSuchCluster,
    Predecide,
)
from tocsin.domain.reports.models import (
    Cluster,
    ClusterEvent,
    ClusterTurn,
    Finding,
    Item,
    ItemPrint,
)
from tocsin.domain.reports.types import FindingKind, Ground, ItemState

log = structlog.get_logger()

PLACE = "reports.place"
REMARK = "reports.remark_cluster"
SPREAD_STEP = 25
_CLUSTERS = system("clusters")


def ask_to_place(item: Item, at: datetime) -> None:
    """The item has fingerprints it did not have: a worker looks for its like."""
    set_due(kind=PLACE, subject=item.number, due_at=at)


def place(number: str, at: datetime) -> None:
    """Write down the item's fingerprints and bring it to the others that show the same picture."""
    SHELF.read_on()
    with transaction.atomic():
        _take_turn()
        item = items.locked(number)
        if item.golden_id is not None or item.kept_apart:
            return
        context = f"{items.context(item.number)}:fingerprints"
        values = sealed.open_fingerprints(item.sealed_fingerprints, context=context)
        # Looked for before its own are written: were this undone, the book must not know them.
        found = _same_file(item, values)
        if found is None and item.cluster_id is None:
            found = _same_picture(item, values)
        _write_prints(item, values)
        if found is not None:
            _bring_together(item, *found, _CLUSTERS, at)


def put_together(*, number: str, other: str, actor: Actor, at: datetime) -> None:
    """A person says that two items show the same picture. Raises UnknownItem, NoSuchCluster.

    Items of a rehearsal and real ones are never put together.
    """
    with transaction.atomic():
        _take_turn()
        item, twin = items.locked(number), items.locked(other)
        if item.pk == twin.pk or item.rehearsal != twin.rehearsal:
            raise NoSuchCluster("These two cannot be put together.")
        item.kept_apart = False
        _bring_together(item, twin, None, actor, at)


def take_apart(*, number: str, why: str, actor: Actor, at: datetime) -> None:
    """A person says that the item shows another picture: it leaves its cluster and stays out.

    Raises NoSuchCluster, UnknownItem. A finding it had with the cluster stays until corrected.
    """
    with transaction.atomic():
        _take_turn()
        item = items.locked(number)
        if item.cluster_id is None:
            raise NoSuchCluster(f"{number} is in no cluster.")
        cluster_id, was_lead = item.cluster_id, item.cluster_lead
        _event(cluster_id, ClusterEventKind.SPLIT, actor, at, item=item)
        item.cluster, item.cluster_lead, item.cluster_bits = None, False, None
        item.kept_apart, item.cluster_decided = True, False
        items.reprioritise(item)
        item.save()
        item.prints.update(leads=False)
        if was_lead:
            _new_lead(cluster_id)
        record(
            actor=actor,
            action="reports.take_apart",
            subject=items.subject(item),
            at=at,
            facts={"cluster": cluster_id},
            personal={"why": why[: rules.MOST_WORDS]},
        )


def follow(*, number: str, actor: Actor, at: datetime) -> Item:
    """Confirm that what was found of the item's cluster holds for it too.

    Raises NoSuchCluster, MoveRefused, TakenByAnother.
    """
    with transaction.atomic():
        item = items.locked(number)
        if item.state == ItemState.TAKEN and item.taken_by != actor.text:
            raise items.not_free(item)
        source = decided(item)
        if source is None:
            raise NoSuchCluster(f"Nothing is decided of the cluster of {number}.")
        return _follow(item, source, actor, at)


def spread(subject: str, at: datetime) -> None:
    """Give a finding to the waiting items of its cluster, some at a time."""
    pk, _colon, after = subject.partition(":")
    with transaction.atomic():
        finding = Finding.objects.select_related("item").get(pk=pk)
        if finding.item.cluster_id is None:
            return
        mine = Item.objects.filter(cluster_id=finding.item.cluster_id, pk__gt=int(after))
        batch = list(mine.exclude(pk=finding.item_id).order_by("pk")[:SPREAD_STEP])
        for other in batch:
            _give(other.number, finding, at)
        if len(batch) == SPREAD_STEP:
            set_due(kind=acting.SPREAD, subject=f"{pk}:{batch[-1].pk}", due_at=at)


def _give(number: str, finding: Finding, at: datetime) -> None:
    item = items.locked(number)
    stands = not finding.corrected
    state = ItemState(item.state)
    if not stands:
        _take_back(item, finding, at)
    elif finding.with_cluster and state in {ItemState.NEW, ItemState.CANNOT_TELL}:
        _follow(item, finding, acting.actor_of(finding.by), at)
        return
    _mark(item)


def _take_back(item: Item, wrong: Finding, at: datetime) -> None:
    """The finding that this item's one repeats was wrong: so was this one."""
    from tocsin.domain.reports import correcting

    mine = item.findings.filter(follows=wrong, corrected=False, look=Look.CLUSTER).first()
    if mine is None or acting.standing_of(item) != mine:
        return
    correction = Finding.objects.filter(follows=wrong, kind=FindingKind.CORRECTION).last()
    actor = acting.actor_of(correction.by) if correction else _CLUSTERS
    correcting.undo(item, f"As {wrong.item.number}.", actor, at)
    item.refresh_from_db()


def _mark(item: Item) -> None:
    known = decided(item) is not None
    if known != item.cluster_decided:
        item.cluster_decided = known
        items.reprioritise(item)
        item.save(update_fields=["cluster_decided", "why", "priority", "rank"])


def _follow(item: Item, source: Finding, actor: Actor, at: datetime) -> Item:
    kind = FindingKind(source.kind)
    move = rules.FOLLOW_MOVE.get(kind)
    if move is None:
        raise MoveRefused("nothing to follow")
    row = Finding.objects.create(
        item=item,
        kind=source.kind,
        category=source.category,
        ground=Ground.WITH_CLUSTER,
        observed=source.observed,
        labels=source.labels,
        by=actor.text,
        at=at,
        look=Look.CLUSTER,
        follows=source,
    )
    items.enter(item, rules.LIFE.target(move, ItemState(item.state)), at)
    item.cluster_decided = True
    items.reprioritise(item)
    item.save()
    acting.settle(item, row, at)
    record(
        actor=actor,
        action=f"reports.{move}",
        subject=items.subject(item),
        at=at,
        facts={"finding": row.pk, "follows": source.pk, "own_entry": row.own_entry_id},
    )
    return item


def _take_turn() -> None:
    ClusterTurn.objects.get_or_create(pk=1)
    # The update holds the row until commit: whoever comes next sees every print before its own.
    ClusterTurn.objects.filter(pk=1).update(turns=F("turns") + 1)


def _write_prints(item: Item, values: Sequence[FingerprintValue]) -> None:
    """The digests to find the item by, and its PDQ; rows that are there stay as they are."""
    picture = likeness.pictured(values)
    wanted = {
        sealed.print_digest(value, rehearsal=item.rehearsal): value
        for value in [*likeness.exact(values), *([picture] if picture else [])]
    }
    known = set(item.prints.values_list("digest", flat=True))
    ItemPrint.objects.bulk_create(
        _print(item, digest, value) for digest, value in wanted.items() if digest not in known
    )


def _print(item: Item, digest: str, value: FingerprintValue) -> ItemPrint:
    pdq = value.kind is Kind.PDQ
    text = sealed.close_print(value.value, item_id=item.pk) if pdq else ""
    leads = pdq and (item.cluster_id is None or item.cluster_lead)
    return ItemPrint(item=item, kind=int(value.kind), digest=digest, sealed_value=text, leads=leads)


def _same_file(item: Item, values: Sequence[FingerprintValue]) -> tuple[Item, int] | None:
    digests = [sealed.print_digest(v, rehearsal=item.rehearsal) for v in likeness.exact(values)]
    twins = ItemPrint.objects.filter(digest__in=digests, item__kept_apart=False)
    others = twins.exclude(item=item)
    if item.cluster_id is not None:
        others = others.exclude(item__cluster_id=item.cluster_id)
    twin = others.select_related("item").order_by("pk").first()
    return None if twin is None else (twin.item, 0)


def _same_picture(item: Item, values: Sequence[FingerprintValue]) -> tuple[Item, int] | None:
    picture = likeness.pictured(values)
    if picture is None:
        return None
    found = SHELF.near(picture.value, rehearsal=item.rehearsal, radius_bits=likeness.NEAR_BITS)
    for bits, item_id in found:
        other = Item.objects.filter(pk=item_id, kept_apart=False).exclude(pk=item.pk).first()
        # A row of the book may be of one that leads no longer.
        if other is not None and (other.cluster_id is None or other.cluster_lead):
            return other, bits
    return None


def _bring_together(item: Item, other: Item, bits: int | None, actor: Actor, at: datetime) -> None:
    """Both in one cluster; that of the other, where both have one the older."""
    if item.cluster_id is not None and other.cluster_id is not None:
        _merge(item.cluster_id, other.cluster_id, actor, at)
        return
    if item.cluster_id is not None:
        item, other = other, item
    if other.cluster_id is None:
        other.cluster = Cluster.objects.create(made_at=at, rehearsal=item.rehearsal)
        other.cluster_lead, other.cluster_bits = True, 0
        other.save(update_fields=["cluster", "cluster_lead", "cluster_bits"])
        _event(other.cluster_id or 0, ClusterEventKind.JOINED, actor, at, item=other)
    _join(item, other, bits, actor, at)


def _merge(one: int, another: int, actor: Actor, at: datetime) -> None:
    if one == another:
        return
    kept, gone = sorted((one, another))
    moved = Item.objects.filter(cluster_id=gone)
    moved.filter(cluster_lead=True).update(cluster_bits=None)
    ItemPrint.objects.filter(item__cluster_id=gone).update(leads=False)
    moved.update(cluster_id=kept, cluster_lead=False)
    Cluster.objects.filter(pk=gone).update(merged_into_id=kept)
    _event(kept, ClusterEventKind.MERGED, actor, at, other=gone)
    record(
        actor=actor,
        action="reports.merge_clusters",
        subject=f"cluster:{kept}",
        at=at,
        facts={"other": gone},
    )
    set_due(kind=REMARK, subject=f"{kept}:0", due_at=at)


def remark(subject: str, at: datetime) -> None:
    """Say anew of each item of a cluster whether anything is decided of it, some at a time."""
    pk, _colon, after = subject.partition(":")
    with transaction.atomic():
        mine = Item.objects.filter(cluster_id=int(pk), pk__gt=int(after)).order_by("pk")
        batch = list(mine.values_list("pk", "number")[:SPREAD_STEP])
        for _pk, number in batch:
            _mark(items.locked(number))
        if len(batch) == SPREAD_STEP:
            set_due(kind=REMARK, subject=f"{pk}:{batch[-1][0]}", due_at=at)


def _join(item: Item, other: Item, bits: int | None, actor: Actor, at: datetime) -> None:
    """The item joins the other's cluster; `bits` is how far it is from the other, if measured."""
    # What counts is how far it is from the picture that the cluster began with.
    far = [other.cluster_bits, bits]
    item.cluster_id = other.cluster_id
    item.cluster_lead = False
    item.cluster_bits = None if None in far else max(b for b in far if b is not None)
    item.prints.update(leads=False)
    _event(item.cluster_id or 0, ClusterEventKind.JOINED, actor, at, item=item, bits=bits)
    source = decided(item)
    item.cluster_decided = source is not None
    items.reprioritise(item)
    item.save()
    _raise_lead(item)
    record(
        actor=actor,
        action="reports.join_cluster",
        subject=items.subject(item),
        at=at,
        facts={"cluster": item.cluster_id, "bits": bits},
    )
    if source is not None and _by_itself(item, source):
        _follow(item, source, _CLUSTERS, at)


def _raise_lead(item: Item) -> None:
    """The item that stands for the cluster is the more pressing, the more there are."""
    lead = Item.objects.filter(cluster_id=item.cluster_id, cluster_lead=True).first()
    if lead is not None:
        lead = items.locked(lead.number)
        items.reprioritise(lead)
        lead.save(update_fields=["why", "priority", "rank"])


def _by_itself(item: Item, source: Finding) -> bool:
    """Whether the item takes the finding over without a person: only the very same file may."""
    waits = item.state in {ItemState.NEW, ItemState.CANNOT_TELL}
    automatic = setup.rules().predecide is Predecide.AUTOMATIC
    if not (waits and automatic and item.cluster_bits == 0):
        return False
    digests = item.prints.filter(kind=int(Kind.SHA256)).values_list("digest", flat=True)
    return ItemPrint.objects.filter(item_id=source.item_id, digest__in=list(digests)).exists()


def _new_lead(cluster_id: int) -> None:
    """The oldest of those that are left is what others are compared with from now on."""
    first = Item.objects.filter(cluster_id=cluster_id).order_by("pk").first()
    if first is None:
        return
    Item.objects.filter(pk=first.pk).update(cluster_lead=True, cluster_bits=0)
    old = first.prints.filter(kind=int(Kind.PDQ)).first()
    if old is not None:
        # A new row with a new number: books are read on from the last number they have seen.
        old.delete()
        ItemPrint.objects.create(
            item=first,
            kind=old.kind,
            digest=old.digest,
            sealed_value=old.sealed_value,
            leads=True,
        )


def _event(
    cluster_id: int,
    kind: ClusterEventKind,
    by: Actor,
    at: datetime,
    *,
    item: Item | None = None,
    bits: int | None = None,
    other: int | None = None,
) -> None:
    ClusterEvent.objects.create(
        cluster_id=cluster_id,
        kind=kind,
        item=item,
        other_id=other,
        distance_bits=bits,
        by=by.text,
        at=at,
    )
