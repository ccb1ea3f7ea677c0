"""The send log: every change to it, or to what it tells of, is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from django.db.models import F
from pytest_django import Settings

from tests.domain.desk import hoster
from tests.domain.takedown.scenes import EVERYBODY, HOUR, Mail, hosted, turn, unlawful, until
from tocsin.base.letters.models import Letter
from tocsin.domain.takedown import queries, sendlog
from tocsin.domain.takedown.models import SendLogRow
from tocsin.site import cli

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sent(now: datetime, settings: Settings) -> Mail:
    """A notice, two reminders and the owner's notice have left, and the end is pushed."""
    server = Mail()
    settings.TOCSIN_MAIL = server
    hoster(now)
    hosted(now, *EVERYBODY)
    unlawful(now)
    until(now + 24 * HOUR, now + 26 * HOUR)
    sendlog.push_head(now + 26 * HOUR)
    return server


def test_a_log_nobody_touched_is_sound(sent: Mail) -> None:
    verdict = queries.verify_log()
    assert verdict.sound
    assert verdict.letters == len(sent.taken) == verdict.rows
    assert (verdict.waiting, verdict.heads) == (0, 1)


def change(**values: object) -> Callable[[], object]:
    return lambda: SendLogRow.objects.filter(chain_no=2).update(**values)


def cut_the_tail() -> None:
    SendLogRow.objects.order_by("-chain_no")[0].delete()


def change_a_letter() -> None:
    from tocsin.base.letters.actions import _seal, content_of
    from tocsin.base.letters.types import Content

    letter = Letter.objects.order_by("id")[0]
    before = content_of(letter)
    other = Content(before.subject, before.text + " ", before.attachments)
    Letter.objects.filter(pk=letter.pk).update(sealed_content=_seal(letter.message_id, other))


def leave_out_a_line() -> None:
    SendLogRow.objects.filter(chain_no=2).delete()


def leave_out_and_close_the_gap() -> None:
    SendLogRow.objects.filter(chain_no=2).delete()
    for row in SendLogRow.objects.filter(chain_no__gt=2).order_by("chain_no"):
        SendLogRow.objects.filter(pk=row.pk).update(chain_no=F("chain_no") - 1)


@pytest.mark.parametrize(
    ("touch", "named"),
    [
        (change(event="taken"), "line 2 was changed"),
        (change(notice="N-2026-999999"), "line 2 was changed"),
        (change(place="0" * 64), "line 2 was changed"),
        (change(content_hash="0" * 64), "line 2 was changed"),
        (change(said="250 other"), "the words of the server"),
        (change(previous_hash="0" * 64), "does not follow"),
        (leave_out_a_line, "line 2 is missing"),
        (leave_out_and_close_the_gap, "line 2 does not follow"),
        (cut_the_tail, "is missing"),
        (change_a_letter, "are not those that left"),
    ],
)
def test_what_was_touched_is_named(touch: Callable[[], object], named: str) -> None:
    touch()
    problem = queries.verify_log().problem
    assert problem is not None
    assert named in problem


def test_a_letter_that_left_without_a_line_is_named(now: datetime) -> None:
    SendLogRow.objects.all().delete()
    from tocsin.domain.takedown.models import SendLogLock

    SendLogLock.objects.all().delete()
    heads = Path("/nonexistent")
    problem = queries.verify_log(heads).problem
    assert problem is not None
    assert "left, and the log does not say so" in problem


def test_erasing_a_servers_words_leaves_the_chain_whole() -> None:
    SendLogRow.objects.update(said="")
    assert queries.verify_log().sound


def test_a_forged_head_is_named(settings: Settings) -> None:
    path = settings.TOCSIN_OUTSIDE / sendlog.HEADS_FILE
    told = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**told, "no": 1}) + "\n", "utf-8")
    problem = queries.verify_log().problem
    assert problem == "line 1 of the pushed heads is not signed by us"


def test_the_command_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["notices", "verify"]) == 0
    assert "lines" in capsys.readouterr().out
    SendLogRow.objects.filter(chain_no=2).update(event="taken")
    assert cli.main(["notices", "verify"]) == 1
    assert "line 2 was changed" in capsys.readouterr().out


def test_what_is_not_chained_yet_is_counted(now: datetime, sent: Mail) -> None:
    sendlog.append(sendlog.Line("N-2026-000001", sendlog.OPENED), at=now)
    assert queries.verify_log().waiting == 1
    turn(now)
    assert queries.verify_log().waiting == 0
