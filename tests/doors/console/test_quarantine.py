"""Analysts see what is in quarantine and why; a manager decides."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from pathlib import Path

import pytest
from django.test import Client

from tests.domain.hashlists.known_sets import know, listed
from tests.domain.hashlists.lists import bring, entry, make, value, write
from tests.doors.console.reading import read
from tocsin.domain.hashlists import actions, known, queries
from tocsin.domain.hashlists.models import Entry, Quarantine
from tocsin.domain.hashlists.types import EntryStatus, QuarantineState, SetState

pytestmark = pytest.mark.django_db

PAGE = "/console/lists/quarantine"


@pytest.fixture
def waiting(tmp_path: Path, today: datetime) -> list[int]:
    """Three entries in quarantine: two by SHA-1, one by the only MD5."""
    make(today)
    know("icon", "logo")
    path = write(
        tmp_path / "list",
        listed("a", sha1="icon"),
        listed("b", sha1="logo", md5="unknown"),
        listed("c", md5="icon"),
        listed("d", md5="icon", sha1="a picture"),
    )
    bring(path, today)
    return list(Quarantine.objects.order_by("pk").values_list("pk", flat=True))


def test_an_analyst_sees_why_and_cannot_decide(analyst: Client, waiting: list[int]) -> None:
    page = read(analyst.get(PAGE).content)

    assert "2 entries: a harmless file has this SHA-1" in page.words
    assert "1 entry: a harmless file has this MD5, its only digest" in page.words
    assert "wordpress 6.1" in page.words
    assert not any("quarantine" in str(form.get("action")) for form in page.forms)
    assert value("icon", 20) not in page.words
    refused = analyst.post(f"{PAGE}/{waiting[0]}", {"decision": "release", "words": "x"})
    assert refused.status_code == 403


def test_a_manager_lets_one_out(manager: Client, waiting: list[int]) -> None:
    answer = manager.post(
        f"{PAGE}/{waiting[0]}", {"decision": "release", "words": "not an icon"}, follow=True
    )

    told = read(answer.content).words
    assert "Decided. It takes effect within a second." in told
    assert "not an icon" in told
    assert Entry.objects.get(source_entry_id="a").status == EntryStatus.ACTIVE.number


def test_who_comes_second_is_told(manager: Client, waiting: list[int]) -> None:
    filled = {"decision": "confirm", "words": "an icon"}
    assert manager.post(f"{PAGE}/{waiting[0]}", filled).status_code == 302

    answer = manager.post(f"{PAGE}/{waiting[0]}", filled)

    assert answer.status_code == 409
    assert "It has been decided in the meantime." in read(answer.content).words


def test_words_are_needed(manager: Client, waiting: list[int]) -> None:
    answer = manager.post(f"{PAGE}/{waiting[0]}", {"decision": "release", "words": " "})

    assert answer.status_code == 422
    assert len(queries.quarantined()) == 3


def test_all_that_wait_for_one_reason_are_decided_at_once(
    manager: Client, waiting: list[int]
) -> None:
    filled = {
        "list_slug": "test",
        "reason": "known_sha1",
        "known_set": "office",
        "through": waiting[-1],
        "decision": "confirm",
        "words": "icons of a web shop",
    }

    answer = manager.post(f"{PAGE}/all", filled, follow=True)

    assert "2 entries decided." in read(answer.content).words
    confirmed = Quarantine.objects.filter(state=QuarantineState.CONFIRMED)
    assert confirmed.count() == 2
    assert len(queries.quarantined()) == 1


def test_lists_and_the_entry_tell_of_it(analyst: Client, waiting: list[int]) -> None:
    lists = read(analyst.get("/console/lists/").content).words
    assert "3 entries wait in quarantine" in lists
    assert "3 set aside" in lists

    twin = Entry.objects.get(source_entry_id="d").pk
    entry = read(analyst.get(f"/console/lists/entries/{twin}").content).words
    assert "a harmless file has this MD5, but its other digests differ" in entry
    assert any("Noted only: the entry keeps matching." in words for words in entry)


def test_an_administrator_sees_how_many_and_not_which(
    administrator: Client, waiting: list[int]
) -> None:
    assert "3 set aside" in read(administrator.get("/console/lists/").content).words
    assert administrator.get(PAGE).status_code == 403


def test_only_who_may_decide_has_a_column_for_it(
    analyst: Client, manager: Client, waiting: list[int]
) -> None:
    head = '<th scope="col">Decision</th>'
    assert head not in analyst.get(PAGE).content.decode()
    assert head in manager.get(PAGE).content.decode()


def test_the_page_of_an_entry_tells_which_digest_does_not_match(
    analyst: Client, waiting: list[int]
) -> None:
    twin = Entry.objects.get(source_entry_id="d")

    words = " ".join(read(analyst.get(f"/console/lists/entries/{twin.pk}").content).words)

    assert "Its MD5 does not match: a harmless file has it too." in words
    assert "wordpress 6.1" in words
    assert value("icon", 16) not in words


def test_the_page_of_lists_tells_which_sets_are_asked_and_which_are_damaged(
    analyst: Client, waiting: list[int]
) -> None:
    assert "office : asked" in " ".join(read(analyst.get("/console/lists/").content).words)

    (known.folder_of_sets() / "office" / "manifest.json").write_text("{")

    words = " ".join(read(analyst.get("/console/lists/").content).words)
    assert "office : damaged" in words
    assert "tocsin lists sets --without office" in words


def test_whoever_decides_is_told_that_another_reason_is_left(
    manager: Client, tmp_path: Path, today: datetime
) -> None:
    make(today)
    know("icon")
    know("icon", name="police")
    bring(write(tmp_path / "list", listed("a", sha1="icon")), today)
    number = Quarantine.objects.earliest("pk").pk

    decision = {"decision": "release", "words": "no icon"}
    answer = manager.post(f"{PAGE}/{number}", decision, follow=True)

    assert "Decided. It still waits for another reason." in read(answer.content).words


@pytest.fixture
def braked(tmp_path: Path, today: datetime) -> None:
    """A set that would silence too much, and waits."""
    make(today)
    icons = [f"icon {number}" for number in range(101)]
    know(*icons)
    with pytest.raises(actions.SetWaits):
        bring(write(tmp_path / "l", *(listed(word, sha256=word) for word in icons)), today)


@pytest.mark.usefixtures("braked")
def test_a_manager_lets_a_set_that_waits_set_aside_what_it_knows(
    manager: Client, analyst: Client
) -> None:
    confirm = "/console/lists/known-good/confirm"
    assert "A manager decides." in read(analyst.get("/console/lists/").content).words
    page = read(manager.get("/console/lists/").content)
    assert any(form.get("action") == confirm for form in page.forms)
    [waits] = [one for one in queries.known_sets() if one.name == "office"]
    told = {"name": "office", "mark": waits.mark}

    assert analyst.post(confirm, {**told, "words": "icons"}).status_code == 403
    assert manager.post(confirm, told).status_code == 422
    assert manager.post(confirm, {**told, "mark": "f" * 64, "words": "w"}).status_code == 409
    answer = manager.post(confirm, {**told, "words": "icons of a theme"}, follow=True)

    told_so = "The set is asked; the lists are gone over within a minute."
    assert told_so in read(answer.content).words
    assert {one.state for one in queries.known_sets()} == {SetState.ASKED}
    assert manager.post(confirm, {**told, "words": "again"}).status_code == 409


def test_the_page_says_that_no_known_good_check_of_photodna_alone_is_possible(
    tmp_path: Path, manager: Client, today: datetime
) -> None:
    make(today)
    photodna = {"algo": "photodna", "value": b64encode(bytes(144)).decode()}
    bring(write(tmp_path / "l", entry("alone", fingerprints=[photodna]), entry("b")), today)
    alone, beside = Entry.objects.order_by("pk")

    assert "It matches by PhotoDNA alone." in _words(manager, f"/console/lists/entries/{alone.pk}")
    assert "PhotoDNA alone" not in _words(manager, f"/console/lists/entries/{beside.pk}")
    assert "nobody could check whether" in _words(manager, "/console/lists/")


def _words(client: Client, page: str) -> str:
    return " ".join(read(client.get(page).content).words)
