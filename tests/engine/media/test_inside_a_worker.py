"""Whatever may be asked of a file, a worker that can open nothing more answers as this process."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PIL import Image

from tests.engine.media.drawn import picture, saved
from tests.engine.media.test_data_uris import DOCUMENTS
from tests.engine.media.test_thumbnails import FILES as WITH_THUMBNAILS
from tocsin.engine import Fingerprints, MediaOptions, Status, fingerprint
from tocsin.engine.media import DecoderPool, Precision

EVERYTHING = MediaOptions(
    precision=Precision.QUERY,
    battery=True,
    tiff=True,
    thumbnails=True,
    data_uris=True,
    max_frames=4,
)
STILLS = [picture(160, 120, seed) for seed in range(1, 6)]


def _moving(encoder: str, **how: object) -> bytes:
    first, *others = (still.copy() for still in STILLS)
    return saved(first, encoder, save_all=True, append_images=others, **how)


def _veiled() -> Image.Image:
    veiled = picture(160, 120)
    veiled.putalpha(Image.linear_gradient("L").resize(veiled.size))
    return veiled


FILES = {
    **{f"moving {kind}": _moving(kind) for kind in ("GIF", "PNG", "WEBP", "AVIF", "TIFF", "MPO")},
    "moving GIF that clears": _moving("GIF", disposal=2),
    "moving PNG that blends": saved(
        _veiled(), "PNG", save_all=True, append_images=[_veiled()], blend=1, disposal=2
    ),
    "progressive JPEG": saved(picture(700, 600), "JPEG", progressive=True),
    "cut progressive JPEG": saved(picture(700, 600), "JPEG", progressive=True)[:20_000],
    "see-through PNG": saved(_veiled(), "PNG"),
    "see-through GIF": saved(picture(160, 120).quantize(64), "GIF", transparency=3),
    "PNG with a clear colour": saved(picture(160, 120).convert("L"), "PNG", transparency=90),
    "see-through AVIF": saved(_veiled(), "AVIF"),
    "still before a moving PNG": _moving("PNG", default_image=True),
    "cut moving GIF": _moving("GIF")[:20_000],
    "UTF-16 page": DOCUMENTS["HTML"].encode("utf-16"),
    "text": b"no picture",
    "wrong UTF-16": b"\xff\xfe\x00\xd8" + b"data:image/png;base64,",
    "turned TIFF": saved(picture(160, 120), "TIFF", exif=b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01"
                         b"\0\0\0\x06\0\0\0\0\0\0\0"),
    **WITH_THUMBNAILS,
    **{kind: document.encode() for kind, document in DOCUMENTS.items()},
    **{
        f"PNG {mode}": saved(picture(160, 120).convert(mode), "PNG")
        for mode in ("1", "L", "LA", "P", "RGBA")
    },
    **{
        f"TIFF {mode}": saved(picture(160, 120).convert(mode), "TIFF")
        for mode in ("LAB", "CMYK", "YCbCr", "1", "P")
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def pool() -> Iterator[DecoderPool]:
    with DecoderPool(1, deadline_seconds=60) as made:
        yield made


@pytest.mark.parametrize("name", FILES)
def test_a_worker_answers_as_this_process_does(pool: DecoderPool, name: str) -> None:
    pool.fingerprint(saved(picture(), "PNG"))
    before = pool.worker_pids()
    here = fingerprint(FILES[name], options=EVERYTHING)
    assert here.status in set(Status) - {Status.CORRUPT}
    _say_the_same(pool.fingerprint(FILES[name], EVERYTHING), here)
    assert pool.worker_pids() == before, "a worker ended over this file"


def _say_the_same(there: Fingerprints, here: Fingerprints) -> None:
    """Equal, but for a few bits of variants: a worker sums on one thread and this process on all,
    in another order, so that a wave that lies at the median may fall on the other side of it."""
    assert [replace(one, variants=()) for one in there.pictures] == [
        replace(one, variants=()) for one in here.pictures
    ]
    assert replace(there, pictures=()) == replace(here, pictures=())
    for one, other in zip(there.pictures, here.pictures, strict=True):
        ours = {variant.transformation: variant.value for variant in other.variants}
        theirs = {variant.transformation: variant.value for variant in one.variants}
        both = ours.keys() & theirs.keys()
        # Two variants that came out alike are one; a bit more or less makes them two.
        assert len(both) >= max(len(ours), len(theirs)) - 4
        assert all(_bits_apart(ours[name], theirs[name]) <= 2 for name in both)


def _bits_apart(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()
