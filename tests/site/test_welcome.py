"""What `tocsin up` says when it is ready."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from tocsin.site.commands.up import _welcome
from tocsin.site.first_start import Prepared


def _said() -> str:
    prepared = Prepared(links={}, not_in_yet=["analyst"], rehearsal_key="tk_x.y")
    return _welcome(prepared, 8000)


@pytest.mark.parametrize("folder", ["other", "with space"])
def test_the_commands_to_try_ask_this_very_house(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    monkeypatch.chdir(tmp_path)
    settings.TOCSIN_DATA = tmp_path / folder
    name = f"TOCSIN_DATA='{folder}'" if " " in folder else f"TOCSIN_DATA={folder}"
    said = _said()
    assert f" {name} .venv/bin/tocsin check --lists test " in said
    assert f" {name} .venv/bin/tocsin people renew-link analyst" in said
    assert f" {name} .venv/bin/tocsin rehearse" in said


def test_the_usual_data_folder_is_not_named(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings.TOCSIN_DATA = tmp_path / "data"
    assert "TOCSIN_DATA" not in _said()
