"""What a decoder worker cannot do: write or open a file, see secrets, outlive its parent."""

import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.engine.media.drawn import picture, saved
from tocsin.engine.media import DecoderPool, DecoderUnavailable
from tocsin.engine.media.confinement import DECODING_BYTES

PNG = saved(picture(), "PNG")
linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, which Linux has")


@linux
def test_the_kernel_holds_a_worker_to_its_limits() -> None:
    with DecoderPool(1) as pool:
        pool.fingerprint(PNG)
        proc = Path(f"/proc/{pool.worker_pids()[0]}")
        limits = (proc / "limits").read_text()
        status = (proc / "status").read_text()
    soft_and_hard = {
        name: line[26:].split()[:2]
        for line in limits.splitlines()
        for name in ("Max file size", "Max core file size", "Max open files", "Max address space")
        if line.startswith(name)
    }
    memory = int(soft_and_hard["Max address space"][0])
    assert soft_and_hard == {
        "Max file size": ["0", "0"],
        "Max core file size": ["0", "0"],
        "Max open files": ["0", "0"],
        "Max address space": [str(memory)] * 2,
    }
    assert DECODING_BYTES < memory < DECODING_BYTES + (1 << 30)
    assert "NoNewPrivs:\t1" in status
    assert "Seccomp:\t2\n" in status
    assert "CapEff:\t0000000000000000\nCap" in status
    assert "CapPrm:\t0000000000000000\nCap" in status
    assert "Threads:\t1\n" in status


def test_no_byte_of_a_picture_is_written_where_the_pool_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    monkeypatch.setattr(tempfile, "tempdir", str(empty))
    large = saved(picture().resize((2000, 1500)), "BMP")  # more than any pipe holds
    with DecoderPool(1) as pool:
        for data in (PNG, large, saved(picture(), "JPEG")[:-3000], b"no picture"):
            pool.fingerprint(data)
            assert list(empty.iterdir()) == []


def test_a_worker_is_not_told_the_secrets_of_its_parent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "hill-and-sun")
    told = tmp_path / "told"
    script = f"import os; open({str(told)!r}, 'w').write(repr(dict(os.environ)))"
    monkeypatch.setattr("tocsin.engine.media.pool.ZYGOTE_COMMAND", (sys.executable, "-c", script))
    with DecoderPool(1) as pool, pytest.raises(DecoderUnavailable):
        pool.fingerprint(PNG)
    assert "'OMP_NUM_THREADS': '1'" in told.read_text()
    assert "hill-and-sun" not in told.read_text()


@linux
def test_a_worker_dies_with_the_process_that_started_it() -> None:
    script = (
        "import os, sys, time\n"
        "from tests.engine.media.drawn import picture, saved\n"
        "from tocsin.engine.media import DecoderPool\n"
        "pool = DecoderPool(1)\n"
        "pool.fingerprint(saved(picture(), 'PNG'))\n"
        "print(pool.worker_pids()[0], flush=True)\n"
        "time.sleep(60)\n"
    )
    root = Path(__file__).resolve().parents[3]
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=root
    )
    assert parent.stdout is not None
    with parent.stdout:
        worker = int(parent.stdout.readline())
    assert Path(f"/proc/{worker}").exists()
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    for _ in range(100):
        if not _running(worker):
            break
        time.sleep(0.05)
    assert not _running(worker)


def _running(pid: int) -> bool:
    """Whether the process is there and not a zombie that its new parent has yet to collect."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
