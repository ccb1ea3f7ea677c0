"""How fast a key may ask, by a clock of our own."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.base.accounts.types import Tier
from tocsin.domain.matching.types import CheckKey, PolicyTerms
from tocsin.doors.api.http import Refused
from tocsin.doors.api.limits import Allowance, RateLimit


def a_key(per_second: float, burst: int) -> CheckKey:
    return CheckKey("tk", 1, Tier.ACTION, per_second, burst, None, "", PolicyTerms())


class Clock:
    """A time that stands still unless told otherwise."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def ask(limit: RateLimit, key: CheckKey, cost: int) -> Allowance:
    """A batch as the door takes it: the first token before the body is read."""
    allowance = limit.take(key)
    return limit.take(key, cost, paid=1) if cost > 1 else allowance


def wait_told(limit: RateLimit, key: CheckKey, cost: int) -> int:
    """How long a refusal says to wait."""
    with pytest.raises(Refused) as refused:
        ask(limit, key, cost)
    return int(dict(refused.value.headers)["Retry-After"])


def test_a_batch_larger_than_the_bucket_passes_when_it_is_full_and_is_paid_afterwards() -> None:
    clock, key = Clock(), a_key(per_second=2, burst=10)
    limit = RateLimit(clock)
    assert ask(limit, key, 100).left == 0
    # 90 tokens are owed, and the next request costs one.
    assert wait_told(limit, key, 1) == 46
    clock.now += 45.4
    assert wait_told(limit, key, 1) == 1
    clock.now += 1
    ask(limit, key, 1)


def test_it_does_not_pass_while_the_bucket_is_not_full() -> None:
    clock, key = Clock(), a_key(per_second=1, burst=10)
    limit = RateLimit(clock)
    ask(limit, key, 4)
    wait = wait_told(limit, key, 100)
    # Four tokens, and the one that the refused request has cost.
    assert wait == 5
    clock.now += wait
    ask(limit, key, 100)


@given(
    st.floats(0.01, 20),
    st.integers(1, 200),
    st.lists(st.integers(1, 100), max_size=6),
    st.integers(1, 100),
)
def test_who_comes_back_when_told_to_is_let_in(
    per_second: float, burst: int, before: list[int], cost: int
) -> None:
    clock, key = Clock(), a_key(per_second, burst)
    limit = RateLimit(clock)
    for earlier in before:
        with suppress(Refused):
            ask(limit, key, earlier)
    # Twice at most: with an empty bucket a batch is refused before its size is known.
    assert any(_lets_in(limit, key, cost, clock) for _ in range(3))


def _lets_in(limit: RateLimit, key: CheckKey, cost: int, clock: Clock) -> bool:
    try:
        ask(limit, key, cost)
    except Refused as refused:
        clock.now += int(dict(refused.headers)["Retry-After"])
        return False
    return True
