"""Where the system takes no filter: the limits still hold, and nobody can miss the warning."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tocsin.engine.media import Containment, ContainmentWarning, DecoderPool, why_not_contained

ROOT = Path(__file__).resolve().parents[3]
contained = pytest.mark.skipif(
    why_not_contained() is not None, reason=f"no seccomp to be refused: {why_not_contained()}"
)


@contained
def test_without_seccomp_a_pool_works_and_warns_once() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.engine.media.without_seccomp"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    why, warned, held, same, *strict = done.stdout.splitlines()
    assert why == "the kernel takes no filter on system calls: Operation not permitted"
    assert warned.startswith("ContainmentWarning: ")
    assert why in warned
    assert "docs/engine/containment.md" in warned
    assert " | " not in warned
    lacking = Containment(True, True, True, False, why)
    assert held == repr(lacking)
    assert not lacking.whole
    assert same == "True"
    assert strict == ["ContainmentWarning ()"] * 2


@pytest.mark.skipif(os.name != "posix", reason="limits are POSIX's")
def test_the_limits_alone_keep_files_and_sockets_shut(tmp_path: Path) -> None:
    script = (
        "import os, socket, sys\n"
        "from tocsin.engine.media import confinement, seccomp\n"
        "def refuse(): raise seccomp.FilterRefused('as on another system')\n"
        "seccomp.install = refuse\n"
        "held = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)\n"
        "print(confinement.shut_in(orphans=True).lacking)\n"
        "for act in (lambda: os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT),\n"
        "            lambda: os.open('/etc/hostname', os.O_RDONLY), os.pipe, socket.socket,\n"
        "            lambda: os.write(held, b'needle')):\n"
        "    try:\n"
        "        act()\n"
        "    except OSError as error:\n"
        "        print(error.errno)\n"
    )
    paths = [str(tmp_path / "held"), str(tmp_path / "new")]
    done = subprocess.run(
        [sys.executable, "-c", script, *paths], capture_output=True, text=True, check=True
    )
    expected = ["as on another system", *[str(errno.EMFILE)] * 4, str(errno.EFBIG)]
    assert done.stdout.splitlines() == expected
    assert (tmp_path / "held").read_bytes() == b""
    assert not (tmp_path / "new").exists()


def test_a_containment_that_lacks_anything_is_not_whole() -> None:
    assert Containment(True, True, True, True).whole
    assert not Containment(False, True, True, True).whole
    assert not Containment(True, False, True, True).whole
    assert not Containment(True, True, False, True).whole
    assert not Containment(True, True, True, False).whole


@contained
def test_on_a_system_that_has_all_of_it_nothing_is_said(recwarn: pytest.WarningsRecorder) -> None:
    with DecoderPool(1) as pool:
        assert pool.containment == Containment(True, True, True, True)
    assert not [one for one in recwarn if one.category is ContainmentWarning]
