"""Frames out of a film's bytes: the only module that calls a demuxer or a video decoder.

PyAV (FFmpeg) is a choice of whoever installs it (`pip install tocsin[video]`) and imported only
here, when a film is there. FFmpeg can do much that we must never let a stranger's file do: follow
a playlist, open a second file, start threads, decode sound. So one demuxer is named, every other
file is refused, decoders are listed, and one thread does the work.
"""

import ctypes
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NoReturn

from tocsin.engine.fingerprints.types import Status
from tocsin.engine.media.options import MediaOptions
from tocsin.engine.media.refusals import Refused

if TYPE_CHECKING:
    from av import Packet, VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

_DEMUXERS: Final = {
    "mp4": "mov",
    "mov": "mov",
    "webm": "matroska",
    "mkv": "matroska",
    "avi": "avi",
    "flv": "flv",
    "wmv": "asf",
    "mpg": "mpeg",
    "ts": "mpegts",
}
DECODERS: Final = (
    *("h264", "hevc", "libdav1d", "vp8", "vp9", "theora"),
    *("mpeg4", "mpeg1video", "mpeg2video", "msmpeg4v1", "msmpeg4v2", "msmpeg4"),
    *("h263", "h263i", "h263p", "flv", "vp6", "vp6f", "vp6a", "svq1", "svq3"),
    *("wmv1", "wmv2", "wmv3", "vc1", "mjpeg", "dvvideo", "prores", "dnxhd", "cinepak"),
    *("rawvideo", "ffv1", "huffyuv", "ffvhuff", "qtrle", "png"),
)
"""The decoders that a film may ask for, by FFmpeg's names."""
_MODULES: Final = (
    *("av", "av.video.reformatter", "av.video.stream", "av.audio.stream"),
    *("av.subtitles.stream", "av.subtitles.codeccontext", "av.subtitles.subtitle"),
    *("numpy.fft", "numpy.ma"),  # the gates need these; NumPy loads them when they are first used
)
_CHARACTER_SETS: Final = (
    *(b"ISO6937", b"UTF-16BE", b"UCS-2BE", b"KSC_5601", b"GB2312", b"BIG5"),
    *(b"ISO8859-%d" % part for part in range(1, 17) if part != 12),
)
_LONGEST_SECONDS: Final = 1e7


class VideoUnavailable(Exception):
    """PyAV is not installed, so no film can be read. `pip install tocsin[video]` adds it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A decoded frame: its number in the film, and the seconds after the film's first frame."""

    number: int
    seconds: float
    frame: "VideoFrame"

    def __repr__(self) -> str:
        return f"<Shown {self.number} at {self.seconds:.3f} s>"


@cache
def load_decoders() -> None:
    """Import everything that a film will need. Raises VideoUnavailable.

    A worker calls it before it shuts itself off from files: PyAV imports parts of itself only when
    a film has a track of that kind, and the C library loads the character sets that a transport
    stream names its programme in.
    """
    try:
        for name in _MODULES:
            import_module(name)
    except ImportError:
        raise VideoUnavailable("pip install tocsin[video] to read films") from None
    import av

    # FFmpeg writes what it thinks of a file to standard error otherwise.
    av.logging.set_level(None)
    _load_character_sets()


def _load_character_sets() -> None:
    """Open a converter for each character set of EN 300 468 (annex A), and leave it open."""
    library = ctypes.CDLL(None)
    if hasattr(library, "iconv_open"):
        library.iconv_open.restype = ctypes.c_void_p
        for name in _CHARACTER_SETS:
            library.iconv_open(b"UTF-8", name)


