"""What a service can do wrong, and what is made of it."""

from __future__ import annotations

import gzip
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings

from tests.domain.exchanges.scenes import (
    add_ncmec,
    add_stopncii,
    counting,
    fails,
    pull,
    seconds,
    value,
    write_keys,
)
from tests.domain.exchanges.stand_ins import (
    KEYS,
    Fault,
    Ncmec,
    StopNcii,
    answers,
    hangs_up,
    image,
    submitted,
)
from tests.domain.hashlists.lists import ACTOR, make
from tests.doors import staff
from tocsin.base.accounts.models import Person
from tocsin.base.accounts.types import Role
from tocsin.base.letters.models import Letter
from tocsin.domain.exchanges import actions, asking, pulling, rules, spool
from tocsin.domain.exchanges.holding import BeingPulled, HoldLost, take
from tocsin.domain.exchanges.types import PullState, Trouble
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists.models import ImportRun
from tocsin.domain.hashlists.types import RunState

pytestmark = [pytest.mark.django_db, pytest.mark.server]

XML = "application/xml"


def entries(now: datetime, count: int = 5) -> list[dict[str, Any]]:
    at = seconds(now, hours=3)
    return [image(f"e{n}", at, prints={"md5": value(f"{n}", 16)}) for n in range(count)]


def page(body: bytes, media_type: str = XML) -> Fault:
    return answers(200, body, Content_Type=media_type)


WHOLE = b'<queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v2">'
FAULTS: dict[str, tuple[Fault, Trouble]] = {
    "keys not accepted": (answers(401), Trouble.REFUSED),
    "not allowed": (answers(403), Trouble.REFUSED),
    "too many requests": (answers(429), Trouble.BUSY),
    "maintenance": (answers(503), Trouble.BUSY),
    "broke over there": (answers(500), Trouble.SERVER),
    "redirect elsewhere": (answers(302, Location="http://127.0.0.2:1/x"), Trouble.REDIRECTED),
    "redirect": (answers(301, Location="/login"), Trouble.REDIRECTED),
    "not found": (answers(404), Trouble.GONE),
    "a web page": (page(b"<html>", "text/html"), Trouble.WRONG_TYPE),
    "hangs up": (hangs_up, Trouble.UNREACHABLE),
    "truncated": (page(WHOLE + b"<images><image><mem"), Trouble.BROKEN),
    "nothing": (page(b""), Trouble.BROKEN),
    "another document": (page(b"<members/>"), Trouble.BROKEN),
    "another version": (page(b'<queryResult xmlns="https://x.example/v9"/>'), Trouble.BROKEN),
    "entities": (page(b'<!DOCTYPE q [<!ENTITY a "b">]>' + WHOLE + b"&a;</queryResult>"),
                 Trouble.BROKEN),
    "another encoding": (page('<?xml version="1.0" encoding="UTF-16"?><q/>'.encode("utf-16")),
                         Trouble.BROKEN),
    "next elsewhere": (page(WHOLE + b"<paging><next>https://other.example/v2/entries?start=1"
                            b"</next></paging></queryResult>"), Trouble.ELSEWHERE),
    "next of another window": (page(WHOLE + b"<paging><next>/v2/entries?from=2001-01-01T00:00:00Z"
                                    b"&amp;start=1</next></paging></queryResult>"),
                               Trouble.ELSEWHERE),
    "next of another kind": (page(WHOLE + b"<paging><next>/v2/members?start=1</next></paging>"
                                  b"</queryResult>"), Trouble.ELSEWHERE),
    "huge": (page(b" " * (asking.MOST_BYTES + 1)), Trouble.TOO_LARGE),
    "unpacks to something huge": (
        answers(200, gzip.compress(b" " * (asking.MOST_BYTES + 1)), Content_Type=XML,
                Content_Encoding="gzip"), Trouble.TOO_LARGE),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_half_way_costs_nothing(now: datetime, name: str) -> None:
    fault, trouble = FAULTS[name]
    # The status and the first page are well; the second page is not.
    stand_in = Ncmec(entries=entries(now), faults=[None, None, fault], clock=lambda: now)
    with stand_in.serving() as peer:
        row = add_ncmec(peer.url, now)
        before = row.checkpoint
        assert fails(row, now) is trouble
        assert (row.state, row.trouble, row.checkpoint) == (PullState.FAILING, trouble, before)
        assert counting() == {}
        assert row.next_try_at is not None
        assert row.next_try_at > now
        done = pull(row, row.next_try_at)
    assert done.counts.added == 5
    assert len(counting()) == 5
    assert (row.state, row.trouble, row.failures) == (PullState.WELL, "", 0)
    assert not list((settings.TOCSIN_DATA / "exchanges").rglob("*.sealed"))


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b'{"hashRecords": [', b'{"hashRecords": []}', b'{"hashRecords": [], "x": }',
     b'{"hasMoreRecords": true, "hashRecords": [], "nextPageToken": null}',
     b'{"hasMoreRecords": "yes", "hashRecords": []}', b"[" * 100_000],
)  # fmt: skip
def test_a_page_of_json_that_is_not_whole_is_not_taken(now: datetime, body: bytes) -> None:
    fault = page(body, "application/json")
    stand_in = StopNcii(records=[submitted(value("a", 32), seconds(now, hours=1))],
                        faults=[fault], clock=lambda: now)  # fmt: skip
    with stand_in.serving() as peer:
        row = add_stopncii(peer.url, now)
        assert fails(row, now) is Trouble.BROKEN
        assert not ImportRun.objects.exists()
        pull(row, now)
    assert len(counting()) == 1


