"""Proof of work instead of pictures to click on: what a browser computes while its user types.

For each of 8 puzzles a number is found for which SHA-256 of `<challenge>:<puzzle>:<number>` begins
with so many zero bits; the challenge is the token's own. Several small puzzles take about the same
time for everybody, one large one would be a lottery. Checking costs 8 hashes.
"""

from __future__ import annotations

import hashlib
import re

from tocsin.doors.public.tokens import Token

PUZZLES = 8
LEAST_BITS = 15
MOST_BITS = 19
CALM = 100
"""Forms in an hour up to which the puzzles are as easy as they get."""

_WORK = re.compile(r"[0-9]{1,12}(?:,[0-9]{1,12}){7}")


def bits_for(sent_in_the_last_hour: int) -> int:
    """How hard the puzzles are: a bit more, so twice the work, each time the load doubles."""
    over = max(sent_in_the_last_hour, 0) // CALM
    return min(LEAST_BITS + over.bit_length(), MOST_BITS)


def is_done(token: Token, work: str) -> bool:
    """Whether `work` (8 numbers with commas) solves the puzzles of a token."""
    if _WORK.fullmatch(work) is None:
        return False
    return all(
        _zero_bits(f"{token.challenge}:{puzzle}:{number}") >= token.bits
        for puzzle, number in enumerate(work.split(","))
    )


def solve(token: Token) -> str:
    """Do the work; for tests and benchmarks."""
    found = []
    for puzzle in range(PUZZLES):
        number = 0
        while _zero_bits(f"{token.challenge}:{puzzle}:{number}") < token.bits:
            number += 1
        found.append(str(number))
    return ",".join(found)


def _zero_bits(text: str) -> int:
    digest = hashlib.sha256(text.encode()).digest()
    return 256 - int.from_bytes(digest, "big").bit_length()
