"""`tocsin rehearse`, as anybody would say it: the whole chain, and nothing left of it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SCENES = (
    "A house of its own",
    "People and hosters",
    "A provider asks about uploads",
    "An analyst's desk",
    "Notice and takedown",
    "The finding becomes an entry",
    "The finding was wrong",
    "Audit",
    "What is left",
)


@pytest.mark.journey
@pytest.mark.timeout(400)
def test_the_rehearsal_plays_the_whole_chain_and_leaves_nothing(tmp_path: Path) -> None:
    beside = tmp_path / "beside"
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    # An installation is set up beside it; the rehearsal must not as much as make its folder.
    settings = {
        "PATH": os.environ["PATH"],
        "TOCSIN_DATA": str(beside),
        "TOCSIN_PORT": "1",
        "TMPDIR": str(temporary),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tocsin.site.cli", "rehearse"],
        env=settings,
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    places = [done.stdout.index(scene) for scene in SCENES]
    assert places == sorted(places)
    assert "✗" not in done.stdout
    [steps] = re.findall(r"All (\d+) steps came out as they must", done.stdout)
    assert int(steps) == done.stdout.count("✓")
    assert not beside.exists()
    assert list(temporary.iterdir()) == []
