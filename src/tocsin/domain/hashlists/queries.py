"""Reading: lists and entries for people, changes and snapshots for the index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Sum

from tocsin.domain.hashlists import rules
from tocsin.domain.hashlists.alike import prints_of_wrong
from tocsin.domain.hashlists.classification import Asserted, asserted_as, unpack
from tocsin.domain.hashlists.models import (
    Change,
    Counter,
    DerivedFrom,
    Entry,
    Fingerprint,
    Hasher,
    HashList,
    ImportRun,
    OwnNote,
    RefusedLine,
)
from tocsin.domain.hashlists.muted import muted_of, muted_prints
from tocsin.domain.hashlists.remembered import wrong_before
from tocsin.domain.hashlists.roster import known_sets
from tocsin.domain.hashlists.snapshot import Snapshot, index_snapshot, one_moment
from tocsin.domain.hashlists.standing import NoSuchEntry
from tocsin.domain.hashlists.tracing import (
    counts_since,
    held_among,
    newest,
    replaced_in,
    standings,
    versions,
)
from tocsin.domain.hashlists.types import (
    DIALECTS,
    MEDIA_TYPES,
    Category,
    ChangeKind,
    ChangeView,
    EntryStatus,
    EntryView,
    FingerprintValue,
    IndexableEntry,
    Kind,
    LastWord,
    ListView,
    Origins,
    PolicyRecord,
    Purpose,
    RunState,
    RunView,
    Serve,
)
from tocsin.domain.hashlists.waiting import (
    decided,
    last_lint,
    notes_of,
    quarantine,
    quarantine_groups,
    quarantined,
    quarantines_of,
    set_apart,
    waiting_entries,
)

__all__ = [
    "NoSuchEntry",
    "Snapshot",
    "changes_after",
    "counts_since",
    "decided",
    "entry",
    "held_among",
    "index_snapshot",
    "indexable",
    "kinds_of",
    "known_sets",
    "last_change_no",
    "last_lint",
    "last_words",
    "lists",
    "muted_of",
    "newest",
    "notes_of",
    "one_moment",
    "organisations",
    "prints_of_wrong",
    "quarantine",
    "quarantine_groups",
    "quarantined",
    "quarantines_of",
    "refusals",
    "replaced_in",
    "run_entry_ids",
    "run_replaced_ids",
    "run_withdrawn_ids",
    "runs",
    "set_apart",
    "standings",
    "values_of",
    "versions",
    "waiting_entries",
    "wrong_before",
]

_ASK_AT_ONCE = 500


def last_change_no() -> int:
    """The number of the newest change; 0 before the first."""
    value = Counter.objects.filter(pk="change").values_list("value", flat=True).first()
    return value or 0


def changes_after(no: int, limit: int) -> list[ChangeView]:
    """Up to `limit` changes after number `no`, in order."""
    return [
        ChangeView(row.no, ChangeKind(row.kind), row.entry_id, row.run_id)
        for row in Change.objects.filter(no__gt=no).order_by("no")[:limit]
    ]


def indexable(entry_ids: Iterable[int]) -> list[IndexableEntry]:
    """What the index needs of these entries as they stand now; unknown ids are left out."""
    ids = list(entry_ids)
    found: list[IndexableEntry] = []
    hashers = dict(Hasher.objects.values_list("number", "name"))
    for start in range(0, len(ids), _ASK_AT_ONCE):
        some = ids[start : start + _ASK_AT_ONCE]
        fingerprints: dict[int, list[Fingerprint]] = {}
        muted = muted_prints(some)
        silent: dict[int, set[Kind]] = {}
        for row in Fingerprint.objects.filter(entry_id__in=some).order_by("entry_id", "kind", "n"):
            if (row.entry_id, row.kind, row.n) in muted:
                silent.setdefault(row.entry_id, set()).add(Kind(row.kind))
            else:
                fingerprints.setdefault(row.entry_id, []).append(row)
        entries = (
            Entry.objects.filter(pk__in=some)
            .select_related("hash_list", "run", "replaced_by_run")
            .order_by("pk")
        )
        for e in entries:
            made = _indexable(e, fingerprints.get(e.pk, []), hashers)
            found.append(replace(made, muted=frozenset(silent.get(e.pk, ()))))
    return found


def run_entry_ids(run_id: int, limit: int) -> list[int] | None:
    """Ids of the entries a run brought, or None when there are more than `limit`."""
    run = ImportRun.objects.get(pk=run_id)
    if run.first_entry_id is None or run.last_entry_id is None:
        return []
    # The ids of a run lie between two known ones: cheaper than an index on the run.
    brought = Entry.objects.filter(
        pk__gte=run.first_entry_id, pk__lte=run.last_entry_id, run_id=run_id
    )
    return _at_most(limit, brought.order_by("pk").values_list("pk", flat=True))


def run_replaced_ids(run_id: int, limit: int) -> list[int] | None:
    """Ids of older versions a run put in the past, or None when there are more than `limit`."""
    replaced = Entry.objects.filter(replaced_by_run_id=run_id)
    return _at_most(limit, replaced.order_by("pk").values_list("pk", flat=True))


def run_withdrawn_ids(run_id: int) -> list[int]:
    """Those of `run_replaced_ids` whose newer version takes them away.

    They can stop matching at once, before the index holds what the run brought.
    """
    newer = Entry.objects.filter(
        hash_list=OuterRef("hash_list"),
        member=OuterRef("member"),
        source_entry_id=OuterRef("source_entry_id"),
        run_id=run_id,
    ).exclude(status__in=[status.number for status in rules.MATCHABLE])
    older = Entry.objects.filter(Exists(newer), replaced_by_run_id=run_id)
    return list(older.order_by("pk").values_list("pk", flat=True))


def last_words(slug: str, member: str, own_ids: Sequence[str]) -> dict[str, LastWord]:
    """What a list's source last said of its entries, by the source's ids; unknown ones left out."""
    found: dict[str, LastWord] = {}
    gone = {EntryStatus.DELETED.number, EntryStatus.WITHDRAWN.number}
    for start in range(0, len(own_ids), _ASK_AT_ONCE):
        rows = Entry.objects.filter(
            hash_list__slug=slug,
            member=member,
            source_entry_id__in=own_ids[start : start + _ASK_AT_ONCE],
            run__state=RunState.RELEASED,
        ).order_by("version")
        for own_id, updated, status, ours, came in rows.values_list(
            "source_entry_id", "source_updated", "status", "withdrawn_here", "run__started_at"
        ):
            # A time of the future, as older versions kept it, would outlast every later word.
            told = updated if updated is None else min(updated, int(came.timestamp()))
            found[own_id] = LastWord(told, status in gone and not ours)
    return found


def kinds_of(entry_id: int) -> frozenset[Kind]:
    """Which kinds of fingerprint an entry has."""
    kinds = Fingerprint.objects.filter(entry_id=entry_id).values_list("kind", flat=True)
    return frozenset(Kind(kind) for kind in kinds)


def values_of(entry_id: int, kind: Kind) -> list[str]:
    """An entry's fingerprints of a kind, in hex, whether it counts or not."""
    prints = Fingerprint.objects.filter(entry_id=entry_id, kind=int(kind)).order_by("n")
    return [bytes(value).hex() for value in prints.values_list("value", flat=True)]


