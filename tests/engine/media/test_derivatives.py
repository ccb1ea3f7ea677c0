"""What may be shown of a picture: small, veiled, drawn anew, and made in a worker."""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from tests.engine.media.drawn import landscape, picture, saved
from tocsin.engine import MediaOptions, Status
from tocsin.engine.fingerprints import Sampling
from tocsin.engine.media import DecoderPool, Derivative, Veil, Wanted
from tocsin.engine.media.derivatives import derive

FILMS = MediaOptions(video=Sampling.KEY_FRAMES)


@pytest.fixture(scope="module")
def pool() -> Iterator[DecoderPool]:
    with DecoderPool(1, deadline_seconds=60) as made:
        yield made


def shown(found: Derivative) -> Image.Image:
    return Image.open(io.BytesIO(found.picture))


@pytest.mark.parametrize("veil", Veil)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP"])
def test_every_veil_of_every_format_is_a_small_jpeg(
    pool: DecoderPool, kind: str, veil: Veil
) -> None:
    found = pool.derive(saved(picture(900, 700), kind), Wanted(veil))

    assert (found.status, found.frames) == (Status.OK, 1)
    seen = shown(found)
    assert (seen.format, seen.size) == ("JPEG", (found.width, found.height))
    assert max(seen.size) <= (900 if veil is Veil.PLAIN else 320)
    assert seen.mode == ("L" if veil in {Veil.BLUR, Veil.CONTOUR, Veil.GREY} else "RGB")


def test_a_blur_leaves_less_detail_than_grey_and_grey_no_colour() -> None:
    data = saved(picture(900, 700), "PNG")
    detail = {
        veil: float(
            np.abs(
                np.diff(
                    np.asarray(
                        shown(derive(data, Wanted(veil), MediaOptions())).convert("L"), np.float32
                    ),
                    axis=1,
                )
            ).mean()
        )
        for veil in (Veil.BLUR, Veil.GREY)
    }
    assert detail[Veil.BLUR] < detail[Veil.GREY] / 2


def test_a_contour_is_mostly_white() -> None:
    found = derive(saved(picture(900, 700), "PNG"), Wanted(Veil.CONTOUR), MediaOptions())
    assert np.asarray(shown(found)).mean() > 200


def test_nothing_of_the_file_but_its_pixels_comes_along() -> None:
    exif = Image.Exif()
    exif[0x010E] = "a description that names somebody"
    data = saved(picture(), "JPEG", exif=exif, comment=b"another one")
    found = derive(data, Wanted(Veil.PLAIN), MediaOptions())

    assert b"names somebody" not in found.picture
    assert b"another one" not in found.picture
    assert not shown(found).getexif()


def test_a_turned_picture_is_shown_as_its_camera_was_held() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    found = derive(saved(picture(320, 240), "JPEG", exif=exif), Wanted(Veil.PLAIN), MediaOptions())
    assert (found.width, found.height) == (240, 320)


def test_what_can_be_seen_through_is_shown_on_white() -> None:
    clear = Image.new("RGBA", (80, 80), (255, 0, 0, 0))
    found = derive(saved(clear, "PNG"), Wanted(Veil.PLAIN), MediaOptions())
    assert np.asarray(shown(found)).min() > 250


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_kind_of_pixel_can_be_shown(mode: str) -> None:
    drawn = picture(160, 120)
    image = drawn.convert("I").convert("I;16") if mode == "I;16" else drawn.convert(mode)
    assert derive(saved(image, "PNG"), Wanted(Veil.SMALL), MediaOptions()).status is Status.OK


def test_a_few_moments_of_a_film_may_be_asked_for(pool: DecoderPool) -> None:
    films = pytest.importorskip("tests.engine.media.films")
    data = films.encoded(films.scenes(96), every=12)
    found = [pool.derive(data, Wanted(Veil.GREY, moment), FILMS) for moment in range(5)]

    assert {(one.status, one.frames) for one in found} == {(Status.OK, 5)}
    assert len({one.picture for one in found}) == 5


def test_a_short_film_has_fewer_moments(pool: DecoderPool) -> None:
    films = pytest.importorskip("tests.engine.media.films")
    found = pool.derive(films.encoded(films.scenes(6)), Wanted(Veil.BLUR, 4), FILMS)
    assert (found.status, found.frames) == (Status.OK, 1)


@pytest.mark.parametrize("data", [b"", b"no picture", saved(picture(), "PNG")[:40]])
def test_what_is_no_picture_gives_none(pool: DecoderPool, data: bytes) -> None:
    found = pool.derive(data, Wanted(Veil.BLUR))
    assert found.status is not Status.OK
    assert found.picture == b""


def test_a_file_that_is_too_large_is_not_begun(pool: DecoderPool) -> None:
    data = saved(picture(), "PNG")
    found = pool.derive(data, Wanted(Veil.BLUR), MediaOptions(max_bytes=len(data) - 1))
    assert found.status is Status.TOO_LARGE


def test_a_derivative_leaves_its_memory_by_no_accident() -> None:
    found = derive(saved(picture(), "PNG"), Wanted(Veil.BLUR), MediaOptions())
    with pytest.raises(TypeError, match="memory"):
        pickle.dumps(found)
    with pytest.raises(TypeError, match="memory"):
        copy.deepcopy(found)
    assert "\\x" not in repr(found)
    assert len(repr(found)) < 60


def test_no_film_has_a_sixth_moment() -> None:
    with pytest.raises(ValueError, match="moment"):
        Wanted(Veil.BLUR, 5)


def test_the_drawing_is_what_is_shown() -> None:
    found = derive(saved(picture(), "PNG"), Wanted(Veil.PLAIN), MediaOptions())
    off = np.abs(np.asarray(shown(found), np.float32) - landscape().astype(np.float32))
    assert off.mean() < 12
