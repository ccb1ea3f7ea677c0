"""What an answer means, cell by cell, and what no answer ever means."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.hashlists.types import FingerprintValue, Kind
from tocsin.domain.visits import rules
from tocsin.domain.visits.rules import Observed, Page, Sibling
from tocsin.domain.visits.types import (
    ICCAM_REASONS,
    STANDINGS,
    ContentKind,
    Outcome,
    Standing,
)

MEDIA = "http://host.test/i/abc.jpg"
PAGE = "http://host.test/album/abc"


def picture(**more: object) -> Observed:
    seen = Observed(MEDIA, MEDIA, 200, kind=ContentKind.PICTURE, body_bytes=9_000)
    return replace(seen, **more)  # type: ignore[arg-type]


def page(told: Page, url: str = PAGE, **more: object) -> Observed:
    seen = Observed(url, url, 200, kind=ContentKind.PAGE, body_bytes=900, page=told)
    return replace(seen, **more)  # type: ignore[arg-type]


def test_every_outcome_has_a_standing_and_a_reason_for_iccam() -> None:
    assert set(STANDINGS) == set(ICCAM_REASONS) == set(Outcome)
    assert {o for o in Outcome if o.iccam is None} == {Outcome.PRESENT}


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (404, Outcome.GONE_404),
        (410, Outcome.GONE_410),
        (451, Outcome.LEGAL_451),
        (403, Outcome.FORBIDDEN),
        (401, Outcome.LOGIN_WALL),
        (429, Outcome.RATE_LIMITED),
        (500, Outcome.SERVER_ERROR),
        (503, Outcome.SERVER_ERROR),
        (418, Outcome.OTHER_STATUS),
        (304, Outcome.OTHER_STATUS),
    ],
)
def test_a_status_says_what_it_says(status: int, outcome: Outcome) -> None:
    assert rules.judge(Observed(MEDIA, MEDIA, status)).outcome is outcome


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        ("RefusedAddress:not_public", Outcome.NO_ADDRESS),
        ("RefusedAddress:onion", Outcome.REFUSED_ADDRESS),
        ("Unreachable:no_such_name", Outcome.DNS_GONE),
        ("Unreachable:no_connection", Outcome.REFUSED),
        ("Unreachable:certificate", Outcome.TLS_FAILED),
        ("Unreachable:tls", Outcome.TLS_FAILED),
        ("Unreachable:broken_off", Outcome.BROKEN),
        ("TooSlow:deadline", Outcome.TIMEOUT),
        ("TooLarge:declared", Outcome.TOO_LARGE),
        ("TooManyRedirects:redirects", Outcome.BROKEN),
        ("UnreadableAnswer:encoding", Outcome.BROKEN),
        ("SomethingNew:odd", Outcome.BROKEN),
    ],
)
def test_no_answer_is_told_apart_by_why(failure: str, outcome: Outcome) -> None:
    seen = Observed(MEDIA, MEDIA, failure=failure)
    assert rules.judge(seen).outcome is outcome
    assert rules.judge(seen).signs == (failure,)


@pytest.mark.parametrize("status", [200, 403, 404, 410, 451, 500])
def test_what_shows_the_picture_is_there_whatever_it_says(status: int) -> None:
    assert rules.judge(picture(status=status, shows_known=True)).outcome is Outcome.PRESENT


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        (Page("404 Not Found", "The page was not found.", 40), Outcome.SOFT_404),
        (Page("Pagina niet gevonden", "", 5), Outcome.SOFT_404),
        (Page("Holidays", "This album has been removed by its owner.", 60), Outcome.SOFT_404),
        (Page("Holidays", "sunny " * 900, 5_000, pictures=3), Outcome.PRESENT),
        (Page("Log in", "Password", 20, password=True), Outcome.LOGIN_WALL),
        (Page("Holidays", "sunny " * 900, 5_000, pictures=3, password=True), Outcome.PRESENT),
        (Page("Holidays", "Not available in your country", 60), Outcome.GEO_BLOCKED),
        (Page("Just a moment...", "", 0), Outcome.FORBIDDEN),
    ],
)
def test_a_page_says_what_it_is(told: Page, outcome: Outcome) -> None:
    assert rules.judge(page(told)).outcome is outcome


def test_a_word_in_much_text_takes_nothing_away() -> None:
    told = Page("Holidays", "The bridge was not found. " + "sunny " * 900, 5_400, pictures=2)
    assert rules.judge(page(told)).outcome is Outcome.PRESENT


def test_a_404_of_a_number_is_no_404() -> None:
    told = Page("Photo 14042", "Room 4041", 200, pictures=1)
    assert rules.judge(page(told)).outcome is Outcome.PRESENT


def test_a_script_page_at_every_address_tells_nothing() -> None:
    told = page(Page("App", "", 0), sibling=Sibling(200, same_body=True), shows_known=False)
    assert rules.judge(told).outcome.standing is Standing.CANNOT_TELL


def test_the_front_page_in_place_of_a_picture_is_none() -> None:
    seen = page(
        Page("Front", "sunny " * 200, 1_200, pictures=9),
        MEDIA,
        redirects=1,
        final="http://host.test/",
    )
    assert rules.judge(seen).outcome is Outcome.REDIRECTED_AWAY


def test_the_front_page_asked_for_is_itself() -> None:
    front = "http://host.test/"
    seen = page(
        Page("Front", "sunny " * 200, 1_200, pictures=9),
        front,
        redirects=1,
        final="https://www.host.test/",
    )
    assert rules.judge(seen).outcome is Outcome.PRESENT


def test_the_same_picture_under_any_name_stands_in() -> None:
    assert rules.judge(picture(sibling=Sibling(200, same_body=True))).outcome is Outcome.PLACEHOLDER
    assert rules.judge(picture(sibling=Sibling(404))).outcome is Outcome.PRESENT
    assert rules.judge(picture(known_placeholder=True)).outcome is Outcome.PLACEHOLDER


def test_a_neighbour_is_asked_for_only_where_that_can_tell() -> None:
    assert rules.wants_sibling(picture())
    assert not rules.wants_sibling(picture(shows_known=True))
    assert not rules.wants_sibling(picture(status=404))
    assert not rules.wants_sibling(picture(failure="TooSlow:deadline"))
    assert not rules.wants_sibling(picture(asked="http://host.test/"))


def test_an_empty_answer_tells_nothing() -> None:
    seen = Observed(MEDIA, MEDIA, 200)
    assert rules.judge(seen).outcome.standing is Standing.CANNOT_TELL


def _pdq(value: int, quality: int = 90) -> FingerprintValue:
    return FingerprintValue(Kind.PDQ, value.to_bytes(32, "big"), quality)


def test_two_pictures_are_one_by_a_digest_or_by_nearness() -> None:
    sha = FingerprintValue(Kind.SHA256, bytes(32))
    assert rules.same_picture([sha], [sha])
    assert rules.same_picture([_pdq(0)], [_pdq((1 << 31) - 1)])
    assert not rules.same_picture([_pdq(0)], [_pdq((1 << 32) - 1)])
    assert not rules.same_picture([_pdq(0, quality=20)], [_pdq(0, quality=20)])
    assert not rules.same_picture([], [sha])


texts = st.text(max_size=80) | st.sampled_from(
    ["404 Not Found", "Log in", "not available in your country", "Holidays", "captcha"]
)
pages = st.builds(
    Page,
    title=texts,
    words=texts,
    letters=st.integers(0, 9_000),
    pictures=st.integers(0, 5),
    mentions=st.integers(0, 9),
    password=st.booleans(),
    refresh=st.none() | st.sampled_from(["/", "/next", "http://["]),
)
observations = st.builds(
    Observed,
    asked=st.sampled_from([MEDIA, PAGE, "http://host.test/", "http://host.test/?id=1"]),
    final=st.sampled_from([MEDIA, PAGE, "http://host.test/", "http://other.test/404"]),
    status=st.none() | st.integers(100, 599),
    failure=st.sampled_from(["", "TooSlow:deadline", "Unreachable:no_such_name"]),
    redirects=st.integers(0, 3),
    kind=st.sampled_from(ContentKind),
    body_bytes=st.integers(0, 9_000),
    page=pages,
    shows_known=st.none() | st.booleans(),
    known_placeholder=st.booleans(),
    sibling=st.none() | st.builds(Sibling, st.none() | st.integers(100, 599), st.booleans()),
    echoes=st.booleans(),
)


@given(observations)
def test_every_answer_gets_a_judgement(seen: Observed) -> None:
    judged = rules.judge(seen)
    assert judged.outcome in Outcome
    assert judged.outcome is not Outcome.NOT_FETCHED


@given(observations)
def test_what_is_shown_is_never_gone(seen: Observed) -> None:
    seen = replace(seen, shows_known=True, failure="")
    assert rules.judge(seen).outcome is Outcome.PRESENT


@given(observations)
def test_gone_needs_a_word_of_the_server_or_something_in_its_place(seen: Observed) -> None:
    judged = rules.judge(seen)
    if judged.outcome.standing is Standing.GONE:
        assert judged.signs
