"""From file to fingerprint in a real browser: the answers of the engine's own `fingerprint`."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms
from playwright.sync_api import Error, Page

from tests.engine.browser.conftest import ELSEWHERE, IN_WORKER, Chromium, Found
from tests.engine.media.drawn import distance_bits, picture, saved
from tocsin.engine import Fingerprints, Status, fingerprint
from tocsin.engine.browser import HASHER

pytestmark = [
    pytest.mark.browser,
    pytest.mark.server,
    pytest.mark.xdist_group("fingerprints in chromium"),
]

VECTORS = Path(__file__).resolve().parents[4] / "shared" / "vectors"
MEDIA = sorted(path for path in (VECTORS / "pdq").rglob("*") if path.is_file())
DRAWN = picture(411, 303, 2)
DIGESTS = ("md5", "sha1", "sha256")


def expect_equal(found: Found, data: bytes) -> Fingerprints:
    """Every bit, the quality, the size, the status and the digests are the engine's own."""
    ours = fingerprint(data)
    assert [found[name] for name in DIGESTS] == [getattr(ours, name).hex() for name in DIGESTS]
    assert (found["width"], found["height"]) == (ours.width, ours.height)
    assert distance_bits(bytes.fromhex(found["pdq"]), ours.pdq) == 0
    assert (found["status"], found["pdqQuality"]) == (ours.status, ours.pdq_quality)
    assert (found["exact"], found["dialect"], found["hasher"]) == (True, ours.dialect, HASHER)
    assert found["dihedral"][0] == found["pdq"]
    assert len(found["dihedral"]) == 8
    return ours


def profile() -> bytes:
    """An ICC profile with red and blue changed over: who follows it sees other colours."""
    whole = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    places = {}
    for tag in range(struct.unpack_from(">I", whole, 128)[0]):
        name, place, _ = struct.unpack_from(">4sII", whole, 132 + 12 * tag)
        places[name] = place
    red, blue = (slice(places[name], places[name] + 20) for name in (b"rXYZ", b"bXYZ"))
    whole[red], whole[blue] = whole[blue], whole[red]
    return bytes(whole)


def faded(colours: Image.Image = DRAWN) -> Image.Image:
    """The picture with an alpha from nothing to all, left to right."""
    steps = np.linspace(0, 255, colours.width).astype(np.uint8)
    alpha = Image.fromarray(np.tile(steps, (colours.height, 1)))
    whole = colours.copy()
    whole.putalpha(alpha)
    return whole


def sixteen_bits() -> bytes:
    """A PNG of 16 bits a channel, which Pillow reads and does not write."""
    deep = (np.asarray(DRAWN).astype(np.uint16) * 256 + 77).astype(">u2")
    lines = b"".join(b"\0" + line.tobytes() for line in deep)
    header = struct.pack(">IIBBBBB", DRAWN.width, DRAWN.height, 16, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in parts
    )


def oriented(kind: str, orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(DRAWN, kind, exif=exif, quality=90)


def commonest(image: Image.Image) -> int:
    """The palette's index that most pixels have."""
    return int(np.bincount(np.asarray(image).ravel()).argmax())


def files() -> dict[str, bytes]:
    """Drawn files of every format and colour mode that a browser reads."""
    grey, few = DRAWN.convert("L"), DRAWN.convert("P")
    deep_grey = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257 + 100)
    film = {"save_all": True, "append_images": [picture(411, 303, 5)]}
    return {
        "jpeg 4:2:0": saved(DRAWN, "JPEG", quality=60),
        "jpeg 4:2:2": saved(DRAWN, "JPEG", quality=75, subsampling=1),
        "jpeg 4:4:4": saved(DRAWN, "JPEG", quality=90, subsampling=0),
        "jpeg progressive": saved(DRAWN, "JPEG", progressive=True),
        "jpeg grey": saved(grey, "JPEG"),
        "jpeg cmyk": saved(DRAWN.convert("CMYK"), "JPEG"),
        "jpeg profile": saved(DRAWN, "JPEG", icc_profile=profile()),
        "png": saved(DRAWN, "PNG"),
        "png grey": saved(grey, "PNG"),
        "png one bit": saved(DRAWN.convert("1"), "PNG"),
        "png palette": saved(few, "PNG"),
        "png palette, one colour clear": saved(few, "PNG", transparency=commonest(few)),
        "png grey 16 bits": saved(deep_grey, "PNG"),
        "png 16 bits": sixteen_bits(),
        "png profile": saved(DRAWN, "PNG", icc_profile=profile()),
        "png faded": saved(faded(), "PNG"),
        "png wide and faded": saved(faded(picture(5000, 300, 3)), "PNG"),
        "png grey faded": saved(faded().convert("LA"), "PNG"),
        "png tall": saved(picture(70, 17_000, 3), "PNG"),
        "gif": saved(few, "GIF"),
        "gif film": saved(few, "GIF", **film),
        "gif clear": saved(few, "GIF", transparency=commonest(few)),
        "webp": saved(DRAWN, "WEBP"),
        "webp lossless": saved(DRAWN, "WEBP", lossless=True),
        "webp film": saved(DRAWN, "WEBP", **film),
        "webp faded": saved(faded(), "WEBP", exact=True),
        "webp profile": saved(DRAWN, "WEBP", lossless=True, icc_profile=profile()),
        "avif": saved(DRAWN, "AVIF"),
        "avif 4:4:4": saved(DRAWN, "AVIF", subsampling="4:4:4"),
        "avif profile": saved(DRAWN, "AVIF", icc_profile=profile()),
        "bmp": saved(DRAWN, "BMP"),
    }


