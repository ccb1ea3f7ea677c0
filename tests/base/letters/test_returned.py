"""Letters that came back, were delivered, or are late: what mail servers report of them."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from tests.base.letters.test_letters import queue
from tocsin.base.audit.models import AuditRow
from tocsin.base.audit.types import system
from tocsin.base.clock import actions as clock
from tocsin.base.letters import actions, dsn, returning
from tocsin.base.letters.dsn import Outcome
from tocsin.base.letters.models import Letter
from tocsin.base.letters.transports import envelope_id
from tocsin.base.letters.types import LetterState
from tocsin.base.outbox.models import Message


def report(
    message_id: str,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    said: str = "smtp; 550 5.1.1 no such user",
    envelope: bool = True,
    original: str = "message/rfc822",
) -> bytes:
    """A report as mail servers write them."""
    whole = MIMEMultipart("report")
    whole.set_param("report-type", "delivery-status")
    whole["From"] = "MAILER-DAEMON@mx.host.example"
    whole["Subject"] = "Undelivered Mail Returned to Sender"
    whole.attach(MIMEText("I am sorry to have to inform you …"))
    told = MIMEBase("message", "delivery-status")
    first = EmailMessage()
    first["Reporting-MTA"] = "dns; mx.host.example"
    if envelope:
        first["Original-Envelope-Id"] = envelope_id(message_id)
    second = EmailMessage()
    second["Final-Recipient"] = "rfc822; abuse@host.example"
    second["Action"], second["Status"], second["Diagnostic-Code"] = action, status, said
    told.set_payload([first, second])
    whole.attach(told)
    if original:
        head = f"Message-ID: {message_id}\r\nSubject: A notice\r\n\r\nhttps://x.example/1.jpg\r\n"
        if original == "message/rfc822":
            back = MIMEBase("message", "rfc822")
            letter = EmailMessage()
            letter["Message-ID"] = message_id
            back.set_payload([letter])
        else:
            back = MIMEText(head, "rfc822-headers")
        whole.attach(back)
    return whole.as_bytes()


US = system("test")
ID = "<N-2026-000001@hotline.example>"


@pytest.mark.parametrize(
    ("envelope", "original"),
    [(True, ""), (False, "message/rfc822"), (False, "text/rfc822-headers"), (True, "text/x")],
)
def test_the_letter_is_found_by_its_envelope_or_by_what_came_back(
    envelope: bool, original: str
) -> None:
    [line] = dsn.read(report(ID, envelope=envelope, original=original))
    assert line == dsn.Returned(ID, Outcome.FAILED, "5.1.1", "550 5.1.1 no such user")


def test_addresses_in_a_servers_words_are_not_kept() -> None:
    [line] = dsn.read(report(ID, said="smtp; 550 blocked: contains https://img.example/1.jpg"))
    assert "img.example" not in line.said


@pytest.mark.parametrize(
    "mail", [b"", b"Subject: thanks\r\n\r\nWe removed it.", report(ID, action="laughed")]
)
def test_other_mail_says_nothing(mail: bytes) -> None:
    assert dsn.read(mail) == ()


@given(st.binary(max_size=2_000))
def test_any_bytes_may_come(mail: bytes) -> None:
    dsn.read(mail)


@given(st.integers(0, 3_000), st.binary(min_size=1, max_size=40))
def test_a_damaged_report_may_come(place: int, bytes_: bytes) -> None:
    whole = report(ID)
    dsn.read(whole[:place] + bytes_ + whole[place + len(bytes_) :])


class Server:
    """A mail server that passes wishes on, or does not."""

    def __init__(self, *, dsn: bool) -> None:
        self._dsn = dsn

    def has_extn(self, name: str) -> bool:
        return self._dsn and name == "dsn"


@pytest.mark.parametrize(
    ("knows", "options"),
    [
        (
            True,
            (
                ["RET=HDRS ENVID=N-2026-000001@hotline.example"],
                ["NOTIFY=SUCCESS,FAILURE,DELAY"],
            ),
        ),
        (False, ([], [])),
    ],
)
def test_a_server_that_knows_how_is_asked_for_reports_without_the_letters_words(
    knows: bool, options: tuple[list[str], list[str]]
) -> None:
    from tocsin.base.letters.transports import _asking_for_reports

    message = EmailMessage()
    message["Message-ID"] = ID
    assert _asking_for_reports(Server(dsn=knows), message) == options  # type: ignore[arg-type]


def sent(now: datetime) -> str:
    message_id = queue(now)
    clock.run_round(at=now, worker="w")
    assert Letter.objects.get().state == LetterState.SENT
    return message_id


@pytest.mark.django_db
def test_a_letter_that_came_back_is_told_once(now: datetime) -> None:
    mail = report(sent(now))
    assert actions.take_returned(mail=mail, at=now) == 1
    assert actions.take_returned(mail=mail, at=now) == 0
    letter = Letter.objects.get()
    assert (letter.state, letter.bounce_status, letter.bounced_at) == ("bounced", "5.1.1", now)
    assert Message.objects.filter(topic=actions.BOUNCED).count() == 1
    assert AuditRow.objects.filter(action="letters.returned").count() == 1


@pytest.mark.django_db
def test_a_delivery_is_noted_and_a_later_return_still_counts(now: datetime) -> None:
    message_id = sent(now)
    actions.take_returned(mail=report(message_id, action="delivered", status="2.0.0"), at=now)
    letter = Letter.objects.get()
    assert (letter.state, letter.delivered_at) == ("sent", now)
    actions.take_returned(mail=report(message_id), at=now)
    assert Letter.objects.get().state == LetterState.BOUNCED


@pytest.mark.django_db
def test_a_delay_changes_nothing(now: datetime) -> None:
    message_id = sent(now)
    assert actions.take_returned(mail=report(message_id, action="delayed"), at=now) == 1
    assert Letter.objects.get().state == LetterState.SENT


@pytest.mark.django_db
def test_reports_of_unknown_letters_are_nobodys(now: datetime) -> None:
    assert actions.take_returned(mail=report("<N-1@elsewhere.example>"), at=now) == 0


@pytest.mark.django_db
def test_the_folder_is_emptied_of_reports_and_keeps_what_people_wrote(
    now: datetime, tmp_path: Path, settings: Settings
) -> None:
    box = tmp_path / "new"
    box.mkdir()
    settings.TOCSIN_RETURNED_MAIL = box
    (box / "1.mail").write_bytes(report(sent(now)))
    (box / "2.mail").write_bytes(b"Subject: gone\r\n\r\nWe removed it.\r\n")
    assert returning.empty(box, at=now) == 1
    assert [path.name for path in box.iterdir()] == ["other"]
    assert [path.name for path in (box / "other").iterdir()] == ["2.mail"]
    assert returning.empty(box / "none", at=now) == 0


@pytest.mark.django_db
def test_a_letter_kept_back_may_leave_after_all_under_its_id(now: datetime) -> None:
    message_id = queue(now)
    assert not actions.let_go(message_id=message_id, actor=US, at=now)
    assert actions.cancel(message_id=message_id, actor=US, at=now)
    assert actions.let_go(message_id=message_id, actor=US, at=now)
    clock.run_round(at=now, worker="w")
    assert Letter.objects.get().state == LetterState.SENT
