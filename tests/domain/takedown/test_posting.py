"""Notices to a hoster's own address: signed, acknowledged, and by mail where it does not answer."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pytest_django import Settings

from tests.base.egress.peer import Handler, serving
from tests.domain.desk import found, hoster, person, picture, report
from tests.domain.takedown.scenes import HOUR, Mail, the, turn
from tocsin.base.egress import Egress
from tocsin.domain.reports import actions as reports
from tocsin.domain.takedown import due, posting, queries
from tocsin.domain.takedown.models import Post
from tocsin.domain.takedown.types import Channel, NoticeState, PostState

pytestmark = [pytest.mark.django_db, pytest.mark.server]

ITEM = "http://127.0.0.1:8123/1.jpg"


@dataclass
class Machine:
    """A hoster's own address for notices: what it was sent, and how it answers."""

    url: str = ""
    status: int = 202
    answer: bytes = b'{"receipt": "T-77"}'
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def __call__(self, handler: Handler) -> None:
        seen = handler.server.seen[-1]
        self.taken.append((seen.headers, seen.body))
        handler.give(self.status, self.answer)


@pytest.fixture
def machine() -> Iterator[Machine]:
    made = Machine()
    with serving(made) as peer:
        made.url = f"{peer.url}/notices"
        yield made


@pytest.fixture
def mail(settings: Settings) -> Mail:
    server = Mail()
    settings.TOCSIN_MAIL = settings.TOCSIN_LETTER_FOLDER = server
    return server


def unlawful(now: datetime, machine: Machine) -> str:
    """An item of a rehearsal, as its hosters are on loopback."""
    hoster(
        now,
        rehearsal=True,
        places=("127.0.0.1:8123",),
        endpoint=machine.url,
        bearer="their-own-word",
    )
    number = report(now, ITEM, fingerprints=picture("new"), rehearsal=True)
    found(number, person("anna"), now)
    turn(now)
    return number


def post(at: datetime) -> list[bool]:
    line = posting.Line(Egress(), lambda: at)
    return [posting.post(pk, line) for pk in posting.due(at=at)]


def test_a_notice_is_posted_signed_and_its_acknowledgement_kept(
    now: datetime, machine: Machine, mail: Mail
) -> None:
    number = unlawful(now, machine)
    assert the(number).channel is Channel.MACHINE
    assert the(number).state is NoticeState.QUEUED
    assert post(now) == [True]
    turn(now)
    notice = the(number)
    assert (notice.state, notice.sent_at) == (NoticeState.SENT, now)
    assert notice.receipt == "status 202 T-77"
    assert mail.taken == []
    [(headers, body)] = machine.taken
    assert headers["authorization"] == "Bearer their-own-word"
    told = json.loads(body)
    assert told["urls"] == [ITEM]
    assert told["notice"]["notice"] == notice.number
    assert told["xarf"]["url"] == ITEM
    assert queries.is_signed(json.dumps(told["jws"])).signed
    key_told = queries.key_set()["keys"]
    assert isinstance(key_told, list)
    x = str(key_told[0]["x"])
    key = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(x + "=" * (-len(x) % 4)))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    _, _, signature = headers["webhook-signature"].partition(",")
    key.verify(base64.b64decode(signature), signed)
    assert queries.verify_log().sound
    assert queries.verify_log().letters == 1


def test_a_server_that_refuses_is_tried_again_under_the_same_id(
    now: datetime, machine: Machine, mail: Mail
) -> None:
    machine.status = 503
    number = unlawful(now, machine)
    assert post(now) == [False]
    assert post(now) == []
    machine.status = 200
    assert post(now + timedelta(seconds=5)) == [True]
    first, second = (headers["webhook-id"] for headers, _ in machine.taken)
    assert first == second
    turn(now)
    assert the(number).state is NoticeState.SENT


def test_a_server_that_stays_away_is_written_to_by_mail_within_ten_minutes(
    now: datetime, machine: Machine, mail: Mail
) -> None:
    machine.status = 500
    number = unlawful(now, machine)
    for minutes in range(10):
        post(now + timedelta(minutes=minutes))
    turn(now + timedelta(minutes=10))
    turn(now + timedelta(minutes=10))
    assert Post.objects.get().state == PostState.GIVEN_UP
    assert [str(m["To"]) for m in mail.taken] == ["abuse@bighost.example"]
    assert the(number).state is NoticeState.SENT
    assert the(number).channel is Channel.MAIL
    assert queries.verify_log().sound


def test_a_correction_before_it_left_keeps_it_back(
    now: datetime, machine: Machine, mail: Mail
) -> None:
    number = unlawful(now, machine)
    reports.correct(number=number, why="an adult", actor=person("boss"), at=now)
    turn(now)
    assert post(now) == []
    assert machine.taken == []
    assert the(number).state is NoticeState.CANCELLED


def test_a_withdrawal_goes_the_same_way_and_by_mail_where_that_fails(
    now: datetime, machine: Machine, mail: Mail
) -> None:
    number = unlawful(now, machine)
    post(now)
    machine.status = 500
    reports.correct(number=number, why="an adult", actor=person("boss"), at=now + HOUR)
    turn(now + HOUR)
    assert post(now + HOUR) == [False]
    turn(now + HOUR + timedelta(minutes=11))
    turn(now + HOUR + timedelta(minutes=11))
    assert the(number).state is NoticeState.RECALLED
    assert mail.ids() == [f"{the(number).number}.withdrawal.2"]


def test_a_correction_while_it_is_on_its_way_is_followed_by_a_withdrawal(
    now: datetime, machine: Machine, mail: Mail
) -> None:
    number = unlawful(now, machine)

    @dataclass(frozen=True)
    class Meanwhile:
        def request(self, *args: Any, **more: Any) -> Any:
            answer = Egress().request(*args, **more)
            reports.correct(number=number, why="an adult", actor=person("boss"), at=now)
            turn(now)
            return answer

    [pk] = posting.due(at=now)
    posting.post(pk, posting.Line(Meanwhile(), lambda: now))  # type: ignore[arg-type]
    assert the(number).state is NoticeState.RECALLING
    assert post(now) == [True]
    assert the(number).state is NoticeState.RECALLED
    purposes = [json.loads(body)["type"] for _, body in machine.taken]
    assert purposes == ["notice", "notice-withdrawal"]


@pytest.mark.django_db(transaction=True)
def test_the_worker_posts_beside_everything_else(
    now: datetime, machine: Machine, mail: Mail
) -> None:
    number = unlawful(now, machine)
    poster = due.Poster(Egress(), lambda: now)
    poster.round(now)
    poster.wait()
    assert the(number).state is NoticeState.SENT
    assert len(machine.taken) == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b'{"id": 12}', "status 202 12"),
        (b"", "status 202"),
        (b"[1]", "status 202"),
        (b'{"receipt": {"a": 1}}', "status 202"),
        (b'{"receipt": "see https://img.example/1.jpg"}', "status 202 see \N{HORIZONTAL ELLIPSIS}"),
    ],
)
def test_of_an_acknowledgement_only_a_number_is_kept(
    answer: bytes, said: str, now: datetime, machine: Machine, mail: Mail
) -> None:
    machine.answer = answer
    number = unlawful(now, machine)
    post(now)
    assert the(number).receipt == said
