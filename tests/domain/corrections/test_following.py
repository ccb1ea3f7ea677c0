"""Whichever way an entry changes, everybody who got a hit with it is told, once."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.domain.corrections.scenes import (
    ACTOR,
    a_list,
    corrections,
    new_hit,
    new_version,
    provider,
    put,
    quarantine,
    refer,
    summary,
    told,
    withdraw,
    work,
)
from tests.domain.listing import Told, prints, release_of
from tests.support import in_threads
from tocsin.base.audit.models import AuditRow
from tocsin.base.audit.types import Actor
from tocsin.domain.corrections import following
from tocsin.domain.corrections.actions import skip_numbers
from tocsin.domain.corrections.models import CorrectedHit, Errand
from tocsin.domain.corrections.queries import feed
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists.models import Entry, Fingerprint, HashList, Quarantine
from tocsin.domain.hashlists.quarantine_types import Decision
from tocsin.domain.hashlists.queries import newest, standings
from tocsin.domain.hashlists.types import EntryStatus, Kind, Serve, Standing
from tocsin.domain.matching.actions import keep_hits
from tocsin.domain.matching.types import AnswerStatus, MatchKind

pytestmark = pytest.mark.django_db


def test_a_withdrawal_reaches_every_party_that_got_a_hit_and_no_other(now: datetime) -> None:
    entry = put(now, a_list(now), "logo")
    one, two, other = provider(now), provider(now, "Picbin"), provider(now, "Bystander")
    told(now, one, entry, client_id="a")
    told(now, one, entry, client_id="b")
    told(now, two, entry, client_id="c")
    work(now)
    assert corrections(one) == []
    withdraw(now, entry)
    work(now)
    assert sorted(summary(one)[0][1]) == [("a", "not_listed"), ("b", "not_listed")]
    assert summary(two) == [("withdrawn", [("c", "not_listed")])]
    assert corrections(other) == []


def test_a_correction_names_nothing_but_what_the_party_knows(now: datetime) -> None:
    entry = put(now, a_list(now, "police-nl"), "logo")
    one = provider(now)
    told(now, one, entry)
    withdraw(now, entry)
    work(now)
    [correction] = corrections(one)
    assert correction.references == (refer(one, entry),)
    assert correction.hits[0].references == (refer(one, entry),)
    assert correction.key_id == one.key_id
    assert "police" not in repr(correction)


def test_it_is_told_once_however_often_the_worker_looks(now: datetime) -> None:
    entry = put(now, a_list(now), "logo")
    one = provider(now)
    told(now, one, entry)
    withdraw(now, entry)
    for _ in range(3):
        work(now)
    hashlists.ask_rebuild(actor=ACTOR, at=now)
    work(now)
    assert len(corrections(one)) == 1


def test_a_hit_that_comes_home_after_the_withdrawal_is_corrected_too(now: datetime) -> None:
    entry = put(now, a_list(now), "logo")
    one = provider(now)
    late = new_hit(now, one, entry, client_id="late")
    withdraw(now + timedelta(seconds=1), entry)
    work(now + timedelta(seconds=2))
    assert corrections(one) == []
    keep_hits(hits=[late], at=now + timedelta(hours=3))
    work(now + timedelta(hours=3))
    assert summary(one) == [("withdrawn", [("late", "not_listed")])]


def test_a_hold_and_its_lifting_are_told_in_order(now: datetime) -> None:
    entry = put(now, a_list(now), "logo")
    one = provider(now)
    told(now, one, entry)
    hashlists.hold_entry(entry_id=entry, reason="odd", actor=ACTOR, at=now)
    work(now)
    hashlists.release_hold(entry_id=entry, reason="fine", actor=ACTOR, at=now)
    work(now)
    assert summary(one) == [
        ("held", [("upload-1", "held")]),
        ("listed", [("upload-1", "listed")]),
    ]
    assert [c.no for c in corrections(one)] == [1, 2]


def test_who_was_told_held_hears_when_it_counts_again(now: datetime) -> None:
    entry = put(now, a_list(now), "logo", Told(held=True))
    one = provider(now)
    told(now, one, entry, status=AnswerStatus.HELD)
    work(now)
    assert corrections(one) == []
    hashlists.release_hold(entry_id=entry, reason="fine", actor=ACTOR, at=now)
    work(now)
    assert summary(one) == [("listed", [("upload-1", "listed")])]


def test_a_second_person_agreeing_is_no_correction(now: datetime) -> None:
    from tests.domain.desk import listed

    entry = listed(now, "beach")
    one = provider(now)
    told(now, one, entry)
    hashlists.agree_entry(entry_id=entry, actor=Actor("user", "2"), at=now)
    work(now)
    assert corrections(one) == []


def test_a_hit_that_another_list_still_stands_behind_stays_listed(now: datetime) -> None:
    first = put(now, a_list(now), "logo")
    second = put(now, a_list(now, "other", source="Hotline"), "logo")
    one = provider(now)
    told(now, one, first, second)
    withdraw(now, first)
    work(now)
    assert summary(one) == [("withdrawn", [("upload-1", "listed")])]
    withdraw(now, second)
    work(now)
    assert summary(one)[1:] == [("withdrawn", [("upload-1", "not_listed")])]
    # The best entry of the hit is what the answer named, whichever entry is corrected.
    assert corrections(one)[1].hits[0].references == (refer(one, first),)


def test_what_is_left_is_only_near_is_to_be_checked_again(now: datetime) -> None:
    exact = put(now, a_list(now), "logo")
    near = put(now, a_list(now, "other", source="Hotline"), "another logo")
    one, two = provider(now), provider(now, "Picbin")
    told(now, one, exact, near, beside_ids=(near,))
    told(now, two, near, kind=MatchKind.NEAR, status=AnswerStatus.NEAR)
    work(now)
    withdraw(now, exact)
    work(now)
    assert summary(one) == [("withdrawn", [("upload-1", "check_again")])]
    withdraw(now, near)
    work(now)
    assert summary(one)[1:] == [("withdrawn", [("upload-1", "not_listed")])]
    assert summary(two) == [("withdrawn", [("upload-1", "not_listed")])]


def test_expiry_is_told_as_such(now: datetime) -> None:
    entry = put(now, a_list(now), "logo")
    one = provider(now)
    told(now, one, entry)
    Entry.objects.filter(pk=entry).update(valid_until=int(now.timestamp()) - 1)
    hashlists.expire(at=now)
    work(now)
    assert summary(one) == [("expired", [("upload-1", "not_listed")])]


def test_a_quarantine_that_nobody_decided_takes_nothing_back_yet(now: datetime) -> None:
    entry = put(now, a_list(now), "logo")
    one = provider(now)
    told(now, one, entry)
    quarantine(now, entry, None)
    assert summary(one) == [("held", [("upload-1", "held")])]


@pytest.mark.parametrize(
    ("decision", "then"),
    [
        (Decision.RELEASE, ("listed", [("upload-1", "listed")])),
        (Decision.CONFIRM, ("withdrawn", [("upload-1", "not_listed")])),
    ],
)
def test_what_a_person_decides_of_a_quarantine_is_told(
    decision: Decision, then: tuple[str, list[tuple[str, str]]], now: datetime
) -> None:
    entry = put(now, a_list(now), "logo")
    one = provider(now)
    told(now, one, entry)
    quarantine(now, entry, decision)
    work(now)
    assert summary(one) == [("held", [("upload-1", "held")]), then]


def test_a_newer_version_in_quarantine_is_held_whatever_it_lacks(now: datetime) -> None:
    entry = put(now, a_list(now), "logo")
    one = provider(now)
    told(now, one, entry)
    new_version(now, entry)
    Fingerprint.objects.filter(entry=newest(entry)).delete()
    work(now)
    assert standings([entry])[entry] is Standing.CHANGED
    quarantine(now, entry, None)
    assert standings([entry])[entry] is Standing.HELD
    number = Quarantine.objects.get().pk
    hashlists.decide(number=number, decision=Decision.RELEASE, words="w", actor=ACTOR, at=now)
    assert standings([entry])[entry] is Standing.CHANGED


@pytest.mark.parametrize(
    ("of_list", "of_entry", "stands"),
    [
        (Serve.EXACT, None, Standing.LISTED),
        (Serve.NEAR, None, Standing.LISTED),
        (Serve.EXPORT | Serve.SCANNER, None, Standing.WITHDRAWN),
        (Serve(0), None, Standing.WITHDRAWN),
        (Serve.EXACT, Serve.NEAR, Standing.WITHDRAWN),
        (Serve.EXACT | Serve.NEAR, Serve.NEAR, Standing.LISTED),
    ],
)
def test_what_a_list_does_not_serve_to_checks_stands_behind_no_hit(
    of_list: Serve, of_entry: Serve | None, stands: Standing, now: datetime
) -> None:
    listed = put(now, a_list(now), "logo")
    other = put(now, a_list(now, "other", source="Hotline"), "logo")
    one = provider(now)
    told(now, one, listed, other)
    work(now)
    HashList.objects.filter(slug="other").update(serve=int(of_list))
    Entry.objects.filter(pk=other).update(serve=None if of_entry is None else int(of_entry))
    assert standings([other])[other] is stands
    withdraw(now, listed)
    work(now)
    now_listed = "listed" if stands is Standing.LISTED else "not_listed"
    assert summary(one)[0] == ("withdrawn", [("upload-1", now_listed)])


def replace_by_release(now: datetime, list_no: int, name: str, told_now: Told) -> None:
    """The source changes its record in a release: the older version is put in the past."""
    from tocsin.domain.hashlists.models import Fingerprint, ImportRun

    run = release_of(now, list_no, [f"{name} more"])
    older = Entry.objects.get(hash_list=list_no, source_entry_id=name)
    Entry.objects.filter(pk=older.pk).update(replaced_by_run=run)
    newer = Entry.objects.get(run=run)
    Entry.objects.filter(pk=newer.pk).update(
        source_entry_id=name, version=2, status=told_now.status.number, held=told_now.held
    )
    Fingerprint.objects.filter(entry=newer).delete()
    Fingerprint.objects.bulk_create(
        Fingerprint(entry=newer, kind=f.kind, n=f.n, value=f.value, quality=f.quality)
        for f in told_now.fingerprints or prints(name)
    )
    assert ImportRun.objects.filter(pk=run).exists()


@pytest.mark.parametrize(
    ("newer", "expected"),
    [
        (Told(), []),
        (Told(status=EntryStatus.WITHDRAWN), ["withdrawn"]),
        (Told(status=EntryStatus.EXPIRED), ["expired"]),
        (Told(held=True), ["held"]),
        (Told(fingerprints=prints("logo", Kind.SHA1)), ["changed"]),
        (Told(fingerprints=prints("logo", Kind.MD5, Kind.SHA1, Kind.PDQ, Kind.SHA256)), []),
    ],
)
def test_a_release_that_changes_an_entry_is_told_by_what_is_left_of_it(
    newer: Told, expected: list[str], now: datetime
) -> None:
    list_no = a_list(now)
    entry = put(now, list_no, "logo")
    one = provider(now)
    told(now, one, entry)
    work(now)
    replace_by_release(now, list_no, "logo", newer)
    work(now)
    assert [what for what, _ in summary(one)] == expected


def test_who_got_an_older_version_hears_what_becomes_of_the_newer(now: datetime) -> None:
    list_no = a_list(now)
    entry = put(now, list_no, "logo")
    one = provider(now)
    told(now, one, entry)
    replace_by_release(now, list_no, "logo", Told())
    work(now)
    withdraw(now, Entry.objects.get(source_entry_id="logo", version=2).pk)
    work(now)
    assert summary(one) == [("withdrawn", [("upload-1", "not_listed")])]


def test_many_hits_come_as_several_corrections_and_none_is_left_out(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "HITS_AT_ONCE", 7)
    entry = put(now, a_list(now), "logo")
    one = provider(now)
    hits = [new_hit(now, one, entry, client_id=f"u-{n}") for n in range(40)]
    keep_hits(hits=hits, at=now)
    work(now)
    withdraw(now, entry)
    for _ in range(3):
        work(now)
    named = [hit.id for correction in corrections(one) for hit in correction.hits]
    assert sorted(named) == sorted(f"u-{n}" for n in range(40))
    assert not Errand.objects.exists()


def test_a_worker_killed_half_way_leaves_off_where_another_goes_on(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "HITS_AT_ONCE", 10)
    entry = put(now, a_list(now), "logo")
    one = provider(now)
    hits = [new_hit(now, one, entry, client_id=f"u-{n}") for n in range(25)]
    keep_hits(hits=hits, at=now)
    work(now)
    withdraw(now, entry)
    assert following._gather(now)
    following._walk(entry, now)
    assert CorrectedHit.objects.count() == 10
    work(now)
    assert CorrectedHit.objects.count() == 25
    assert len({row.hit_id for row in CorrectedHit.objects.all()}) == 25


def test_a_lifted_hold_overtakes_corrections_not_yet_written(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "HITS_AT_ONCE", 10)
    entry = put(now, a_list(now), "logo")
    one = provider(now)
    keep_hits(hits=[new_hit(now, one, entry, client_id=f"u-{n}") for n in range(25)], at=now)
    work(now)
    hashlists.hold_entry(entry_id=entry, reason="odd", actor=ACTOR, at=now)
    following._gather(now)
    following._walk(entry, now)
    hashlists.release_hold(entry_id=entry, reason="fine", actor=ACTOR, at=now)
    work(now)
    last: dict[str, str] = {}
    for what, hits in summary(one):
        last |= {upload: what for upload, _ in hits}
    assert len(last) == 10  # the other fifteen were never told of the hold
    assert set(last.values()) == {"listed"}


def test_the_feed_goes_on_from_a_cursor_and_says_when_there_is_more(now: datetime) -> None:
    list_no, one = a_list(now), provider(now)
    for name in "abcde":
        entry = put(now, list_no, name)
        told(now, one, entry, client_id=name)
        withdraw(now, entry)
    work(now)
    first = feed(one.party_id, after=0, limit=3)
    assert (first.cursor, first.more) == (3, True)
    rest = feed(one.party_id, after=first.cursor, limit=3)
    assert (rest.cursor, rest.more) == (5, False)
    assert feed(one.party_id, after=5, limit=3).cursor == 5
    uploads = [h.id for page in (first, rest) for c in page.corrections for h in c.hits]
    assert sorted(uploads) == list("abcde")


def test_after_a_restore_no_number_comes_again(now: datetime) -> None:
    list_no, one = a_list(now), provider(now)
    for name in "ab":
        entry = put(now, list_no, name)
        told(now, one, entry)
        withdraw(now, entry)
        work(now)
        skip_numbers(count=10, at=now)
    assert [c.no for c in corrections(one)] == [1, 12]


def test_the_audit_says_how_many_were_told_and_no_upload(now: datetime) -> None:
    entry = put(now, a_list(now), "logo")
    one = provider(now)
    told(now, one, entry, client_id="secret-upload")
    withdraw(now, entry)
    work(now)
    [row] = AuditRow.objects.filter(action="corrections.tell")
    assert row.facts == {"parties": 1, "entries": 1, "hits": 1}
    assert "secret-upload" not in str(row.__dict__)


def test_a_forgotten_hit_takes_the_providers_own_id_with_it(now: datetime) -> None:
    from tocsin.domain.matching.models import Hit

    entry = put(now, a_list(now), "logo")
    one = provider(now)
    told(now, one, entry)
    withdraw(now, entry)
    work(now)
    Hit.objects.all().delete()
    assert summary(one) == [("withdrawn", [])]


@pytest.mark.django_db(transaction=True)
def test_two_workers_and_late_hits_at_once_tell_each_upload_once(now: datetime) -> None:
    entry = put(now, a_list(now), "logo")
    one = provider(now)
    hits = [new_hit(now, one, entry, client_id=f"u-{n}") for n in range(30)]
    keep_hits(hits=hits[:20], at=now)
    work(now)
    withdraw(now, entry)
    keep_hits(hits=hits[20:], at=now)
    late: list[UUID] = [hit.id for hit in hits[20:]]
    results = in_threads(
        lambda: following.follow(now),
        lambda: following.follow(now),
        lambda: following.take_in(late, now),
        lambda: following.take_in(late, now),
    )
    assert [r for r in results if isinstance(r, Exception)] == []
    work(now)
    named = [hit.id for correction in corrections(one) for hit in correction.hits]
    assert sorted(named) == sorted(f"u-{n}" for n in range(30))
    assert [c.no for c in corrections(one)] == list(range(1, len(corrections(one)) + 1))
