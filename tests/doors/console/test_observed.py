"""What was observed of a picture: in the form, on the item, on the entry's page."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client

from tests.doors import staff
from tests.doors.console.reading import read
from tests.doors.console.test_desk import UNLAWFUL, URL
from tests.doors.console.test_pages import untranslated
from tocsin.base.accounts.types import Role
from tocsin.domain.hashlists import queries as hashlists
from tocsin.domain.hashlists.classification import Act, AgeBand, Labels, Observations
from tocsin.domain.reports import queries
from tocsin.domain.reports.types import MatchKind

pytestmark = pytest.mark.django_db

SEEN = {
    "seen-age_band": "prepubescent",
    "seen-act": "sexualised_exhibition",
    "seen-real_child": "yes",
    "seen-ai_generated": "no",
    "seen-labels": "some:label\nanother:label",
    "seen-version": "3.1",
}


def record(analyst: Client, number: str, **told: str) -> int:
    analyst.post(f"/console/items/{number}/take")
    answer = analyst.post(f"/console/items/{number}/assess", {**UNLAWFUL, **told})
    return answer.status_code


@pytest.fixture
def number(db: None, today: datetime) -> str:
    return staff.report(URL, today)


def test_a_finding_carries_what_was_observed_to_our_own_list(analyst: Client, number: str) -> None:
    assert record(analyst, number, **SEEN) == 302

    [finding] = queries.item(number).findings
    assert finding.observed == Observations(
        AgeBand.PREPUBESCENT, Act.EXHIBITION, real_child=True, ai_generated=False
    )
    assert finding.labels == Labels("3.1", ("another:label", "some:label"))
    assert finding.own_entry_id is not None
    entry = hashlists.entry(finding.own_entry_id)
    assert entry.observed == finding.observed
    assert {one.code for one in entry.asserted} == {"A2", "another:label", "some:label"}


def test_the_item_and_the_entry_say_it_in_words(analyst: Client, number: str) -> None:
    record(analyst, number, **SEEN)
    [finding] = queries.item(number).findings

    for url in (f"/console/items/{number}", f"/console/lists/entries/{finding.own_entry_id}"):
        text = read(analyst.get(url).content).text
        assert "before puberty" in text
        assert "sexualised exhibition" in text
        assert "A2" in text
        assert "otherwise indecent" in text  # IWF C
        assert "some:label" in text
        assert "art. 252 Sr" in text
        assert "to be checked" in text


def test_nothing_has_to_be_observed(analyst: Client, number: str) -> None:
    assert record(analyst, number) == 302

    [finding] = queries.item(number).findings
    assert not finding.observed
    text = read(analyst.get(f"/console/lists/entries/{finding.own_entry_id}").content).text
    assert "asserted" in text
    assert "follows" not in text.split()


def test_a_category_against_what_was_observed_is_said_and_kept(
    analyst: Client, number: str
) -> None:
    told = {**SEEN, "category": "B1"}
    assert record(analyst, number, **told) == 302

    text = read(analyst.get(f"/console/items/{number}").content).text
    assert "Industry scheme B1 was asserted, but A2 follows from what was stated." in text
    assert queries.item(number).findings[0].category == "B1"


def test_what_is_filled_in_wrongly_is_said_in_the_form(analyst: Client, number: str) -> None:
    assert record(analyst, number, **{**SEEN, "seen-labels": "x" * 121}) == 422
    assert record(analyst, number, **{**SEEN, "seen-age_band": "elderly"}) == 422
    assert queries.item(number).findings == ()


def test_what_would_follow_is_shown_before_anything_is_recorded(analyst: Client) -> None:
    told = {**SEEN, "category": "A2"}
    text = read(analyst.get("/console/items/follows", told).content).text
    assert "lascivious exhibition" in text
    assert "Baseline" not in text
    assert "illegal in nearly every country" in text

    contradicting = {**told, "seen-virtual_or_drawn": "yes"}
    text = read(analyst.get("/console/items/follows", contradicting).content).text
    assert "What was stated contradicts itself: A real child, Drawn or virtual." in text
    half = {"seen-act": "sexualised_exhibition"}
    text = read(analyst.get("/console/items/follows", half).content).text
    assert "open: depends on Age of the youngest" in text
    wrong = {"seen-act": "x", "category": "x"}
    assert read(analyst.get("/console/items/follows", wrong).content).text == ""


def test_what_would_follow_is_said_in_the_readers_language(today: datetime) -> None:
    client = Client()
    staff.enter(client, staff.person("luc", Role.ANALYST, today, "fr"))

    page = read(client.get("/console/items/follows", SEEN).content)

    assert "enfant prépubère" in page.text
    assert untranslated(page, "fr") == []


def test_a_matched_entry_can_be_looked_at(analyst: Client, today: datetime) -> None:
    number = staff.report(URL, today, match=MatchKind.EXACT)

    page = read(analyst.get(f"/console/items/{number}").content)
    [link] = {link for link in page.links if "/lists/entries/" in link}
    assert analyst.get(link).status_code == 200


def test_an_entry_shows_no_fingerprint_and_is_not_for_administrators(
    analyst: Client, administrator: Client, number: str
) -> None:
    record(analyst, number, **SEEN)
    [finding] = queries.item(number).findings
    url = f"/console/lists/entries/{finding.own_entry_id}"

    shown = analyst.get(url).content.decode()
    [indexable] = hashlists.indexable([finding.own_entry_id or 0])
    assert indexable.fingerprints
    assert not any(value.value.hex() in shown for value in indexable.fingerprints)
    assert administrator.get(url).status_code == 403
    assert analyst.get("/console/lists/entries/999999").status_code == 404
