"""A service that reorders, repeats and fails as it likes: what counts in the end is what it holds.

Hypothesis plays the service and the time; no socket is opened, since a page is a page.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
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

from tests.domain.exchanges.scenes import add_ncmec, add_stopncii, counting, value
from tests.domain.exchanges.stand_ins import Ncmec, StopNcii, image, submitted
from tests.domain.hashlists.lists import ACTOR
from tocsin.base.egress import Answer, Egress, Policy, Unreachable
from tocsin.domain.exchanges import pulling
from tocsin.domain.exchanges.asking import PullFailed
from tocsin.domain.exchanges.models import Exchange
from tocsin.domain.hashlists.models import ImportRun

START = datetime(2026, 3, 3, 10, tzinfo=UTC)
HOST = "http://127.0.0.1:9"
WORDS = ("a", "b", "c", "d")
FAULTS = st.sampled_from(["", "", "", "500", "429", "cut", "off", "again"])


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
    ) -> Answer:
        machine = _now_playing[-1]
        fault = machine.faults.pop(0) if machine.faults else ""
        status, body = machine.answer(url.removeprefix(HOST))
        if fault == "off":
            raise Unreachable("broken_off")
        if fault in {"500", "429"}:
            status = int(fault)
        if fault == "cut":
            body = body[: len(body) // 2]
        if fault == "again":
            body = machine.last or body
        machine.last = body
        date = machine.at.strftime("%a, %d %b %Y %H:%M:%S GMT")
        return Answer(status, {"date": date}, body, url, "127.0.0.1")


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

    def teardown(self) -> None:
        _now_playing.remove(self)
        transaction.set_rollback(True)
        self._database.__exit__(None, None, None)

    @rule(word=st.sampled_from(WORDS), gone=st.booleans())
    def the_source_speaks(self, word: str, gone: bool) -> None:
        self.at += timedelta(minutes=1)
        self.held[word] = (int(self.at.timestamp()), gone)
        self.said.append((word, *self.held[word]))

    @rule(minutes=st.integers(1, 600))
    def time_goes_by(self, minutes: int) -> None:
        self.at += timedelta(minutes=minutes)

    @rule(faults=st.lists(FAULTS, max_size=5), most=st.none() | st.integers(1, 3))
    def pull_badly(self, faults: list[str], most: int | None) -> None:
        self.faults = list(faults)
        with suppress(PullFailed):
            pulling.pull(
                self.row.pk,
                actor=ACTOR,
                clock=lambda: self.at,
                most_pages=most,
                egress=Played(),
            )
        self.faults = []

    @rule()
    def pull_well(self) -> None:
        """In the end, what counts is what the service holds."""
        self.at += timedelta(hours=1)
        for _ in range(6):
            done = pulling.pull(self.row.pk, actor=ACTOR, clock=lambda: self.at, egress=Played())
            self.at += timedelta(minutes=20)
            if done.caught_up and done.released and done.pages:
                break
        wanted = {word for word, (_, gone) in self.held.items() if not gone}
        assert {self.word_of(own_id) for _, own_id in counting()} == wanted

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

    def answer(self, target: str) -> tuple[int, bytes]:
        raise NotImplementedError

    def word_of(self, own_id: str) -> str:
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
            return sorted(found, key=lambda e: crc32(f"{e['id']}{e['at']}{shift}".encode()))

        shift = seed.randint(0, 99)
        self.stand_in = Ncmec(page_size=size, order=anyhow)
        self.row = add_ncmec(HOST, START)
        self.checkpoint = self.row.checkpoint

    def answer(self, target: str) -> tuple[int, bytes]:
        if target == "/v2/status":
            return 200, b"<status/>"
        self.stand_in.entries = [
            image(word, at, tag="deletedImage" if gone else "image",
                  prints={} if gone else {"md5": value(f"{word}{at}", 16)})
            for word, at, gone in self.words()
        ]  # fmt: skip
        return 200, self.stand_in.page(_query(target)).encode()

    def word_of(self, own_id: str) -> str:
        return own_id


class StopNciiMachine(_Machine):
    """StopNCII, its newest record as the next checkpoint."""

    @initialize(size=st.integers(1, 3), echoes=st.booleans())
    def begin(self, size: int, echoes: bool) -> None:
        self.echoes = echoes
        self.stand_in = StopNcii(page_size=size)
        self.row = add_stopncii(HOST, START)

    def answer(self, target: str) -> tuple[int, bytes]:
        self.stand_in.records = [
            submitted(value(word, 32), at, hashStatus="Withdrawn" if gone else "Active")
            for word, at, gone in reversed(self.words())
        ]
        return 200, json.dumps(self.stand_in.page(_query(target))).encode()

    def word_of(self, own_id: str) -> str:
        return next(word for word in WORDS if own_id == f"ImagePDQ:{value(word, 32)}")


_FEW = settings(
    max_examples=20,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.django_db
@pytest.mark.parametrize("machine", [NcmecMachine, StopNciiMachine])
def test_what_counts_in_the_end_is_what_the_service_holds(machine: type[_Machine]) -> None:
    run_state_machine_as_test(machine, settings=_FEW)