FILES = files()


@pytest.mark.parametrize("name", FILES)
def test_a_drawn_file_has_the_engines_fingerprint(name: str, chrome: Chromium) -> None:
    expect_equal(chrome.fingerprint(FILES[name]), FILES[name])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_a_turned_file_is_hashed_as_stored_and_its_dihedral_forms_come_near(
    kind: str, chrome: Chromium
) -> None:
    for orientation in range(2, 9):
        data = oriented(kind, orientation)
        found = chrome.fingerprint(data)
        ours = expect_equal(found, data)
        turned = [bytes.fromhex(pdq) for pdq in found["dihedral"]]
        # Not nought: the box of the blur is not symmetric, so turning waves is not turning pixels.
        assert min(distance_bits(pdq, ours.pdq_oriented) for pdq in turned) <= 16


@pytest.mark.skipif(
    not MEDIA,
    reason="the reference media (../shared/vectors) are not here; drawn files are tested anyway",
)
def test_every_reference_picture_has_the_engines_fingerprint(chrome: Chromium) -> None:
    for path in MEDIA:
        expect_equal(chrome.fingerprint(path.read_bytes()), path.read_bytes())


@pytest.mark.parametrize("percent", [95, 80, 50])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_cut_jpeg_is_partial_with_the_engines_bits(
    percent: int, progressive: bool, chrome: Chromium
) -> None:
    whole = saved(picture(800, 600, 2), "JPEG", progressive=progressive)
    data = whole[: len(whole) * percent // 100]
    assert expect_equal(chrome.fingerprint(data), data).status is Status.PARTIAL


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", "corrupt"),
        (b"not a picture at all", "unsupported"),
        (saved(DRAWN, "TIFF"), "unsupported"),
        (saved(DRAWN, "PNG")[:900], "corrupt"),
        (saved(DRAWN, "GIF")[:900], "corrupt"),
        (saved(DRAWN, "JPEG")[:9], "corrupt"),
        (saved(DRAWN, "WEBP")[:200], "corrupt"),
        (saved(DRAWN, "AVIF")[:400], "corrupt"),
        (b"GIF89a" + b"\xff" * 40, "corrupt"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "corrupt"),
        (b"\xff\xd8" + b"\xff\xe1\0\2" * 40, "corrupt"),
    ],
)
def test_what_gives_no_pixel_has_a_status_and_digests_alone(
    data: bytes, status: str, chrome: Chromium
) -> None:
    found = chrome.fingerprint(data)
    ours = fingerprint(data)
    assert (found["status"], found["sha256"]) == (status, ours.sha256.hex())
    assert set(found) == {*DIGESTS, "hasher", "dialect", "status"}


def test_a_picture_of_too_many_pixels_is_refused(chrome: Chromium) -> None:
    png = bytearray(saved(DRAWN, "PNG"))
    struct.pack_into(">II", png, 16, 12_000, 12_000)
    jpeg = bytearray(saved(DRAWN, "JPEG"))
    struct.pack_into(">HH", jpeg, jpeg.index(b"\xff\xc0") + 5, 12_000, 12_000)
    webp = saved(Image.new("RGB", (12_000, 9_000)), "WEBP", lossless=True, quality=0, method=0)
    for data in (bytes(png), bytes(jpeg), webp):
        found = chrome.fingerprint(data)
        assert (found["status"], fingerprint(data).status) == ("too_large", "too_large")
        assert "pdq" not in found


