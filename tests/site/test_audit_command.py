"""`tocsin audit verify` says sound, or names the first row that is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction

from tocsin.base.audit import actions
from tocsin.base.audit.models import AuditRow
from tocsin.base.audit.types import system
from tocsin.site.cli import main

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def five_sealed_rows(now: datetime) -> None:
    for number in range(5):
        with transaction.atomic():
            actions.record(
                actor=system("test"), action="test.act", subject=f"thing:{number}", at=now
            )
    actions.seal_waiting(at=now)
    actions.sign_head(at=now)
    actions.push_heads(at=now)


def test_a_whole_chain_is_sound_and_status_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "verify"]) == 0
    told = capsys.readouterr().out
    assert "5 rows walked, 1 signed heads compared." in told
    assert "The chain is sound." in told


def test_rows_that_wait_for_the_seal_are_told_of(
    now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    with transaction.atomic():
        actions.record(actor=system("test"), action="test.act", subject="thing:6", at=now)
    assert main(["audit", "verify"]) == 0
    assert "1 rows wait for the seal" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda: AuditRow.objects.filter(chain_no=3).update(action="other"), "row 3 was changed"),
        (lambda: AuditRow.objects.filter(chain_no=3).delete(), "row 3 is missing"),
        (lambda: AuditRow.objects.filter(chain_no__gte=4).delete(), "is missing"),
    ],
)
def test_the_first_row_that_is_wrong_is_named_and_status_1(
    harm: Callable[[], object], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    harm()
    assert main(["audit", "verify"]) == 1
    shown = capsys.readouterr().out
    assert "BROKEN" in shown
    assert told in shown


def test_heads_kept_elsewhere_show_a_tail_that_was_cut(
    tmp_path: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = tmp_path / "heads.jsonl"
    elsewhere.write_bytes((settings.TOCSIN_OUTSIDE / actions.HEADS_FILE).read_bytes())
    assert main(["audit", "verify", "--heads", str(elsewhere)]) == 0
    elsewhere.write_text(elsewhere.read_text().replace('"chain_no": 5', '"chain_no": 6'))
    assert main(["audit", "verify", "--heads", str(elsewhere)]) == 1
    assert "not signed by us" in capsys.readouterr().out


def test_a_file_of_heads_that_is_not_there_is_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "verify", "--heads", str(tmp_path / "gone")]) == 2
    assert "--heads" in capsys.readouterr().err
