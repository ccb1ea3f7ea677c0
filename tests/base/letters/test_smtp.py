"""Letters through a real mail server, also when the worker is killed in the middle."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.base.letters.mail_server import Keeper, mail_server
from tests.base.letters.test_letters import CONTENT, queue
from tests.support import child_environment
from tocsin.base.clock import actions as clock
from tocsin.base.clock.rules import LEASE
from tocsin.base.letters.models import Letter
from tocsin.base.letters.transports import Smtp
from tocsin.base.letters.types import LetterState

pytestmark = [pytest.mark.server, pytest.mark.django_db]

# A worker that dies by SIGKILL just before, or just after, the mail server took the letter.
DOOMED = """
import os, signal, sys
from datetime import datetime
import django
django.setup(set_prefix=False)
from tocsin.base.clock.actions import run_round
from tocsin.base.letters import transports
real = transports.Smtp.send
def doomed(self, message):
    if sys.argv[1] == "after":
        real(self, message)
    os.kill(os.getpid(), signal.SIGKILL)
transports.Smtp.send = doomed
run_round(at=datetime.fromisoformat(sys.argv[2]), worker="doomed")
"""


@pytest.fixture
def server(settings: Settings) -> Iterator[Keeper]:
    with mail_server() as keeper:
        settings.TOCSIN_MAIL = Smtp("127.0.0.1", keeper.port, "none")
        yield keeper


def test_the_mail_servers_last_words_are_the_receipt(now: datetime, server: Keeper) -> None:
    message_id = queue(now)
    clock.run_round(at=now, worker="w")
    letter = Letter.objects.get()
    assert (letter.state, letter.transport) == (LetterState.SENT, "smtp")
    assert letter.receipt == "250 2.0.0 taken as number 1"
    [message] = server.taken
    assert message["Message-ID"] == message_id
    body = next(iter(message.iter_parts()))
    assert isinstance(body.get_content(), str)
    assert body.get_content().replace("\r\n", "\n") == CONTENT.text


def test_a_receiver_the_server_refuses_is_noted_in_its_words(now: datetime, server: Keeper) -> None:
    server.refused["abuse@host.example"] = "550 5.1.1 no such user"
    queue(now)
    clock.run_round(at=now, worker="w")
    letter = Letter.objects.get()
    assert (letter.state, letter.last_error) == (LetterState.WAITING, "550 5.1.1 no such user")


def test_a_mail_server_that_is_away_is_tried_again(now: datetime, settings: Settings) -> None:
    with mail_server() as keeper:
        pass
    settings.TOCSIN_MAIL = Smtp("127.0.0.1", keeper.port, "none")
    queue(now)
    clock.run_round(at=now, worker="w")
    assert Letter.objects.get().last_error.startswith("ConnectionRefusedError")


def test_a_server_without_tls_is_not_spoken_to_when_tls_is_asked(
    now: datetime, settings: Settings, server: Keeper
) -> None:
    settings.TOCSIN_MAIL = Smtp("127.0.0.1", server.port, "starttls")
    queue(now)
    clock.run_round(at=now, worker="w")
    assert server.taken == []
    assert Letter.objects.get().last_error.startswith("SMTPNotSupportedError")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("moment", "copies"), [("before", 1), ("after", 2)])
def test_a_worker_killed_in_the_middle_of_a_letter_sends_it_once_or_twice_with_one_id(
    now: datetime, server: Keeper, data_folder: Path, moment: str, copies: int
) -> None:
    message_id = queue(now)
    died = subprocess.run(
        [sys.executable, "-c", DOOMED, moment, now.isoformat()],
        env={
            **child_environment(data_folder),
            "TOCSIN_SMTP_HOST": "127.0.0.1",
            "TOCSIN_SMTP_PORT": str(server.port),
            "TOCSIN_SMTP_SECURITY": "none",
        },
        check=False,
        capture_output=True,
        text=True,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert clock.run_round(at=now + timedelta(seconds=1), worker="w") == 0
    assert Letter.objects.get().state == LetterState.WAITING
    clock.run_round(at=now + LEASE + timedelta(seconds=1), worker="w")
    assert Letter.objects.get().state == LetterState.SENT
    assert [message["Message-ID"] for message in server.taken] == [message_id] * copies
