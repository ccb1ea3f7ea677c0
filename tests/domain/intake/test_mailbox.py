"""The mailbox, by a real IMAP server on loopback: a mail is marked when it is taken in."""

from __future__ import annotations

import contextlib
from datetime import datetime
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.base.egress.peer import certificate
from tests.domain.intake import imap_server
from tests.domain.intake.imap_server import Box
from tests.domain.intake.scenes import AUTHSERV, mail, sender
from tocsin.domain.intake import actions, due, rules
from tocsin.domain.intake.mailbox import Mailbox, MailboxFailed
from tocsin.domain.intake.models import Batch, Line
from tocsin.domain.intake.types import LineState, Why

pytestmark = [pytest.mark.server, pytest.mark.django_db(transaction=True)]

URL = "https://host.example/p/1"


@pytest.fixture(autouse=True)
def ours(settings: Settings) -> None:
    settings.TOCSIN_INTAKE_AUTHSERV = AUTHSERV


def box_of(port: int, **changes: object) -> Mailbox:
    told = {"username": "intake", "password": "right", "security": "none", **changes}
    return Mailbox("127.0.0.1", port=port, **told)  # type: ignore[arg-type]


def test_what_arrived_is_taken_in_and_marked(now: datetime) -> None:
    sender(now)
    box = Box()
    good, bad = box.put(mail("..INPUT", URL)), box.put(mail("Lunch?", "at noon?"))
    with imap_server.serving(box) as port:
        done = actions.read_mailbox(box=box_of(port), at=now)
        again = actions.read_mailbox(box=box_of(port), at=now)
    assert [one.why for one in done] == [Why.NONE, Why.UNKNOWN_COMMAND]
    assert again == []
    assert box.flags == {good: {r"\Seen"}, bad: {r"\Seen", r"\Flagged"}}


def test_one_that_broke_off_is_found_again_and_counted_once(now: datetime) -> None:
    sender(now)
    box = Box()
    box.put(mail("..INPUT", URL))
    box.put(mail("..INPUT", "https://host.example/p/2", number=2))
    with imap_server.serving(box) as port:
        for answers in range(1, 10):
            box.broken_after = answers
            with contextlib.suppress(MailboxFailed):
                actions.read_mailbox(box=box_of(port), at=now)
        box.broken_after = None
        actions.read_mailbox(box=box_of(port), at=now)
    assert Batch.objects.count() == 2
    assert set(Line.objects.values_list("state", flat=True)) == {LineState.KEPT}
    assert all(r"\Seen" in flags for flags in box.flags.values())


def test_one_that_is_too_large_is_not_fetched(now: datetime) -> None:
    box = Box()
    box.put(b"x" * (rules.MOST_MAIL_BYTES + 1))
    with imap_server.serving(box) as port:
        [done] = actions.read_mailbox(box=box_of(port), at=now)
    assert done.why is Why.TOO_LARGE


def test_by_tls_only_a_server_that_we_trust_is_told_the_password(
    now: datetime, tmp_path: Path
) -> None:
    serves, trusts = certificate(tmp_path, "127.0.0.1")
    with imap_server.serving(Box(), serves) as port:
        assert actions.read_mailbox(box=box_of(port, security="tls", context=trusts), at=now) == []
        with pytest.raises(MailboxFailed):
            actions.read_mailbox(box=box_of(port, security="tls"), at=now)


@pytest.mark.parametrize(
    "changes", [{"password": "wrong"}, {"folder": "Nowhere"}, {"security": "starttls"}]
)
def test_what_is_wrong_is_said_and_the_password_is_not(
    now: datetime, changes: dict[str, str]
) -> None:
    with (
        imap_server.serving(Box()) as port,
        pytest.raises(MailboxFailed) as failed,
    ):
        actions.read_mailbox(box=box_of(port, **changes), at=now)
    assert "wrong" not in str(failed.value)


def test_a_password_never_travels_in_the_clear() -> None:
    with pytest.raises(ValueError, match="TLS"):
        Mailbox("mail.hotline.example", security="none")
    assert "secret" not in repr(Mailbox("mail.hotline.example", password="secret"))


def test_the_worker_reads_it_each_minute_and_outlives_a_server_that_is_down(
    now: datetime, settings: Settings
) -> None:
    sender(now)
    box, reader = Box(), due.MailReader()
    box.put(mail("..INPUT", URL))
    settings.TOCSIN_INTAKE_MAILBOX = box_of(1)
    reader.look(now)
    reader.wait()
    with imap_server.serving(box) as port:
        settings.TOCSIN_INTAKE_MAILBOX = box_of(port)
        reader.look(now)
        reader.wait()
    assert Line.objects.get().state == LineState.KEPT
