"""What stood at an address, as numbers: its kind, its fingerprints, and what a page named.

Bytes go to the decoders and nowhere else; what comes back are hashes, sizes and words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tocsin.domain.hashlists.types import FingerprintValue, Kind
from tocsin.domain.visits.fetching import Fetched
from tocsin.domain.visits.types import ContentKind
from tocsin.engine.fingerprints import Fingerprints, Origin, Sampling, Status
from tocsin.engine.media import AsPage, DecoderPool, MediaOptions, PageRead, looks_like_page

FILMS: Final = frozenset({"mp4", "mov", "webm", "mkv", "avi", "flv", "wmv", "mpg", "ts"})
OPTIONS: Final = MediaOptions(video=Sampling.KEY_FRAMES)
WRITTEN_IN: Final = MediaOptions(data_uris=True, max_data_uris=16)
MOST_FRAMES: Final = 40
SMALLEST_SIDE: Final = 64
"""Pictures of a page with a shorter side are buttons and counters; they are left out."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a body is. `prints` are there for pictures and films, `page` for pages."""

    kind: ContentKind
    prints: Fingerprints | None = None
    page: PageRead | None = None

    @property
    def values(self) -> tuple[FingerprintValue, ...]:
        return values_of(self.prints) if self.prints is not None else ()


def read(fetched: Fetched, decoders: DecoderPool) -> Content:
    """What a body is, by its bytes; only what begins like nothing is taken for what its server
    calls it. Raises DecoderUnavailable."""
    if not fetched.body:
        return Content(ContentKind.NOTHING)
    if looks_like_page(fetched.body):
        return _as_page(fetched, decoders)
    prints = decoders.fingerprint(fetched.body, OPTIONS)
    if prints.format in FILMS:
        return Content(ContentKind.FILM, prints)
    if prints.format is not None:
        return Content(ContentKind.PICTURE, prints)
    return _as_page(fetched, decoders) if fetched.says_page else Content(ContentKind.OTHER, prints)


def written_in(body: bytes, decoders: DecoderPool) -> list[tuple[FingerprintValue, ...]]:
    """The fingerprints of each picture that is written into a page as text."""
    if b"data:" not in body.lower():
        return []
    found = decoders.fingerprint(body, WRITTEN_IN)
    return [
        (FingerprintValue(Kind.PDQ, p.pdq.value, p.pdq.quality, p.pdq.hasher, p.pdq.dialect.value),)
        for p in found.pictures
        if p.origin is Origin.DATA_URI and min(p.width, p.height) >= SMALLEST_SIDE
    ]


def values_of(prints: Fingerprints) -> tuple[FingerprintValue, ...]:
    """A file's fingerprints as the lists know them: its digests, the PDQ of what is shown, and of
    a film those of its key frames."""
    hasher = prints.hasher
    digests = (
        FingerprintValue(Kind.SHA256, prints.sha256, hasher=hasher),
        FingerprintValue(Kind.SHA1, prints.sha1, hasher=hasher),
        FingerprintValue(Kind.MD5, prints.md5, hasher=hasher),
    )
    pictures = tuple(
        FingerprintValue(
            Kind.PDQ, p.pdq.value, p.pdq.quality, p.pdq.hasher, p.pdq.dialect.value, n=p.number
        )
        for p in prints.pictures
        if p.origin is Origin.PICTURE
    )
    frames = prints.video.frames[:MOST_FRAMES] if prints.video is not None else ()
    return (
        *digests,
        *pictures,
        *(
            FingerprintValue(
                Kind.PDQ, f.value, f.quality, hasher, "full", n=n, offset_seconds=f.seconds
            )
            for n, f in enumerate(frames)
        ),
    )


def is_readable(prints: Fingerprints) -> bool:
    """Whether there was anything to be seen in a file."""
    return prints.status in {Status.OK, Status.PARTIAL, Status.FLAT}


def _as_page(fetched: Fetched, decoders: DecoderPool) -> Content:
    return Content(ContentKind.PAGE, page=decoders.read_page(fetched.body, AsPage(fetched.charset)))
