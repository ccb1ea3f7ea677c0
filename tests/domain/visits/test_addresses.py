"""Addresses made from addresses."""

from __future__ import annotations

import string
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.visits import addresses


def choose(alphabet: str, length: int) -> str:
    return (alphabet * length)[:length]


@pytest.mark.parametrize(
    ("address", "base", "expected"),
    [
        ("a.jpg", "", "http://h.test/x/a.jpg"),
        ("/a.jpg#part", "", "http://h.test/a.jpg"),
        ("//cdn.test/a.jpg", "", "http://cdn.test/a.jpg"),
        ("a.jpg", "/album/", "http://h.test/album/a.jpg"),
        ("https://o.test/a", "", "https://o.test/a"),
        ("javascript:alert(1)", "", None),
        ("data:image/png;base64,AA", "", None),
        ("file:///etc/passwd", "", None),
        ("http://[half", "", None),
        ("ftp://h.test/a", "", None),
    ],
)
def test_a_pages_address_is_made_whole(address: str, base: str, expected: str | None) -> None:
    assert addresses.whole(address, base=base, page="http://h.test/x/page.html") == expected


@pytest.mark.parametrize(
    ("url", "alike"),
    [
        ("http://h.test/i/abc.jpg", r"http://h.test/i/"),
        ("http://h.test/i/abc/", r"http://h.test/i/"),
        ("http://h.test/view?id=12", r"http://h.test/view?id="),
        ("http://h.test/view.php?id=12", r"http://h.test/"),
    ],
)
def test_a_neighbour_lies_in_the_same_folder(url: str, alike: str) -> None:
    found = addresses.sibling(url, choose)
    assert found is not None
    assert found != url
    assert found.startswith(alike)


def test_a_neighbour_keeps_the_ending_and_the_kind_of_name() -> None:
    found = addresses.sibling("http://h.test/i/1234.jpg", choose) or ""
    stem, _, ending = urlsplit(found).path.rpartition("/")[2].rpartition(".")
    assert (stem.isdecimal(), ending) == (True, "jpg")


def test_the_front_page_has_no_neighbour() -> None:
    assert addresses.sibling("http://h.test/", choose) is None


@given(st.text(alphabet=string.ascii_letters + string.digits + "/._-?=&%", max_size=60))
def test_a_neighbour_is_on_the_same_host(path: str) -> None:
    url = f"http://h.test/{path}"
    found = addresses.sibling(url, choose)
    if found is not None:
        assert urlsplit(found).netloc == "h.test"


CANARY = "https://us.test/canary.png"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://p.test/?u=http://x.test/a", "http://p.test/?u=https%3A%2F%2Fus.test%2Fcanary.png"),
        ("http://p.test/x/http://x.test/a", "http://p.test/x/https://us.test/canary.png"),
        (
            "http://p.test/x/http%3A%2F%2Fx.test",
            "http://p.test/x/https%3A%2F%2Fus.test%2Fcanary.png",
        ),
        ("http://p.test/plain.jpg", None),
        ("http://p.test/?id=12", None),
    ],
)
def test_the_canary_takes_the_place_of_what_lies_inside(url: str, expected: str | None) -> None:
    assert addresses.with_canary(url, CANARY) == expected
