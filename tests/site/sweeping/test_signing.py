"""Requests are signed as the examples of AWS's own documentation are."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tocsin.site.sweeping.signing import Credentials, Request, escaped_path, signed

AT = datetime(2013, 5, 24, tzinfo=UTC)
EXAMPLE = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
HOST = "examplebucket.s3.amazonaws.com"


@pytest.mark.parametrize(
    ("request_", "signature"),
    [
        (
            Request("GET", HOST, "/test.txt", {}, {"range": "bytes=0-9"}),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            Request("GET", HOST, "/", {"lifecycle": ""}, {}),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            Request("GET", HOST, "/", {"prefix": "J", "max-keys": "2"}, {}),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)
def test_the_examples_of_the_documentation_come_out(request_: Request, signature: str) -> None:
    headers = signed(request_, EXAMPLE, region="us-east-1", at=AT)
    assert headers["authorization"].endswith(f"Signature={signature}")


def test_a_session_token_is_signed_too() -> None:
    key = Credentials("A", "s", session_token="t-1")
    headers = signed(Request("GET", HOST, "/", {}, {}), key, region="eu-west-1", at=AT)
    assert headers["x-amz-security-token"] == "t-1"
    assert "x-amz-security-token" in headers["authorization"]


def test_the_secret_stands_neither_in_headers_nor_in_the_text_form() -> None:
    headers = signed(Request("GET", HOST, "/", {}, {}), EXAMPLE, region="us-east-1", at=AT)
    assert EXAMPLE.secret not in f"{headers} {EXAMPLE!r}"


def test_a_key_is_escaped_byte_for_byte_and_keeps_its_slashes() -> None:
    assert escaped_path("a//../b c+%/ä~") == "a//../b%20c%2B%25/%C3%A4~"
