"""The process that workers are forked from: one for all, replaced when it dies, never left over."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.media.drawn import picture, saved
from tests.engine.media.stand_ins import put_worker, put_zygote
from tocsin.engine import Status
from tocsin.engine.media import DecoderPool, DecoderUnavailable, MediaOptions

ROOT = Path(__file__).resolve().parents[3]
PNG = saved(picture(), "PNG")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, which Linux has")


def _parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _running(pid: int) -> bool:
    """Whether the process is there and not a zombie that its new parent has yet to collect."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def _before_long(holds: Callable[[], bool]) -> bool:
    for _ in range(400):
        if holds():
            return True
        time.sleep(0.02)
    return False


def test_all_workers_come_from_one_zygote_out_of_reach_of_the_terminal() -> None:
    with DecoderPool(1, files_per_worker=1) as pool:
        pool.fingerprint(PNG)
        assert pool.containment.whole
        (first,) = pool.worker_pids()
        zygote = _parent_of(first)
        pool.fingerprint(PNG)
        assert pool.containment.whole
        (second,) = pool.worker_pids()
        assert first != second
        assert _parent_of(second) == zygote
        assert _parent_of(zygote) == os.getpid()
        assert os.getpgid(second) == os.getpgid(zygote) == zygote
    assert not Path(f"/proc/{zygote}").exists()


def test_a_worker_has_one_socket_and_nothing_else_open() -> None:
    with DecoderPool(2) as pool:
        assert pool.containment.whole
        (pid,) = pool.worker_pids()
        open_files = [str(end.readlink()) for end in Path(f"/proc/{pid}/fd").iterdir()]
        first_to_go = Path(f"/proc/{pid}/oom_score_adj").read_text()
    assert sorted(end.partition(":")[0] for end in open_files) == ["/dev/null"] * 3 + ["socket"]
    assert first_to_go == "1000\n"


def test_a_worker_that_ends_on_its_own_leaves_no_zombie() -> None:
    with DecoderPool(1) as pool:
        assert pool.containment.whole
        (pid,) = pool.worker_pids()
        os.kill(pid, signal.SIGTERM)
        assert _before_long(lambda: not Path(f"/proc/{pid}").exists())
        assert pool.fingerprint(PNG).status is Status.OK
        assert pool.deaths() == {"SIGTERM": 1}


def test_a_dead_zygote_takes_its_workers_along_and_is_replaced() -> None:
    with DecoderPool(1) as pool:
        first = pool.fingerprint(PNG)
        (pid,) = pool.worker_pids()
        os.kill(_parent_of(pid), signal.SIGKILL)
        assert _before_long(lambda: not _running(pid))
        assert pool.fingerprint(PNG) == first
        assert pool.worker_pids() not in {(), (pid,)}


def test_a_zygote_that_does_not_answer_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.engine.media.nursery._ANSWER_SECONDS", 0.5)
    with DecoderPool(1, files_per_worker=1) as pool:
        assert pool.containment.whole
        zygote = _parent_of(pool.worker_pids()[0])
        os.kill(zygote, signal.SIGSTOP)
        assert pool.fingerprint(PNG).status is Status.OK
        assert pool.fingerprint(PNG).status is Status.OK
        assert not Path(f"/proc/{zygote}").exists()


def test_nothing_outlives_the_program_even_when_a_child_of_it_does() -> None:
    script = (
        "import os, sys, time\n"
        "from tests.engine.media.drawn import picture, saved\n"
        "from tocsin.engine.media import DecoderPool\n"
        "pool = DecoderPool(1)\n"
        "pool.containment\n"
        "child = os.fork()\n"
        "if child:\n"
        "    print(pool.worker_pids()[0], child, flush=True)\n"
        "time.sleep(60)\n"
    )
    program = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", script], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert program.stdout is not None
    with program.stdout:
        worker, child = map(int, program.stdout.readline().split())
    zygote = _parent_of(worker)
    try:
        program.kill()
        program.wait()
        assert _before_long(lambda: not (_running(worker) or _running(zygote)))
        assert _running(child)
    finally:
        os.kill(child, signal.SIGKILL)


