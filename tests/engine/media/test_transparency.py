"""What can be seen through: hashed as a white page shows it; the rest is for asking and review."""

import struct
import zlib
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.engine.media.drawn import landscape, picture, saved
from tests.engine.media.test_data_uris import uri
from tocsin.engine import Fingerprints, MediaOptions, Status, fingerprint
from tocsin.engine.fingerprints import Origin
from tocsin.engine.media import DecoderPool, Precision
from tocsin.engine.search.matches import Level
from tocsin.engine.search.rules import Standing, asked_of, standing_of

ASKING = MediaOptions(precision=Precision.QUERY)
HIDDEN, SHOWN = picture(seed=1), picture(seed=2)
HIDDEN_PDQ = fingerprint(saved(HIDDEN, "PNG")).pdq
SHOWN_PDQ = fingerprint(saved(SHOWN, "PNG")).pdq


def veiled(colours: Image.Image, alpha: int | NDArray[np.uint8]) -> Image.Image:
    whole = colours.convert("RGB")
    whole.putalpha(alpha if isinstance(alpha, int) else Image.fromarray(alpha))
    return whole


def in_alpha(drawn: Image.Image, colour: str, *, is_inverted: bool = False) -> Image.Image:
    """A picture of one colour, whose alpha is the drawn one."""
    luma = np.asarray(drawn.convert("L"))
    return veiled(Image.new("RGB", drawn.size, colour), 255 - luma if is_inverted else luma)


def origins(found: Fingerprints) -> list[Origin]:
    return [hashes.origin for hashes in found.pictures]


def of(found: Fingerprints, origin: Origin) -> bytes:
    [hashes] = (hashes for hashes in found.pictures if hashes.origin is origin)
    return hashes.pdq.value


def blocking(found: Fingerprints) -> set[bytes]:
    """The hashes by which this file may be blocked."""
    return {
        asked.value
        for asked in asked_of(found, Level.THOROUGH)
        if standing_of(asked, distinct=True) is Standing.PLAIN
    }


@pytest.mark.parametrize("encoder", ["PNG", "WEBP", "AVIF", "TIFF"])
def test_colours_that_nothing_shows_are_for_review_only(encoder: str) -> None:
    how = {"exact": True, "lossless": True} if encoder == "WEBP" else {}
    data = saved(veiled(HIDDEN, 0), encoder, **how)
    options = MediaOptions(precision=Precision.QUERY, tiff=True, battery=True)
    found = fingerprint(data, options=options)
    assert found.status is Status.FLAT
    assert (
        of(found, Origin.UNDER_ALPHA)
        == fingerprint(saved(HIDDEN, encoder, **how), options=options).pdq
    )
    assert blocking(found) == set()
    asked = list(asked_of(found, Level.NEAR))
    assert [asked.found_by for asked in asked] == ["under alpha 0: pdq"]


def test_a_list_gets_what_is_shown_and_nothing_else() -> None:
    for seen_through in (veiled(HIDDEN, 0), veiled(HIDDEN, 128), in_alpha(SHOWN, "white")):
        assert origins(fingerprint(saved(seen_through, "PNG"))) == [Origin.PICTURE]
    assert origins(fingerprint(still_before_film())) == [Origin.PICTURE]


def test_a_picture_drawn_in_alpha_alone_is_found_as_a_white_page_shows_it() -> None:
    found = fingerprint(saved(in_alpha(SHOWN, "black", is_inverted=True), "PNG"))
    assert found.status is Status.OK
    assert found.pdq == fingerprint(saved(SHOWN.convert("L"), "PNG")).pdq
    assert found.pdq in blocking(found)


def test_a_white_picture_in_alpha_is_found_on_black_and_for_review() -> None:
    found = fingerprint(saved(in_alpha(SHOWN, "white"), "PNG"), options=ASKING)
    assert found.status is Status.FLAT
    assert of(found, Origin.ON_BLACK) == fingerprint(saved(SHOWN.convert("L"), "PNG")).pdq
    assert blocking(found) == set()
    assert {asked.found_by for asked in asked_of(found, Level.NEAR)} == {"on black 0: pdq"}