def test_the_wait_that_a_server_asks_for_is_kept(now: datetime) -> None:
    stand_in = Ncmec(faults=[answers(429, Retry_After="7200")], clock=lambda: now)
    with stand_in.serving() as peer:
        row = add_ncmec(peer.url, now)
        assert fails(row, now) is Trouble.BUSY
    assert row.next_try_at == now + timedelta(hours=2)


def test_records_that_are_none_are_counted_and_stop_nothing(now: datetime) -> None:
    broken = [image("", seconds(now, hours=3)),
              image("z", seconds(now, hours=3), prints={"md5": "12"})]  # fmt: skip
    with Ncmec(entries=entries(now) + broken, clock=lambda: now).serving() as peer:
        done = pull(add_ncmec(peer.url, now), now)
    assert (done.counts.added, done.counts.unreadable, done.counts.refused) == (5, 1, 1)


def test_what_is_no_record_is_in_the_archive_all_the_same(now: datetime) -> None:
    broken = image("", seconds(now, hours=3), more="<classification>odd</classification>")
    with Ncmec(entries=[broken, *entries(now)], clock=lambda: now).serving() as peer:
        pull(add_ncmec(peer.url, now), now)
    run = ImportRun.objects.get()
    text = b"".join(hashlists.read_archive(run_id=run.pk, actor=ACTOR, at=now))
    assert b"<classification>odd</classification>" in text
    assert run.refused == 0


def test_a_list_of_the_same_name_that_is_no_pull_s_own_is_left_alone(now: datetime) -> None:
    make(now, slug="ncmec-42")
    with Ncmec(entries=entries(now), clock=lambda: now).serving() as peer:
        row = add_ncmec(peer.url, now)
        pull(row, now)
    [slug] = {slug for slug, _ in counting()}
    assert re.fullmatch(r"ncmec-42-[0-9a-f]{6}", slug)
    assert len(counting()) == 5


def test_a_next_page_that_leaves_some_out_is_not_followed(now: datetime) -> None:
    stand_in = Ncmec(entries=entries(now, 4), page_size=1, clock=lambda: now)
    real = stand_in.page

    def one_too_far(query: dict[str, str]) -> str:
        text = real(query)
        return text.replace("start=2", "start=3") if "start" in query else text

    stand_in.page = one_too_far  # type: ignore[method-assign]
    with stand_in.serving() as peer:
        row = add_ncmec(peer.url, now)
        assert fails(row, now) is Trouble.SKIPPED
        assert (counting(), row.window_start) == ({}, None)
        stand_in.page = real  # type: ignore[method-assign]
        pull(row, now)
    assert len(counting()) == 4


def test_pages_that_lead_back_are_noticed(now: datetime) -> None:
    stand_in = StopNcii(records=[submitted(value("a", 32), 1)], clock=lambda: now)

    def round_and_round(query: dict[str, str]) -> dict[str, Any]:
        token = "b" if query.get("nextPageToken") == "a" else "a"
        return {"count": 0, "hasMoreRecords": True, "hashRecords": [], "nextPageToken": token}

    stand_in.page = round_and_round  # type: ignore[method-assign]
    with stand_in.serving() as peer:
        row = add_stopncii(peer.url, now)
        for _ in range(rules.DEAD_AFTER_WINDOWS):
            assert fails(row, now) is Trouble.ENDLESS
    assert row.state == PullState.DEAD
    assert len(stand_in.asked) < 10 * rules.DEAD_AFTER_WINDOWS


