from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.domain.hashlists.classification.pictures import observations
from tocsin.domain.hashlists.classification import (
    NOTHING_OBSERVED,
    Act,
    AgeBand,
    Code,
    NotExpressible,
    NotKnown,
    NotKnownWhy,
    Observations,
    Says,
    Verdict,
    iccam_code,
    jurisdictions,
    verdict,
)
from tocsin.domain.hashlists.types import Category

DAY = date(2026, 11, 26)
CHILD = Observations(AgeBand.PUBESCENT, Act.EXHIBITION)
REAL = Observations(AgeBand.PUBESCENT, Act.EXHIBITION, real_child=True)
DRAWN = Observations(AgeBand.PUBESCENT, Act.EXHIBITION, real_child=False, virtual_or_drawn=True)


def says(seen: Observations, place: str, category: str = "", day: date = DAY) -> Verdict:
    found = verdict(seen, category, place, day)
    assert isinstance(found, Verdict)
    return found


def test_the_netherlands() -> None:
    found = says(REAL, "NL")
    assert (found.says, found.reference, found.unverified) == (Says.UNLAWFUL, "art. 252 Sr", True)
    assert says(NOTHING_OBSERVED, "NL", "baseline").says is Says.UNLAWFUL
    assert says(Observations(AgeBand.ADULT), "NL").says is Says.LAWFUL
    assert says(Observations(AgeBand.INFANT, Act.NONE), "NL").says is Says.LAWFUL


def test_where_what_was_read_is_silent_the_answer_is_unclear() -> None:
    for silent in (DRAWN, Observations(AgeBand.INFANT, Act.OTHER_INDECENT, real_child=True)):
        found = says(silent, "NL")
        assert (found.says, found.missing, found.reference) == (Says.UNCLEAR, (), "")
    assert says(CHILD, "NL").missing == ("real_child",)
    assert says(NOTHING_OBSERVED, "NL", "national").says is Says.UNCLEAR
    assert says(NOTHING_OBSERVED, "EU", "baseline").says is Says.UNCLEAR
    assert says(Observations(AgeBand.ADULT), "BE").says is Says.UNCLEAR


def test_belgium_counts_drawings_and_the_article_has_had_two_numbers() -> None:
    old = says(DRAWN, "BE", day=date(2026, 3, 31))
    new = says(DRAWN, "BE", day=date(2026, 4, 1))

    assert (old.says, old.reference, old.unverified) == (
        Says.UNLAWFUL, "art. 417/43-48 Sw", False,
    )  # fmt: skip
    assert new.says is Says.UNLAWFUL
    assert new.unverified
    assert (new.reference, new.renumbered) == ("art. 417/43-48 Sw", True)


def test_a_category_says_what_its_scheme_says() -> None:
    assert says(NOTHING_OBSERVED, "BE", "B1").says is Says.UNLAWFUL
    assert says(NOTHING_OBSERVED, "NL", "B1").missing == ("real_child",)
    assert says(Observations(real_child=True), "NL", "A1").says is Says.UNLAWFUL


def test_a_category_against_what_was_seen_is_for_a_person() -> None:
    found = says(REAL, "NL", "A1")
    assert (found.says, found.against) == (Says.UNCLEAR, ("act", "age_band"))
    itself = says(Observations(AgeBand.ADULT, real_child=True), "NL")
    assert (itself.says, itself.against) == (Says.UNCLEAR, ("age_band", "real_child"))


def test_days_and_places_nothing_is_written_down_of_are_refused() -> None:
    before = verdict(REAL, "", "NL", date(2024, 6, 30))
    assert isinstance(before, NotKnown)
    assert (before.why, before.edge) == (NotKnownWhy.BEFORE, date(2024, 7, 1))
    assert "240b" in before.note
    late = jurisdictions()["NL"].look_again_by
    after = verdict(REAL, "", "NL", late + timedelta(days=1))
    assert isinstance(after, NotKnown)
    assert (after.why, after.edge) == (NotKnownWhy.AFTER, late)
    for place in ("DE", "UK", "", "nl"):
        found = verdict(REAL, "", place, DAY)
        assert isinstance(found, NotKnown)
        assert found.why is NotKnownWhy.NO_SUCH_PLACE


@given(
    observations,
    st.sampled_from(Category),
    st.sampled_from(sorted(jurisdictions())),
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
)
def test_a_verdict_always_names_its_article_and_day(
    seen: Observations, category: Category, place: str, day: date
) -> None:
    found = verdict(seen, category.value, place, day)
    written = jurisdictions()[place]

    assert isinstance(found, NotKnown) == (not written.known_from <= day <= written.look_again_by)
    if isinstance(found, Verdict) and found.says is not Says.UNCLEAR:
        assert found.reference
        assert found.source
        assert not found.missing
        assert not found.against


@given(observations, st.sampled_from(["NL", "BE"]))
def test_nothing_is_unlawful_without_child_and_act(seen: Observations, place: str) -> None:
    found = says(seen, place)

    if found.says is Says.UNLAWFUL:
        assert seen.age_band not in {None, AgeBand.ADULT, AgeBand.UNDETERMINED}
        assert seen.act in {Act.PENETRATIVE_OR_SADISM, Act.NONPENETRATIVE, Act.EXHIBITION}


def test_iccam_takes_the_facts_first_and_then_the_law() -> None:
    baseline = Observations(AgeBand.INFANT, Act.NONPENETRATIVE, real_child=True)
    for seen, expected in (
        (baseline, "baseline"),
        (REAL, "national"),
        (Observations(AgeBand.ADULT), "ignore"),
    ):
        found = iccam_code(seen, says(seen, "NL"))
        assert isinstance(found, Code)
        assert found.code == expected
    unclear = iccam_code(DRAWN, says(DRAWN, "NL"))
    assert isinstance(unclear, NotExpressible)
    assert isinstance(iccam_code(REAL, verdict(REAL, "", "DE", DAY)), NotExpressible)
