"""What a form must say, what a reporter is told, and every cell of a life."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import expect_cell
from tocsin.domain.reporters import rules
from tocsin.domain.reporters.types import (
    FormState,
    Pace,
    PlainState,
    Site,
    TalkState,
    Theme,
    Told,
)
from tocsin.domain.reports.types import ItemState
from tocsin.engine.addresses import canonical

FORM_TABLE: dict[tuple[str, FormState], FormState] = {
    ("leave", FormState.OPEN): FormState.LEFT,
    ("send", FormState.OPEN): FormState.SENT,
    ("send", FormState.LEFT): FormState.SENT,
}
TALK_TABLE: dict[tuple[str, TalkState], TalkState] = {
    ("write", TalkState.QUIET): TalkState.WAITING,
    ("write", TalkState.WAITING): TalkState.WAITING,
    ("answer", TalkState.QUIET): TalkState.QUIET,
    ("answer", TalkState.WAITING): TalkState.QUIET,
    ("settle", TalkState.WAITING): TalkState.QUIET,
}


def test_the_tables_name_every_move() -> None:
    assert {name for name, _ in FORM_TABLE} == rules.FORM.names()
    assert {name for name, _ in TALK_TABLE} == rules.TALK.names()


@pytest.mark.parametrize("state", FormState)
@pytest.mark.parametrize("name", sorted(rules.FORM.names()))
def test_each_cell_of_a_form(name: str, state: FormState) -> None:
    expect_cell(rules.FORM, FORM_TABLE, name, state)


@pytest.mark.parametrize("state", TalkState)
@pytest.mark.parametrize("name", sorted(rules.TALK.names()))
def test_each_cell_of_a_conversation(name: str, state: TalkState) -> None:
    expect_cell(rules.TALK, TALK_TABLE, name, state)


@given(st.text(max_size=300))
def test_every_line_is_an_address_or_kept_as_text(urls: str) -> None:
    found = rules.addresses(urls)
    for url in found.urls:
        canonical(url)
    keys = [canonical(url).identity_key for url in found.urls]
    assert len(set(keys)) == len(keys)
    lines = {line.strip() for line in urls.splitlines()}
    assert set(found.texts) <= lines
    assert len(found.urls) + len(found.texts) <= len(lines - {""})


@pytest.mark.parametrize(
    ("line", "url"),
    [
        ("https://lake.example/a", "https://lake.example/a"),
        ("  lake.example/a  ", "https://lake.example/a"),
        ("hxxps://lake[.]example/a", "hxxps://lake[.]example/a"),
        ("http://abcdefghij234567.onion/x", "http://abcdefghij234567.onion/x"),
    ],
)
def test_addresses_are_known_as_people_write_them(line: str, url: str) -> None:
    assert rules.addresses(line).urls == (url,)


@pytest.mark.parametrize(
    "line",
    [
        "the third picture.",
        "javascript:alert(1)",
        "ftp://lake.example/a",
        "file:///etc/passwd",
        "lake",
        "ask me at me@lake.example or so",
    ],
)
def test_what_is_no_address_is_kept_as_text(line: str) -> None:
    assert rules.addresses(line).urls == ()
    assert rules.addresses(line).texts == (line,)


def test_beyond_a_hundred_addresses_the_rest_is_kept_as_text() -> None:
    urls = "\n".join(f"https://lake.example/{n}" for n in range(130))
    found = rules.addresses(urls)
    assert (len(found.urls), len(found.texts)) == (100, 30)


TOLD = st.builds(
    Told,
    urls=st.sampled_from(["", "https://lake.example/", "no address at all"]),
    theme=st.sampled_from(Theme),
    site=st.sampled_from(Site),
    where=st.sampled_from(["", "there"]),
    seen=st.sampled_from(["", "today"]),
    words=st.sampled_from(["", "words"]),
)


@given(TOLD)
def test_a_form_is_complete_when_nothing_is_missing(told: Told) -> None:
    found = rules.completeness(told)
    assert 0 <= found.score <= 100
    assert (found.score == 100) == (found.missing == ())


@given(TOLD, TOLD)
def test_telling_more_never_scores_less(told: Told, more: Told) -> None:
    both = Told(*(getattr(told, name) or getattr(more, name) for name in told.__dataclass_fields__))
    if told.urls or not more.urls:
        assert rules.completeness(both).score >= rules.completeness(told).score


@given(TOLD, st.lists(st.text(max_size=5_000), max_size=3))
def test_the_words_of_a_report_always_fit(told: Told, texts: list[str]) -> None:
    assert len(rules.report_words(told, tuple(texts))) <= 4_000


@pytest.mark.parametrize("state", ItemState)
@pytest.mark.parametrize("removed", [False, True])
def test_a_reporter_is_told_a_plain_state_of_every_item(state: ItemState, removed: bool) -> None:
    told = rules.plain(state, removed=removed)
    if state is ItemState.UNLAWFUL:
        assert told is (PlainState.REMOVED if removed else PlainState.PASSED_ON)
    else:
        assert told not in {PlainState.REMOVED, PlainState.PASSED_ON}


@pytest.mark.parametrize("asked", Pace)
@pytest.mark.parametrize(("sent", "slow"), [(0, False), (999, False), (1_000, True), (5_000, True)])
def test_beyond_the_most_of_an_hour_everything_goes_slowly(
    asked: Pace, sent: int, slow: bool
) -> None:
    found = rules.pace(asked, sent_in_the_last_hour=sent, most_in_an_hour=1_000)
    assert found is (Pace.SLOW if slow else asked)


@given(st.text(max_size=40))
def test_only_sixteen_digits_are_a_receipt(typed: str) -> None:
    digits = rules.receipt_digits(typed)
    assert digits is None or (len(digits) == 16 and digits.isascii() and digits.isdigit())


def test_a_new_receipt_is_one() -> None:
    receipt = rules.new_receipt()
    assert rules.receipt_digits(rules.in_fours(receipt)) == receipt
    assert rules.new_receipt() != receipt
