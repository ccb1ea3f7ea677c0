"""The answers of an object store, read: a page of its listing, the code of a refusal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote
from xml.etree import ElementTree as ET

from tocsin.site.sweeping.types import Stored

_CODE: Final = re.compile(rb"<Code>([A-Za-z]{1,60})</Code>")


class UnreadablePage(Exception):
    """What came is no page of a listing."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some objects, and the token by which the next page is asked for ("" on the last)."""

    stored: list[Stored]
    going_on: str


def read_page(body: bytes) -> Page:
    """Read a ListBucketResult (S3 API, ListObjectsV2 with `encoding-type=url`).

    The empty objects that stand for folders (their keys end in `/`) are left out.
    Raises UnreadablePage.
    """
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise UnreadablePage("its answer is no listing.")
    try:
        tree = ET.fromstring(body)  # noqa: S314 - nothing that declares entities comes here
        plain = _text(tree, "EncodingType") != "url"
        stored = [_stored(element, plain=plain) for element in tree.findall("{*}Contents")]
    except (ET.ParseError, ValueError) as error:
        raise UnreadablePage("its answer is no listing.") from error
    if not tree.tag.endswith("ListBucketResult"):
        raise UnreadablePage("its answer is no listing.")
    going_on = _text(tree, "NextContinuationToken")
    if _text(tree, "IsTruncated") == "true" and not going_on:
        raise UnreadablePage("its listing stops half-way.")
    return Page([one for one in stored if one.size_bytes or not one.key.endswith("/")], going_on)


def problem_code(body: bytes) -> str:
    """The code of a refusal, as `AccessDenied`, or ""."""
    found = _CODE.search(body[:4096])
    return found[1].decode("ascii") if found else ""


def _stored(element: ET.Element, *, plain: bool) -> Stored:
    key = _text(element, "Key")
    return Stored(
        # As in a form: S3 writes a space as "+", and a plus as "%2B".
        key=key if plain else unquote(key.replace("+", " "), errors="strict"),
        size_bytes=int(_text(element, "Size")),
        etag=_text(element, "ETag").strip('"'),
        modified=_text(element, "LastModified"),
    )


def _text(element: ET.Element, name: str) -> str:
    return element.findtext(f"{{*}}{name}") or ""
