"""What a page names and says, whatever it is made of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.engine.media import AsPage, DecoderPool, PageRead, looks_like_page
from tocsin.engine.media.pages import (
    MOST_REFERENCES,
    MOST_WORDS,
    Mention,
    read_page,
    srcset_addresses,
)

PAGE = b"""<!doctype html><html><head><title> A &amp; B </title>
<base href="/album/"><meta property="og:image" content="https://cdn.test/big.jpg">
<meta http-equiv="refresh" content="5; url='/next'"><link rel="image_src" href="l.png">
<style>p{color:red}</style><script>var hidden = "<img src='no.jpg'>";</script></head>
<body><p>Some words &eacute;</p><img src="a.jpg" data-src="b.jpg" srcset="c.jpg 1x, d.jpg 2x">
<picture><source srcset="e.webp 100w,f.webp 200w"></picture>
<video poster="p.jpg" src="v.mp4"><source src="w.webm"></video>
<a href="g.PNG?x=1">a picture</a><a href="other.html">no picture</a>
<div style="background-image:url('h.gif')"></div><img src="data:image/png;base64,AAAA">
<form><input type="Password"></form></body></html>"""


def addresses(page: PageRead) -> list[tuple[str, str]]:
    return [(r.mention.value, r.address) for r in page.references]


def test_every_way_to_name_a_picture_is_found() -> None:
    assert addresses(read_page(PAGE, AsPage())) == [
        ("meta", "https://cdn.test/big.jpg"),
        ("meta", "l.png"),
        ("img", "a.jpg"),
        ("img", "b.jpg"),
        ("srcset", "c.jpg"),
        ("srcset", "d.jpg"),
        ("srcset", "e.webp"),
        ("srcset", "f.webp"),
        ("poster", "p.jpg"),
        ("video", "v.mp4"),
        ("video", "w.webm"),
        ("link", "g.PNG?x=1"),
        ("img", "h.gif"),
    ]


def test_what_the_page_says_of_itself_is_read() -> None:
    page = read_page(PAGE, AsPage())
    assert (page.title, page.base, page.refresh) == ("A & B", "/album/", "/next")
    assert (page.password, page.forms) == (True, 1)
    assert page.words == "Some words é a picture no picture"
    assert "hidden" not in page.words


def test_a_worker_reads_a_page_as_this_process_does() -> None:
    with DecoderPool(1, deadline_seconds=60) as pool:
        assert pool.read_page(PAGE, AsPage()) == read_page(PAGE, AsPage())
        for charset in ("windows-1251", "shift_jis", "no-such-thing", "big5"):
            told = AsPage(charset)
            assert pool.read_page(PAGE, told) == read_page(PAGE, told)
        assert pool.deaths() == {}


@pytest.mark.parametrize(
    ("data", "charset"),
    [
        ("<title>Ж</title>".encode("cp1251"), "windows-1251"),
        ("<meta charset=windows-1251><title>Ж</title>".encode("cp1251"), ""),
        ("<title>Ж</title>".encode(), ""),
        ("<title>Ж</title>".encode("utf-16"), ""),
        ("<title>Ж</title>".encode(), "utf-8"),
    ],
)
def test_the_letters_are_right_whoever_names_the_encoding(data: bytes, charset: str) -> None:
    assert read_page(data, AsPage(charset)).title == "Ж"


@pytest.mark.parametrize(
    ("candidates", "expected"),
    [
        ("a 1x, b 2x", ["a", "b"]),
        ("a,b,c", ["a,b,c"]),
        ("a, b", ["a", "b"]),
        ("  ,, a 100w , b", ["a", "b"]),
        ("", []),
        ("a", ["a"]),
        ("x,y 1x", ["x,y"]),
    ],
)
def test_srcset_is_taken_apart_as_browsers_do(candidates: str, expected: list[str]) -> None:
    assert srcset_addresses(candidates) == expected


@pytest.mark.parametrize(
    ("data", "is_page"),
    [
        (PAGE, True),
        (b"  <HTML>", True),
        (b"<!-- a --><html>", True),
        (b"\xef\xbb\xbf<!DOCTYPE html>", True),
        ("<html>".encode("utf-16"), True),
        (b"{}", False),
        (b"\xff\xd8\xff\xe0", False),
        (b"", False),
        (b"<svg></svg>", False),
    ],
)
def test_a_page_is_known_by_its_first_bytes(data: bytes, is_page: bool) -> None:
    assert looks_like_page(data) is is_page


def test_a_page_that_never_ends_is_cut() -> None:
    page = read_page(b"<p>word</p><img src=a%d>" * 3 + _many(), AsPage())
    assert len(page.references) == MOST_REFERENCES
    assert len(page.words) <= MOST_WORDS
    assert page.is_within_limits()


def _many() -> bytes:
    return b"".join(b"<img src=n%d><p>some words here</p>" % number for number in range(5000))


@given(
    st.one_of(
        st.binary(max_size=3000), st.text(alphabet="<>/\"'= imgsrcvdeo&;#x!-\n").map(str.encode)
    )
)
def test_no_page_breaks_the_reader(data: bytes) -> None:
    page = read_page(data, AsPage())
    assert page.is_within_limits()


def test_what_would_take_for_ever_ends_with_the_deadline() -> None:
    with DecoderPool(1, deadline_seconds=0.5) as pool:
        page = pool.read_page(b"<!--" * 400_000 + b"<a href='" * 400_000, AsPage())
    assert page.is_within_limits()


def test_a_reference_shows_no_address() -> None:
    page = read_page(PAGE, AsPage())
    assert "big.jpg" not in repr(page)
    assert "big.jpg" not in repr(page.references[0])
    assert page.references[0].mention is Mention.META
