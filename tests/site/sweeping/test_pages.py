"""A page of a listing: what is in it, and what is none."""

from __future__ import annotations

import pytest

from tocsin.site.sweeping.pages import UnreadablePage, problem_code, read_page

PAGE = """<?xml version="1.0"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{head}
<Contents><Key>{key}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified>
<ETag>&quot;0cc175b9c0f1b6a831c399e269772661&quot;</ETag><Size>{size}</Size></Contents>
</ListBucketResult>"""


def page(key: str = "a", size: str = "1", head: str = "<EncodingType>url</EncodingType>") -> bytes:
    return PAGE.format(key=key, size=size, head=head).encode()


def test_an_object_is_read_with_its_etag_without_quotes() -> None:
    [stored] = read_page(page()).stored
    assert (stored.key, stored.size_bytes) == ("a", 1)
    assert stored.etag == "0cc175b9c0f1b6a831c399e269772661"
    assert stored.modified == "2026-01-02T03:04:05.000Z"


@pytest.mark.parametrize(
    ("written", "key"),
    [("a%2Fb+c%2Bd", "a/b c+d"), ("%C3%A4%0A", "ä\n"), ("%25", "%")],
)
def test_an_escaped_key_is_unescaped(written: str, key: str) -> None:
    assert read_page(page(written)).stored[0].key == key


def test_a_key_that_is_not_escaped_is_left_as_it_is() -> None:
    assert read_page(page("a+%25", head="")).stored[0].key == "a+%25"


def test_what_stands_for_a_folder_is_left_out_and_an_empty_object_is_not() -> None:
    assert read_page(page("folder/", "0")).stored == []
    assert len(read_page(page("folder/", "7")).stored) == 1
    assert len(read_page(page("empty", "0")).stored) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"<Other/>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><ListBucketResult/>',
        page(size="many"),
        page("%ff"),
        page(head="<IsTruncated>true</IsTruncated>"),
    ],
)
def test_what_is_no_page_is_not_taken_for_an_empty_one(body: bytes) -> None:
    with pytest.raises(UnreadablePage):
        read_page(body)


def test_the_code_of_a_refusal_is_plain_letters_or_nothing() -> None:
    assert problem_code(b"<Error><Code>AccessDenied</Code></Error>") == "AccessDenied"
    assert problem_code(b"<Error><Code>\x1b[2J</Code></Error>") == ""
