"""`tocsin intake` and `tocsin iccam`, as they are typed."""

from __future__ import annotations

import argparse
import io
import sys
from datetime import datetime
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.domain.desk import party
from tests.domain.iccam.scenes import URL, Clock, a_round, item_of, judged
from tests.domain.intake.scenes import AUTHSERV, SENDER, mail
from tests.domain.intake.test_signatures import PUBLIC
from tocsin.domain.iccam.models import Step
from tocsin.domain.iccam.types import StepState
from tocsin.domain.intake.models import Line, Sender
from tocsin.domain.reports.queries import queue
from tocsin.site.commands import Stop, iccam, intake
from tocsin.site.rehearsal.iccam import FakeIccam

pytestmark = pytest.mark.django_db


def typed(module: object, *words: str) -> int:
    parser = argparse.ArgumentParser()
    module.arguments(parser)  # type: ignore[attr-defined]
    return int(module.run(parser.parse_args(words)))  # type: ignore[attr-defined]


def test_a_file_is_taken_in_and_what_was_refused_is_told_without_its_words(
    now: datetime, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "reports.csv"
    file.write_text(f"{URL};;;EXT-1\nnot-an-address here\n")
    party(now, "Hotline")
    assert typed(intake, "csv", str(file), "--source", "police", "--party", "Hotline") == 1
    told = capsys.readouterr().out
    assert "2 lines: 1 kept, 1 refused" in told
    assert "line 2" in told
    assert "not-an-address" not in told
    assert typed(intake, "csv", str(file)) == 1
    assert "here before" in capsys.readouterr().out
    assert typed(intake, "list") == 0
    assert queue().rows[0].source == "Hotline"


def test_what_is_piped_in_and_what_is_exported(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    piped = io.TextIOWrapper(io.BytesIO(f"{URL};=1+1\n".encode()))
    monkeypatch.setattr(sys, "stdin", piped)
    assert typed(intake, "csv", "-") == 0
    batch = Line.objects.get().batch_id
    capfdbinary.readouterr()
    assert typed(intake, "export", str(batch)) == 0
    with pytest.raises(Stop):
        typed(intake, "export", "9999")
    with pytest.raises(Stop):
        typed(intake, "csv", "/nowhere.csv")
    with pytest.raises(Stop):
        typed(intake, "mail")


def test_a_folder_of_mails(
    tmp_path: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(intake, "sender", "add", SENDER, "--name", "Partner") == 0
    assert "TOCSIN_INTAKE_AUTHSERV" in capsys.readouterr().out
    settings.TOCSIN_INTAKE_AUTHSERV = AUTHSERV
    (tmp_path / "1.eml").write_bytes(mail("..INPUT", URL))
    (tmp_path / "2.eml").write_bytes(mail("Webform 7", f"adres: {URL}/2", number=2))
    form = ["form", "site", "--subject", "Webform", "--field", "url=adres"]
    assert typed(intake, *form) == 0
    assert typed(intake, "mail-folder", str(tmp_path)) == 0
    assert Line.objects.count() == 2
    assert typed(intake, "sender", "list") == 0
    assert SENDER in capsys.readouterr().out
    assert typed(intake, "sender", "remove", str(Sender.objects.get().pk)) == 0
    with pytest.raises(Stop):
        typed(intake, "mail-folder", str(tmp_path / "nowhere"))


def test_a_sender_taken_at_its_word_is_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    typed(intake, "sender", "add", SENDER, "--name", "Partner", "--no-proof", "--may-say-gone")
    assert "Anybody who writes this address" in capsys.readouterr().out
    with pytest.raises(Stop):
        typed(intake, "sender", "add", SENDER, "--name", "Partner")


def test_a_partner_is_asked_to_sign(capsys: pytest.CaptureFixture[str]) -> None:
    assert typed(intake, "sign", "tk_a", "main", "--public-key", PUBLIC) == 0
    assert "must sign" in capsys.readouterr().out
    assert typed(intake, "sign", "tk_a", "main", "--remove") == 0
    assert "need not sign" in capsys.readouterr().out
    with pytest.raises(Stop):
        typed(intake, "sign", "tk_a", "main", "--remove")


def test_iccam_is_connected_and_told_by_hand(
    now: datetime, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Stop):
        typed(iccam, "state")
    connect = ["connect", "https://iccam.example/api", "--country", "nl", "--analyst", "api"]
    assert typed(iccam, *connect) == 0
    # Its keys are not there yet: the round says so, and comes back.
    assert typed(iccam, "pull") == 1
    assert "not in the file of keys" in capsys.readouterr().out
    clock, fake = Clock(now), FakeIccam(clock=lambda: now)
    [number] = fake.add(URL)
    a_round(fake, clock)
    item = item_of(number)
    with pytest.raises(Stop):
        typed(iccam, "say", item, "removed")
    judged(number, now)
    with pytest.raises(Stop):
        typed(iccam, "say", item, "unavailable")
    assert typed(iccam, "say", item, "unavailable", "--reason", "5") == 0
    with pytest.raises(Stop):
        typed(iccam, "file", item, "--country", "DE")
    assert typed(iccam, "reasons") == 0
    assert typed(iccam, "item", item) == 0
    assert "PasswordProtected" in capsys.readouterr().out
    step = Step.objects.get(kind="act")
    Step.objects.filter(pk=step.pk).update(state=StepState.DEAD)
    assert typed(iccam, "state") == 0
    assert typed(iccam, "revive", str(step.pk)) == 0
    assert typed(iccam, "pass-over", str(step.pk), "--why", "told by telephone") == 0
    with pytest.raises(Stop):
        typed(iccam, "adopt", str(step.pk), "--report", "1", "--content", "2")
    assert typed(iccam, "off") == 0
    assert typed(iccam, "on") == 0
    with pytest.raises(Stop):
        typed(iccam, "on")