def lists() -> list[ListView]:
    """Every list, by name. `entries` counts records brought by released imports, or our own."""
    rows = HashList.objects.select_related("source").annotate(
        brought=Sum("runs__added", filter=Q(runs__state=RunState.RELEASED)),
        imported=Max("runs__started_at"),
        released=Max("runs__released_at"),
    )
    own = {
        row.pk: OwnNote.objects.filter(entry__hash_list=row.pk).count() for row in rows if row.own
    }
    return [
        ListView(
            number=row.number,
            slug=row.slug,
            name=row.name,
            purpose=Purpose(row.purpose),
            source=row.source.name,
            environment=row.environment,
            serve=Serve(row.serve),
            own=row.own,
            entries=own.get(row.pk, 0) + (row.brought or 0),
            last_import_at=row.imported,
            last_release_at=row.released,
            unvetted=row.unvetted,
        )
        for row in rows.order_by("name")
    ]


def unvetted_lists() -> frozenset[int]:
    """The numbers of the lists that may answer a provider nobody has vetted."""
    return frozenset(HashList.objects.filter(unvetted=True).values_list("number", flat=True))


def organisations() -> Origins:
    """Which organisation stands behind each list, and which lists re-share others."""
    derived: dict[int, frozenset[int]] = {}
    for child, parent in DerivedFrom.objects.values_list("hash_list_id", "from_list_id"):
        derived[child] = derived.get(child, frozenset()) | {parent}
    return Origins(dict(HashList.objects.values_list("number", "source_id")), derived)