@pytest.mark.parametrize(("width", "height"), [(1, 1), (4, 400), (400, 4)])
def test_a_side_below_five_gives_sizes_and_no_pdq(
    width: int, height: int, chrome: Chromium
) -> None:
    found = chrome.fingerprint(saved(picture(width, height), "PNG"))
    assert (found["status"], found["width"], found["height"]) == ("too_small", width, height)
    assert "pdq" not in found


def test_small_and_flat_pictures_say_so(chrome: Chromium) -> None:
    small = saved(picture(63, 200), "PNG")
    assert expect_equal(chrome.fingerprint(small), small).status is Status.TOO_SMALL
    tones = np.linspace(80, 140, 300).astype(np.uint8)
    flat = chrome.fingerprint(saved(Image.fromarray(np.tile(tones, (200, 1))), "PNG"))
    assert (flat["status"], flat["exact"]) == ("flat", True)


def test_a_worker_gives_the_same(chrome: Chromium) -> None:
    data = FILES["png faded"]
    expect_equal(chrome.fingerprint(data, how=IN_WORKER), data)


def test_nothing_is_asked_of_any_server_while_hashing(chrome: Chromium) -> None:
    page = chrome.page()
    chrome.fingerprint(FILES["jpeg 4:2:0"], page)
    before = len(chrome.site.asked)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    chrome.fingerprint(FILES["png faded"], page)
    assert chrome.site.asked[before:] == ["/picture"]
    assert [url.rpartition("/")[2] for url in asked] == ["picture"]


def test_a_page_that_is_not_secure_is_told_so(chrome: Chromium) -> None:
    page = chrome.page(ELSEWHERE)
    with pytest.raises(Error, match=r"No crypto\.subtle: use https or localhost"):
        chrome.fingerprint(FILES["png"], page)


def test_what_is_no_blob_is_refused(chrome: Chromium) -> None:
    page = chrome.page()
    with pytest.raises(Error, match="TypeError"):
        page.evaluate("async () => (await import('/fingerprint.js')).fingerprint('/picture')")


def with_canvas_giving(page: Page, value: str) -> Page:
    """The page, whose canvases give `value` (of `v`, at `i`) for every colour they hold."""
    page.evaluate(f"""() => {{
      const canvas = OffscreenCanvasRenderingContext2D.prototype, honest = canvas.getImageData
      canvas.getImageData = function (...where) {{
        const read = honest.apply(this, where)
        read.data.forEach((v, i) => {{ if (i % 4 < 3) read.data[i] = {value} }})
        return read
      }}
    }}""")
    return page


def test_a_browser_that_falsifies_its_canvas_is_found_out(chrome: Chromium) -> None:
    page = with_canvas_giving(chrome.page(), "Math.random() * 256")
    with pytest.raises(Error, match="falsifies canvas data"):
        chrome.fingerprint(FILES["png"], page)


def test_faint_noise_on_the_canvas_is_said_and_costs_few_bits(chrome: Chromium) -> None:
    page = with_canvas_giving(chrome.page(), "v ^ (i * 7 % 5 == 0)")
    found = chrome.fingerprint(FILES["png"], page)
    assert found["exact"] is False
    assert distance_bits(bytes.fromhex(found["pdq"]), fingerprint(FILES["png"]).pdq) <= 4


def test_a_picture_that_is_wholly_clear_is_an_even_white_page(chrome: Chromium) -> None:
    clear = DRAWN.copy()
    clear.putalpha(0)
    found = chrome.fingerprint(saved(clear, "PNG"))
    assert (found["status"], found["pdqQuality"], found["exact"]) == ("flat", 0, True)


def test_avif_with_alpha_comes_within_a_few_bits(chrome: Chromium) -> None:
    data = saved(faded(), "AVIF")
    found = chrome.fingerprint(data)
    assert found["status"] == "ok"
    assert distance_bits(bytes.fromhex(found["pdq"]), fingerprint(data).pdq) <= 10


def test_without_webgl_colours_under_alpha_are_said_to_be_inexact(chrome: Chromium) -> None:
    page = chrome.page()
    page.evaluate(
        "() => { const ask = OffscreenCanvas.prototype.getContext\n"
        "OffscreenCanvas.prototype.getContext = function (kind, ...how) {\n"
        "  return kind == 'webgl' ? null : ask.call(this, kind, ...how) } }"
    )
    found = chrome.fingerprint(FILES["png faded"], page)
    assert (found["exact"], found["status"]) == (False, "ok")
    assert distance_bits(bytes.fromhex(found["pdq"]), fingerprint(FILES["png faded"]).pdq) <= 2
    expect_equal(chrome.fingerprint(FILES["png"], page), FILES["png"])
