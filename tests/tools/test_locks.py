"""Requirement locks: a hash for everything, no place to download from."""

from __future__ import annotations

import pytest

from tools import locks

HASH = "--hash=sha256:" + "a" * 64
GOOD = f"django==5.2.19 \\\n    {HASH} \\\n    {HASH}\n    # via tocsin\n"


def test_the_locks_of_the_project_are_in_order() -> None:
    for path in locks.FOLDER.glob("*.txt"):
        assert locks.problems(path.read_text("utf-8")) == []


def test_a_good_lock_has_no_problems() -> None:
    assert locks.problems(GOOD) == []
    assert locks.problems(f"jsonschema[format]==4.0 ; python_version < '4' \\\n {HASH}\n") == []


@pytest.mark.parametrize(
    "line",
    [
        "django==5.2.19\n",
        "django==5.2.19 --hash=sha256:abc\n",
        f"django>=5.2 \\\n {HASH}\n",
        f"django \\\n {HASH}\n",
        f"--index-url https://index.example/simple\ndjango==5.2.19 {HASH}\n",
        "--find-links wheels\n",
        "-e .\n",
        f"django @ file:///wheels/django.whl {HASH}\n",
        f"django==5.2.19 {HASH}\ngit+ssh://host.example/django\n",
    ],
)
def test_a_planted_fault_is_caught(line: str) -> None:
    assert locks.problems(GOOD + line) != []
