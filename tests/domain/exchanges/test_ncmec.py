"""Pulling from NCMEC: windows, members, tombstones, votes of others."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.domain.exchanges.scenes import add_ncmec, counting, pull, seconds, value
from tests.domain.exchanges.stand_ins import Ncmec, image
from tocsin.domain.hashlists import queries
from tocsin.domain.hashlists.models import Entry, Fingerprint, ImportRun
from tocsin.domain.hashlists.types import Category, EntryStatus, Kind, RunState

pytestmark = [pytest.mark.django_db, pytest.mark.server]


def prints(word: str) -> dict[str, str]:
    return {"md5": value(word, 16), "sha1": value(word, 20), "pdq": value(word, 32)}


def downs(*members: str) -> str:
    """What several members say against an MD5."""
    told = "".join(f'<member id="{m}">M</member>' for m in members)
    return (
        '<feedback><negativeFeedback type="Md5"><reasons><reason guid="g" name="n" type="Md5"/>'
        f'<members timestamp="2023-06-01T12:48:14Z">{told}</members></reasons></negativeFeedback>'
        "</feedback>"
    )


def test_each_member_has_a_list_of_its_own_and_every_kind_of_hash_is_kept(now: datetime) -> None:
    at = seconds(now, hours=3)
    entries = [
        image("a", at, prints=prints("a"), more="<classification>A1</classification>"),
        image("b", at, member="43", prints=prints("b")),
        image("v", at, prints={"md5": value("v", 16)}, tag="video"),
    ]
    with Ncmec(entries=entries, clock=lambda: now).serving() as peer:
        row = add_ncmec(peer.url, now)
        done = pull(row, now)
    assert (done.released, done.caught_up, done.counts.added) == (True, True, 3)
    assert counting() == {
        ("ncmec-42", "a"): EntryStatus.ACTIVE,
        ("ncmec-42", "v"): EntryStatus.ACTIVE,
        ("ncmec-43", "b"): EntryStatus.ACTIVE,
    }
    entry = Entry.objects.get(source_entry_id="a")
    assert Category.of(entry.category) is Category.A1
    kinds = Fingerprint.objects.filter(entry_id=entry.pk).values_list("kind", flat=True)
    assert set(kinds) == {Kind.MD5, Kind.SHA1, Kind.PDQ}
    lists = {view.slug: view for view in queries.lists()}
    assert lists["ncmec-42"].environment == "Industry"
    assert lists["ncmec-42"].source != lists["ncmec-43"].source


def test_only_wanted_members_are_taken(now: datetime) -> None:
    at = seconds(now, hours=3)
    entries = [image("a", at, prints=prints("a")), image("b", at, member="43", prints=prints("b"))]
    with Ncmec(entries=entries, clock=lambda: now).serving() as peer:
        pull(add_ncmec(peer.url, now, members=("43",)), now)
    assert set(counting()) == {("ncmec-43", "b")}


def test_a_tombstone_takes_the_entry_away_whatever_the_order(now: datetime) -> None:
    early, late = seconds(now, hours=5), seconds(now, hours=3)
    entries = [
        image("a", late, tag="deletedImage"),
        image("a", early, prints=prints("a")),
        image("b", early, prints=prints("b")),
    ]
    with Ncmec(entries=entries, clock=lambda: now).serving() as peer:
        done = pull(add_ncmec(peer.url, now), now)
    assert set(counting()) == {("ncmec-42", "b")}
    assert done.counts.superseded == 1


def test_a_tombstone_of_a_later_window_takes_the_entry_away(now: datetime) -> None:
    stand_in = Ncmec(entries=[image("a", seconds(now, hours=3), prints=prints("a"))],
                     clock=lambda: now)  # fmt: skip
    with stand_in.serving() as peer:
        row = add_ncmec(peer.url, now)
        pull(row, now)
        assert counting()
        later = now + timedelta(hours=2)
        stand_in.clock = lambda: later
        stand_in.entries = [image("a", seconds(later, hours=1), tag="deletedImage")]
        pull(row, later)
        assert counting() == {}
        # An old page, served once more, does not bring it back.
        stand_in.entries = [image("a", seconds(later, minutes=59), prints=prints("a")),
                            image("a", seconds(later, hours=1), tag="deletedImage")]  # fmt: skip
        stand_in.entries[0]["at"] = seconds(later, hours=1)
        done = pull(row, later + timedelta(hours=1))
    assert counting() == {}
    assert done.counts.added == done.counts.changed == 0


def test_votes_against_dispute_an_entry_and_several_set_it_aside(now: datetime) -> None:
    at = seconds(now, hours=3)
    entries = [
        image("one", at, prints=prints("1"), more=downs("43")),
        image("three", at, prints=prints("3"), more=downs("43", "44", "45")),
        image("same", at, prints=prints("s"), more=downs("43", "43", "43")),
    ]
    with Ncmec(entries=entries, clock=lambda: now).serving() as peer:
        pull(add_ncmec(peer.url, now), now)
    assert counting() == {
        ("ncmec-42", "one"): EntryStatus.DISPUTED,
        ("ncmec-42", "three"): EntryStatus.QUARANTINED,
        ("ncmec-42", "same"): EntryStatus.DISPUTED,
    }


def test_a_fingerprint_given_as_an_address_is_counted_and_not_fetched(now: datetime) -> None:
    more = '<fingerprints><md5>{}</md5><tmk-pdqf rel="self" href="/v2/x"/></fingerprints>'
    entry = image("a", seconds(now, hours=3), more=more.format(value("a", 16)))
    stand_in = Ncmec(entries=[entry], clock=lambda: now)
    with stand_in.serving() as peer:
        done = pull(add_ncmec(peer.url, now), now)
    assert done.counts.left_out == 1
    assert not [one for one in stand_in.asked if "/v2/x" in one]


@pytest.fixture
def amsterdam(monkeypatch: pytest.MonkeyPatch) -> object:
    """A machine whose own clock is two hours ahead of UTC."""
    monkeypatch.setenv("TZ", "Europe/Amsterdam")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("amsterdam")
def test_windows_are_in_utc_wherever_the_machine_stands(now: datetime) -> None:
    stand_in = Ncmec(clock=lambda: now)
    with stand_in.serving() as peer:
        pull(add_ncmec(peer.url, now), now)
    [asked] = [one for one in stand_in.asked if "entries" in one]
    query = parse_qs(urlsplit(asked.split()[1]).query)
    assert query == {"from": ["2026-03-01T09:00:00Z"], "to": ["2026-03-03T09:58:00Z"]}


def test_half_a_window_does_not_count_and_a_pull_goes_on_behind_its_last_page(
    now: datetime,
) -> None:
    at = seconds(now, hours=3)
    stand_in = Ncmec(entries=[image(f"e{n}", at, prints=prints(f"{n}")) for n in range(5)],
                     clock=lambda: now)  # fmt: skip
    with stand_in.serving() as peer:
        row = add_ncmec(peer.url, now)
        before = row.checkpoint
        pull(row, now, most_pages=2)
        assert (row.pages, row.checkpoint, counting()) == (2, before, {})
        assert not ImportRun.objects.exists()
        stand_in.asked.clear()
        done = pull(row, now)
    assert done.counts.added == 5
    assert len([one for one in stand_in.asked if "entries" in one]) == 1
    assert row.checkpoint > before
    assert {run.state for run in ImportRun.objects.all()} == {RunState.RELEASED}
