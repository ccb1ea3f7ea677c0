"""The public client and ours ask the same stand-ins: both get the same, but for its mistakes."""

from __future__ import annotations

import json
import subprocess
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.domain.exchanges.scenes import (
    add_ncmec,
    add_stopncii,
    counting,
    pull,
    seconds,
    send_votes,
    value,
)
from tests.domain.exchanges.stand_ins import Ncmec, StopNcii, image, submitted
from tests.domain.hashlists.lists import ANALYST
from tocsin.domain.exchanges import actions
from tocsin.domain.exchanges.types import Direction
from tocsin.domain.hashlists.formats.stopncii import id_of_hash
from tocsin.domain.hashlists.models import Entry, Fingerprint
from tocsin.domain.hashlists.types import EntryStatus, Kind
from tools.foreign import foreign_python

SCRIPT = Path(__file__).parent / "foreign_client.py"
PYTHON = foreign_python()

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.server,
    pytest.mark.skipif(PYTHON is None, reason="no foreign client: python -m tools.foreign"),
]


def theirs(*arguments: str, zone: str = "UTC") -> Any:
    """What the public client got."""
    done = subprocess.run(
        [str(PYTHON), str(SCRIPT), *arguments],
        env={"TZ": zone},
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout)


def ours() -> dict[tuple[str, str], str]:
    """Every entry that came: its status, by member and id."""
    return {(e.member, e.source_entry_id): EntryStatus.of(e.status) for e in Entry.objects.all()}


STATUS = {"Active": EntryStatus.ACTIVE, "Withdrawn": EntryStatus.WITHDRAWN,
          "Deleted": EntryStatus.DELETED, "Received": EntryStatus.QUARANTINED}  # fmt: skip


def test_both_get_the_same_records_of_stopncii_and_only_ours_lets_go_of_withdrawn_ones(
    now: datetime,
) -> None:
    at = seconds(now, hours=3)
    records = [submitted(value(word, 32), at, hashStatus=word) for word in STATUS]
    records.append(submitted(value("film", 16), at, signalType="VideoMD5"))
    with StopNcii(records=records, clock=lambda: now).serving() as peer:
        got = theirs("stopncii", peer.url)
        pull(add_stopncii(peer.url, now), now)
    told = {("", id_of_hash(r["signal"], r["value"])): STATUS[r["status"]] for r in got}
    assert told == ours()
    assert len(told) == 5
    # It hands withdrawn and deleted records on like the others; here they cannot match.
    kept = {own_id for (_, own_id), status in told.items()
            if status in {EntryStatus.WITHDRAWN, EntryStatus.DELETED}}  # fmt: skip
    assert len(kept) == 2
    assert not kept & {own_id for _, own_id in counting()}


def test_both_say_the_same_of_a_record_of_stopncii(now: datetime) -> None:
    stand_in = StopNcii(records=[submitted(value("a", 32), seconds(now, hours=3))],
                        clock=lambda: now)  # fmt: skip
    with stand_in.serving() as peer:
        theirs("stopncii_feedback", peer.url, value("a", 32))
        pull(add_stopncii(peer.url, now), now)
        actions.queue_feedback(entry_id=Entry.objects.get().pk, vote=Direction.DOWN, reason="meme",
                               actor=ANALYST, at=now)  # fmt: skip
        send_votes(now)
    assert stand_in.feedback[0] == stand_in.feedback[1]


def entries(now: datetime) -> list[dict[str, Any]]:
    at = seconds(now, hours=3)
    hashes = {"md5": value("a", 16), "sha1": value("a", 20), "pdq": value("a", 32)}
    return [
        image("a", at, prints=hashes, more="<classification>A1</classification>"),
        image("b", at + 60, member="43", prints={"md5": value("b", 16)}),
        image("gone", at - 60, tag="deletedImage"),
        image("film", at, prints={"md5": value("f", 16)}, tag="video"),
        image("gone film", at, tag="deletedVideo"),
    ]


def test_both_get_the_same_entries_of_ncmec(now: datetime) -> None:
    with Ncmec(entries=entries(now), clock=lambda: now).serving() as peer:
        start, stop = seconds(now, days=2), seconds(now, minutes=2)
        got = theirs("ncmec", peer.url, str(start), str(stop))
        pull(add_ncmec(peer.url, now), now)
    told = {(e["member"], e["id"]): EntryStatus.DELETED if e["gone"] else EntryStatus.ACTIVE
            for e in got}  # fmt: skip
    assert told == ours()
    their_prints = {(e["id"], kind, text) for e in got for kind, text in e["prints"].items()}
    names = {Kind.MD5: "md5", Kind.SHA1: "sha1", Kind.PDQ: "pdq"}
    our_prints = {
        (p.entry.source_entry_id, names[Kind(p.kind)], bytes(p.value).hex())
        for p in Fingerprint.objects.select_related("entry")
    }
    assert their_prints == our_prints


def test_theirs_asks_for_another_window_where_the_machine_is_not_in_utc_and_ours_does_not(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Europe/Amsterdam")
    time.tzset()
    stand_in = Ncmec(entries=entries(now), clock=lambda: now)
    with stand_in.serving() as peer:
        start, stop = now - timedelta(hours=3, minutes=30), now - timedelta(minutes=2)
        window = (str(int(start.timestamp())), str(int(stop.timestamp())))
        assert len(theirs("ncmec", peer.url, *window)) == 5
        # An hour too late, so that what changed within it is never asked for.
        assert theirs("ncmec", peer.url, *window, zone="Europe/Amsterdam") == []
        shifted = [one for one in stand_in.asked if "entries" in one][-1]
        assert "from=2026-03-03T07%3A30%3A00Z" in shifted
        pull(add_ncmec(peer.url, now), now)
    monkeypatch.undo()
    time.tzset()
    assert len(ours()) == 5


def test_both_put_the_same_votes(now: datetime) -> None:
    stand_in = Ncmec(entries=entries(now)[:1], clock=lambda: now)
    with stand_in.serving() as peer:
        theirs("ncmec_vote", peer.url, "42", "a", "guid-1")
        pull(add_ncmec(peer.url, now), now)
        number = Entry.objects.get().pk
        for vote in (Direction.UP, Direction.DOWN):
            actions.queue_feedback(entry_id=number, vote=vote, reason="guid-1", actor=ANALYST,
                                   at=now)  # fmt: skip
            send_votes(now)
    said = [(path, body.replace(b" />", b"/>")) for path, body in stand_in.votes]
    assert said[0] in said[2:]
    assert said[1] in said[2:]
