"""The `tocsin` command when something breaks that nobody foresaw."""

from __future__ import annotations

import argparse

import pytest
from structlog.testing import capture_logs

from tocsin.site.cli import main

SECRET = "https://secret.example/1.jpg"


def _breaks(_: argparse.Namespace) -> int:
    raise ZeroDivisionError(SECRET)


@pytest.mark.parametrize("command", ["up", "worker"])
def test_what_runs_for_long_says_where_it_broke_and_not_a_word_more(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(f"tocsin.site.commands.{command}.run", _breaks)
    with capture_logs() as logged, pytest.raises(SystemExit) as ended:
        main([command])
    assert ended.value.code == 2
    (line,) = logged
    assert line["event"] == "command_broke"
    assert (line["command"], line["error"]) == (command, "ZeroDivisionError")
    assert line["where"].partition(":")[0] in {"cli.py", "test_cli.py"}
    assert "secret" not in repr(logged) + "".join(capsys.readouterr())


def test_another_command_shows_the_way_it_went_but_no_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tocsin.site.commands.people.run", _breaks)
    with pytest.raises(SystemExit) as ended:
        main(["people", "renew-link", "ada"])
    assert ended.value.code == 2
    shown = capsys.readouterr().err
    assert "in _breaks" in shown
    assert "ZeroDivisionError" in shown
    assert SECRET not in shown