def test_an_opaque_picture_has_one_look_whatever_its_mode() -> None:
    few = picture().quantize(64)
    unused = few.copy()
    unused.putdata([pixel % 63 for pixel in few.tobytes()])
    for data in (
        saved(picture(), "PNG"),
        saved(picture().convert("RGBA"), "PNG"),
        saved(picture().convert("LA"), "PNG"),
        saved(unused, "PNG", transparency=63),
        saved(unused, "GIF", transparency=63),
        saved(picture().convert("RGBA"), "WEBP"),
    ):
        found = fingerprint(data, options=ASKING)
        assert (found.status, origins(found)) == (Status.OK, [Origin.PICTURE])


def test_looks_that_hash_alike_are_asked_once() -> None:
    veil = np.full((240, 320), 255, np.uint8)
    veil[0, 0] = 254
    found = fingerprint(saved(veiled(picture(), veil), "PNG"), options=ASKING)
    assert origins(found) == [Origin.PICTURE]


@pytest.mark.parametrize("encoder", ["PNG", "GIF"])
def test_the_clear_colour_of_a_palette_shows_the_page(encoder: str) -> None:
    few = picture().quantize(32)
    clear = int(np.bincount(np.asarray(few).ravel()).argmax())
    found = fingerprint(saved(few, encoder, transparency=clear), options=ASKING)
    page = Image.new("RGBA", few.size, "white")
    opaque = np.where(np.asarray(few) == clear, 0, 255).astype(np.uint8)
    page.alpha_composite(veiled(few, opaque))
    assert found.pdq == fingerprint(saved(page.convert("RGB"), "PNG")).pdq
    assert of(found, Origin.UNDER_ALPHA) == fingerprint(saved(few, "PNG")).pdq


def _png(pixels: NDArray[np.unsignedinteger[Any]], depth: int, kind: int, *clear: int) -> bytes:
    """A PNG of this depth and colour type in which one colour is clear, which Pillow does not
    write."""
    if depth == 16:
        rows = [line.astype(">u2").tobytes() for line in pixels]
    elif depth == 8:
        rows = [line.astype(np.uint8).tobytes() for line in pixels]
    else:
        bits = np.unpackbits(pixels[:, :, None].astype(np.uint8), axis=2)[:, :, -depth:]
        rows = [np.packbits(line.ravel()).tobytes() for line in bits]
    header = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], depth, kind, 0, 0, 0)
    parts = (
        (b"IHDR", header),
        (b"tRNS", struct.pack(f">{len(clear)}H", *clear)),
        (b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows))),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in parts
    )


def _clear_colours() -> dict[str, tuple[bytes, NDArray[np.uint8]]]:
    """PNGs in which one colour is clear, and what a white page shows of them."""
    grey, colours = np.asarray(picture().convert("L")), landscape()
    tones = grey // 64
    bits = tones // 2
    key = colours[9, 9]
    is_key = (colours == key).all(axis=2)
    white_key = np.where(is_key[:, :, None], 255, colours)
    return {
        "grey, 1 bit": (_png(bits, 1, 0, 0), np.where(bits == 0, 255, bits * 255)),
        "grey, 2 bits": (_png(tones, 2, 0, 1), np.where(tones == 1, 255, tones * 85)),
        "grey, 8 bits": (_png(grey, 8, 0, 120), np.where(grey == 120, 255, grey)),
        "grey, 16 bits": (
            _png(grey.astype(np.uint16) * 257, 16, 0, 120 * 257),
            np.where(grey == 120, 255, grey),
        ),
        "colours, 8 bits": (_png(colours, 8, 2, *key.tolist()), white_key),
        "colours, 16 bits": (
            _png(colours.astype(np.uint16) * 257, 16, 2, *(key.astype(int) * 257).tolist()),
            white_key,
        ),
    }


@pytest.mark.parametrize("kind", _clear_colours())
def test_a_clear_colour_shows_the_page(kind: str) -> None:
    data, shown = _clear_colours()[kind]
    page = Image.fromarray(shown.astype(np.uint8))
    assert fingerprint(data).pdq == fingerprint(saved(page, "PNG")).pdq


