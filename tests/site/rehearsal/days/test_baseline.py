"""A drawn world is the same for both sides, and the other tool's rules do in it what they do."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.site.rehearsal.days.baseline import online, play_baseline
from tocsin.site.rehearsal.days.scores import Score, table
from tocsin.site.rehearsal.days.world import FOREVER, Here, Thing, Ways, World, draw_world

BEGINS = datetime(2026, 3, 2)  # noqa: DTZ001 - the rules are about local time


def thing(ways: Ways, **more: object) -> Thing:
    plain = Thing(
        number=1,
        ways=ways,
        picture=1,
        unlawful=True,
        known=False,
        put_up=0.0,
        reported=(36.0,),
        decided=37.0,
        delay=5.0,
        back_after=100.0,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def played(*things: Thing, days: int = 30) -> Score:
    return play_baseline(World(1, days, list(things)), BEGINS)


def test_a_world_is_drawn_alike_for_a_seed_and_otherwise_for_another() -> None:
    assert draw_world(7, 30, 80) == draw_world(7, 30, 80)
    assert draw_world(7, 30, 80) != draw_world(8, 30, 80)
    ways = {one.ways for one in draw_world(7, 30, 400).things}
    assert ways == set(Ways)


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_everything_that_is_reported_was_put_up_before(seed: int) -> None:
    world = draw_world(seed, 30, 40)
    for one in world.things:
        assert one.put_up < one.reported[0] < one.decided
        assert list(one.reported) == sorted(one.reported)
        assert one.here(one.reported[0]) is Here.THERE
    times = [event.at for event in world.events()]
    assert times == sorted(times)


def test_a_copy_encoded_anew_is_told_to_be_removed_while_it_is_there() -> None:
    score = played(thing(Ways.REENCODES, delay=FOREVER))
    assert (score.removed, score.false_removed) == (1, 1)


def test_what_is_hidden_from_one_country_is_told_to_be_removed() -> None:
    score = played(thing(Ways.GEO_BLOCKS))
    assert (score.removed, score.false_removed) == (1, 1)


def test_what_comes_back_after_it_was_closed_is_not_seen() -> None:
    score = played(thing(Ways.COMES_BACK))
    assert (score.removed, score.false_removed, score.back, score.back_seen) == (1, 0, 1, 0)


def test_nobody_abroad_is_ever_told() -> None:
    score = played(thing(Ways.ABROAD))
    assert (score.never_told, score.notice_hours) == (1, [])
    assert score.online_hours == 30 * 24 - 37


def test_a_report_written_alike_is_lost_and_one_written_otherwise_is_opened_again() -> None:
    score = played(thing(Ways.FAST, reported=(36.0, 50.0, 60.0, 70.0, 80.0)))
    assert score.reported_again == 4
    assert 0 < score.reports_lost < 4
    assert score.exposures == 1 + 4 - score.reports_lost


def test_a_site_that_moves_is_no_longer_followed() -> None:
    score = played(thing(Ways.MOVES))
    assert (score.moved, score.moved_followed) == (1, 0)
    # Its new address is another record to this tool, and is decided on anew.
    assert score.decided_unlawful == 2


def test_hours_online_are_those_in_which_anybody_could_see_it() -> None:
    told = thing(Ways.COMES_BACK, told_at=40.0)
    assert online(told, 37.0, 720.0) == (45.0 - 37.0) + (720.0 - 145.0)
    assert online(thing(Ways.GEO_BLOCKS, told_at=40.0), 37.0, 720.0) == 683.0
    assert online(thing(Ways.FAST), 800.0, 720.0) == 0.0


def test_the_table_has_both_sides() -> None:
    world = draw_world(3, 30, 120)
    text = table([play_baseline(world, BEGINS), Score("ours")])
    assert "other tool" in text
    assert "of these still to be seen" in text
