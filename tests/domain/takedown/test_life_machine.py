"""Whatever happens, in whatever order, told twice and broken off in the middle: no notice is lost,
and nobody hears of one finding twice under different ids."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from tests.base.letters.test_returned import report as returned
from tests.domain.desk import hoster, person
from tests.domain.takedown.scenes import (
    EVERYBODY,
    HOUR,
    Mail,
    contact,
    hosted,
    office,
    turn,
    unlawful,
    whole,
)
from tests.support import examples
from tocsin.base.audit.types import system
from tocsin.base.clock.models import Due
from tocsin.base.letters import actions as letters
from tocsin.base.letters.transports import NotSent
from tocsin.base.outbox.actions import put
from tocsin.domain.hosting.types import ContactRole
from tocsin.domain.reports import actions as reports
from tocsin.domain.reports import queries as items
from tocsin.domain.takedown import actions, notices, queries, rules, writing
from tocsin.domain.takedown.models import Notice, Takedown
from tocsin.domain.takedown.types import (
    AnswerKind,
    NoticeState,
    OfficeKind,
    Said,
    TakedownState,
)

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 3, 10, tzinfo=UTC)
FIRST = re.compile(r"N-\d{4}-\d{6}(\.\d+)?")

NEWS = st.sampled_from(
    [
        "rechecks.removed",
        "rechecks.back",
        "rechecks.moved",
        "referrals.held",
        "referrals.released",
    ]
)
STEPS = st.one_of(
    st.tuples(st.just("news"), NEWS, st.integers(1, 2)),
    st.tuples(st.just("wait"), st.integers(1, 60)),
    st.tuples(st.just("bounce"), st.integers(0, 5), st.sampled_from(["5.1.1", "5.2.2"])),
    st.tuples(st.just("answer"), st.integers(0, 5), st.sampled_from(list(AnswerKind))),
    st.tuples(st.just("break"), st.sampled_from(["before", "after", "noting", "queueing"])),
    st.tuples(st.just("server"), st.booleans()),
    st.tuples(st.just("move")),
    st.tuples(st.just("switch"), st.booleans()),
    st.tuples(st.just("correct")),
)


class Broken(Exception):
    """A worker dies here."""


@dataclass
class Fragile(Mail):
    """A mail server that is away, or a worker that dies just before or after it took a letter."""

    away: bool = False
    breaks: set[str] = field(default_factory=set)

    def send(self, message: EmailMessage) -> str:
        if self.away:
            raise NotSent("450 not now")
        if "before" in self.breaks:
            self.breaks.discard("before")
            raise Broken
        taken = super().send(message)
        if "after" in self.breaks:
            self.breaks.discard("after")
            raise Broken
        return taken


@contextmanager
def dying(mail: Fragile, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A worker that dies in the middle of a transaction, once each time it is told to."""
    note_left, queue = notices.note_left, letters.queue

    def note_and_die(*args: object, **named: object) -> None:
        note_left(*args, **named)  # type: ignore[arg-type]
        if "noting" in mail.breaks:
            mail.breaks.discard("noting")
            raise Broken

    def queue_and_die(**named: object) -> str:
        message_id = queue(**named)  # type: ignore[arg-type]
        if "queueing" in mail.breaks:
            mail.breaks.discard("queueing")
            raise Broken
        return message_id

    with monkeypatch.context() as patch:
        patch.setattr(notices, "note_left", note_and_die)
        patch.setattr(letters, "queue", queue_and_die)
        yield