def test_pages_without_an_end_are_noticed(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_PAGES_WITHOUT_END", 20)
    stand_in = StopNcii(clock=lambda: now)
    stand_in.page = lambda query: {  # type: ignore[method-assign]
        "count": 0, "hasMoreRecords": True, "hashRecords": [],
        "nextPageToken": str(int(query.get("nextPageToken", "0")) + 1),
    }  # fmt: skip
    with stand_in.serving() as peer:
        row = add_stopncii(peer.url, now)
        assert fails(row, now) is Trouble.ENDLESS
    assert len(stand_in.asked) == 20


def test_a_window_of_too_many_pages_is_asked_for_in_parts(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST_PAGES", 3)
    found = [image(f"e{n}", seconds(now, hours=3 + 4 * n), prints={"md5": value(f"{n}", 16)})
             for n in range(10)]  # fmt: skip
    with Ncmec(entries=found, page_size=1, clock=lambda: now).serving() as peer:
        row = add_ncmec(peer.url, now)
        for _ in range(60):
            if pull(row, now).caught_up:
                break
    assert len(counting()) == 10
    assert (row.state, row.trouble) == (PullState.WELL, "")


def test_managers_are_told_once_when_it_goes_on(now: datetime) -> None:
    staff.person("mina", Role.MANAGER, now)
    Person.objects.update(email="mina@hotline.example")
    stand_in = Ncmec(faults=[answers(500)] * 20, clock=lambda: now)
    with stand_in.serving() as peer:
        row = add_ncmec(peer.url, now)
        for count in range(1, 15):
            fails(row, now)
            dead = count >= rules.DEAD_AFTER_FAILURES
            assert row.state == (PullState.DEAD if dead else PullState.FAILING)
        assert Letter.objects.count() == 1
        assert row.next_try_at is not None
        assert now < row.next_try_at <= now + timedelta(seconds=rules.LONGEST_WAIT_SECONDS)
        stand_in.faults.clear()
        pull(row, now)
    assert row.state == PullState.WELL


def test_keys_that_are_not_there_or_lie_open_are_told(now: datetime) -> None:
    with Ncmec(clock=lambda: now).serving() as peer:
        row = add_ncmec(peer.url, now)
        path = settings.TOCSIN_KEYS.folder / "exchanges.toml"
        path.chmod(0o644)
        assert fails(row, now) is Trouble.NO_KEY
        write_keys("[other]\n")
        assert fails(row, now) is Trouble.NO_KEY
        path.unlink()
        assert fails(row, now) is Trouble.NO_KEY
        assert row.state == PullState.DEAD
        write_keys(KEYS)
        pull(row, now)
    assert row.state == PullState.WELL


def test_a_server_whose_clock_is_behind_is_not_asked_for_its_future(now: datetime) -> None:
    behind = now - timedelta(hours=5)
    stand_in = Ncmec(entries=entries(now), clock=lambda: behind)
    with stand_in.serving() as peer:
        row = add_ncmec(peer.url, now)
        pull(row, now)
        assert row.checkpoint == seconds(behind, minutes=2)
        assert counting() == {}
        # It still has not moved: nothing is asked, and nothing is wrong.
        assert pull(row, now + timedelta(hours=1)).pages == 0
        stand_in.clock = lambda: now
        pull(row, now + timedelta(hours=2))
    assert len(counting()) == 5
    assert row.state == PullState.WELL


def test_two_pullers_do_not_pull_at_once_and_a_dead_one_is_followed(now: datetime) -> None:
    with Ncmec(entries=entries(now), clock=lambda: now).serving() as peer:
        row = add_ncmec(peer.url, now)
        first = take(row.pk, now)
        with pytest.raises(BeingPulled):
            pull(row, now + timedelta(minutes=1))
        pull(row, now + timedelta(minutes=6))
        with pytest.raises(HoldLost):
            first.update(now, pages=99)
        first.let_go(pages=99)
    row.refresh_from_db()
    assert row.pages == 0
    assert len(counting()) == 5


def test_an_old_window_begins_again(now: datetime) -> None:
    stand_in = Ncmec(entries=entries(now), clock=lambda: now)
    with stand_in.serving() as peer:
        row = add_ncmec(peer.url, now)
        pull(row, now, most_pages=1)
        stand_in.asked.clear()
        later = now + timedelta(hours=13)
        stand_in.clock = lambda: later
        pull(row, later)
    assert len([one for one in stand_in.asked if "entries" in one]) == 3
    assert len(counting()) == 5


def test_a_page_that_was_lost_makes_the_window_begin_again(now: datetime) -> None:
    with Ncmec(entries=entries(now), clock=lambda: now).serving() as peer:
        row = add_ncmec(peer.url, now)
        pull(row, now, most_pages=2)
        spool.clear(row.pk, before=99)
        assert fails(row, now) is Trouble.BROKEN
        pull(row, now)
    assert len(counting()) == 5


def test_pages_that_wait_are_sealed(now: datetime) -> None:
    with Ncmec(entries=entries(now), clock=lambda: now).serving() as peer:
        row = add_ncmec(peer.url, now)
        pull(row, now, most_pages=2)
    pages = list((settings.TOCSIN_DATA / "exchanges").rglob("*.sealed"))
    assert len(pages) == 2
    texts = b"".join(path.read_bytes() for path in pages)
    assert value("0", 16).encode() not in texts
    assert b"queryResult" not in texts
    assert {path.stat().st_mode & 0o077 for path in pages} == {0}


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("where", ["_count", "_take_in"])
def test_whoever_is_killed_between_a_page_and_its_count_loses_nothing(
    now: datetime, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise Killed

    with Ncmec(entries=entries(now), clock=lambda: now).serving() as peer:
        row = add_ncmec(peer.url, now)
        with monkeypatch.context() as patch:
            patch.setattr(pulling, where, killed)
            with pytest.raises(Killed):
                pull(row, now)
        pull(row, now)
    assert len(counting()) == 5


def test_whoever_is_killed_between_staging_and_release_leaves_nothing_half_released(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [*entries(now), image("x", seconds(now, hours=3), member="43",
                                  prints={"md5": value("x", 16)})]  # fmt: skip
    released: list[int] = []

    def one_and_no_more(*, run_id: int, **more: Any) -> int | None:
        if released:
            raise Killed
        released.append(run_id)
        return real(run_id=run_id, **more)

    real = hashlists.release
    with Ncmec(entries=found, clock=lambda: now).serving() as peer:
        row = add_ncmec(peer.url, now)
        before = row.checkpoint
        with monkeypatch.context() as patch:
            patch.setattr(hashlists, "release", one_and_no_more)
            with pytest.raises(Killed):
                pull(row, now)
        row.refresh_from_db()
        assert (row.checkpoint, counting()) == (before, {})
        pull(row, now)
    assert len(counting()) == 6
    states = sorted(ImportRun.objects.values_list("state", flat=True))
    assert states == [RunState.RELEASED] * 2


def test_an_import_of_somebody_else_into_the_list_is_left_alone(now: datetime) -> None:
    stand_in = Ncmec(entries=entries(now, 1), clock=lambda: now)
    with stand_in.serving() as peer:
        row = add_ncmec(peer.url, now)
        pull(row, now)
        theirs = ImportRun.objects.get()
        ImportRun.objects.filter(pk=theirs.pk).update(state=RunState.READY, file_name="theirs")
        later = now + timedelta(hours=1)
        stand_in.clock = lambda: later
        stand_in.entries = [image("n", seconds(later, minutes=30), prints={"md5": value("n", 16)})]
        assert fails(row, later) is Trouble.NOT_TAKEN
        assert row.exhausted
        hashlists.release(run_id=theirs.pk, actor=ACTOR, at=later)
        pull(row, later)
    assert len(counting()) == 2


def test_one_that_was_switched_off_meanwhile_stays_off(now: datetime) -> None:
    stand_in = Ncmec(entries=entries(now), clock=lambda: now)
    with stand_in.serving() as peer:
        row = add_ncmec(peer.url, now)
        actions.switch_off(slug="ncmec", actor=ACTOR, at=now)
        with pytest.raises(BeingPulled):
            pull(row, now)
        assert actions.switch_on(slug="ncmec", actor=ACTOR, at=now)
        hold = take(row.pk, now)
        actions.switch_off(slug="ncmec", actor=ACTOR, at=now)
        with pytest.raises(HoldLost):
            hold.update(now, state=PullState.WELL)
        hold.let_go(state=PullState.WELL)
    row.refresh_from_db()
    assert (row.state, row.holder) == (PullState.OFF, "")
