from __future__ import annotations

from datetime import datetime
from functools import partial

import pytest

from tests.domain.hashlists.lists import ANALYST, SECOND, make, value
from tests.support import in_threads
from tocsin.base.audit import queries as audit
from tocsin.domain.hashlists import actions, queries
from tocsin.domain.hashlists.models import Change, Entry
from tocsin.domain.hashlists.types import (
    Category,
    ChangeKind,
    EntryStatus,
    FingerprintValue,
    Kind,
    OwnEntry,
    Purpose,
)

pytestmark = pytest.mark.django_db


def own(
    about: str = "item:12", *, rehearsal: bool = False, prints: dict[str, bytes] | None = None
) -> OwnEntry:
    given = prints or {
        "md5": bytes.fromhex(value(about, 16)),
        "pdq": bytes.fromhex(value(about, 32)),
    }
    fingerprints = tuple(
        FingerprintValue(Kind[name.upper()], found, 90 if name == "pdq" else None, "tocsin-pdq/1",
                         "full")
        for name, found in given.items()
    )  # fmt: skip
    return OwnEntry(fingerprints, Category.A2, "image", rehearsal, about)


def test_a_decision_becomes_an_entry_that_the_index_is_told_of(now: datetime) -> None:
    entry_id = actions.add_own_entry(entry=own(), actor=ANALYST, at=now)

    view = queries.entry(entry_id)
    assert (view.list_slug, view.purpose, view.category) == ("own", Purpose.ILLEGAL, Category.A2)
    assert (view.own, view.quorum, view.added_by, view.agreed_by) == (True, 1, "user:1", "")
    assert [(c.kind, c.entry_id) for c in queries.changes_after(0, 9)] == [
        (ChangeKind.ADD, entry_id)
    ]
    (indexable,) = queries.indexable([entry_id])
    assert indexable.visible
    assert [(f.kind, f.hasher, f.dialect) for f in indexable.fingerprints] == [
        (Kind.MD5, "tocsin-pdq/1", "full"),
        (Kind.PDQ, "tocsin-pdq/1", "full"),
    ]
    assert indexable.near_matchable == (False, True)
    assert audit.history(f"entry:{entry_id}")[0].facts["about"] == "item:12"
    assert next(v for v in queries.lists() if v.slug == "own").entries == 1


def test_a_rehearsal_never_reaches_the_real_list(now: datetime) -> None:
    entry_id = actions.add_own_entry(entry=own(rehearsal=True), actor=ANALYST, at=now)

    view = queries.entry(entry_id)
    assert (view.list_slug, view.purpose) == ("own-rehearsal", Purpose.TEST)
    assert not any(v.slug == "own" for v in queries.lists())


def test_the_same_person_cannot_agree(now: datetime) -> None:
    entry_id = actions.add_own_entry(entry=own(), actor=ANALYST, at=now)

    with pytest.raises(actions.SamePerson):
        actions.agree_entry(entry_id=entry_id, actor=ANALYST, at=now)

    assert queries.entry(entry_id).quorum == 1


def test_a_second_person_makes_the_quorum_once(now: datetime) -> None:
    entry_id = actions.add_own_entry(entry=own(), actor=ANALYST, at=now)

    actions.agree_entry(entry_id=entry_id, actor=SECOND, at=now)
    actions.agree_entry(entry_id=entry_id, actor=SECOND, at=now)

    view = queries.entry(entry_id)
    assert (view.quorum, view.agreed_by) == (2, "user:2")
    assert [c.kind for c in queries.changes_after(1, 9)] == [ChangeKind.POLICY]
    assert queries.indexable([entry_id])[0].policy.quorum == 2


def test_nobody_agrees_to_what_is_withdrawn_or_not_ours(now: datetime) -> None:
    entry_id = actions.add_own_entry(entry=own(), actor=ANALYST, at=now)
    actions.withdraw_entry(entry_id=entry_id, reason="wrong", actor=ANALYST, at=now)

    with pytest.raises(actions.NotLive):
        actions.agree_entry(entry_id=entry_id, actor=SECOND, at=now)
    with pytest.raises(actions.NoSuchEntry):
        actions.agree_entry(entry_id=999, actor=SECOND, at=now)
    imported = Entry.objects.create(
        id=500, hash_list_id=make(now), source_entry_id="x",
        status=EntryStatus.ACTIVE.number, content_digest=0,
    )  # fmt: skip
    with pytest.raises(actions.NotOwn):
        actions.agree_entry(entry_id=imported.pk, actor=SECOND, at=now)


def test_the_same_thing_is_entered_once_while_it_counts(now: datetime) -> None:
    first = actions.add_own_entry(entry=own(), actor=ANALYST, at=now)
    assert actions.add_own_entry(entry=own(), actor=SECOND, at=now) == first
    actions.withdraw_entry(entry_id=first, reason="wrong", actor=ANALYST, at=now)

    again = actions.add_own_entry(entry=own(), actor=SECOND, at=now)

    assert again != first
    assert Entry.objects.get(pk=again).version == 2
    assert [item.visible for item in queries.indexable([first, again])] == [False, True]


@pytest.mark.parametrize(
    "prints", [{"md5": b"short"}, {"tlsh": b"only kept"}, {"md5": b"x" * 16, "other": b"x" * 257}]
)
def test_an_entry_needs_a_whole_fingerprint_that_can_be_matched(
    now: datetime, prints: dict[str, bytes]
) -> None:
    with pytest.raises(actions.NoFingerprint):
        actions.add_own_entry(entry=own(prints=prints), actor=ANALYST, at=now)

    assert not Entry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_people_entering_the_same_thing_at_once_make_one_entry(now: datetime) -> None:
    actions.add_own_entry(entry=own("item:1"), actor=ANALYST, at=now)

    ids = in_threads(
        *[
            partial(actions.add_own_entry, entry=own(), actor=who, at=now)
            for who in (ANALYST, SECOND)
        ]
    )

    assert ids[0] == ids[1], ids
    assert Entry.objects.count() == 2
    assert list(Change.objects.order_by("no").values_list("no", flat=True)) == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_changes_are_numbered_without_gaps_by_many_at_once(now: datetime) -> None:
    actions.add_own_entry(entry=own("item:0"), actor=ANALYST, at=now)

    in_threads(
        *[
            partial(actions.add_own_entry, entry=own(f"item:{n}"), actor=ANALYST, at=now)
            for n in range(1, 7)
        ]
    )

    assert [c.no for c in queries.changes_after(0, 99)] == list(range(1, 8))
    assert queries.last_change_no() == 7
