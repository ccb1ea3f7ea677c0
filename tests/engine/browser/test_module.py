"""The file as it is shipped: small, closed, and the one that the room gives out."""

import base64
import gzip
import hashlib
import re

import pytest

from tocsin.engine import browser

# A word of this list is how a page could reach another machine, or run what it was sent.
REACHES_OUT = (
    "fetch", "XMLHttpRequest", "WebSocket", "WebTransport", "EventSource", "RTCPeerConnection",
    "sendBeacon", "importScripts", "import", "src", "href", "eval", "Function", "document",
    "localStorage", "sessionStorage", "indexedDB", "caches", "postMessage", "console",
)  # fmt: skip


def test_the_module_is_at_most_three_thousand_bytes_gzipped() -> None:
    assert len(gzip.compress(browser.source(), 9, mtime=0)) <= 3_000


@pytest.mark.parametrize("word", REACHES_OUT)
def test_the_module_names_no_way_out_of_the_page(word: str) -> None:
    assert re.search(rf"\b{word}\b", browser.source().decode("utf-8")) is None


def test_the_module_names_no_address() -> None:
    # "https or localhost" stands in an error's words, without an address.
    assert b"//" not in re.sub(rb"^\s*//.*$", b"", browser.source(), flags=re.MULTILINE)


def test_the_module_gives_out_three_functions() -> None:
    exported = re.findall(r"^export (?:async )?function (\w+)", browser.source().decode(), re.M)
    assert exported == ["fingerprint", "pdqOfRgba", "md5"]


def test_the_module_is_plain_ascii_and_names_its_hasher() -> None:
    assert browser.source().isascii()
    assert f"'{browser.HASHER}'".encode() in browser.source()


def test_the_folder_to_serve_holds_the_module_alone() -> None:
    assert [path.name for path in browser.FOLDER.iterdir()] == [browser.NAME]


def test_the_integrity_is_that_of_the_source() -> None:
    kind, _, value = browser.integrity().partition("-")
    assert kind == "sha384"
    assert base64.b64decode(value) == hashlib.sha384(browser.source()).digest()
