"""What is seen to be wrong with the settings of the gates before one opens."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from tocsin.engine.media import fingerprint
from tocsin.site import gating
from tocsin.site.checks import settings_hold
from tocsin.site.commands.up import programs


@pytest.fixture(autouse=True)
def _wanted(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]  # tests add a host of their own
    settings.TOCSIN_GATE_CLAMD = "127.0.0.1:3310"
    settings.TOCSIN_GATE_ICAP = "/run/tocsin/icap.sock"
    settings.TOCSIN_GATE_KEY = "k1.secret"


def wrong() -> list[str]:
    """The settings that stand in the way."""
    return [problem.setting for problem in gating.problems()]


def found() -> list[str | None]:
    return [one.id for one in settings_hold()]


def test_gates_on_this_machine_with_a_key_are_in_order() -> None:
    assert (wrong(), found()) == ([], [])
    assert [program.name for program in programs()] == ["web", "live", "public", "worker", "gates"]


def test_nothing_is_opened_or_asked_unless_it_is_set(settings: Settings) -> None:
    settings.TOCSIN_GATE_CLAMD = settings.TOCSIN_GATE_ICAP = settings.TOCSIN_GATE_KEY = ""
    assert wrong() == []
    assert [program.name for program in programs()] == ["web", "live", "public", "worker"]


@pytest.mark.parametrize("key", ["", "k1", "k1.", ".secret"])
def test_a_gate_asks_in_the_name_of_a_key(settings: Settings, key: str) -> None:
    settings.TOCSIN_GATE_KEY = key
    assert wrong() == ["TOCSIN_GATE_KEY"]
    assert found() == ["tocsin.E011"]
    said = str(settings_hold()[0])
    assert "secret" not in said


@pytest.mark.parametrize("place", ["0.0.0.0:3310", "gate.example:3310", "[::]:3310"])
def test_other_machines_are_let_in_only_when_that_is_said(settings: Settings, place: str) -> None:
    settings.TOCSIN_GATE_CLAMD = place
    assert wrong() == ["TOCSIN_GATE_CLAMD"]
    settings.TOCSIN_GATE_OPEN_TO_OTHERS = True
    assert wrong() == []


def test_files_are_never_sent_to_a_scanner_elsewhere(settings: Settings) -> None:
    settings.TOCSIN_GATE_OPEN_TO_OTHERS = True
    settings.TOCSIN_GATE_CHAIN = "scanner.example:3310"
    assert wrong() == ["TOCSIN_GATE_CHAIN"]
    settings.TOCSIN_GATE_CHAIN = "/run/clamav/clamd.ctl"
    assert wrong() == []
    assert found() == ["tocsin.W010"]  # it writes to a disk


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOCSIN_GATE_ICAP", "1344"),
        ("TOCSIN_GATE_FOLDERS", ["uploads"]),
        ("TOCSIN_GATE_MOST_MIB", 0),
        ("TOCSIN_GATE_MOST_MIB", 101),
        ("TOCSIN_GATE_MEMORY_MIB", 199),
        ("TOCSIN_GATE_FILES_AT_ONCE", 0),
        ("TOCSIN_GATE_ANSWER_SECONDS", 0),
    ],
)
def test_what_cannot_be_used_is_named(settings: Settings, name: str, value: object) -> None:
    setattr(settings, name, value)
    assert wrong() == [name]
    assert name in str(settings_hold()[0])


def test_the_gates_are_built_as_the_settings_say(settings: Settings, tmp_path: Path) -> None:
    settings.TOCSIN_GATE_FOLDERS = [str(tmp_path)]
    settings.TOCSIN_GATE_MOST_MIB = 5
    settings.TOCSIN_GATE_OTHER_FILES_PASS = True
    built = gating.build(fingerprint)
    assert built.ports == []
    assert built._desk.limits.most_bytes == 5 << 20
    assert built._desk.habits.lets_other_files_pass
    assert list(built._opening.folders) == [tmp_path.resolve()]
