"""Pictures written as text in documents are found, whatever the document does to the text."""

import base64
import html
import json
from dataclasses import replace
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.media.drawn import picture, saved
from tocsin.engine import Fingerprints, MediaOptions, Status, fingerprint
from tocsin.engine.fingerprints import Origin
from tocsin.engine.media.data_uris import pictures_in

PNG = saved(picture(160, 120), "PNG")
JPEG = saved(picture(160, 120, seed=2), "JPEG")
HASH = fingerprint(PNG).pdq
WITH_URIS = MediaOptions(data_uris=True)


def uri(data: bytes = PNG, kind: str = "png") -> str:
    return f"data:image/{kind};base64," + base64.b64encode(data).decode()


def _in_lines(text: str) -> str:
    return "\n   ".join(text[at : at + 76] for at in range(0, len(text), 76))


URI = uri()
DOCUMENTS = {
    "HTML": f"<!DOCTYPE html><p>hills</p><img alt='a' src=\"{URI}\">",
    "HTML in single quotes": f"<img src='{URI}'>",
    "HTML without quotes": f"<img src={URI} alt=x><p>base64 text follows",
    "HTML with entities": f"<img src=&quot;{URI.replace('+', '&#43;')}&quot;>",
    "SVG": f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{_in_lines(URI)}"/></svg>',
    "CSS": f".a{{background:url({URI}) no-repeat}}",
    "CSS in quotes": f".a{{background:url( '{URI}' )}}",
    "JSON": json.dumps({"picture": URI}).replace("/", "\\/"),
    "JSON in JSON": json.dumps(json.dumps({"picture": URI})),
    "JSON with numbers for letters": json.dumps({"picture": URI}).replace("+", "\\u002b"),
    "Markdown": f"![hills]({URI})",
    "plain text": f"look: {URI}\nbye",
    "another alphabet": '"data:image/png;base64,' + base64.urlsafe_b64encode(PNG).decode() + '"',
    "no padding": f'"{URI.rstrip("=")}"',
    "percent signs in base64": f'"{URI.replace("+", "%2B").replace("=", "%3D")}"',
    "percent signs alone": f'"data:image/png,{quote_from_bytes(PNG)}"',
    "parameters": f'"{URI.replace(";base64", ";charset=utf-8;name=a.png; base64")}"',
    "capitals": f'"{URI.replace("data:image/png;base64", "DATA:Image/PNG;BASE64")}"',
    "a wrong type": f'"{URI.replace("image/png", "image/jpeg")}"',
}


def _look(document: str | bytes, options: MediaOptions = WITH_URIS) -> Fingerprints:
    data = document.encode() if isinstance(document, str) else document
    return fingerprint(data, options=options)


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_a_picture_is_found_in_every_kind_of_document(kind: str) -> None:
    found = _look(DOCUMENTS[kind])
    assert (found.status, found.format, len(found.pictures)) == (Status.OK, None, 1)
    [hashes] = found.pictures
    assert (hashes.origin, hashes.number) == (Origin.DATA_URI, 0)
    assert (hashes.width, hashes.height) == (160, 120)
    assert found.pdq == HASH


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-8-sig", "cp1252"])
def test_the_documents_own_encoding_does_not_matter(encoding: str) -> None:
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    assert _look((mark + DOCUMENTS["HTML"]).encode(encoding)).pdq == HASH


def test_documents_are_unsupported_unless_asked_for_and_where_they_hold_nothing() -> None:
    assert fingerprint(DOCUMENTS["HTML"].encode()).status is Status.UNSUPPORTED
    for empty in ("", "<p>no picture</p>", "data:image/png;base64,", "data:image/png;base64,AAAA",
                  "data:text/plain;base64,AAAA", "data:image/svg+xml,<svg/>"):  # fmt: skip
        expected = Status.UNSUPPORTED if empty else Status.CORRUPT
        assert _look(empty).status is expected
    assert _look("<p>" + uri(PNG[:20])).status is Status.UNSUPPORTED


def test_a_picture_file_is_never_searched_as_a_document() -> None:
    assert len(_look(PNG + DOCUMENTS["HTML"].encode()).pictures) == 1
    assert _look(PNG).pictures[0].origin is Origin.PICTURE


def test_pictures_that_may_match_alone_come_first_and_keep_their_numbers() -> None:
    spacer = saved(picture(8, 8), "PNG")
    found = _look(f'<img src="{uri(spacer)}"><img src="{URI}"><img src="{uri(JPEG)}">')
    assert [hashes.number for hashes in found.pictures] == [1, 2, 0]
    assert found.status is Status.OK
    assert _look(f'<img src="{uri(spacer)}">').status is Status.TOO_SMALL


def test_a_picture_in_a_drawing_in_a_page_is_found_and_no_deeper() -> None:
    drawing = f'<svg><image href="{URI}"/></svg>'
    page = f'<img src="{uri(drawing.encode(), "svg+xml")}">'
    assert _look(page).pdq == HASH
    assert _look(f"<img src='data:image/svg+xml,{drawing}'>").pdq == HASH
    deeper = f"<img src='{uri(page.encode(), 'svg+xml')}'>"
    assert _look(deeper).status is Status.UNSUPPORTED


def test_more_pictures_than_allowed_make_the_document_partial() -> None:
    page = "".join(f'<img src="{uri(saved(picture(70, 70, n), "PNG"))}">' for n in range(6))
    assert (_look(page).status, len(_look(page).pictures)) == (Status.OK, 6)
    limited = _look(page, replace(WITH_URIS, max_data_uris=4))
    assert (limited.status, len(limited.pictures)) == (Status.PARTIAL, 4)
    fewer = replace(WITH_URIS, max_frame_pixels=70 * 70 * 3)
    assert len(_look(page, fewer).pictures) == 3


def test_a_document_of_nothing_but_beginnings_is_searched_once_over() -> None:
    for beginning in (b"data:image/png;base64,", b'"data:image/png,', b"data:image/", b'"' * 20):
        files, all_there = pictures_in(beginning * 20_000, 64)
        assert files == []
        assert all_there in {True, False}


@given(st.text(max_size=200))
def test_whatever_stands_around_it_a_quoted_picture_is_found(around: str) -> None:
    text = html.escape(around).replace("data:", "")
    files, _ = pictures_in(f'{text}>"{URI}"<{text}'.encode(), 64)
    assert files == [PNG]


@given(st.binary(max_size=300))
def test_whatever_the_bytes_are_the_search_ends(data: bytes) -> None:
    files, all_there = pictures_in(b'"data:image/png;base64,' + data, 64)
    assert isinstance(files, list)
    assert all_there


@pytest.mark.parametrize("number", [b"9" * 5000, b"x" + b"f" * 5000, b"9" * 4299, b"99999999"])
def test_a_letter_of_thousands_of_digits_hides_no_picture(number: bytes) -> None:
    shown = b"data:image/png;base64," + base64.b64encode(saved(picture(), "PNG"))
    page = b'<p title="data:image/png,&#' + number + b';"></p><img src="' + shown + b'">'
    found = fingerprint(page, options=MediaOptions(data_uris=True))
    assert found.status is Status.OK
    assert found.pdq == fingerprint(saved(picture(), "PNG")).pdq