@dataclass
class Life:
    """One item's takedown, and what happens to it."""

    mail: Fragile
    number: str
    at: datetime = START
    gone: bool = False

    def do(self, step: tuple[object, ...]) -> None:
        getattr(self, f"_{step[0]}")(*step[1:])
        self._turns()

    def settle(self) -> None:
        """Everything works again, and time goes by."""
        self.mail.away, self.mail.breaks = False, set()
        actions.go_on(actor=actions_by, at=self.at)
        for _ in range(3):
            self._wait(12)
            self._turns()

    def _turns(self) -> None:
        # What failed comes back a little later.
        for seconds in (0, 5, 61):
            turn(self.at + timedelta(seconds=seconds))
        self.at += timedelta(seconds=62)

    def _news(self, topic: str, times: int) -> None:
        item_id = items.item(self.number).id
        for _ in range(times):
            put(topic=topic, payload={"item_id": item_id}, at=self.at)

    def _wait(self, hours: int) -> None:
        self.at += hours * HOUR

    def _bounce(self, which: int, status: str) -> None:
        if self.mail.taken:
            message_id = str(self.mail.taken[which % len(self.mail.taken)]["Message-ID"])
            letters.take_returned(mail=returned(message_id, status=status), at=self.at)

    def _answer(self, which: int, kind: AnswerKind) -> None:
        rows = list(Notice.objects.exclude(sent_at=None).order_by("id"))
        closed = (NoticeState.RECALLED, NoticeState.CANCELLED)
        if not rows or rows[which % len(rows)].state in closed:
            return
        notice = rows[which % len(rows)]
        if Notice.objects.filter(parent=notice).count() >= rules.MOST_CHILDREN:
            return
        secret = writing.new_link(notice, self.at)
        said = Said(kind, "words", "Somebody", f"abuse@r{notice.pk}.example")
        actions.say(secret=secret, said=said, by_machine=True, at=self.at)

    def _break(self, where: str) -> None:
        self.mail.breaks.add(where)

    def _server(self, away: bool) -> None:
        self.mail.away = away

    def _move(self) -> None:
        there = contact(ContactRole.HOSTER, f"abuse@h{self.at:%d%H}.example", country="MD")
        hosted(self.at, there, *EVERYBODY, country="MD")
        self._news("rechecks.moved", 1)

    def _switch(self, off: bool) -> None:
        if off:
            actions.stop(why="tried", actor=actions_by, at=self.at)
        else:
            actions.go_on(actor=actions_by, at=self.at)

    def _correct(self) -> None:
        if not self.gone:
            self.gone = True
            reports.correct(number=self.number, why="x", actor=person("boss"), at=self.at)


actions_by = system("test")


def holds(life: Life) -> None:
    """What must be so at any time."""
    firsts: dict[str, set[str]] = defaultdict(set)
    for message in life.mail.taken:
        name = str(message["Message-ID"]).strip("<>").partition("@")[0]
        if FIRST.fullmatch(name):
            firsts[str(message["To"])].add(name)
    assert all(len(names) == 1 for names in firsts.values()), firsts
    for takedown in Takedown.objects.all():
        kinds = {waiting.then for waiting in rules.TAKEDOWN.waiting.values()}
        clocks = Due.objects.filter(kind__in=kinds, subject=str(takedown.pk)).count()
        assert clocks == (takedown.state not in rules.TAKEDOWN.final), takedown.state
    for notice in Notice.objects.all():
        kinds = {waiting.then for waiting in rules.LIFE.waiting.values()}
        clocks = Due.objects.filter(kind__in=kinds, subject=notice.number).count()
        assert clocks == (notice.state not in rules.LIFE.final), notice.state


def ends_well(life: Life) -> None:
    """What must be so once everything works again."""
    verdict = queries.verify_log()
    assert verdict.sound, verdict.problem
    assert not Notice.objects.filter(state=NoticeState.QUEUED).exists()
    state = whole(life.number).state
    if life.gone:
        assert state is TakedownState.ENDED
        told = {NoticeState.RECALLED, NoticeState.CANCELLED}
        assert {notice.state for notice in queries.for_item(life.number)} <= told
    elif state is TakedownState.CLIMBING:
        # Somebody has been asked, or it is known that nobody can be.
        asked = Notice.objects.filter(state=NoticeState.SENT).exists()
        stuck = Notice.objects.filter(
            state__in=(NoticeState.WAITING_FOR_CONTACT, NoticeState.DEAD)
        ).exists()
        assert asked or stuck


@pytest.mark.timeout(900)
@settings(
    max_examples=examples(6),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEPS, min_size=1, max_size=8))
def test_no_notice_is_lost_and_none_is_sent_twice(
    steps: list[tuple[object, ...]], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = Fragile()
    settings.TOCSIN_MAIL = mail
    with transaction.atomic():
        hoster(START)
        hosted(START, *EVERYBODY)
        office(START, OfficeKind.REGULATOR, "NL", "files@regulator.example")
        with dying(mail, monkeypatch):
            life = Life(mail, unlawful(START))
            for step in steps:
                life.do(step)
                holds(life)
        life.settle()
        holds(life)
        ends_well(life)
        transaction.set_rollback(True)