def entry(entry_id: int) -> EntryView:
    """One entry for people; raises NoSuchEntry."""
    row = Entry.objects.select_related("hash_list", "own_note").filter(pk=entry_id).first()
    if row is None:
        raise NoSuchEntry(f"There is no entry {entry_id}.")
    note: OwnNote | None = getattr(row, "own_note", None)
    return EntryView(
        id=row.pk,
        list_name=row.hash_list.name,
        list_slug=row.hash_list.slug,
        purpose=Purpose(row.hash_list.purpose),
        category=Category.of(row.category),
        status=EntryStatus.of(row.status),
        sources=row.sources,
        quorum=row.quorum,
        own=row.hash_list.own,
        held=row.held,
        added_by=note.added_by if note else "",
        agreed_by=note.agreed_by if note else "",
        source_entry_id=row.source_entry_id,
        media_type=MEDIA_TYPES[row.media_type],
        observed=unpack(row.observed),
        asserted=_asserted(row),
    )


def runs(list_slug: str | None = None, limit: int = 50) -> list[RunView]:
    """Imports, newest first."""
    rows = ImportRun.objects.select_related("hash_list").order_by("-pk")
    if list_slug is not None:
        rows = rows.filter(hash_list__slug=list_slug)
    return [
        RunView(
            id=row.pk,
            list_slug=row.hash_list.slug,
            state=RunState(row.state),
            file_name=row.file_name,
            started_at=row.started_at,
            finished_at=row.finished_at,
            released_at=row.released_at,
            added=row.added,
            changed=row.changed,
            unchanged=row.unchanged,
            duplicates=row.duplicates,
            refused=row.refused,
            archived=bool(row.archive),
            quarantined=row.quarantined,
            older=row.older,
            unmatched=row.unmatched,
            unlinted=row.unlinted,
            broken=row.broken,
        )
        for row in rows[:limit]
    ]


def refusals(run_id: int) -> list[tuple[int, str]]:
    """The first refused lines of an import: line number and reason."""
    rows = RefusedLine.objects.filter(run_id=run_id).order_by("line")
    return list(rows.values_list("line", "reason"))


def _asserted(row: Entry) -> tuple[Asserted, ...]:
    by_category = asserted_as(Category.of(row.category).value)
    codes = row.codes.order_by("scheme", "version", "code")
    kept = codes.values_list("scheme", "version", "code")
    return (*([by_category] if by_category else []), *(Asserted(*code) for code in kept))


def _indexable(
    row: Entry, prints: Sequence[Fingerprint], hashers: dict[int, str]
) -> IndexableEntry:
    purpose = Purpose(row.hash_list.purpose)
    released = row.run is None or row.run.state == RunState.RELEASED
    replaced = row.replaced_by_run is not None and row.replaced_by_run.state == RunState.RELEASED
    visible = released and not replaced and EntryStatus.of(row.status) in rules.MATCHABLE
    if not visible:
        return IndexableEntry(row.pk, False, rules.no_policy(), (), ())
    values = tuple(
        FingerprintValue(
            kind=Kind(p.kind),
            value=bytes(p.value),
            quality=p.quality,
            hasher=hashers.get(p.hasher, ""),
            dialect=DIALECTS[p.dialect],
            n=p.n,
            offset_seconds=p.offset_seconds,
        )
        for p in prints
    )
    near = tuple(rules.near_matchable(v.kind, v.value, v.quality, row.media_type) for v in values)
    frames = tuple(v for v in values if rules.is_frame(v.kind, v.value, v.quality, row.media_type))
    return IndexableEntry(row.pk, True, _policy(row, purpose), values, near, frames=frames)


def _policy(row: Entry, purpose: Purpose) -> PolicyRecord:
    return PolicyRecord(
        status=row.status,
        flags=rules.flags(held=row.held, purpose=purpose),
        purpose=purpose.number,
        category=row.category,
        list_no=row.hash_list_id,
        sources=min(row.sources, rules.MOST),
        quorum=min(row.quorum, rules.MOST),
        territory=0,
        serve=row.hash_list.serve if row.serve is None else row.serve & row.hash_list.serve,
    )


def _at_most(limit: int, ids: QuerySet[Entry, int]) -> list[int] | None:
    some = list(ids[: limit + 1])
    return some if len(some) <= limit else None
