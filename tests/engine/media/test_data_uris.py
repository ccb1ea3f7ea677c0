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
from tocsin.engine.media import data_uris
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


def _with(old: str, new: str) -> str:
    return URI.replace(old, new, 1)


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
    "another kind of type": f'<img src="{URI.replace("image/png", "text/plain")}">',
    "no type": f'<img src="{URI.replace("image/png", "")}">',
    "no type and no parameters": f'"data:,{quote_from_bytes(PNG)}"',
    "many parameters": f'"{_with(";base64", ";a=b" * 400 + ";base64")}"',
    "base64 before another parameter": f'"{_with(";base64", ";base64;a=b")}"',
    "entities in the scheme": f"<img src='{_with('data:', 'd&#97;ta&colon;')}'>",
    "entities everywhere": f"<img src='{''.join(f'&#x{ord(letter):X};' for letter in URI)}'>",
    "entities in the head": f"<img src='{_with('base64,', 'b&#97se64&#44;')}'>",
    "a tab in the scheme": f"<img src='{_with('data:', 'da&Tab;ta:')}'>",
    "line ends in the head": "<img src='\n " + _with("data:image", "d\n\na\r\nta:\timage") + "'>",
    "line ends after the colon": "<img src='" + _with("data:", "data:\r\n") + "'>",
    "capitals and no type": f"<img src=DaTa:{URI[len('data:image/png') :]}>",
    "numbers for letters in a script": "x.src='" + _with("data", "\\x64\\u0061t\\u{61}") + "'",
    "numbers for letters in a style": "a{background:url(" + _with("da", "\\64 \\000061 ") + ")}",
    "a line end in a style": "a{background:url('" + _with(",", ",\\a ") + "')}",
    "a decoy with an open quote": f"<p title='\"data:image/png,'><img src='{URI}'>",
    "a decoy that never ends": f'(data:image/svg+xml,<svg> "data:image/png;base64, <img src={URI}>',
    "a decoy of letters": f"data:image/png;base64,AAAA{URI}",
    "a decoy in its type": f'<img src="data:image/png;x={URI}">',
    "a decoy in a word": f"{{metadata: 5, data: {{a: 1}}, src: `{URI}`}}",
    "a second one right behind": f"data:;base64,AAAA\n{URI}\n",
    "an escaped page": f"<iframe srcdoc='<img src=&quot;{URI}&quot;>'>",
    "a page in percent signs": "<iframe src='data:text/html,"
    + quote_from_bytes(f'<img src="{URI}">'.encode())
    + "'>",
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


@pytest.mark.parametrize("encoder", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "AVIF"])
def test_words_behind_an_address_without_quotes_cost_nothing(encoder: str) -> None:
    data = saved(picture(160, 120), encoder)
    found = _look(f"look: {uri(data).rstrip('=')} and so on and so forth")
    assert (found.status, found.pdq) == (Status.OK, fingerprint(data).pdq)


def test_the_same_picture_is_told_once() -> None:
    again = f'<img src="{URI}"><img src="{uri(JPEG)}"><img src="{URI.replace("png", "gif")}">'
    assert pictures_in(again.encode(), 64) == ([PNG, JPEG], True)


def test_what_is_no_picture_does_not_count_against_the_limit() -> None:
    page = "<i a='data:,x' b='data:;base64,AAAA'>" * 200 + f"<img src='{URI}'>"
    assert pictures_in(page.encode(), 1) == ([PNG], True)


HOSTILE = {
    "open quotes": b'"data:image/svg+xml,%3C ',
    "open quotes before pictures": b'"data:image/bmp,' + b"BM" + b"%00" * 12 + b"%0c%00%00%00",
    "brackets": b"(data:,%",
    "base64": b"data:;base64,AAAA",
    "heads without commas": b"data:",
    "commas": b"data:,",
    "backslashes": b"\\" * 4 + b"data:,",
    "ampersands": b"&#&amp data:;base64 ,",
    "parameters": b"data:" + b"; " * 9 + b"base64 x,",
    "junk in the scheme": b"d\na\nt\na\n",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_document_makes_the_search_read_more_than_a_few_times_its_length(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []

    def counting(name: str) -> None:
        done = getattr(data_uris, name)

        def counted(text: bytes) -> bytes:
            read.append(len(text))
            return bytes(done(text))

        monkeypatch.setattr(data_uris, name, counted)

    counting("unquote_to_bytes")
    counting("_from_base64")
    monkeypatch.setattr(data_uris, "_AT_LEAST_READ", 0)
    for times in (2_000, 8_000):
        read.clear()
        document = HOSTILE[kind] * times
        pictures_in(document, 64)
        # Of each beginning some first letters, and the bodies as often as is allowed.
        texts = data_uris._MOST_READ_AGAIN + 1
        beginnings = data_uris._FIRST_LETTERS * (document.count(b",") + 1)
        assert sum(read) <= 2 * texts * (len(document) + beginnings)


def test_bodies_that_lie_in_one_another_beyond_measure_are_not_all_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(data_uris, "_AT_LEAST_READ", 0)
    decoys = b"(data:image/svg+xml,%3C " * 20_000
    page = decoys + f"<img src='{URI}'>".encode()
    assert pictures_in(page, 64) == ([PNG], False)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("mark", ["\ufeff", ""])
def test_the_documents_own_encoding_does_not_matter(encoding: str, mark: str) -> None:
    text = (mark + DOCUMENTS["HTML"]).encode(encoding, "replace")
    assert _look(text).pdq == HASH


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
