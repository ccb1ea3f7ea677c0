"""Benign films for benchmarks: a handheld-like walk over Debian's wallpapers, and altered copies.

Made once and kept in the cache folder; `python -m benchmarks.films` makes them all (minutes).
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

from benchmarks.pictures import as_jpeg, cache_folder, distinct_wallpapers
from tocsin.engine import fingerprint

WIDTH, HEIGHT, RATE, SECONDS = 1280, 720, 30, 60
EDITED_SECONDS = 30
SCENE_SECONDS = 6
_MARGIN = 1.35

EDITS: dict[str, tuple[str, dict[str, str]]] = {
    "as it is": ("null", {}),
    "re-encoded, crf 35": ("null", {"crf": "35"}),
    "360 lines, crf 30": ("scale=640:360", {"crf": "30"}),
    "25 frames a second, 3.3 s cut off": ("fps=25,trim=start=3.3,setpts=PTS-STARTPTS", {}),
    "crop 5 %": ("crop=iw*0.95:ih*0.95", {}),
    "mirrored": ("hflip", {}),
    "logo": ("drawbox=x=iw*0.78:y=ih*0.06:w=iw*0.16:h=ih*0.16:color=white:t=fill", {}),
    "letterbox to 4:3": ("pad=iw:iw*3/4:0:(oh-ih)/2:black", {}),
    "pillarbox to 21:9": ("pad=ih*21/9:ih:(ow-iw)/2:0:white", {}),
    "letterbox, logo in the bar": (
        "pad=iw:iw*3/4:0:(oh-ih)/2:black,drawbox=x=60:y=20:w=200:h=80:color=white:t=fill",
        {},
    ),
    "rotated 3 degrees": ("rotate=3*PI/180", {}),
}
"""What is done to the film (FFmpeg's filters) and how it is encoded."""


def film() -> bytes:
    """60 s of 1280 x 720 at 30 frames a second, x264, crf 23: ten wallpapers, hand held."""
    return _kept("film-720p", lambda: _encoded(_walk(), {"crf": "23", "preset": "fast"}))


def edited(name: str) -> bytes:
    """The first half minute of the film, altered as EDITS says, x264, crf 23 if not said."""
    filters, how = EDITS[name]
    slug = "".join(c if c.isalnum() else "-" for c in name)
    return _kept(
        f"film-720p-{slug}",
        lambda: _altered(film(), filters, {"crf": "23", "preset": "veryfast", **how}),
    )


def _kept(name: str, make: Any) -> bytes:
    path: Path = cache_folder() / "films" / f"{name}.mp4"
    if not path.exists():
        print(f"Making {name} ...", file=sys.stderr, flush=True)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(make())
    return path.read_bytes()


def _walk() -> Iterator[av.VideoFrame]:
    """Every frame: a camera that is not held still, before one picture after the other."""
    rng = np.random.default_rng(2026)
    pictures = [p for p in distinct_wallpapers() if _is_wide(p)]
    left = SECONDS // SCENE_SECONDS
    for place in rng.permutation(len(pictures)):
        with Image.open(pictures[place]) as opened:
            # Large enough to move about in, small enough to be quick.
            scene = opened.convert("RGB").resize((int(WIDTH * _MARGIN), int(HEIGHT * _MARGIN)))
        if left and _tells(scene):
            left -= 1
            yield from _scene(scene, rng)


def _scene(scene: Image.Image, rng: np.random.Generator) -> Iterator[av.VideoFrame]:
    frames = SCENE_SECONDS * RATE
    shake = np.cumsum(rng.normal(0, 0.35, (frames, 3)), axis=0) * 0.6
    drift = np.linspace(0, 1, frames)[:, None] * rng.uniform(-60, 60, (1, 2))
    zoom = 1 + np.linspace(0, 0.12, frames) * rng.choice([-1, 1])
    grain = rng.normal(0, 5, (HEIGHT, WIDTH, 1)).astype(np.int16)
    for at in range(frames):
        angle = np.deg2rad(shake[at, 2] * 0.2)
        a, b = np.cos(angle) * zoom[at], -np.sin(angle) * zoom[at]
        x, y = np.array(scene.size) / 2 + drift[at] + shake[at, :2] * 3
        seen = scene.transform(
            (WIDTH, HEIGHT),
            Image.Transform.AFFINE,
            (a, b, x - a * WIDTH / 2 - b * HEIGHT / 2, -b, a, y + b * WIDTH / 2 - a * HEIGHT / 2),
            resample=Image.Resampling.BILINEAR,
        )
        # The grain of a small sensor: moved about, it is another one in every frame.
        moved = np.roll(grain, rng.integers(0, 700, 2), axis=(0, 1))
        pixels = np.clip(np.asarray(seen, np.int16) + moved, 0, 255).astype(np.uint8)
        yield av.VideoFrame.from_ndarray(pixels, format="rgb24")


def _altered(data: bytes, filters: str, how: dict[str, str]) -> bytes:
    with av.open(io.BytesIO(data), "r") as container:
        stream = container.streams.video[0]
        graph = av.filter.Graph()
        steps = [graph.add_buffer(template=stream)]
        for step in filters.split(","):
            name, _, arguments = step.partition("=")
            steps.append(graph.add(name, arguments or None))
        steps.append(graph.add("format", "yuv420p"))
        steps.append(graph.add("buffersink"))
        graph.link_nodes(*steps).configure()
        return _encoded(_filtered(container, graph), how)


def _filtered(container: Any, graph: Any) -> Iterator[av.VideoFrame]:
    for frame in container.decode(video=0):
        if frame.time >= EDITED_SECONDS:
            break
        graph.push(frame)
        yield from _pulled(graph)
    graph.push(None)
    yield from _pulled(graph)


def _pulled(graph: Any) -> Iterator[av.VideoFrame]:
    while True:
        try:
            yield graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return


def _encoded(frames: Iterator[av.VideoFrame], how: dict[str, str]) -> bytes:
    """An MP4 with its index at the end, as FFmpeg writes it when not told otherwise."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream, rate = None, RATE
        for number, frame in enumerate(frames):
            if stream is None:
                # Of the filters only `fps` changes it, and says so by its clock.
                rate = 25 if frame.time_base == Fraction(1, 25) else RATE
                stream = container.add_stream("libx264", rate=rate, options=how)
                stream.width, stream.height = frame.width, frame.height
                stream.pix_fmt = "yuv420p"
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(stream.encode(frame))
        assert stream is not None
        container.mux(stream.encode(None))
    return out.getvalue()


def _tells(scene: Image.Image) -> bool:
    """Whether it shows something: a wallpaper may be one gradient, and a flat film is no test."""
    quality = fingerprint(as_jpeg(scene)).pdq_quality
    return quality is not None and quality >= 90


def _is_wide(path: Path) -> bool:
    with Image.open(path) as opened:
        return opened.width > opened.height >= HEIGHT


if __name__ == "__main__":
    print(f"{len(film()) / 2**20:.1f} MiB")
    for edit in EDITS:
        print(f"{edit:<40} {len(edited(edit)) / 2**20:.1f} MiB")
