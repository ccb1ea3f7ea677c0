"""Short films, drawn and encoded in memory."""

import io
from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.engine.media.drawn import landscape

av = pytest.importorskip("av", reason="PyAV is a choice (the extra `video`); films need it")

Picture = NDArray[np.uint8]

CODECS = {
    "mp4": ("mp4", "mpeg4"),
    "mov": ("mov", "mpeg4"),
    "webm": ("webm", "libvpx-vp9"),
    "mkv": ("matroska", "mpeg4"),
    "avi": ("avi", "mpeg4"),
    "flv": ("flv", "flv"),
    "wmv": ("asf", "wmv2"),
    "mpg": ("mpeg", "mpeg2video"),
    "ts": ("mpegts", "mpeg2video"),
}
"""How a film of each kind is made: FFmpeg's names of the container and of the encoder."""

_FAST = {
    "libx264": {"preset": "ultrafast", "bf": "2", "b-pyramid": "none"},
    "libvpx": {"deadline": "realtime", "cpu-used": "8"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
}


def scenes(count: int = 24, width: int = 192, height: int = 144, seed: int = 1) -> list[Picture]:
    """The frames of a film: a camera gliding over a landscape, cut to another every 12 frames."""
    wide = [_wide(width + 60, height + 36, seed + scene) for scene in range(-(-count // 12))]
    return [
        wide[place // 12][place % 12 :, place % 12 * 2 :][:height, :width] for place in range(count)
    ]


@cache
def _wide(width: int, height: int, seed: int) -> Picture:
    return landscape(width, height, seed)


def barred(frames: Iterable[Picture], lines: int, tone: int = 0) -> Iterator[Picture]:
    """The frames with bars of this tone above and below, the height as before."""
    for frame in frames:
        inner = frame[: frame.shape[0] - 2 * lines]
        yield np.pad(inner, ((lines, lines), (0, 0), (0, 0)), constant_values=tone)


def encoded(
    frames: Iterable[Picture],
    kind: str = "mp4",
    *,
    codec: str | None = None,
    pixels: str = "yuv420p",
    rate: int = 12,
    every: int = 12,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    degrees: int = 0,
) -> bytes:
    """The bytes of a film of these frames, with a key frame every `every` frames."""
    container_name, usual = CODECS[kind]
    name = codec or usual
    try:
        av.codec.Codec(name, "w")
    except av.codec.codec.UnknownCodecError:
        pytest.skip(f"this build of FFmpeg has no encoder {name}")
    out = io.BytesIO()
    with av.open(out, "w", format=container_name, options=container_options or {}) as container:
        stream = None
        for number, picture in enumerate(frames):
            if stream is None:
                stream = container.add_stream(
                    name, rate=rate, options=_FAST.get(name, {}) | (options or {})
                )
                stream.width, stream.height = picture.shape[1], picture.shape[0]
                stream.pix_fmt = pixels
                stream.codec_context.gop_size = every
                if degrees:
                    stream.set_display_rotation(degrees)
                stream.bit_rate = 2_000_000
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(stream.encode(frame))
        if stream is not None:
            container.mux(stream.encode(None))
    return out.getvalue()


def with_sound_only(kind: str = "mp4") -> bytes:
    """A file in a film's container that holds a tone and no picture."""
    out = io.BytesIO()
    with av.open(out, "w", format=CODECS[kind][0]) as container:
        stream = container.add_stream("aac", rate=44_100, layout="mono")
        samples = (np.sin(np.arange(1024 * 20) / 20) * 0.2).astype(np.float32)
        for first in range(0, len(samples), 1024):
            part = samples[None, first : first + 1024].copy()
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 44_100, first
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()
