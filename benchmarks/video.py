"""Films: agreement with Meta's lists, CPU seconds a minute, what is found of altered copies.

    python -m benchmarks.video agreement FOLDER   # FOLDER/videos/NAME.mp4, FOLDER/vpdq/NAME.txt
    python -m benchmarks.video speed              # 60 s of 720p; the peer in the same run
    python -m benchmarks.video edits              # eleven alterations of its first half minute

The peer is vPDQ's way with PyPI's `pdqhash`: decode every frame, convert it to RGB, hash it at full
resolution. Prints machine and versions, and keeps the result under `benchmarks/results`.
"""

from __future__ import annotations

import io
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import keep, print_machine
from benchmarks.peers import meet_peers

PACKAGES = ("numpy", "av", "pdqhash")
PEER_SECONDS = 8
WAYS = ("luma_only", "exact_rgb", "fast_rgb")
"""The luma plane; RGB with exact rounding; RGB by the fast path that vPDQ takes today."""


def main() -> None:
    """Runs the part that is named, or speed and edits."""
    meet_peers(__spec__)
    print_machine(*PACKAGES)
    parts = sys.argv[1:2] or ["speed", "edits"]
    if "agreement" in parts:
        keep("video-agreement", _agreement(Path(sys.argv[2])), *PACKAGES)
    if "speed" in parts:
        keep("video-speed", _speed(), *PACKAGES)
    if "edits" in parts:
        keep("video-edits", _edits(), *PACKAGES)


def _agreement(folder: Path) -> dict[str, Any]:
    """Bits off Meta's published lists, on frames of quality 50 and more, and off today's vPDQ."""
    from tocsin.engine.fingerprints import vpdq
    from tocsin.engine.fingerprints.types import Sampling

    result: dict[str, Any] = {}
    print(f"\n{'film':<32}{'frames':>8}{'mean':>7}{'most':>6}{'quality off':>13}", *WAYS)
    for path in sorted((folder / "videos").glob("*.mp4")):
        listed = vpdq.read_text((folder / "vpdq" / f"{path.stem}.txt").read_text("ascii")).frames
        found = _examined(path.read_bytes(), Sampling.DENSE).frames
        assert len(found) == len(listed)
        ways = _other_ways(path.read_bytes())
        told = [place for place, frame in enumerate(listed) if frame.quality >= 50]
        apart = [_bits(found[place].value, listed[place].value) for place in told]
        others = {
            name: statistics.fmean(_bits(hashes[at], listed[at].value) for at in told)
            for name, hashes in ways.items()
        }
        quality = max(abs(f.quality - e.quality) for f, e in zip(found, listed, strict=True))
        seconds = max(abs(f.seconds - e.seconds) for f, e in zip(found, listed, strict=True))
        result[path.stem] = {
            "frames": len(found),
            "frames_of_quality_50": len(told),
            "mean_bits": statistics.fmean(apart),
            "most_bits": max(apart),
            "quality_off_at_most": quality,
            "seconds_off_at_most": seconds,
            **{f"mean_bits_{name}": mean for name, mean in others.items()},
        }
        print(
            f"{path.stem:<32}{len(found):>8}{statistics.fmean(apart):>7.2f}{max(apart):>6}"
            f"{quality:>13}",
            *(f"{mean:>{len(name)}.2f}" for name, mean in others.items()),
        )
    return result


def _other_ways(data: bytes) -> dict[str, list[bytes]]:
    """Every frame's hash by its luma, and by FFmpeg's two conversions to RGB."""
    from tocsin.engine.fingerprints.pdq import pdq_of_block
    from tocsin.engine.media.options import DEFAULT_OPTIONS
    from tocsin.engine.media.video_planes import FramePixels, pixels_of, rgb_of
    from tocsin.engine.media.video_reading import Film

    found: dict[str, list[bytes]] = {name: [] for name in WAYS}
    with Film.open(data, "mp4", DEFAULT_OPTIONS) as film:
        for shown in film.frames():
            fast = np.asarray(
                shown.frame.reformat(format="rgb24", threads=1).to_ndarray(), np.uint8
            )
            ways = (pixels_of(shown.frame), rgb_of(shown.frame), FramePixels(fast, 0, 255))
            for name, pixels in zip(WAYS, ways, strict=True):
                found[name].append(pdq_of_block(pixels.block())[0])
    return found


