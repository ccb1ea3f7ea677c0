"""Windows, checkpoints and waits, whatever comes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.exchanges import rules
from tocsin.domain.exchanges.rules import LeadsElsewhere, Window, Word

moments = st.integers(0, 4_000_000_000)
words = st.builds(Word, st.none() | st.integers(0, 5), st.booleans())


@given(moments, st.integers(60, rules.MOST_WIDTH_SECONDS), moments, st.none() | moments)
def test_a_window_goes_forward_and_ends_behind_both_clocks(
    checkpoint: int, width: int, ours: int, theirs: int | None
) -> None:
    window = rules.window(checkpoint=checkpoint, width=width, ours=ours, theirs=theirs)
    if window is not None:
        assert 0 <= window.start <= checkpoint < window.stop < ours
        assert theirs is None or window.stop < theirs
        assert window.start == max(checkpoint - rules.OVERLAP_SECONDS, 0)


@given(moments, st.none() | moments, moments, moments, st.none() | moments)
def test_a_checkpoint_never_goes_back_nor_ahead_of_the_clocks(
    before: int, told: int | None, asked: int, ours: int, theirs: int | None
) -> None:
    after = rules.checkpoint_after(before=before, told=told, asked=asked, ours=ours, theirs=theirs)
    assert after >= before
    assert after == before or after <= min(asked, ours)
    assert after == before or theirs is None or after <= theirs


@given(st.lists(words, min_size=1, max_size=6), st.randoms())
def test_the_order_of_arrival_does_not_decide_what_counts(said: list[Word], random: object) -> None:
    dated = [word for word in said if word.updated is not None]

    def last(words: list[Word]) -> Word | None:
        kept = None
        for word in words:
            kept = word if rules.supersedes(word, kept) else kept
        return kept

    shuffled = dated.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert last(shuffled) == last(dated)


@given(st.integers(1, 10_000), st.none() | st.integers(0, rules.LONGEST_ASKED_WAIT_SECONDS),
       st.floats(0, 1, exclude_max=True))  # fmt: skip
def test_a_wait_is_bounded_and_never_shorter_than_asked(
    failures: int, asked: int | None, chance: float
) -> None:
    wait = rules.wait(failures, asked=asked, chance=chance)
    assert rules.FIRST_WAIT_SECONDS // 2 <= wait <= rules.LONGEST_ASKED_WAIT_SECONDS
    assert wait >= (asked or 0)


@given(st.text(max_size=40))
def test_any_header_of_time_is_a_bounded_wait_or_nothing(text: str) -> None:
    wait = rules.asked_wait(text, 1_700_000_000)
    assert wait is None or 0 <= wait <= rules.LONGEST_ASKED_WAIT_SECONDS


@pytest.mark.parametrize(
    ("text", "wait"),
    [("120", 120), (" 0 ", 0), ("9" * 30, rules.LONGEST_ASKED_WAIT_SECONDS), ("-5", None),
     ("1.5", None), ("", None), ("Tue, 14 Nov 2023 22:14:20 GMT", 60),
     ("Tue, 14 Nov 2000 22:14:20 GMT", 0), ("٣", None)],
)  # fmt: skip
def test_a_wait_that_is_asked_for(text: str, wait: int | None) -> None:
    assert rules.asked_wait(text, 1_700_000_000) == wait


WINDOW = Window(1_508_457_600, 1_509_321_600)


FROM, TO = "from=2017-10-20T00%3A00%3A00Z", "to=2017-10-30T00%3A00%3A00Z"


@pytest.mark.parametrize(
    ("link", "followed"),
    [
        (
            "/v2/entries?from=2017-10-20T00%3A00%3A00.000Z&to=2017-10-30T00%3A00%3A00.000Z&start=1",
            "",
        ),
        ("/v2/entries?start=2001&size=1000", f"&{FROM}&{TO}"),
        ("/v2/entries?from=2017-10-20T02:00:00%2B02:00&start=5", f"&{TO}"),
    ],
)
def test_a_next_page_of_the_same_window_is_followed(link: str, followed: str) -> None:
    assert rules.follow(link, WINDOW) == link + followed


@pytest.mark.parametrize(
    "link",
    ["https://other.example/v2/entries?start=1", "//other.example/v2/entries?start=1",
     "/v2/members?start=1", "/v2/entries/../../x?start=1", "/v2/entries", "",
     "/v2/entries?from=2017-10-21T00:00:00Z&start=1", "/v2/entries?to=later&start=1",
     "/v2/entries?from=2017-10-20T00:00:00Z&from=2017-10-21T00:00:00Z", "http://[/v2/entries?a=1"],
)  # fmt: skip
def test_a_next_page_of_something_else_is_not(link: str) -> None:
    with pytest.raises(LeadsElsewhere):
        rules.follow(link, WINDOW)


@pytest.mark.parametrize(
    ("asked", "following", "out"),
    [("start=1&size=2", "start=3&size=2", False), ("start=1&size=2", "start=4&size=2", True),
     ("start=5&size=2", "start=1&size=2", False), ("", "start=2001&size=1000", False),
     ("start=1", "start=9", False), ("start=x&size=2", "start=9&size=2", False),
     ("start=1&size=2", "", False), ("start=1&size=" + "9" * 20, "start=4&size=2", False)],
)  # fmt: skip
def test_a_next_page_that_leaves_some_out(asked: str, following: str, out: bool) -> None:
    assert rules.leaves_out(f"/v2/entries?{asked}", f"/v2/entries?{following}") is out


def test_a_next_page_given_as_anything_leads_nowhere_else() -> None:
    @given(st.text(max_size=60))
    def try_one(link: str) -> None:
        try:
            followed = rules.follow(link, WINDOW)
        except LeadsElsewhere:
            return
        assert followed.startswith("/v2/entries?")

    try_one()