def test_what_the_program_ignores_and_holds_back_is_its_own_affair() -> None:
    script = (
        "import signal\n"
        "from tests.engine.media.drawn import picture, saved\n"
        "from tocsin.engine.media import DecoderPool, process\n"
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM, signal.SIGTERM})\n"
        "process._ALARM_AFTER_DEADLINE_SECONDS = -59.999\n"
        "with DecoderPool(1, 60) as pool:\n"
        "    print(pool.fingerprint(saved(picture(2000, 1500), 'PNG')).status, pool.deaths())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout == "corrupt {'SIGALRM': 2}\n"


def test_a_system_without_handles_on_processes_leaves_no_zombie_either(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put_zygote(monkeypatch, tmp_path, "del os.pidfd_open")
    with DecoderPool(1) as pool:
        assert pool.containment.whole
        (pid,) = pool.worker_pids()
        os.kill(pid, signal.SIGTERM)
        assert _before_long(lambda: not Path(f"/proc/{pid}").exists())
        assert pool.fingerprint(PNG).status is Status.OK
        (pid,) = pool.worker_pids()
    assert not Path(f"/proc/{pid}").exists()


def test_a_zygote_that_has_threads_is_not_forked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put_zygote(
        monkeypatch,
        tmp_path,
        "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
    )
    with DecoderPool(1) as pool, pytest.raises(DecoderUnavailable, match="starts threads"):
        pool.fingerprint(PNG)


def test_a_system_that_forks_no_more_is_said_to_be_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put_zygote(monkeypatch, tmp_path, "os.fork = lambda: os.open('/dev/null/x', 0)")
    with DecoderPool(1) as pool, pytest.raises(DecoderUnavailable, match="ENOTDIR"):
        pool.fingerprint(PNG)


def test_a_worker_that_cannot_shut_itself_in_is_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put_zygote(monkeypatch, tmp_path, "confinement.shut_in = lambda orphans: os.abort()")
    with DecoderPool(1) as pool:
        with pytest.raises(DecoderUnavailable, match="SIGABRT"):
            pool.fingerprint(PNG)
        assert pool.worker_pids() == ()


def test_how_workers_died_is_counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    put_zygote(monkeypatch, tmp_path, "worker.examine = lambda data, options: os.getppid()")
    with DecoderPool(1) as pool:
        assert pool.fingerprint(PNG).status is Status.CORRUPT
        assert pool.deaths() == {"SIGSYS": 2}
    put_worker(monkeypatch, tmp_path, "hear(20); time.sleep(60)")
    with DecoderPool(1, deadline_seconds=0.2) as pool:
        assert pool.fingerprint(PNG).status is Status.TOO_LARGE
        assert pool.deaths() == {"deadline": 1}


def test_the_alarm_ends_a_worker_whose_pool_has_forgotten_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tocsin.engine.media.process._ALARM_AFTER_DEADLINE_SECONDS", -29.9)
    put_zygote(monkeypatch, tmp_path, "worker.examine = lambda data, options: time.sleep(60)")
    with DecoderPool(1, deadline_seconds=30) as pool:
        assert pool.fingerprint(PNG).status is Status.CORRUPT
        assert pool.deaths() == {"SIGALRM": 2}


def test_an_answer_longer_than_the_question_allows_is_neither_given_nor_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put_zygote(monkeypatch, tmp_path, "frames.longest_answer = lambda options: 20")
    with DecoderPool(1) as pool:
        assert pool.fingerprint(PNG).status is Status.TOO_LARGE
    put_worker(
        monkeypatch, tmp_path, "hear(20); say(frames.HEAD.pack(1, 2 << 20, 0)); time.sleep(60)"
    )
    with DecoderPool(1) as pool:
        assert pool.fingerprint(PNG).status is Status.CORRUPT


def test_a_hundred_megabytes_arrive_whole() -> None:
    picture_alone = saved(picture(), "JPEG")
    data = picture_alone + bytes(100 * (1 << 20) - len(picture_alone))
    with DecoderPool(1, deadline_seconds=60) as pool:
        assert pool.fingerprint(data).pdq == pool.fingerprint(picture_alone).pdq
        found = pool.fingerprint(data + b"x", MediaOptions(max_bytes=len(data)))
        assert found.status is Status.TOO_LARGE
        assert pool.deaths() == {}
