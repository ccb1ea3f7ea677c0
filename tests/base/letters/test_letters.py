"""Letters: queued with the change, one Message-ID for life, dead in plain sight."""

from __future__ import annotations

import email
from datetime import datetime, timedelta
from email import policy
from pathlib import Path

import pytest
from django.db import transaction
from pytest_django import Settings

from tocsin.base.audit.models import AuditRow
from tocsin.base.audit.types import Actor, system
from tocsin.base.clock import actions as clock
from tocsin.base.clock.models import Due
from tocsin.base.letters import actions, queries
from tocsin.base.letters.models import Letter
from tocsin.base.letters.transports import Folder, NotSent, Smtp, file_name
from tocsin.base.letters.types import Attachment, Content, LetterState, NotText
from tocsin.base.outbox.models import Message

pytestmark = pytest.mark.django_db

CONTENT = Content(
    "Notice N-2026-000001",
    "Please remove https://host.example/a?b=c\nVielen Dank, mérci — ok\n",
    (Attachment("xarf.json", "application/json", '{"a": "é"}'),),
)


def draft(name: str = "N-2026-000001", **changes: object) -> actions.Draft:
    values: dict[str, object] = {
        "name": name,
        "purpose": "notice",
        "about": "notice:1",
        "to": "abuse@host.example",
        "language": "en",
        "content": CONTENT,
    }
    return actions.Draft(**{**values, **changes})  # type: ignore[arg-type]


def queue(now: datetime, **changes: object) -> str:
    return actions.queue(draft=draft(**changes), actor=system("test"), at=now)  # type: ignore[arg-type]


def eml(data_folder: Path) -> list[Path]:
    return sorted((data_folder / "letters").glob("*.eml"))


def test_a_letter_leaves_in_the_next_round_with_a_receipt(now: datetime, data_folder: Path) -> None:
    message_id = queue(now)
    assert eml(data_folder) == []
    clock.run_round(at=now, worker="w")
    [letter] = queries.about("notice:1")
    assert (letter.state, letter.sent_at, letter.attempts) == (LetterState.SENT, now, 1)
    assert letter.receipt == "written to N-2026-000001.eml"
    message = email.message_from_bytes(eml(data_folder)[0].read_bytes(), policy=policy.default)
    assert message["Message-ID"] == message_id == "<N-2026-000001@hotline.example>"
    assert message["To"] == "abuse@host.example"
    assert message["From"] == "Example Hotline <notices@hotline.example>"
    body, xarf = message.iter_parts()
    assert body["Content-Language"] == "en"
    assert body.get_content() == CONTENT.text
    assert xarf.get_content_type() == "application/json"
    assert xarf.get_content() == b'{"a": "\xc3\xa9"}'
    assert Message.objects.get(listener="").topic == actions.SENT


def test_a_long_subject_stands_on_its_own_line_and_the_words_within_76(
    now: datetime, data_folder: Path
) -> None:
    subject = "[REHEARSAL] Notice N-2026-000001: child sexual abuse material on pictures.example"
    queue(now, content=Content(subject, "ouvrez-la à nouveau, s'il vous plaît " * 20))
    clock.run_round(at=now, worker="w")
    lines = eml(data_folder)[0].read_text("ascii").splitlines()
    assert f"Subject: {subject}" in lines
    assert max(map(len, lines[lines.index("") :])) <= 76


def test_a_letter_of_a_change_that_was_undone_never_leaves(
    now: datetime, data_folder: Path
) -> None:
    with transaction.atomic():
        queue(now)
        transaction.set_rollback(True)
    clock.run_round(at=now, worker="w")
    assert eml(data_folder) == []


def test_a_letter_queued_twice_under_one_name_is_one_letter(
    now: datetime, data_folder: Path
) -> None:
    assert queue(now) == queue(now, to="somebody@else.example")
    clock.run_round(at=now, worker="w")
    assert [letter.to for letter in queries.about("notice:1")] == ["abuse@host.example"]
    assert len(eml(data_folder)) == 1


def test_the_words_of_a_letter_are_sealed_in_the_table_and_in_the_audit(now: datetime) -> None:
    message_id = queue(now)
    letter = Letter.objects.get()
    assert "host.example/a" not in letter.sealed_content
    assert queries.words(message_id) == CONTENT
    row = AuditRow.objects.get(action="letters.queue")
    assert "abuse@host.example" not in str(row.facts)
    assert row.personal == {"to": "abuse@host.example"}


