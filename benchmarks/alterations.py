"""What people do to pictures that they pass on: the edits of the recall benchmark.

Every edit takes a Pillow picture (RGB) and gives a new one; those that draw or scatter take their
randomness from a seed of their own, so that every run makes the same pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

from benchmarks.pictures import as_jpeg, from_jpeg

Picture = Image.Image
Edit = Callable[[Picture], Picture]
Color = tuple[int, int, int]

BLACK: Color = (0, 0, 0)
WHITE: Color = (255, 255, 255)
WORDS = "when the weather forecast said there would be sunshine all day long and then it rained"
PAPER: Color = (250, 250, 250)


def jpeg(picture: Picture, quality: int) -> Picture:
    """Saved once more at this quality."""
    return from_jpeg(as_jpeg(picture, quality=quality))


def sized(picture: Picture, longer: int) -> Picture:
    """Shrunk (or grown) so that its longer side has this many pixels."""
    scale = longer / max(picture.size)
    size = (max(8, round(picture.width * scale)), max(8, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.LANCZOS)


def cropped(picture: Picture, sides: tuple[float, float, float, float]) -> Picture:
    """Left, top, right and bottom cut off, as shares of width and height."""
    width, height = picture.size
    left, top, right, bottom = sides
    upper, lower = round(top * height), round(height - bottom * height)
    return picture.crop((round(left * width), upper, round(width - right * width), lower))


def centred(picture: Picture, share: float) -> Picture:
    """That share of width and height cut off, half of it at either side."""
    return cropped(picture, (share / 2,) * 4)


def bordered(picture: Picture, share: float, color: Color) -> Picture:
    """A frame of one colour, as wide everywhere as this share of the shorter side."""
    return ImageOps.expand(picture, round(share * min(picture.size)), color)


def letterboxed(picture: Picture) -> Picture:
    """Black bars above and below (or beside), as a player shows it on a screen of another shape."""
    width, height = picture.size
    wide = width >= height
    size = (width, round(width * 3 / 4)) if wide else (round(height * 3 / 4), height)
    if size[0] * size[1] <= width * height * 1.02:
        size = (width, round(height * 1.25)) if wide else (round(width * 1.25), height)
    return ImageOps.pad(picture, size, color=BLACK)


def small_text(picture: Picture) -> Picture:
    """One line of small type near the lower edge."""
    return _written(picture, "photo by somebody · example.org", (0.5, 0.93), 0.045)


def meme_text(picture: Picture) -> Picture:
    """White capitals with a black outline at the top and at the bottom."""
    upper = _written(picture, "ONE DOES NOT SIMPLY", (0.5, 0.10), 0.115)
    return _written(upper, "WALK INTO THE HILLS", (0.5, 0.89), 0.115)


def caption_bar(picture: Picture, *, below: bool = False) -> Picture:
    """A white bar with two lines of black text on top of the picture (or under it)."""
    bar = round(0.2 * picture.height)
    sheet = Image.new("RGB", (picture.width, picture.height + bar), WHITE)
    sheet.paste(picture, (0, 0 if below else bar))
    top = picture.height if below else 0
    size = max(8, round(0.32 * bar))
    pen = ImageDraw.Draw(sheet)
    for line, text in enumerate((WORDS[:42], WORDS[43:])):
        at = (round(0.03 * picture.width), top + round((0.12 + 0.42 * line) * bar))
        pen.text(at, text, BLACK, font=ImageFont.load_default(size))
    return sheet


def logo(picture: Picture) -> Picture:
    """A broadcaster's badge in the lower right corner."""
    width, height = picture.size
    side = 0.16 * min(width, height)
    box = (width - 1.6 * side, height - 1.25 * side, width - 0.25 * side, height - 0.25 * side)
    copy = picture.copy()
    pen = ImageDraw.Draw(copy)
    pen.rounded_rectangle(box, side / 6, (200, 20, 30))
    pen.text(
        ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2),
        "TV5",
        WHITE,
        font=ImageFont.load_default(side * 0.6),
        anchor="mm",
    )
    return copy


def watermarked(picture: Picture) -> Picture:
    """A half transparent word, slanted and repeated all over."""
    side = max(picture.size) * 2
    word = Image.new("L", (side, side), 0)
    pen = ImageDraw.Draw(word)
    size = 0.09 * min(picture.size)
    font = ImageFont.load_default(size)
    for row, y in enumerate(range(0, side, round(2.6 * size))):
        for x in range(-row % 2 * round(3 * size), side, round(6 * size)):
            pen.text((x, y), "SAMPLE", 80, font=font)
    turned = word.rotate(30, Image.Resampling.BILINEAR)
    left, top = (side - picture.width) // 2, (side - picture.height) // 2
    mask = turned.crop((left, top, left + picture.width, top + picture.height))
    return Image.composite(Image.new("RGB", picture.size, WHITE), picture, mask)


