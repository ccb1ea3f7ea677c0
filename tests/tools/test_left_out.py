"""What the tests had to leave out is said loudly, and fails under CI."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import test as runner


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """The rounds of pytest that would have run; all of them pass."""
    asked: list[tuple[str, list[str]]] = []

    def note(database: str, environment: dict[str, str], arguments: list[str]) -> bool:
        asked.append((database, arguments))
        return True

    monkeypatch.setattr(runner, "_pytest", note)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setattr(runner, "postgres_programs", lambda: None)
    monkeypatch.setattr(runner, "chromium", lambda: "/usr/bin/chromium")
    monkeypatch.setattr(runner, "node", lambda: "/usr/bin/node")
    for environment in ("foreign_python", "synapse_python"):
        monkeypatch.setattr(runner, environment, lambda: Path("/usr/bin/python3"))
    monkeypatch.delenv("CI", raising=False)
    return asked


def test_a_missing_server_is_said_and_the_rest_runs(
    runs: list[tuple[str, list[str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert runner.main(["tests/base"]) == 0
    assert [name for name, _ in runs] == ["SQLite"]
    said = capsys.readouterr().out
    assert "LEFT OUT OF THIS TEST RUN" in said
    assert "Debian's package: postgresql" in said


def test_a_missing_node_is_said_with_its_package(
    runs: list[tuple[str, list[str]]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(runner, "node", lambda: None)
    assert runner.main([]) == 0
    assert "Debian's package: nodejs" in capsys.readouterr().out


@pytest.mark.parametrize("environment", ["foreign", "synapse"])
def test_a_missing_environment_is_said_with_what_makes_it(
    runs: list[tuple[str, list[str]]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    environment: str,
) -> None:
    monkeypatch.setattr(runner, f"{environment}_python", lambda: None)
    assert runner.main([]) == 0
    assert f"python -m tools.{environment} makes it" in capsys.readouterr().out


def test_a_missing_server_fails_under_ci(
    runs: list[tuple[str, list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    assert runner.main([]) == 1
    assert len(runs) == 1


def test_missing_vectors_are_a_plain_note(
    runs: list[tuple[str, list[str]]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.setattr(runner, "VECTORS", tmp_path / "not there")
    monkeypatch.setattr(runner, "_on_postgres", lambda arguments: True)
    monkeypatch.setattr(runner, "postgres_programs", lambda: tmp_path)
    assert runner.main([]) == 0
    assert "../shared/vectors is not there" in capsys.readouterr().out


def test_a_round_that_fails_fails_the_whole(
    runs: list[tuple[str, list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "_pytest", lambda *_: False)
    assert runner.main([]) == 1
