"""What of a mail server's words is kept."""

from __future__ import annotations

import pytest

from tocsin.base.letters.rules import without_addresses


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (
            "554 5.7.1 contains https://pictures.example/1.jpg?a=b (SURBL)",
            "554 5.7.1 contains … (SURBL)",
        ),
        ("554 listed: pictures.example/a/1.jpg,\n try later", "554 listed: … try later"),
        ("550 blocked: [http://192.0.2.7/1.jpg]", "550 blocked: …"),
        ("550 blocked: 192.0.2.7/1.jpg", "550 blocked: …"),
        ("550 5.1.1 <abuse@host.example>: no such user", "550 5.1.1 … no such user"),
        ("554 Client host [192.0.2.7] is blocked, code 5.7.28.", None),
        ("SMTPAuthenticationError: (535, b'5.7.8 not so')", None),
        ("could not write the letter: No space left on device", None),
    ],
)
def test_a_refusal_is_kept_without_the_addresses_it_quotes(said: str, kept: str | None) -> None:
    assert without_addresses(said) == (said if kept is None else kept)


def test_a_long_refusal_is_cut() -> None:
    assert len(without_addresses("no " * 500)) == 300