def _speed() -> dict[str, Any]:
    """CPU seconds for a minute of film."""
    from benchmarks.films import SECONDS, film
    from tocsin.engine.fingerprints.types import Sampling

    data = film()
    minute = 60 / SECONDS
    ways: dict[str, tuple[Callable[[], object], int, float]] = {
        "key frames": (lambda: _examined(data, Sampling.KEY_FRAMES), 5, minute),
        "every frame": (lambda: _examined(data, Sampling.DENSE), 3, minute),
        "decoding alone": (lambda: _decoded(data), 3, minute),
        "peer: vPDQ's way": (lambda: _peer(data), 3, 60 / PEER_SECONDS),
    }
    _examined(data, Sampling.KEY_FRAMES)  # imports and tables, once
    print(f"\n720p, {SECONDS} s, {len(data) / 2**20:.1f} MiB: CPU seconds for a minute of film")
    result: dict[str, Any] = {"film_bytes": len(data), "film_seconds": SECONDS}
    for name, (act, times, factor) in ways.items():
        result[name] = _cpu_seconds(act, times) * factor
        print(f"{name:<20}{result[name]:8.3f} s")
    peer = result["peer: vPDQ's way"]
    for name in ("key frames", "every frame"):
        result[f"{name}, ratio to the peer"] = peer / result[name]
        print(f"{name}: {peer / result[name]:.1f} x the peer")
    return result


def _edits() -> dict[str, Any]:
    """The share of frames found, in percent, of each altered copy."""
    from benchmarks.films import EDITED_SECONDS, EDITS, edited, film
    from tocsin.engine.fingerprints import footage, vpdq
    from tocsin.engine.fingerprints.types import Sampling
    from tocsin.engine.search import match_film

    whole = _examined(film(), Sampling.DENSE).frames
    dense = tuple(frame for frame in whole if frame.seconds < EDITED_SECONDS)
    sparse = dense[::30]
    pruned = vpdq.pruned(dense)
    lists = {"dense": dense, "pruned": pruned, "1 a second": sparse}
    print(f"\nlists: {', '.join(f'{name} {len(some)} frames' for name, some in lists.items())}")
    print(
        f"{'edit':<36}{'keys':>5} | {'dense':>6}{'pruned':>7}{'1/s':>5} | {'cropped':>8}"
        f"{'battery':>8} | {'all frames':>11} | use"
    )
    result: dict[str, Any] = {name: len(some) for name, some in lists.items()}
    for name in EDITS:
        asked = _examined(edited(name), Sampling.KEY_FRAMES, battery=True)
        every = _examined(edited(name), Sampling.DENSE).frames
        plain = {
            n: 100 * footage.match(asked.frames, some).telling.of_query for n, some in lists.items()
        }
        known = footage.footage_of(dense)
        varied = footage.compared(footage.footage_of_variants(asked.variants), known)
        cropped = 100 * footage.match(asked.cropped, dense).telling.of_query
        battery = 100 * varied.telling.of_query
        of_list = 100 * footage.match(every, sparse).telling.of_listed
        best = match_film(asked, dense)
        use, found_by = (best.use.value, best.found_by) if best else ("none", "nothing")
        result[name] = {
            "key_frames": len(asked.frames),
            **{f"found_in_{n}": share for n, share in plain.items()},
            "cropped": cropped,
            "battery": battery,
            "of_sparse_list_by_every_frame": of_list,
            "found_by": found_by,
            "use": use,
        }
        print(
            f"{name:<36}{len(asked.frames):>5} | {plain['dense']:>6.0f}{plain['pruned']:>7.0f}"
            f"{plain['1 a second']:>5.0f} | {cropped:>8.0f}{battery:>8.0f} | {of_list:>11.0f} | "
            f"{use} ({found_by})"
        )
    return result


def _examined(data: bytes, sampling: Any, *, battery: bool = False) -> Any:
    from tocsin.engine.media.options import MediaOptions
    from tocsin.engine.media.video import examine_video

    sight = examine_video(data, MediaOptions(video=sampling, battery=battery))
    assert sight.video is not None, sight
    return sight.video


def _decoded(data: bytes) -> int:
    from tocsin.engine.media.options import DEFAULT_OPTIONS
    from tocsin.engine.media.video_reading import Film

    with Film.open(data, "mp4", DEFAULT_OPTIONS) as film:
        return sum(1 for _ in film.frames())


def _peer(data: bytes) -> int:
    """Every frame of the first seconds, through RGB, at full resolution."""
    import av
    import pdqhash  # type: ignore[import-not-found]  # in the peers' environment only

    done = 0
    with av.open(io.BytesIO(data), "r") as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        for frame in container.decode(stream):
            if frame.time >= PEER_SECONDS:
                break
            pdqhash.compute(frame.reformat(format="rgb24", threads=1).to_ndarray())
            done += 1
    return done


def _cpu_seconds(act: Callable[[], object], times: int) -> float:
    """The median of so many runs."""
    taken = []
    for _ in range(times):
        start = time.process_time()
        act()
        taken.append(time.process_time() - start)
    return float(np.median(taken))


def _bits(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


if __name__ == "__main__":
    main()
