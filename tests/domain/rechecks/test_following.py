"""The life of a follow as news and looks make it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from pytest_django import Settings

from tests.domain import desk
from tests.domain.hosting.outside import Outside
from tests.domain.rechecks import scenes
from tests.domain.rechecks.scenes import OTHER, World, found, looks, moves, run, told, until
from tocsin.base.accounts.types import Role
from tocsin.base.outbox import actions as outbox
from tocsin.base.outbox.actions import put
from tocsin.base.outbox.types import News
from tocsin.domain.hashlists.types import Kind
from tocsin.domain.rechecks import actions, queries
from tocsin.domain.rechecks.models import Follow, Observation
from tocsin.domain.rechecks.types import (
    Abroad,
    ClosedBy,
    FollowState,
    HopKind,
    NothingToRule,
    OpenedBy,
    Ruling,
    RulingRefused,
)
from tocsin.domain.reports import actions as reports
from tocsin.domain.visits import actions as visits
from tocsin.domain.visits.types import Outcome, Standing

S = FollowState


def news(topic: str, item_id: int, at: datetime, **more: int | str) -> None:
    put(topic=topic, payload={"item_id": item_id, **more}, at=at)
    run(at)


def test_a_finding_is_followed_once_however_often_it_is_told(world: World, now: datetime) -> None:
    item_id = found(now)
    follow = scenes.follow(item_id)
    actions.follow(finding_id=follow.finding_id, at=now)
    assert Follow.objects.count() == 1
    assert (follow.state, follow.looks) == (S.CHECKING, 1)
    [stay] = scenes.stays(item_id)
    assert (stay.opened_by, stay.closed_by) == (OpenedBy.FOUND, ClosedBy.NOTHING)


def test_a_notice_that_leaves_puts_no_look_off(world: World, now: datetime) -> None:
    item_id = found(now)
    planned = scenes.next_look(item_id)
    news("takedown.sent", item_id, planned - timedelta(minutes=5))
    assert scenes.next_look(item_id) == planned
    later = looks(item_id, 12) + timedelta(minutes=1)
    news("takedown.sent", item_id, later)
    assert scenes.next_look(item_id) == later + timedelta(minutes=15)


def test_it_is_gone_after_two_looks_and_watched_for_ninety_days(
    world: World, now: datetime
) -> None:
    item_id = found(now)
    last_there = looks(item_id, 3)
    world.outcome = Outcome.GONE_404
    missed_at = until(item_id, S.MAYBE_GONE)
    gone_at = until(item_id, S.WATCHING)
    assert gone_at - missed_at >= timedelta(minutes=15)
    assert told("rechecks.removed") == 1
    [span] = queries.spans(now, now + timedelta(days=1))
    assert (span.last_present_at, span.first_gone_at, span.censored_at) == (
        last_there, missed_at, None,
    )  # fmt: skip
    scenes.weeks(gone_at, 12)
    assert scenes.follow(item_id).state == S.WATCHING
    scenes.weeks(gone_at, 13)
    assert scenes.follow(item_id).state == S.ENDED
    assert moves(item_id) == ["missed", "removed", "end"]


def test_a_reencoded_copy_is_still_there_and_another_picture_is_not(
    world: World, now: datetime
) -> None:
    item_id = found(now)
    # The file is another one; its PDQ is ours.
    world.picture = tuple(v for v in scenes.PICTURE if v.kind.name == "PDQ")
    looks(item_id, 4)
    assert scenes.follow(item_id).state == S.CHECKING
    world.picture = OTHER
    until(item_id, S.WATCHING)
    newest = queries.follow(item_id)
    assert newest is not None
    assert newest.seen[0].outcome is Outcome.PRESENT
    assert newest.seen[0].standing is Standing.GONE


def test_one_view_that_sees_it_keeps_it_there(
    world: World, now: datetime, settings: Settings
) -> None:
    settings.TOCSIN_VISIT_AGENTS = {"browser": "Mozilla/5.0 (agreed on)"}
    item_id = found(now)
    world.by_view = {("home", "tocsin"): Outcome.GONE_404}
    looks(item_id, 12)
    assert "removed" not in moves(item_id)
    assert scenes.follow(item_id).state in {S.CHECKING, S.MAYBE_GONE}
    world.by_view[("home", "browser")] = Outcome.GONE_404
    until(item_id, S.WATCHING)


def test_a_closed_border_is_no_removal_but_a_doubt_for_a_person(
    world: World, now: datetime
) -> None:
    item_id = found(now)
    world.outcome = Outcome.GEO_BLOCKED
    doubted_at = until(item_id, S.UNCERTAIN)
    assert told("rechecks.uncertain") == 1
    [view], total = queries.uncertain()
    assert (view.item_id, total) == (item_id, 1)
    run(doubted_at + timedelta(hours=72))
    assert moves(item_id)[-1] in {"assume_there", "doubt"}
    assert "assume_there" in moves(item_id)
    assert told("rechecks.removed") == 0


def test_a_person_says_it_is_gone_and_it_is_watched_all_the_same(
    world: World, now: datetime
) -> None:
    item_id = found(now)
    ada = desk.person("grace")
    world.outcome = Outcome.LOGIN_WALL
    at = until(item_id, S.UNCERTAIN) + timedelta(minutes=1)
    with pytest.raises(RulingRefused):
        actions.rule(item_id=item_id, ruling=Ruling.GONE, why=" ", actor=ada, at=at)
    actions.rule(item_id=item_id, ruling=Ruling.GONE, why="hoster wrote", actor=ada, at=at)
    assert scenes.follow(item_id).state == S.WATCHING
    assert told("rechecks.removed") == 1
    with pytest.raises(NothingToRule):
        actions.rule(item_id=item_id, ruling=Ruling.THERE, why="again", actor=ada, at=at)
    assert scenes.next_look(item_id) > at


def test_what_comes_back_is_believed_at_the_second_look_and_counted(
    world: World, now: datetime, outside: Outside
) -> None:
    scenes.at_hoster(outside, "192.0.2.10", 64500)
    item_id = found(now)
    world.outcome = Outcome.GONE_410
    until(item_id, S.WATCHING)
    world.outcome = Outcome.PRESENT
    until(item_id, S.MAYBE_BACK)
    assert told("rechecks.back") == 0
    back_at = until(item_id, S.CHECKING)
    assert told("rechecks.back") == 1
    first, second = scenes.stays(item_id)
    assert (first.closed_by, first.back_at) == (ClosedBy.REMOVED, back_at)
    assert (second.opened_by, second.asn) == (OpenedBy.BACK, 64500)
    counted = queries.recidivism(since=now, until=back_at + timedelta(days=1))
    assert [(spot.asn, times) for spot, times in counted.items()] == [(64500, 1)]


def test_a_site_that_moves_abroad_is_a_hop_and_goes_on_being_followed(
    world: World, now: datetime, outside: Outside
) -> None:
    scenes.at_hoster(outside, "192.0.2.10", 64500, "NL")
    item_id = found(now)
    scenes.at_hoster(outside, "198.51.100.7", 64501, "MD")
    moved_at = until(item_id, S.MOVED, most=60)
    view = queries.follow(item_id)
    assert view is not None
    [hop] = view.hops
    assert (hop.kind, hop.before.asn, hop.before.country) == (HopKind.MOVED, 64500, "NL")
    assert (hop.after.asn, hop.after.country, hop.at) == (64501, "MD", moved_at)
    assert view.abroad is Abroad.SEEN
    assert told("rechecks.moved") == 1
    first, second = scenes.stays(item_id)
    assert (first.closed_by, second.opened_by, second.country) == ("moved", "moved", "MD")
    news("takedown.sent", item_id, moved_at + timedelta(minutes=1), notice_id=1)
    assert scenes.follow(item_id).state == S.CHECKING
    ada = desk.person("grace")
    actions.note_abroad(item_id=item_id, said=Abroad.HANDED_OVER, actor=ada, at=moved_at)
    world.outcome = Outcome.GONE_404
    until(item_id, S.WATCHING)
    assert scenes.follow(item_id).abroad == Abroad.REMOVED_THERE
    spans = list(queries.spans(now, moved_at + timedelta(days=1)))
    assert [(one.spot.asn, one.closed_by) for one in spans] == [
        (64500, ClosedBy.MOVED), (64501, ClosedBy.REMOVED),
    ]  # fmt: skip
    assert spans[0].censored_at == moved_at


def test_the_same_picture_at_another_address_is_a_hop_of_the_one_removed(
    world: World, now: datetime, outside: Outside
) -> None:
    scenes.at_hoster(outside, "192.0.2.10", 64500)
    first = found(now)
    world.gone = {desk.URL}
    later = until(first, S.WATCHING) + timedelta(days=3)
    second = found(later, "https://img.bighost.example/other/2.jpg")
    run(later + timedelta(seconds=1))
    [hop], total = queries.hops()
    assert (hop.kind, total) == (HopKind.RESURFACED, 1)
    assert hop.to_item == queries.follow(second).item_number  # type: ignore[union-attr]
    assert sum(queries.recidivism(since=now, until=later + timedelta(days=1)).values()) == 1


def test_a_copy_that_was_encoded_anew_is_known_at_another_address(
    world: World, now: datetime, outside: Outside
) -> None:
    scenes.at_hoster(outside, "192.0.2.10", 64500)
    first = found(now)
    world.gone = {desk.URL}
    later = until(first, S.WATCHING) + timedelta(days=3)
    pdq = next(value for value in scenes.PICTURE if value.kind is Kind.PDQ)
    near = replace(pdq, value=bytes([pdq.value[0] ^ 0b1111]) + pdq.value[1:])
    for at, values in ((later, scenes.OTHER), (later + timedelta(hours=2), (near,))):
        url = f"https://img.bighost.example/other/{len(values)}.jpg"
        number = desk.report(at, url, fingerprints=values)
        desk.found(number, desk.person(f"ada-{number}"), at)
        scenes.run(at)
        scenes.run(at + timedelta(seconds=2))
    [hop], _ = queries.hops()
    assert (hop.kind, hop.to_item) == (HopKind.RESURFACED, number)


def test_a_corrected_finding_is_looked_at_no_more_and_counts_for_nobody(
    world: World, now: datetime
) -> None:
    item_id = found(now)
    boss = desk.person("boss", Role.MANAGER)
    number = scenes.follow(item_id).item.number
    reports.correct(number=number, why="a beach", actor=boss, at=now)
    run(now)
    assert scenes.follow(item_id).state == S.ENDED
    before = len(world.visits)
    run(now + timedelta(days=2))
    assert len(world.visits) == before
    assert list(queries.spans(now, now + timedelta(days=1))) == []


def test_the_police_hold_an_item_and_let_it_go(world: World, now: datetime) -> None:
    item_id = found(now)
    news("referrals.held", item_id, now)
    before = len(world.visits)
    run(now + timedelta(days=20))
    assert (scenes.follow(item_id).state, len(world.visits)) == (S.PAUSED, before)
    at = now + timedelta(days=21)
    news("referrals.released", item_id, at)
    assert scenes.follow(item_id).state == S.CHECKING
    assert len(world.visits) == before + 1


def test_a_persons_pause_ends_by_itself(world: World, now: datetime) -> None:
    item_id = found(now)
    actions.pause(item_id=item_id, actor=desk.person("grace"), at=now)
    assert scenes.follow(item_id).state == S.PAUSED
    run(now + timedelta(days=14))
    assert scenes.follow(item_id).state == S.CHECKING


def test_a_report_after_the_watch_has_ended_follows_it_again(world: World, now: datetime) -> None:
    item_id = found(now)
    world.outcome = Outcome.GONE_404
    ended_at = scenes.weeks(until(item_id, S.WATCHING), 13)
    world.outcome = Outcome.PRESENT
    news("reports.seen_again", item_id, ended_at + timedelta(days=5))
    assert scenes.follow(item_id).state == S.CHECKING
    assert [stay.opened_by for stay in scenes.stays(item_id)] == ["found", "back"]


def test_all_looks_stand_still_while_a_person_stopped_them(world: World, now: datetime) -> None:
    item_id = found(now)
    boss = desk.person("boss", Role.MANAGER)
    with pytest.raises(RulingRefused):
        actions.stop_traffic(why="", actor=boss, at=now)
    actions.stop_traffic(why="the line is full", actor=boss, at=now)
    before = len(world.visits)
    looks(item_id, 5)
    assert len(world.visits) == before
    stopped = queries.stopped()
    assert stopped is not None
    assert stopped.why == "the line is full"
    actions.resume_traffic(actor=boss, at=now)
    looks(item_id, 1)
    assert len(world.visits) == before + 1


def test_nothing_is_looked_at_without_a_statement_that_we_may(world: World, now: datetime) -> None:
    visits.stop(actor=desk.SYSTEM, at=now)
    item_id = found(now)
    looks(item_id, 3)
    assert world.visits == []
    assert scenes.follow(item_id).state == S.CHECKING


def test_one_server_is_asked_at_its_own_pace(
    world: World, now: datetime, settings: Settings
) -> None:
    settings.TOCSIN_RECHECK_HOST_GAP_MS = 60_000
    made = [desk.report(now, f"https://img.bighost.example/a/{n}.jpg") for n in range(4)]
    ada = desk.person("ada")
    for number in made:
        desk.found(number, ada, now)
    for minute in range(5):
        run(now + timedelta(minutes=minute))
    times = [at for at, _, _ in world.visits[:4]]
    assert times == [now + timedelta(minutes=minute) for minute in range(4)]


def test_a_server_that_says_too_many_is_left_alone(world: World, now: datetime) -> None:
    item_id = found(now)
    world.outcome = Outcome.RATE_LIMITED
    at = looks(item_id, 1)
    follow = scenes.follow(item_id)
    second = found(at + timedelta(seconds=1), "https://img.bighost.example/other/2.jpg")
    assert scenes.follow(second).host_digest == follow.host_digest
    assert scenes.follow(second).looks == 0
    assert scenes.next_look(second) >= at + timedelta(minutes=10)


def test_equal_looks_are_one_row(world: World, now: datetime) -> None:
    item_id = found(now)
    looks(item_id, 5)
    [row] = Observation.objects.all()
    assert (row.times, row.first_at) == (6, now)


def test_each_look_is_told_to_who_listens_once_an_hour(world: World, now: datetime) -> None:
    item_id = found(now)
    assert told("rechecks.checked") == 0
    heard: list[News] = []
    outbox.consume("rechecks.checked", lambda news, at: heard.append(news), "test")
    try:
        looks(item_id, 5)  # every ten minutes or so, from ten o'clock on
    finally:
        outbox._consumers["rechecks.checked"].pop("test")
    assert [news.payload for news in heard] == [{"item_id": item_id}] * told("rechecks.checked")
    assert 1 <= len(heard) <= 2


def test_a_look_that_another_worker_overtook_is_dropped(world: World, now: datetime) -> None:
    from tocsin.domain.rechecks import looking, noting

    item_id = found(now)
    stale = scenes.follow(item_id)
    looks(item_id, 1)
    seen = noting.recent(stale)[0]
    before = scenes.follow(item_id).looks
    found_again = noting.Found(seen)
    assert not noting.note(stale, found_again, looking.configured_views(), now)
    assert scenes.follow(item_id).looks == before