class Film:
    """An open film. Iterate over its key packets or its frames once; open it again to start over.

    `damaged` says whether anything so far could not be read. Close it, or use it in a `with`.
    """

    def __init__(self, container: "InputContainer", stream: "VideoStream", kind: str) -> None:
        self.damaged = False
        self._container = container
        self._stream = stream
        self._kind = kind
        self._start: int | None = None
        self._most_pixels = 0

    @classmethod
    def open(cls, data: bytes, kind: str, options: MediaOptions) -> "Film":
        """The film in `data`, which `containers.film_kind` said is of this kind.

        Raises Refused: `unsupported` without PyAV, a picture track or a decoder for it, `too_large`
        above the pixels in the options. May raise whatever PyAV raises for what it cannot read.
        """
        try:
            load_decoders()
        except VideoUnavailable:
            raise Refused(Status.UNSUPPORTED, kind) from None
        container = _container(data, kind, options)
        try:
            film = cls(container, _picture_track(container, kind), kind)
            film._prepare(options)
        except BaseException:
            container.close()
            raise
        return film

    def _prepare(self, options: MediaOptions) -> None:
        """Set up the decoder, and switch off everything that we do not want to hear of."""
        self._most_pixels = options.max_pixels
        codec = self._stream.codec_context
        if codec is None:
            # FFmpeg has no decoder at all for it.
            raise Refused(Status.UNSUPPORTED, self._kind)
        self._refuse_by_size(codec.width, codec.height)
        if codec.name not in DECODERS:
            raise Refused(Status.UNSUPPORTED, self._kind, self.size)
        codec.thread_count = 1
        codec.thread_type = "NONE"
        codec.options = {"max_pixels": str(options.max_pixels)}

    @property
    def size(self) -> tuple[int, int]:
        """Width and height as the container or the decoder states them."""
        codec = self._stream.codec_context
        return codec.width, codec.height

    @property
    def duration_seconds(self) -> float | None:
        """How long the film says it is."""
        stream = self._stream
        if stream.duration is not None and stream.time_base:
            told = stream.duration * float(stream.time_base)
        elif self._container.duration is not None:
            told = self._container.duration / 1e6
        else:
            return None
        return told if 0 < told < _LONGEST_SECONDS else None

    def key_packets(self) -> Iterator["Packet[VideoStream]"]:
        """The packets of frames that can be decoded alone, in file order."""
        # Not by `stream.discard`: the demuxer of MP4 then gives later packets the wrong times.
        for packet in self._packets():
            if packet.size and packet.is_keyframe:
                yield packet

    def frame_of(self, packet: "Packet[VideoStream]", place: int) -> Shown | None:
        """The frame of one key packet, or None when it cannot be decoded.

        `place` counts key packets; it is used where the film does not say when a frame is shown.
        """
        codec = self._stream.codec_context
        decoded = [*self._decoded(packet), *self._decoded(None)]
        codec.flush_buffers()
        if not decoded:
            return None
        seconds = self._seconds(decoded[0], packet.pts)
        rate = self._rate()
        if seconds is None or not rate:
            return self._shown(decoded[0], place, float(place) if seconds is None else seconds)
        return self._shown(decoded[0], round(seconds * rate), seconds)

    def frames(self) -> Iterator[Shown]:
        """Every frame, in the order in which they are shown."""
        number = 0
        for packet in self._packets():
            for frame in self._decoded(packet if packet.size else None):
                seconds = self._seconds(frame, None)
                if seconds is None:
                    seconds = number / (self._rate() or 1.0)
                yield self._shown(frame, number, seconds)
                number += 1

    def _packets(self) -> Iterator["Packet[VideoStream]"]:
        from av.error import FFmpegError

        try:
            for packet in self._container.demux(self._stream):
                self.damaged |= packet.is_corrupt
                yield packet
        except (FFmpegError, ValueError) as error:
            if isinstance(error, MemoryError):
                raise
            self.damaged = True

    def _decoded(self, packet: "Packet[VideoStream] | None") -> list["VideoFrame"]:
        """What the decoder gives for a packet; nothing, and the film is damaged, where it fails."""
        from av.error import FFmpegError

        try:
            return self._stream.codec_context.decode(packet)
        except EOFError:
            return []
        except FFmpegError as error:
            if isinstance(error, MemoryError):
                raise
            self.damaged = True
            return []

    def _shown(self, frame: "VideoFrame", number: int, seconds: float) -> Shown:
        self.damaged |= frame.is_corrupt
        self._refuse_by_size(frame.width, frame.height)
        return Shown(number, seconds, frame)

    def _seconds(self, frame: "VideoFrame", otherwise: int | None) -> float | None:
        """Seconds since the first frame that was asked about, where the film tells."""
        at = frame.pts if frame.pts is not None else otherwise
        if at is None or not self._stream.time_base:
            return None
        if self._start is None:
            self._start = at
        seconds = (at - self._start) * float(self._stream.time_base)
        return seconds if 0 <= seconds < _LONGEST_SECONDS else None

    def _rate(self) -> float:
        told = self._stream.average_rate or self._stream.base_rate
        rate = float(told) if told else 0.0
        return rate if 0 < rate < 10_000 else 0.0

    def _refuse_by_size(self, width: int, height: int) -> None:
        if width * height > self._most_pixels:
            raise Refused(Status.TOO_LARGE, self._kind, (width, height))

    def close(self) -> None:
        self._container.close()

    def __enter__(self) -> "Film":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _container(data: bytes, kind: str, options: MediaOptions) -> "InputContainer":
    import av

    container: InputContainer = av.open(
        io.BytesIO(data),
        "r",
        format=_DEMUXERS[kind],
        options={
            "protocol_whitelist": "",
            "codec_whitelist": ",".join(DECODERS),
            "max_pixels": str(options.max_pixels),
            "max_streams": "64",
        },
        io_open=_refuse_file,
        **_lenient_about_titles(av.__version__),
    )
    return container


def _lenient_about_titles(version: str) -> dict[str, Any]:
    """Before its version 19, PyAV gave up on a film whose title is not UTF-8 unless told so."""
    return {"metadata_errors": "replace"} if int(version.partition(".")[0]) < 19 else {}


def _refuse_file(url: str, flags: int, options: dict[str, str]) -> NoReturn:
    """What FFmpeg gets when a file asks it to open another one (playlists, data references)."""
    del url, flags, options
    raise PermissionError("a film is read from its own bytes and nothing else")


def _picture_track(container: "InputContainer", kind: str) -> "VideoStream":
    """The track that a player would show; every other one is not even read. Raises Refused."""
    from av.stream import Discard, Disposition

    best = container.streams.best("video")
    films = [s for s in container.streams.video if Disposition.attached_pic not in s.disposition]
    if not films:
        raise Refused(Status.UNSUPPORTED, kind)
    chosen = next((film for film in films if film is best), films[0])
    for stream in container.streams:
        if stream is not chosen:
            stream.discard = Discard.all
    return chosen
