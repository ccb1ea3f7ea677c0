"""The pool: same answers as in process, and no file can stop it."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.engine.media import hostile
from tests.engine.media.drawn import picture, saved
from tests.engine.media.stand_ins import put_worker, put_zygote
from tocsin.engine import Fingerprints, MediaOptions, Status, fingerprint
from tocsin.engine.fingerprints import digests_of
from tocsin.engine.media import DecoderPool, DecoderUnavailable, PoolClosed

HEIC = (Path(__file__).parent / "samples" / "landscape.heic").read_bytes()
PNG = saved(picture(), "PNG")


@pytest.fixture(scope="module")
def pool() -> Iterator[DecoderPool]:
    with DecoderPool(2, deadline_seconds=60) as made:
        yield made


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "AVIF", "TIFF"])
def test_a_worker_gives_the_same_fingerprints_as_this_process(pool: DecoderPool, kind: str) -> None:
    data = saved(picture(), kind)
    for options in (MediaOptions(), MediaOptions(tiff=True)):
        assert pool.fingerprint(data, options) == fingerprint(data, options=options)


def test_a_worker_reads_heic(pool: DecoderPool) -> None:
    found = pool.fingerprint(HEIC)
    assert (found.status, found.format) == (Status.OK, "heic")
    assert found == fingerprint(HEIC)


@pytest.mark.parametrize("data", [b"", b"no picture", PNG[:3000], PNG[:10]])
def test_a_worker_gives_the_same_status_to_bad_files(pool: DecoderPool, data: bytes) -> None:
    assert pool.fingerprint(data) == fingerprint(data)


def test_a_picture_of_100_megapixels_is_hashed(pool: DecoderPool) -> None:
    found = pool.fingerprint(hostile.jpeg_of_100_megapixels())
    assert (found.status, found.width, found.height) == (Status.OK, 10_000, 10_000)
    assert found.pdq is not None


@pytest.mark.parametrize(
    ("data", "statuses"),
    [
        (hostile.webp_of_38_bytes(), {Status.TOO_LARGE}),
        (hostile.webp_of_38_bytes(7000), {Status.CORRUPT, Status.FLAT}),
        (hostile.png_claiming(10_000, 10_000), {Status.TOO_LARGE}),
        (hostile.png_claiming(7_000, 7_000), {Status.CORRUPT, Status.FLAT}),
        (hostile.jpeg_of_scans(3000), {Status.TOO_LARGE}),
        (hostile.jpeg_claiming(10_000, 10_000), {Status.PARTIAL, Status.FLAT, Status.CORRUPT}),
        (hostile.gif_of_frames(20_000), {Status.OK}),
    ],
    ids=["webp", "webp-49", "png", "png-49", "scans", "jpeg-100", "frames"],
)
def test_hostile_files_get_a_status_within_the_usual_deadline(
    data: bytes, statuses: set[Status]
) -> None:
    with DecoderPool(1) as pool:
        assert pool.fingerprint(data).status in statuses


def test_a_file_that_needs_more_memory_than_a_worker_has_is_too_large(pool: DecoderPool) -> None:
    options = MediaOptions(max_pixels=2**40)
    found = pool.fingerprint(hostile.png_claiming(50_000, 50_000), options)
    assert (found.status, found.format) == (Status.TOO_LARGE, "png")


def test_a_worker_whose_memory_ran_out_is_replaced_after_its_answer() -> None:
    options = MediaOptions(max_pixels=2**40)
    with DecoderPool(1, deadline_seconds=60) as pool:
        first = pool.fingerprint(PNG)
        before = pool.worker_pids()
        found = pool.fingerprint(hostile.png_claiming(50_000, 50_000), options)
        assert (found.status, found.format, found.width) == (Status.TOO_LARGE, "png", 50_000)
        assert pool.worker_pids() == ()
        assert pool.fingerprint(PNG) == first
        assert pool.worker_pids() not in {(), before}
        assert pool.deaths() == {}


def test_a_file_that_the_gates_turn_away_costs_no_worker() -> None:
    with DecoderPool(1, deadline_seconds=60) as pool:
        pool.fingerprint(PNG)
        before = pool.worker_pids()
        assert pool.fingerprint(hostile.png_claiming(50_000, 50_000)).status is Status.TOO_LARGE
        assert pool.worker_pids() == before


def test_a_worker_that_kept_half_of_its_memory_is_replaced_after_its_answer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keeps = (
        "import numpy; kept = []; from tocsin.engine.fingerprints.types import Sight, Status; "
        "worker.examine = lambda data, options: "
        "kept.append(numpy.empty(1100 << 20, numpy.uint8)) or Sight(Status.CORRUPT)"
    )
    put_zygote(monkeypatch, tmp_path, keeps)
    with DecoderPool(1, deadline_seconds=60) as pool:
        _is_refused(pool.fingerprint(PNG), Status.CORRUPT)
        assert pool.worker_pids() == ()
        assert pool.deaths() == {}


def test_many_threads_each_get_their_own_answer(pool: DecoderPool) -> None:
    files = [saved(picture(seed=seed), "PNG") for seed in range(12)]
    expected = [fingerprint(data) for data in files]
    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(pool.fingerprint, files * 3)) == expected * 3


def test_a_worker_killed_between_two_files_is_replaced() -> None:
    with DecoderPool(1) as pool:
        first = pool.fingerprint(PNG)
        (pid,) = pool.worker_pids()
        os.kill(pid, signal.SIGKILL)
        assert pool.fingerprint(PNG) == first
        assert pool.worker_pids() != (pid,)


def test_a_worker_killed_over_a_file_costs_that_file_nothing() -> None:
    data = saved(picture().resize((3000, 2400)), "BMP")
    with DecoderPool(1, deadline_seconds=60) as pool:
        pool.fingerprint(PNG)
        (pid,) = pool.worker_pids()
        with ThreadPoolExecutor(1) as thread:
            answer = thread.submit(pool.fingerprint, data)
            time.sleep(0.05)
            os.kill(pid, signal.SIGKILL)
            assert answer.result().status is Status.OK


def test_a_worker_is_replaced_after_its_share_of_files() -> None:
    with DecoderPool(1, files_per_worker=2) as pool:
        pids = {pool.worker_pids() for _ in range(6) if pool.fingerprint(PNG)}
    assert len(pids - {()}) == 3


def test_a_file_that_kills_two_workers_is_corrupt(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put_worker(monkeypatch, tmp_path, "hear(20); os.abort()")
    with DecoderPool(1) as pool:
        _is_refused(pool.fingerprint(PNG), Status.CORRUPT)
        assert pool.worker_pids() == ()


def test_a_worker_that_answers_nonsense_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    nonsense = "hear(20); say(b'%s'); time.sleep(60)"
    for words in ("\\0" * 20, "x" * 4000, "\\0" * 7 + "\\1\\0\\0\\0\\2" + "\\0" * 8 + "{}"):
        put_worker(monkeypatch, tmp_path, nonsense % words)
        with DecoderPool(1) as pool:
            _is_refused(pool.fingerprint(PNG), Status.CORRUPT)


def test_a_worker_is_killed_at_the_deadline_and_the_file_is_too_large(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put_worker(monkeypatch, tmp_path, "hear(20); time.sleep(60)")
    with DecoderPool(1, deadline_seconds=0.3) as pool:
        began = time.monotonic()
        _is_refused(pool.fingerprint(PNG), Status.TOO_LARGE)
        assert time.monotonic() - began < 10
        assert pool.worker_pids() == ()


def test_a_worker_that_takes_no_bytes_is_killed_at_the_deadline(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put_worker(monkeypatch, tmp_path, "time.sleep(60)")
    with DecoderPool(1, deadline_seconds=0.3) as pool:
        _is_refused(pool.fingerprint(bytes(5_000_000)), Status.TOO_LARGE)


def test_a_real_decode_is_cut_off_at_the_deadline_and_the_next_file_is_read() -> None:
    with DecoderPool(1, deadline_seconds=2) as pool:
        first = pool.fingerprint(PNG)
        (pid,) = pool.worker_pids()
        os.kill(pid, signal.SIGSTOP)
        began = time.monotonic()
        assert pool.fingerprint(PNG).status is Status.TOO_LARGE
        assert 1.9 < time.monotonic() - began < 12
        assert not Path(f"/proc/{pid}").exists()
        assert pool.fingerprint(PNG) == first


def test_a_pool_whose_workers_cannot_start_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for command in ((sys.executable, "-c", "raise SystemExit(3)"), ("/nowhere/python",)):
        monkeypatch.setattr("tocsin.engine.media.pool.ZYGOTE_COMMAND", command)
        with DecoderPool(1) as pool:
            for _ in range(2):
                with pytest.raises(DecoderUnavailable):
                    pool.fingerprint(PNG)


def test_a_closed_pool_has_no_workers_and_takes_no_files() -> None:
    pool = DecoderPool(2)
    pool.fingerprint(PNG)
    (pid,) = pool.worker_pids()
    pool.close()
    pool.close()
    assert not Path(f"/proc/{pid}").exists()
    with pytest.raises(PoolClosed):
        pool.fingerprint(PNG)


def test_closing_waits_for_the_file_in_hand() -> None:
    data = saved(picture().resize((3000, 2400)), "BMP")
    pool = DecoderPool(1, deadline_seconds=60)
    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(pool.fingerprint, data)
        while not pool.worker_pids():
            time.sleep(0.01)
        pool.close()
        assert answer.result(timeout=10).status is Status.OK


def test_whoever_waits_for_a_worker_is_told_of_the_closing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put_worker(monkeypatch, tmp_path, "hear(20); time.sleep(60)")
    pool = DecoderPool(1, deadline_seconds=1)
    with ThreadPoolExecutor(2) as threads:
        answers = [threads.submit(pool.fingerprint, PNG) for _ in range(2)]
        time.sleep(0.4)
        pool.close()
        told = [type(answer.exception()) for answer in answers]
    assert sorted(t.__name__ for t in told) == ["NoneType", "PoolClosed"]


@pytest.mark.filterwarnings("ignore:This process")  # Python 3.12 dislikes any fork with threads
def test_a_forked_child_cannot_use_its_parents_pool() -> None:
    with DecoderPool(1) as pool:
        first = pool.fingerprint(PNG)
        child = os.fork()
        if child == 0:
            try:
                pool.fingerprint(PNG)
            except PoolClosed:
                pool.close()
                os._exit(0)
            os._exit(1)
        assert os.waitpid(child, 0)[1] == 0
        assert pool.fingerprint(PNG) == first


def test_a_worker_outlives_the_thread_that_asked_first() -> None:
    with DecoderPool(1) as pool:
        thread = threading.Thread(target=pool.fingerprint, args=(PNG,))
        thread.start()
        thread.join()
        (pid,) = pool.worker_pids()
        time.sleep(0.2)
        assert pool.fingerprint(PNG).status is Status.OK
        assert pool.worker_pids() == (pid,)


def _is_refused(found: Fingerprints, status: Status) -> None:
    assert (found.status, found.pdq) == (status, None)
    assert len(found.sha256) == 32


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("inf"), float("nan")])
def test_a_deadline_that_is_none_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="a deadline is above 0"):
        DecoderPool(1, seconds)


def test_digests_that_a_caller_took_while_the_file_arrived_are_not_taken_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken = digests_of(b"hello")
    monkeypatch.setattr("tocsin.engine.media.pool.digests_of", lambda data: pytest.fail("again"))
    with DecoderPool(1) as pool:
        found = pool.fingerprint(b"hello", digests=taken)
    assert (found.status, found.sha256) == (Status.UNSUPPORTED, taken.sha256)
