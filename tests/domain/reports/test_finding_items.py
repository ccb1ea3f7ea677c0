"""Items are found by number, reference, address and site; a shift leaves its note."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.domain.desk import party, person, report
from tocsin.domain.reports import actions, queries
from tocsin.domain.reports.desk_types import ReasonNeeded
from tocsin.domain.reports.models import HandoverNote

pytestmark = pytest.mark.django_db


def test_an_item_is_found_by_its_number_in_any_case(now: datetime) -> None:
    number = report(now)
    assert queries.found_by(f"  {number.lower()} ") == (number,)


def test_an_item_is_found_by_the_reference_of_whoever_reported(now: datetime) -> None:
    number = report(now, party_id=party(now), client_reference="case 7/a")
    assert queries.found_by("case 7/a") == (number,)


@pytest.mark.parametrize(
    "spelled",
    [
        "https://img.bighost.example/a/1.jpg",
        "HTTPS://IMG.bighost.example:443/a/./1.jpg?utm_source=x#top",
        "hxxps://img[.]bighost[.]example/a/1.jpg",
        "img.bighost.example/a/1.jpg",
    ],
)
def test_an_item_is_found_by_its_address_however_spelled(now: datetime, spelled: str) -> None:
    number = report(now)
    assert queries.found_by(spelled) == (number,)


def test_a_bare_host_finds_all_of_the_site(now: datetime) -> None:
    numbers = [report(now, f"https://img.bighost.example/{n}") for n in range(3)]
    report(now, "https://other.example/1")
    assert queries.found_by("img.bighost.example") == tuple(reversed(numbers))


def test_nothing_is_found_by_nonsense(now: datetime) -> None:
    report(now)
    for words in ("", "  ", "nothing", "ftp://x.example/", "\x00.", "T-2026-999999"):
        assert queries.found_by(words) == ()


def test_a_note_reaches_the_next_shift_and_is_sealed(now: datetime) -> None:
    actions.hand_over(words="Two live ones. Ben knows.", actor=person("anna"), at=now)
    [note] = queries.notes()
    assert (note.by, note.words) == ("anna", "Two live ones. Ben knows.")
    assert "Ben" not in HandoverNote.objects.get().sealed_words
    assert "Ben" not in repr(note)
    with pytest.raises(ReasonNeeded):
        actions.hand_over(words=" ", actor=person("ben"), at=now)
