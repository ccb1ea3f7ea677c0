"""What it costs to decode in the sandbox: `python -m benchmarks.containment`.

On one core, the same JPEGs by `fingerprint` in this process and by a decoder worker, turn and turn
about, with the digests in both: wall time and CPU time (this process and the worker together).
Then what is paid once: starting the zygote, forking a worker, and ending one.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from benchmarks.machine import keep, print_machine
from benchmarks.pictures import as_jpeg, wallpapers
from tocsin.engine import MediaOptions, fingerprint
from tocsin.engine.media import DecoderPool, Precision

SIZES = {"12 MP": (4000, 3000), "2 MP": (1632, 1224), "0.5 MP": (816, 612), "0.15 MP": (448, 336)}
PICTURES = 4
ROUNDS = {"12 MP": 7, "2 MP": 15, "0.5 MP": 31, "0.15 MP": 51}
STARTS = 15
_PACKAGES = ("tocsin", "pillow", "numpy")


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds in this process and in a worker, of wall and of CPU time: the mean over the
    pictures of each one's median."""

    here_ms: float
    worker_ms: float
    here_cpu_ms: float
    worker_cpu_ms: float

    @property
    def ratio(self) -> float:
        """How many times the CPU time."""
        return self.worker_cpu_ms / self.here_cpu_ms


def main() -> None:
    """Measures, prints, keeps."""
    _take_one_core()
    print_machine(*_PACKAGES)
    pictures = _photographs()
    result: dict[str, object] = {}
    print(f"\n{'':24}{'here':>10}{'worker':>10}   CPU: {'here':>7}{'worker':>10}{'ratio':>8}")
    for precision in Precision:
        for name, size in SIZES.items():
            cost = _cost([_jpeg(one, size) for one in pictures], precision, ROUNDS[name])
            told = f"{name}, {precision.value}"
            wall = f"{cost.here_ms:>7.2f} ms{cost.worker_ms:>7.2f} ms"
            cpu = f"{cost.here_cpu_ms:>13.2f}{cost.worker_cpu_ms:>10.2f}"
            print(f"{told:<24}{wall}{cpu}{cost.ratio:>8.3f}")
            result[told] = {
                "here_cpu_ms": round(cost.here_cpu_ms, 3),
                "worker_cpu_ms": round(cost.worker_cpu_ms, 3),
                "here_ms": round(cost.here_ms, 3),
                "worker_ms": round(cost.worker_ms, 3),
                "cpu_ratio": round(cost.ratio, 3),
            }
    once = _paid_once()
    for what, milliseconds in once.items():
        print(f"{what:<32}{milliseconds:>9.2f} ms")
    keep("containment", result | {"paid_once_ms": once}, *_PACKAGES)


def _take_one_core() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def _photographs() -> list[Image.Image]:
    largest = sorted(wallpapers(), key=lambda path: -path.stat().st_size)
    chosen = [path for path in largest if path.suffix.lower() in {".jpg", ".jpeg"}][:PICTURES]
    return [Image.open(path).convert("RGB").resize(SIZES["12 MP"]) for path in chosen]


def _jpeg(picture: Image.Image, size: tuple[int, int]) -> bytes:
    return as_jpeg(picture.resize(size, Image.Resampling.LANCZOS), quality=85)


def _cost(files: list[bytes], precision: Precision, rounds: int) -> Cost:
    options = MediaOptions(precision=precision)
    here, there = [], []
    with DecoderPool(1, 60) as pool:
        for data in files:
            turns = [_turn(pool, data, options) for _ in range(rounds + 1)][1:]
            here.append(_medians(turn[0] for turn in turns))
            there.append(_medians(turn[1] for turn in turns))
    return Cost(*(_mean_ms(times, at) for at in (0, 1) for times in (here, there)))


def _turn(
    pool: DecoderPool, data: bytes, options: MediaOptions
) -> tuple[tuple[int, int], tuple[int, int]]:
    here = _timed(lambda data: fingerprint(data, options=options), data, ())
    pool.containment  # noqa: B018 - that there is a worker
    return here, _timed(lambda data: pool.fingerprint(data, options), data, pool.worker_pids())


def _timed(act: Callable[[bytes], object], data: bytes, others: tuple[int, ...]) -> tuple[int, int]:
    """Nanoseconds of wall time, and of CPU time of this thread and the other processes."""
    before = time.thread_time_ns() + sum(map(_cpu_ns, others))
    began = time.perf_counter_ns()
    act(data)
    wall = time.perf_counter_ns() - began
    return wall, time.thread_time_ns() + sum(map(_cpu_ns, others)) - before


def _cpu_ns(pid: int) -> int:
    return int(Path(f"/proc/{pid}/schedstat").read_text("ascii").split()[0])


def _medians(times: Iterable[tuple[int, int]]) -> tuple[float, float]:
    wall, cpu = zip(*times, strict=True)
    return statistics.median(wall), statistics.median(cpu)


def _mean_ms(times: list[tuple[float, float]], at: int) -> float:
    return statistics.mean(one[at] for one in times) / 1e6


def _paid_once() -> dict[str, float]:
    times: dict[str, list[float]] = {}

    def clock(what: str, act: Callable[[], object]) -> None:
        began = time.perf_counter()
        act()
        times.setdefault(what, []).append((time.perf_counter() - began) * 1000)

    empty = b"no picture"
    for _ in range(3):
        with DecoderPool(1, files_per_worker=1) as pool:
            clock("zygote and first worker", lambda: pool.containment)
            for _ in range(STARTS):
                clock("a new worker, its file, its end", lambda: pool.fingerprint(empty))
    with DecoderPool(1) as pool:
        for _ in range(200):
            clock("a file of ten bytes", lambda: pool.fingerprint(empty))
    return {what: round(statistics.median(all_of), 3) for what, all_of in times.items()}


if __name__ == "__main__":
    main()