def test_a_letter_of_a_rehearsal_never_reaches_a_mail_server(
    now: datetime, data_folder: Path, settings: Settings
) -> None:
    settings.TOCSIN_MAIL = Smtp("127.0.0.1", 1, "none")
    queue(now, rehearsal=True)
    clock.run_round(at=now, worker="w")
    assert [letter.transport for letter in queries.about("notice:1")] == ["folder"]
    assert len(eml(data_folder)) == 1


class Refusing:
    name = "refusing"
    said = "450 4.7.1 try later"

    def send(self, message: object) -> str:
        raise NotSent(self.said)


def test_a_refused_letter_is_tried_again_and_then_dead_and_may_be_brought_back(
    now: datetime, data_folder: Path, settings: Settings
) -> None:
    settings.TOCSIN_MAIL = Refusing()
    queue(now)
    for attempt in range(1, actions.DEAD_AFTER_ATTEMPTS + 1):
        at = Due.objects.get(kind=actions.SEND).due_at
        clock.run_round(at=at, worker="w")
        letter = Letter.objects.get()
        assert (letter.attempts, letter.last_error) == (attempt, Refusing.said)
    assert [dead.id for dead in queries.dead()] == [letter.pk]
    assert Message.objects.get(topic=actions.DEAD, listener="").payload["about"] == "notice:1"
    settings.TOCSIN_MAIL = Folder(data_folder / "letters")
    later = at + timedelta(hours=1)
    actor = Actor("user", "7")
    assert actions.revive(letter_id=letter.pk, actor=actor, at=later)
    assert not actions.revive(letter_id=letter.pk, actor=actor, at=later)
    clock.run_round(at=later, worker="w")
    assert len(eml(data_folder)) == 1
    assert queries.dead() == []


def test_what_a_letter_is_about_does_not_come_back_in_the_clear_with_its_refusal(
    now: datetime, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Refusing, "said", "554 spam: contains https://host.example/a?b=c")
    settings.TOCSIN_MAIL = Refusing()
    queue(now)
    Letter.objects.update(attempts=actions.DEAD_AFTER_ATTEMPTS - 1)
    clock.run_round(at=now, worker="w")
    (dead,) = queries.dead()
    assert dead.last_error == "554 spam: contains …"
    noted = AuditRow.objects.get(action="letters.dead")
    assert "host.example" not in str(noted.personal)


def test_an_address_no_mail_can_carry_ends_as_a_dead_letter(now: datetime) -> None:
    queue(now, to="abuse@host.example\nBcc: all@host.example")
    Letter.objects.update(attempts=actions.DEAD_AFTER_ATTEMPTS - 1)
    clock.run_round(at=now, worker="w")
    assert len(queries.dead()) == 1


def test_a_letter_sealed_with_a_key_that_is_gone_ends_as_a_dead_letter(
    now: datetime, data_folder: Path
) -> None:
    queue(now)
    Letter.objects.update(sealed_content="k9.AAAA", attempts=actions.DEAD_AFTER_ATTEMPTS - 1)
    clock.run_round(at=now, worker="w")
    assert len(queries.dead()) == 1
    assert eml(data_folder) == []


@pytest.mark.parametrize("media_type", ["image/jpeg", "application/octet-stream", "text/html", ""])
def test_a_picture_is_refused_as_an_attachment(media_type: str) -> None:
    with pytest.raises(NotText):
        Attachment("a.jpg", media_type, "")


@pytest.mark.parametrize(
    ("message_id", "name"),
    [
        ("<N-2026-000001@hotline.example>", "N-2026-000001.eml"),
        ("<../../etc/passwd@x>", ".._.._etc_passwd.eml"),
    ],
)
def test_a_letter_stays_in_its_folder_whatever_it_is_called(message_id: str, name: str) -> None:
    assert file_name(message_id) == name


def test_a_folder_that_cannot_be_written_leaves_no_half_letter(
    now: datetime, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(now)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tocsin.base.letters.transports.os.fsync", full)
    clock.run_round(at=now, worker="w")
    assert list((data_folder / "letters").iterdir()) == []
    assert Letter.objects.get().last_error == "could not write the letter: No space left on device"
