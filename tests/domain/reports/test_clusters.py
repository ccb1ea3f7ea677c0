"""Items that show the same picture find each other and are decided together."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.domain.desk import (
    NOT_UNLAWFUL,
    UNLAWFUL,
    found,
    person,
    picture,
    report,
)
from tests.support import run_worker_round
from tocsin.base.outbox.models import Message
from tocsin.domain.hashlists.types import FingerprintValue, Kind
from tocsin.domain.reports import actions, queries
from tocsin.domain.reports.book import Book
from tocsin.domain.reports.desk_types import ClusterEventKind, DeskRules, NoSuchCluster, Predecide
from tocsin.domain.reports.models import ClusterEvent, Finding, Item
from tocsin.domain.reports.types import Ground, ItemState, ReasonCode, TakenByAnother

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def at_host(n: int) -> str:
    return f"https://img.bighost.example/{n}.jpg"


def near(value: FingerprintValue, bits: int) -> FingerprintValue:
    """The same PDQ with so many bits turned, from the front."""
    number = int.from_bytes(value.value) ^ ((1 << bits) - 1)
    return replace(value, value=number.to_bytes(32))


def same(now: datetime, n: int, name: str = "a") -> str:
    number = report(now, at_host(n), fingerprints=picture(name))
    run_worker_round(now)
    return number


def alike(now: datetime, n: int, bits: int, name: str = "a") -> str:
    """Another file, whose picture differs in so many bits."""
    [pdq] = picture(name, Kind.PDQ)
    number = report(now, at_host(n), fingerprints=(near(pdq, bits),))
    run_worker_round(now)
    return number


def cluster(number: str) -> int | None:
    return Item.objects.get(number=number).cluster_id


def test_the_same_file_at_two_addresses_is_one_cluster(now: datetime) -> None:
    one, two = same(now, 1), same(now, 2)
    assert cluster(one) == cluster(two) is not None
    assert [event.kind for event in ClusterEvent.objects.all()] == [ClusterEventKind.JOINED] * 2


@pytest.mark.parametrize(("bits", "joined"), [(0, True), (31, True), (32, False)])
def test_a_picture_is_alike_up_to_the_threshold(now: datetime, bits: int, joined: bool) -> None:
    one, two = alike(now, 1, 0), alike(now, 2, bits)
    assert (cluster(one) is not None and cluster(one) == cluster(two)) is joined


def test_a_cluster_never_wanders_from_the_picture_it_began_with(now: datetime) -> None:
    one, two, three = alike(now, 1, 0), alike(now, 2, 30), alike(now, 3, 60)
    assert cluster(one) == cluster(two)
    assert cluster(three) is None


def test_a_poor_or_flat_picture_finds_nobody(now: datetime) -> None:
    [pdq] = picture("a", Kind.PDQ)
    flat = replace(pdq, value=bytes(31) + b"\x01")
    for n, value in enumerate((flat, flat, replace(pdq, quality=20), replace(pdq, quality=20))):
        report(now, at_host(n), fingerprints=(value,))
    run_worker_round(now)
    assert not Item.objects.filter(cluster__isnull=False).exists()


def test_an_md5_does_not_tell_where_the_sha256_is_known(now: datetime) -> None:
    forged = picture("a", Kind.MD5) + picture("b", Kind.SHA256)
    one = report(now, at_host(1), fingerprints=picture("a"))
    two = report(now, at_host(2), fingerprints=forged)
    run_worker_round(now)
    assert cluster(one) is None
    assert cluster(two) is None


def test_rehearsals_and_real_items_never_meet(now: datetime) -> None:
    same(now, 1)
    number = report(now, at_host(2), fingerprints=picture("a"), rehearsal=True)
    run_worker_round(now)
    assert cluster(number) is None


def test_one_decision_is_the_decision_for_all_that_wait(now: datetime) -> None:
    numbers = [same(now, n) for n in range(3)]
    anna = person("anna")
    found(numbers[0], anna, now, replace(UNLAWFUL, with_cluster=True))
    run_worker_round(now + MINUTE)
    assert {queries.item(number).state for number in numbers} == {ItemState.UNLAWFUL}
    others = Finding.objects.filter(item__number__in=numbers[1:])
    assert {(row.ground, row.by) for row in others} == {(Ground.WITH_CLUSTER, anna.text)}
    assert Message.objects.filter(topic=actions.FOUND_UNLAWFUL, listener="").count() == 3
    # The very same file is on the own list once.
    assert [row.own_entry_id for row in others] == [None, None]


def test_what_follows_rests_on_what_the_first_finding_rests_on(now: datetime) -> None:
    numbers = [same(now, n) for n in range(2)]
    found(numbers[0], person("anna"), now, replace(UNLAWFUL, with_cluster=True))
    run_worker_round(now)
    row = Finding.objects.get(item__number=numbers[1])
    assert queries.case(row.pk).ground is Ground.STATED_BY_AUTHORITY


def test_more_than_one_step_is_spread_to_the_last(now: datetime) -> None:
    numbers = [report(now, at_host(n), fingerprints=picture("a")) for n in range(60)]
    run_worker_round(now)
    found(numbers[0], person("anna"), now, replace(NOT_UNLAWFUL, with_cluster=True))
    for n in range(4):
        run_worker_round(now + n * MINUTE)
    assert Item.objects.filter(state=ItemState.NOT_UNLAWFUL).count() == 60


def test_without_the_bulk_mark_the_others_are_a_proposal(now: datetime) -> None:
    one, two = same(now, 1), same(now, 2)
    found(one, person("anna"), now)
    run_worker_round(now)
    view = queries.item(two)
    assert view.state is ItemState.NEW
    assert view.cluster is not None
    assert (view.cluster.decided_by, view.cluster.verdict) == (one, "unlawful")
    assert ReasonCode.CLUSTER_DECIDED in {reason.code for reason in view.why}


def test_a_newcomer_to_a_decided_cluster_is_confirmed_by_one_act(now: datetime) -> None:
    one, ben = same(now, 1), person("ben")
    found(one, person("anna"), now)
    two = same(now + MINUTE, 2)
    view = actions.follow(number=two, actor=ben, at=now + 2 * MINUTE)
    assert view.state is ItemState.UNLAWFUL
    assert view.findings[0].by == "ben"


def test_what_another_has_taken_is_not_confirmed_over_their_head(now: datetime) -> None:
    one, ben = same(now, 1), person("ben")
    found(one, person("anna"), now)
    two = same(now, 2)
    actions.take(number=two, actor=ben, at=now)
    with pytest.raises(TakenByAnother):
        actions.follow(number=two, actor=person("cleo"), at=now)


def test_where_configured_the_very_same_file_needs_nobody(now: datetime) -> None:
    desk = DeskRules(predecide=Predecide.AUTOMATIC)
    actions.set_rules(desk=desk, after=0, why="known files", actor=person("mia"), at=now)
    one = same(now, 1)
    found(one, person("anna"), now)
    assert queries.item(same(now, 2)).state is ItemState.UNLAWFUL
    assert queries.item(alike(now, 3, 5)).state is ItemState.NEW


def test_a_correction_reaches_what_followed(now: datetime) -> None:
    numbers = [same(now, n) for n in range(3)]
    found(numbers[0], person("anna"), now, replace(UNLAWFUL, with_cluster=True))
    run_worker_round(now)
    actions.correct(number=numbers[0], why="all adults", actor=person("mia"), at=now + MINUTE)
    run_worker_round(now + MINUTE)
    assert {queries.item(number).state for number in numbers} == {ItemState.NOT_UNLAWFUL}
    assert Message.objects.filter(topic=actions.CORRECTED, listener="").count() == 3


def test_a_person_takes_an_item_out_and_it_stays_out(now: datetime) -> None:
    one, two = same(now, 1), same(now, 2)
    actions.take_apart(number=two, why="another picture", actor=person("anna"), at=now)
    report(now, at_host(2), fingerprints=picture("a"))
    run_worker_round(now)
    assert cluster(two) is None
    assert cluster(one) is not None
    with pytest.raises(NoSuchCluster):
        actions.follow(number=two, actor=person("ben"), at=now)


def test_when_the_first_leaves_the_next_leads(now: datetime) -> None:
    one, two = alike(now, 1, 0), alike(now, 2, 20)
    actions.take_apart(number=one, why="another picture", actor=person("anna"), at=now)
    assert cluster(alike(now, 3, 45)) == cluster(two)


def test_clusters_become_one_when_the_same_file_is_in_both(now: datetime) -> None:
    same(now, 1, "a")
    two = same(now, 2, "a")
    three = same(now, 3, "b")
    four = same(now, 4, "b")
    actions.put_together(number=two, other=three, actor=person("anna"), at=now)
    run_worker_round(now)
    assert cluster(two) == cluster(three) == cluster(four)
    assert ClusterEvent.objects.filter(kind=ClusterEventKind.MERGED).count() == 1


def test_placing_twice_changes_nothing(now: datetime) -> None:
    from tocsin.domain.reports import clusters

    one, two = same(now, 1), same(now, 2)
    before = ClusterEvent.objects.count()
    for number in (one, two, one):
        clusters.place(number, now)
    assert ClusterEvent.objects.count() == before


def test_no_fingerprint_stands_in_the_clear(now: datetime) -> None:
    number = same(now, 1)
    values = {value.value.hex() for value in picture("a")}
    for row in Item.objects.get(number=number).prints.all():
        text = row.digest + row.sealed_value
        assert not any(value in text for value in values)


def test_the_book_forgets_its_oldest_half_when_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.domain.reports.book.MOST_ROWS", 4)
    book = Book()
    for n in range(6):
        book.add(n, n.to_bytes(32))
    assert [item for _bits, item in book.near((0).to_bytes(32), 256)] != []
    assert book.used <= 4
    assert 5 in {item for _bits, item in book.near((5).to_bytes(32), 0)}


def test_the_first_of_a_cluster_stands_for_all_and_comes_first(now: datetime) -> None:
    numbers = [same(now, n) for n in range(4)]
    report(now, at_host(9))
    assert queries.queue().rows[0].number == numbers[0]
    sizes = {
        n: [r for r in queries.item(n).why if r.code is ReasonCode.CLUSTER_SIZE] for n in numbers
    }
    assert [reason.count for reason in sizes[numbers[0]]] == [3]
    assert not sizes[numbers[3]]