def gamma(picture: Picture, power: float) -> Picture:
    """Every tone raised to a power."""
    table = [round(255 * (tone / 255) ** power) for tone in range(256)]
    return picture.point(table * 3)


def sepia(picture: Picture) -> Picture:
    """Brown and white."""
    return ImageOps.colorize(ImageOps.grayscale(picture), (30, 15, 0), (255, 240, 200))


def noisy(picture: Picture) -> Picture:
    """Film grain of 20 tones."""
    pixels = np.asarray(picture).astype(np.float64)
    grain = np.random.default_rng(20).normal(0, 20, pixels.shape)
    return Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8))


def turned(picture: Picture, degrees: float) -> Picture:
    """Rotated a little within its frame; what comes in at the corners is black."""
    return picture.rotate(degrees, Image.Resampling.BICUBIC)


def straightened(picture: Picture, degrees: float) -> Picture:
    """Rotated a little and cropped to the largest box of the same shape without corners."""
    angle = np.radians(abs(degrees))
    width, height = picture.size
    ratio = max(width, height) / min(width, height)
    scale = 1 / (np.cos(angle) + ratio * np.sin(angle))
    return centred(turned(picture, degrees), 1 - float(scale))


def phone_screenshot(picture: Picture) -> Picture:
    """A phone's screen: status bar, a name, the picture at full width, and what people say."""
    sheet = Image.new("RGB", (540, 1170), PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.text((30, 14), "21:47", (20, 20, 20), font=ImageFont.load_default(24))
    pen.rectangle((470, 18, 510, 38), (20, 20, 20))
    pen.ellipse((24, 76, 84, 136), (120, 150, 200))
    _lines(pen, (100, 80), 1, 26)
    shown = picture.resize((540, round(540 * picture.height / picture.width)))
    shown = shown.crop((0, 0, 540, min(shown.height, 760)))
    sheet.paste(shown, (0, 160))
    _lines(pen, (24, 190 + shown.height), 8, 24)
    return sheet


def desktop_screenshot(picture: Picture) -> Picture:
    """A browser window: tabs, text at the left, the picture, more pictures at the right."""
    sheet = Image.new("RGB", (1280, 800), PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((0, 0, 1280, 70), (222, 225, 230))
    pen.rounded_rectangle((150, 36, 1000, 62), 12, WHITE)
    pen.text((170, 39), "www.example.org/pictures", (60, 60, 60), font=ImageFont.load_default(16))
    _lines(pen, (30, 110), 14, 18, limit=20)
    shown = ImageOps.contain(picture, (700, 560))
    sheet.paste(shown, (260, 120))
    _lines(pen, (260, 140 + shown.height), 4, 18, limit=60)
    for row in range(4):
        pen.rectangle((1010, 120 + 150 * row, 1230, 240 + 150 * row), (210, 214 - 9 * row, 205))
    return sheet


def collage(pictures: list[Picture], across: int) -> Picture:
    """Pictures side by side, `across` in a row, all stretched to the shape of the first."""
    width, height = pictures[0].size
    rows = -(-len(pictures) // across)
    sheet = Image.new("RGB", (width * across, height * rows))
    for place, picture in enumerate(pictures):
        cell = picture.resize((width, height))
        sheet.paste(cell, (place % across * width, place // across * height))
    return sheet


def squared(picture: Picture) -> Picture:
    """The middle of it, as a feed of square pictures shows it."""
    side = min(picture.size)
    return ImageOps.fit(picture, (side, side))


def after(*edits: Edit) -> Edit:
    """Several edits, one after the other."""

    def all_of(picture: Picture) -> Picture:
        for edit in edits:
            picture = edit(picture)
        return picture

    return all_of


def _brighter(picture: Picture, factor: float) -> Picture:
    return ImageEnhance.Brightness(picture).enhance(factor)


def _contrasted(picture: Picture, factor: float) -> Picture:
    return ImageEnhance.Contrast(picture).enhance(factor)


def _transposed(how: Image.Transpose) -> Edit:
    return lambda picture: picture.transpose(how)


def _written(picture: Picture, text: str, at: tuple[float, float], share: float) -> Picture:
    """Outlined white type, its height a share of the picture's, but never wider than it."""
    width, height = picture.size
    size = min(share * height, 1.75 * width * 0.92 / len(text))
    copy = picture.copy()
    ImageDraw.Draw(copy).text(
        (at[0] * width, at[1] * height),
        text,
        WHITE,
        font=ImageFont.load_default(max(8.0, size)),
        anchor="mm",
        stroke_width=max(1, round(size / 14)),
        stroke_fill=BLACK,
    )
    return copy


def _lines(
    pen: ImageDraw.ImageDraw, at: tuple[int, int], count: int, size: int, limit: int = 36
) -> None:
    font = ImageFont.load_default(size)
    for line in range(count):
        text = (WORDS[7 * line % 40 :] + WORDS)[: limit - 3 * (line % 3)]
        pen.text((at[0], at[1] + round(1.5 * size) * line), text, (40, 40, 45), font=font)


_ONE_SIDE = {"left": 0, "top": 1, "right": 2, "bottom": 3}


def _one_sided(share: float, side: str) -> Edit:
    sides = [0.0] * 4
    sides[_ONE_SIDE[side]] = share
    return partial(cropped, sides=(sides[0], sides[1], sides[2], sides[3]))


def edits() -> dict[str, Edit]:
    """The edits of one picture, by name, in the order of the table."""
    flip = Image.Transpose
    return {
        "as it is": lambda picture: picture,
        **{f"JPEG quality {q}": partial(jpeg, quality=q) for q in (90, 75, 50, 30, 20)},
        **{f"resized to {side} px": partial(sized, longer=side) for side in (512, 256, 128, 64)},
        "200 px, quality 50": after(partial(sized, longer=200), partial(jpeg, quality=50)),
        **{f"crop centred {p} %": partial(centred, share=p / 100) for p in (2, 5, 10, 20)},
        **{f"crop right {p} %": _one_sided(p / 100, "right") for p in (2, 5, 10, 20)},
        **{f"crop top {p} %": _one_sided(p / 100, "top") for p in (2, 5, 10, 20)},
        "crop left 6 % and bottom 9 %": partial(cropped, sides=(0.06, 0, 0, 0.09)),
        "crop both sides, 11 % in all": partial(cropped, sides=(0.055, 0, 0.055, 0)),
        "crop to square": squared,
        **{f"black border {p} %": partial(bordered, share=p / 100, color=BLACK)
           for p in (2, 5, 10)},
        "white border 5 %": partial(bordered, share=0.05, color=WHITE),
        "letterbox": letterboxed,
        "small text": small_text,
        "meme text": meme_text,
        "caption bar above": caption_bar,
        "caption bar below": partial(caption_bar, below=True),
        "logo": logo,
        "tiled watermark": watermarked,
        **{f"brightness {f}": partial(_brighter, factor=f)
           for f in (0.6, 0.8, 1.25, 1.5)},
        **{f"contrast {f}": partial(_contrasted, factor=f) for f in (0.6, 1.5)},
        **{f"gamma {g}": partial(gamma, power=g) for g in (0.6, 1.6)},
        "grey": lambda picture: ImageOps.grayscale(picture).convert("RGB"),
        "sepia": sepia,
        "blurred": lambda picture: picture.filter(ImageFilter.GaussianBlur(3)),
        "sharpened": lambda picture: picture.filter(ImageFilter.UnsharpMask(3, 200)),
        "noise": noisy,
        "equalised": ImageOps.equalize,
        "mirrored": ImageOps.mirror,
        "flipped": ImageOps.flip,
        "rotated 90°": _transposed(flip.ROTATE_90),
        "rotated 180°": _transposed(flip.ROTATE_180),
        "rotated 270°": _transposed(flip.ROTATE_270),
        "inverted": ImageOps.invert,
        **{f"rotated {d}°, black corners": partial(turned, degrees=d) for d in (1, 2, 3, 5, 10)},
        **{f"rotated {d}°, cropped": partial(straightened, degrees=-d)
           for d in (1, 2, 3, 5, 10)},
        "phone screenshot": phone_screenshot,
        "desktop screenshot": desktop_screenshot,
        "mirrored, crop 3 %, quality 60": after(
            ImageOps.mirror, partial(centred, share=0.03), partial(jpeg, quality=60)),
        "border 4 %, mirrored, quality 50": after(
            partial(bordered, share=0.04, color=BLACK), ImageOps.mirror,
            partial(jpeg, quality=50)),
    }  # fmt: skip
