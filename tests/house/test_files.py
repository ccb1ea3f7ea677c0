"""What the programme needs is in git: a rule in .gitignore must not hide a part of it."""

from __future__ import annotations

import subprocess

import pytest

from tests.house.source import ROOT, tracked

MADE_ANEW = ("__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache")


def hidden(ignored: list[str]) -> list[str]:
    """Files that git does not see and that no tool makes anew."""
    return [
        name
        for name in ignored
        if not any(part in MADE_ANEW or part.endswith(".egg-info") for part in name.split("/"))
    ]


# A file that git keeps though a rule ignores it is left out of the wheel, which goes by the rules.
@pytest.mark.parametrize("of", ["--others", "--cached"])
def test_no_file_of_the_programme_is_hidden_from_git(of: str) -> None:
    if not tracked():
        pytest.skip("this is no git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z", of, "--ignored", "--exclude-standard", "src"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert hidden([name for name in listed.stdout.split("\0") if name]) == []


def test_a_hidden_file_is_told_from_a_cache() -> None:
    lost = "src/tocsin/domain/hashlists/classification/data/ages.toml"

    assert hidden(["src/tocsin/__pycache__/x.pyc", "src/tocsin.egg-info/PKG-INFO", lost]) == [lost]
