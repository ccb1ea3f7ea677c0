"""A room is entered only by its actions, queries and types; floors only go down."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

from tests.house.rooms import Import, entered_wrongly

ROOT = Path(__file__).resolve().parents[2]
LINT_IMPORTS = Path(sys.executable).parent / "lint-imports"


def imports_of_the_house() -> list[Import]:
    graph = grimp.build_graph("tocsin", cache_dir=None)
    return [
        Import(importer, imported)
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
    ]


def test_every_room_is_entered_by_its_ways_in() -> None:
    assert entered_wrongly(imports_of_the_house()) == []


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("tocsin.domain.takedown.actions", "tocsin.domain.reports.models"),
        ("tocsin.domain.takedown.due", "tocsin.domain.reports.rules"),
        ("tocsin.domain.takedown.due", "tocsin.domain.reports"),
        ("tocsin.doors.console.views.items", "tocsin.domain.reports.models"),
        ("tocsin.domain.reports.actions", "tocsin.base.audit.models"),
        ("tocsin.base.letters.actions", "tocsin.base.secrets.keyring"),
        ("tocsin.domain.hosters.actions", "tocsin.base.letters.transports"),
    ],
)
def test_a_planted_import_by_the_window_is_caught(importer: str, imported: str) -> None:
    [said] = entered_wrongly([Import(importer, imported)])
    assert importer in said
    assert imported in said


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("tocsin.domain.takedown.due", "tocsin.domain.reports.queries"),
        ("tocsin.domain.reports.actions", "tocsin.domain.reports.models"),
        ("tocsin.domain.matching.due", "tocsin.base.clock.rounds"),
        ("tocsin.site.commands.up", "tocsin.base.letters.transports"),
        ("tocsin.domain.reports.actions", "tocsin.engine.addresses"),
    ],
)
def test_the_ways_in_stand_open(importer: str, imported: str) -> None:
    assert entered_wrongly([Import(importer, imported)]) == []


def skeleton(folder: Path) -> None:
    """The house's packages, empty, with the house's own contracts."""
    for source in (ROOT / "src" / "tocsin").glob("**/__init__.py"):
        target = folder / source.relative_to(ROOT / "src")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    shutil.copy(ROOT / "pyproject.toml", folder)


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """The contracts over a skeleton; it holds no imports, so none can be ignored."""
    config = folder / "pyproject.toml"
    lines = config.read_text("utf-8").splitlines()
    config.write_text("\n".join(x for x in lines if not x.startswith("ignore_imports")), "utf-8")
    return subprocess.run(
        [LINT_IMPORTS, "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder)},
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("room", ["utils", "base/common", "domain/helpers", "doors/misc"])
def test_a_room_nobody_planned_breaks_the_contracts(tmp_path: Path, room: str) -> None:
    skeleton(tmp_path)
    assert lint(tmp_path).returncode == 0
    new = tmp_path / "tocsin" / room
    new.mkdir()
    (new / "__init__.py").touch()
    refused = lint(tmp_path)
    assert refused.returncode == 1
    assert room.rpartition("/")[2] in refused.stdout


def test_an_import_upwards_breaks_the_contracts(tmp_path: Path) -> None:
    skeleton(tmp_path)
    (tmp_path / "tocsin/base/audit/actions.py").write_text("import tocsin.domain.reports\n")
    assert lint(tmp_path).returncode == 1
