"""What is shown: a bar on a terminal only, and a command that ends as it says."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.site.checking.lists import UPLOADS, publish_rehearsal
from tocsin.site.checking.shown import Bar, printable
from tocsin.site.cli import main
from tocsin.site.commands import audit


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_is_drawn_on_a_terminal_and_cleared_for_a_line() -> None:
    terminal = Terminal()
    bar = Bar(terminal, total=10)
    bar.show(5)
    assert "[###############...............] 5 of 10" in terminal.getvalue()
    bar.clear()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_nothing_is_drawn_into_a_file() -> None:
    file = io.StringIO()
    bar = Bar(file, total=None)
    bar.show(5)
    bar.clear()
    assert file.getvalue() == ""


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("plain é.jpg", "plain é.jpg"),
        ("a\x1b]0;x\x07b", "a\\x1b]0;x\\x07b"),
        ("right\u202eleft", "right\\u202eleft"),
        (os.fsdecode(b"\xff"), "\\udcff"),
        ("two\nlines", "two\\nlines"),
    ],
)
def test_a_name_cannot_speak_to_the_terminal(name: str, shown: str) -> None:
    assert printable(name) == shown


def test_a_reader_that_goes_away_is_status_2_and_not_found(tmp_path: Path) -> None:
    publish_rehearsal(tmp_path / "index")
    command = [sys.executable, "-m", "tocsin.site.cli", "check", "--json"]
    command += ["--data", str(tmp_path), *[str(UPLOADS)] * 40]
    environment = {"PATH": os.environ["PATH"], "XDG_STATE_HOME": str(tmp_path)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        told = process.stderr.read().decode()
    assert process.returncode == 2
    assert "Traceback" not in told
    assert "BrokenPipe" not in told


def test_what_nobody_foresaw_is_status_2_and_never_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks(options: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(audit, "run", breaks)
    with pytest.raises(SystemExit) as ended:
        main(["audit", "verify"])
    assert ended.value.code == 2
    assert "ZeroDivisionError" in capsys.readouterr().err