def test_a_bmp_whose_alpha_is_nought_everywhere_is_shown_as_browsers_show_it() -> None:
    data = bytearray(saved(picture().convert("RGBA"), "BMP"))
    [start] = struct.unpack_from("<I", data, 10)
    data[start + 3 :: 4] = bytes(len(data[start + 3 :: 4]))
    found = fingerprint(bytes(data))
    assert (found.status, found.pdq) == (Status.OK, HIDDEN_PDQ)


def still_before_film() -> bytes:
    later = [SHOWN.convert("RGBA"), picture(seed=3).convert("RGBA")]
    return saved(
        HIDDEN.convert("RGBA"), "PNG", save_all=True, append_images=later, default_image=True
    )


def test_the_still_in_front_of_an_animation_is_for_review_only() -> None:
    found = fingerprint(still_before_film(), options=ASKING)
    assert found.pdq == SHOWN_PDQ
    assert of(found, Origin.STILL) == HIDDEN_PDQ
    assert blocking(found) == {SHOWN_PDQ}


def test_a_still_does_not_show_through_the_frame_behind_it() -> None:
    stamp = Image.new("RGBA", HIDDEN.size)
    stamp.paste(SHOWN.crop((40, 40, 280, 200)), (40, 40))
    data = saved(HIDDEN.convert("RGBA"), "PNG", save_all=True, default_image=True,
                 append_images=[stamp, SHOWN.convert("RGBA")], blend=1)  # fmt: skip
    page = Image.alpha_composite(Image.new("RGBA", stamp.size, "white"), stamp)
    shown = fingerprint(saved(page.convert("RGB"), "PNG")).pdq
    assert fingerprint(data).pdq == shown
    assert fingerprint(data, options=MediaOptions(max_frames=2)).pictures[1].pdq.value == SHOWN_PDQ


def test_a_still_before_a_broken_animation_is_what_is_shown() -> None:
    data = still_before_film()
    first_frame = data.index(b"fdAT")
    cut = data[: first_frame - 4] + b"\0\0\0\0IEND\xaeB`\x82"
    found = fingerprint(cut)
    assert (found.status, found.pdq) == (Status.PARTIAL, HIDDEN_PDQ)


def test_frames_and_pictures_in_documents_have_their_other_looks_too() -> None:
    frames = [veiled(SHOWN, 255), in_alpha(HIDDEN, "white")]
    film = saved(frames[0], "PNG", save_all=True, append_images=frames[1:], blend=0)
    looks = fingerprint(film, options=MediaOptions(precision=Precision.QUERY, max_frames=2))
    assert (looks.status, looks.pdq) == (Status.OK, SHOWN_PDQ)
    on_black = [(p.number, p.origin) for p in looks.pictures if p.origin is Origin.ON_BLACK]
    assert on_black == [(1, Origin.ON_BLACK)]
    page = f'<img src="{uri(saved(in_alpha(SHOWN, "white"), "PNG"))}">'.encode()
    options = MediaOptions(precision=Precision.QUERY, data_uris=True)
    found = fingerprint(page, options=options)
    assert origins(found)[:2] == [Origin.DATA_URI, Origin.ON_BLACK]
    # Not `ok`: what a reader sees says too little, whatever a black page would show.
    assert (found.status, blocking(found)) == (Status.FLAT, set())


def test_damage_hides_nothing_that_another_ground_shows() -> None:
    whole = saved(in_alpha(SHOWN, "white"), "PNG")
    cut = whole[: len(whole) - 20]
    found = fingerprint(cut, options=ASKING)
    assert found.status is Status.FLAT
    assert Origin.ON_BLACK in origins(found)


def test_a_worker_tells_of_all_looks() -> None:
    data = saved(veiled(HIDDEN, 100), "PNG")
    options = MediaOptions(battery=True)
    with DecoderPool(1, deadline_seconds=60) as pool:
        assert pool.fingerprint(data, options) == fingerprint(data, options=options)
        film = still_before_film()
        assert pool.fingerprint(film, options) == fingerprint(film, options=options)
        assert pool.deaths() == {}
