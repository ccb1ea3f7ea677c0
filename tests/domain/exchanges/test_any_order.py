"""A service that reorders, repeats and fails as it likes: what counts in the end is what it holds.

Hypothesis plays the service and the time; no socket is opened, since a page is a page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zlib import crc32

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.domain.exchanges.scenes import add_ncmec, add_stopncii, prints, value
from tests.domain.exchanges.stand_ins import Ncmec, StopNcii, image, submitted
from tests.domain.hashlists.lists import ACTOR
from tests.support import examples
from tocsin.base.egress import Answer, Egress, Policy, Unreachable, Witness
from tocsin.domain.exchanges import pulling
from tocsin.domain.exchanges.asking import PullFailed
from tocsin.domain.exchanges.models import Exchange
from tocsin.domain.hashlists.models import ImportRun

START = datetime(2026, 3, 3, 10, tzinfo=UTC)
HOST = "http://127.0.0.1:9"
WORDS = ("a", "b", "c", "d", "e")
FAULT = st.sampled_from(["500", "429", "cut", "off", "again"])
BENT = st.sampled_from(["back", "skip"])
"""How a service tells all pages of a pull: each record as it was some time ago, or each page naming
one too far as the next."""
FAULTS = st.lists(st.just("") | FAULT, max_size=5) | st.builds(
    lambda good, fault: [""] * good + [fault], st.integers(0, 6), FAULT
)
BACK = timedelta(minutes=45)
"""How far back in time a page may be told; within the hour that is asked for again."""


class Played(Egress):
    """The way out, played: each request takes the next fault, or is answered by the stand-in."""

    def request(
        self,
        method: str,
        url: str,
        *,
        policy: Policy,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        witness: Witness | None = None,
    ) -> Answer:
        machine = _now_playing[-1]
        fault = machine.faults.pop(0) if machine.faults else ""
        target = url.removeprefix(HOST)
        status, body = machine.answer(target, told_as_before=machine.bent == "back")
        if fault == "off":
            raise Unreachable("broken_off")
        if fault in {"500", "429"}:
            status = int(fault)
        if machine.bent == "skip":
            body = machine.skipping(target, body)
        if fault == "cut":
            body = body[: len(body) // 2]
        if fault == "again":
            body = machine.last or body
        machine.last = body
        date = machine.at.strftime("%a, %d %b %Y %H:%M:%S GMT")
        return Answer(status, {"date": date, "retry-after": "60"}, body, url, "127.0.0.1")


_now_playing: list[Any] = []


class _Machine(RuleBasedStateMachine):
    """`held`: what the service says now, by id: (time, gone); `said`: all that it ever said, which
    one that `echoes` says again."""

    def __init__(self) -> None:
        super().__init__()
        _now_playing.append(self)
        self._database = transaction.atomic()
        self._database.__enter__()
        self.at = START
        self.faults: list[str] = []
        self.bent = ""
        self.last = b""
        self.held: dict[str, tuple[int, bool]] = {}
        self.said: list[tuple[str, int, bool]] = []
        self.echoes = False
        self.checkpoint = 0

    def words(self) -> list[tuple[str, int, bool]]:
        """What it has to say: each entry once, or every word that was ever said of it."""
        if self.echoes:
            return self.said
        return [(word, at, gone) for word, (at, gone) in self.held.items()]

    def before(self, word: str) -> tuple[str, int, bool] | None:
        """What was last said of an entry some time ago, if something was."""
        then = int((self.at - BACK).timestamp())
        older = [said for said in self.said if said[0] == word and said[1] <= then]
        return older[-1] if older else None

    def teardown(self) -> None:
        _now_playing.remove(self)
        transaction.set_rollback(True)
        self._database.__exit__(None, None, None)

    @rule(words=st.lists(st.sampled_from(WORDS), min_size=1, unique=True), gone=st.booleans())
    def the_source_speaks(self, words: list[str], gone: bool) -> None:
        for word in words:
            self.at += timedelta(minutes=1)
            self.held[word] = (int(self.at.timestamp()), gone)
            self.said.append((word, *self.held[word]))

    @rule(minutes=st.integers(1, 600))
    def time_goes_by(self, minutes: int) -> None:
        self.at += timedelta(minutes=minutes)

    @rule(faults=FAULTS, most=st.none() | st.integers(1, 3), hours=st.integers(0, 3))
    def pull_badly(self, faults: list[str], most: int | None, hours: int) -> None:
        self.faults = list(faults)
        self.pull(most, hours)

    @rule(bent=BENT, hours=st.integers(0, 3))
    def pull_of_one_that_bends(self, bent: str, hours: int) -> None:
        self.bent = bent
        self.pull(None, hours)

    def pull(self, most: int | None, hours: int) -> None:
        self.at += timedelta(hours=hours)
        with suppress(PullFailed):
            pulling.pull(
                self.row.pk,
                actor=ACTOR,
                clock=lambda: self.at,
                most_pages=most,
                egress=Played(),
            )
        self.faults, self.bent = [], ""

    @rule()
    def pull_well(self) -> None:
        """In the end, what counts is what the service holds."""
        self.at += timedelta(hours=1)
        whole = 0
        while whole < 2:
            # The first may end a window that others began, of pages that were older then.
            done = pulling.pull(self.row.pk, actor=ACTOR, clock=lambda: self.at, egress=Played())
            self.at += timedelta(minutes=20)
            whole += done.caught_up and done.released
        wanted = {word: self.print_of(word) for word, (_, gone) in self.held.items() if not gone}
        assert {self.word_of(*one): one[1] for one in prints().items()} == wanted

    @invariant()
    def the_checkpoint_never_goes_back(self) -> None:
        row = Exchange.objects.get(pk=self.row.pk)
        assert row.checkpoint >= self.checkpoint
        assert row.checkpoint <= self.at.timestamp()
        self.checkpoint = row.checkpoint

    @invariant()
    def nothing_waits_half_taken(self) -> None:
        assert not ImportRun.objects.filter(state__in=["running", "ready"]).exists()

    row: Exchange

    def answer(self, target: str, *, told_as_before: bool) -> tuple[int, bytes]:
        """What the service says now; or with each record as it was told some time ago."""
        raise NotImplementedError

    def skipping(self, target: str, body: bytes) -> bytes:
        """The page, naming one too far as the next, where that can be noticed."""
        return body

    def word_of(self, own_id: str, told: str) -> str:
        """Which entry it is, by its source's id or its fingerprint in hex."""
        raise NotImplementedError

    def print_of(self, word: str) -> str:
        """The fingerprint of an entry as it is now, in hex."""
        raise NotImplementedError


def _query(target: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}


class NcmecMachine(_Machine):
    """NCMEC, in any order, two or three to a page."""

    @initialize(
        seed=st.randoms(use_true_random=False), size=st.integers(1, 3), echoes=st.booleans()
    )
    def begin(self, seed: Any, size: int, echoes: bool) -> None:
        self.echoes = echoes

        def anyhow(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
            mixed = sorted(found, key=lambda e: crc32(f"{e['id']}{e['at']}{shift}".encode()))
            return [self.retold(e) for e in mixed]

        shift = seed.randint(0, 99)
        self.back = False
        self.stand_in = Ncmec(page_size=size, order=anyhow)
        self.row = add_ncmec(HOST, START)
        self.checkpoint = self.row.checkpoint

    def answer(self, target: str, *, told_as_before: bool) -> tuple[int, bytes]:
        if target == "/v2/status":
            return 200, b"<status/>"
        self.stand_in.entries = [_entry(*said) for said in self.words()]
        self.back = told_as_before
        return 200, self.stand_in.page(_query(target)).encode()

    def retold(self, entry: dict[str, Any]) -> dict[str, Any]:
        older = self.before(entry["id"]) if self.back else None
        return entry if older is None else _entry(*older)

    def skipping(self, target: str, body: bytes) -> bytes:
        if "start" not in _query(target):
            return body
        size = self.stand_in.page_size
        return re.sub(rb"start=(\d+)", lambda m: b"start=%d" % (int(m[1]) + size), body)

    def word_of(self, own_id: str, told: str) -> str:
        return own_id

    def print_of(self, word: str) -> str:
        return value(f"{word}{self.held[word][0]}", 16)


def _entry(word: str, at: int, gone: bool) -> dict[str, Any]:
    prints = {} if gone else {"md5": value(f"{word}{at}", 16)}
    return image(word, at, tag="deletedImage" if gone else "image", prints=prints)


class StopNciiMachine(_Machine):
    """StopNCII, its newest record as the next checkpoint."""

    @initialize(size=st.integers(1, 3), echoes=st.booleans())
    def begin(self, size: int, echoes: bool) -> None:
        self.echoes = echoes
        self.stand_in = StopNcii(page_size=size)
        self.row = add_stopncii(HOST, START)

    def answer(self, target: str, *, told_as_before: bool) -> tuple[int, bytes]:
        self.stand_in.records = [_record(*said) for said in reversed(self.words())]
        page = self.stand_in.page(_query(target))
        if told_as_before:
            page["hashRecords"] = [self.retold(record) for record in page["hashRecords"]]
        return 200, json.dumps(page).encode()

    def retold(self, record: dict[str, Any]) -> dict[str, Any]:
        older = self.before(self.word_of("", record["hashValue"]))
        return record if older is None else _record(*older)

    def print_of(self, word: str) -> str:
        return value(word, 32)

    def word_of(self, own_id: str, told: str) -> str:
        return next(word for word in WORDS if told == self.print_of(word))


def _record(word: str, at: int, gone: bool) -> dict[str, Any]:
    return submitted(value(word, 32), at, hashStatus="Withdrawn" if gone else "Active")


_FEW = settings(
    max_examples=examples(8),
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.django_db
@pytest.mark.parametrize("machine", [NcmecMachine, StopNciiMachine])
def test_what_counts_in_the_end_is_what_the_service_holds(machine: type[_Machine]) -> None:
    run_state_machine_as_test(machine, settings=_FEW)


@pytest.mark.django_db
@pytest.mark.parametrize("bent", ["skip", "back"])
def test_a_pull_of_one_that_bends_costs_nothing_in_the_end(bent: str) -> None:
    """One run that chance seldom finds: as many pages as entries, an hour and more later."""
    machine = NcmecMachine()
    try:
        machine.begin(seed=Random(1), size=1, echoes=False)
        machine.the_source_speaks(words=list(WORDS), gone=False)
        machine.pull_well()
        machine.the_source_speaks(words=list(WORDS), gone=False)
        machine.pull_of_one_that_bends(bent=bent, hours=3 if bent == "skip" else 0)
        machine.pull_well()
    finally:
        machine.teardown()
