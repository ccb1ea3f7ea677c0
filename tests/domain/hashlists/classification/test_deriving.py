"""Every rule of the schemes' files, and what must hold of all of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.hashlists.classification.pictures import grown, observations
from tocsin.domain.hashlists.classification import (
    NOTHING_OBSERVED,
    Act,
    AgeBand,
    Asserted,
    Code,
    NotExpressible,
    Observations,
    Why,
    contradictions,
    derive,
    derive_all,
    disagreements,
    find,
    schemes,
    translate,
)
from tocsin.domain.hashlists.classification.possible import Stage, bands
from tocsin.domain.hashlists.classification.schemes import implied

DERIVED = [scheme.scheme for scheme in schemes() if scheme.use == "derive"]
INPUTS = [scheme.scheme for scheme in schemes() if scheme.use == "input"]

ACT_1 = (Act.PENETRATIVE_OR_SADISM, Act.NONPENETRATIVE)
CHILDREN = [band for band in AgeBand if band not in {AgeBand.ADULT, AgeBand.UNDETERMINED}]
STAGE_A = [AgeBand.INFANT, AgeBand.PREPUBESCENT, AgeBand.UNDER_3, AgeBand.UNDER_7, AgeBand.UNDER_11]
STAGE_B = [AgeBand.PUBESCENT, AgeBand.UNDER_16, AgeBand.UNDER_18]
BY_STAGE = {AgeBand.INFANT, AgeBand.PREPUBESCENT, AgeBand.PUBESCENT}


def code(seen: Observations, scheme: str) -> str | Why:
    found = derive(seen, scheme)
    return found.code if isinstance(found, Code) else found.why


@pytest.mark.parametrize("scheme", ["ncmec-industry", "xarf-v4-csam"])
@pytest.mark.parametrize(("bands_", "letter"), [(STAGE_A, "A"), (STAGE_B, "B")])
def test_the_industry_scheme(bands_: list[AgeBand], letter: str, scheme: str) -> None:
    for band in bands_:
        for act in ACT_1:
            found = derive(Observations(band, act), scheme)
            assert isinstance(found, Code)
            assert found.code == f"{letter}1"
            # Years are our reading of a stage: the code says that it still has to be checked.
            assert found.unverified == (band not in BY_STAGE)
        assert code(Observations(band, Act.EXHIBITION), scheme) == f"{letter}2"
        assert code(Observations(band, Act.OTHER_INDECENT), scheme) is Why.OUTSIDE
        assert code(Observations(band, Act.NONE), scheme) is Why.OUTSIDE


def test_eleven_to_thirteen_is_neither_stage() -> None:
    for act in Act:
        seen = Observations(AgeBand.UNDER_14, act)
        assert not isinstance(derive(seen, "ncmec-industry"), Code)
        assert not isinstance(derive(seen, "interpol-baseline"), Code)


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (Act.PENETRATIVE_OR_SADISM, "A"),
        (Act.NONPENETRATIVE, "B"),
        (Act.EXHIBITION, "C"),
        (Act.OTHER_INDECENT, "C"),
    ],
)
def test_the_british_scheme_asks_for_a_child_of_any_age(act: Act, expected: str) -> None:
    for band in CHILDREN:
        found = derive(Observations(band, act), "iwf-uk")
        assert isinstance(found, Code)
        assert (found.code, found.unverified) == (expected, False)
    assert code(Observations(AgeBand.ADULT, act), "iwf-uk") is Why.OUTSIDE
    assert code(Observations(AgeBand.UNDETERMINED, act), "iwf-uk") is Why.NOT_OBSERVED
    assert code(Observations(act=act), "iwf-uk") is Why.NOT_OBSERVED


@pytest.mark.parametrize("scheme", ["interpol-baseline", "iccam-v3"])
def test_baseline_asks_for_a_real_young_child(scheme: str) -> None:
    for band in STAGE_A:
        for act in (*ACT_1, Act.EXHIBITION):
            found = derive(Observations(band, act, real_child=True), scheme)
            assert isinstance(found, Code)
            assert (found.code, found.unverified) == ("baseline", True)
            assert code(Observations(band, act, real_child=False), scheme) is Why.OUTSIDE
            missing = derive(Observations(band, act), scheme)
            assert isinstance(missing, NotExpressible)
            assert (missing.why, missing.fields) == (Why.NOT_OBSERVED, ("real_child",))
        assert code(Observations(band, Act.OTHER_INDECENT, real_child=True), scheme) is Why.OUTSIDE
    for band in STAGE_B:
        assert code(Observations(band, ACT_1[0], real_child=True), scheme) is Why.OUTSIDE


def test_xarf_has_baseline_only_when_it_was_asserted() -> None:
    seen = Observations(AgeBand.INFANT, ACT_1[0], real_child=True)

    assert code(seen, "xarf-v4-csam") == "A1"
    told = translate(Asserted("iccam-v3", "3", "baseline"), "xarf-v4-csam", NOTHING_OBSERVED)
    assert isinstance(told, Code)
    assert (told.code, told.translated_from) == ("baseline", ("iccam-v3", "baseline"))


def test_national_without_facts_cannot_be_said_in_xarf() -> None:
    national = Asserted("iccam-v3", "3", "national")

    for into in ("xarf-v4-csam", "ncmec-industry"):
        told = translate(national, into, NOTHING_OBSERVED)
        assert isinstance(told, NotExpressible)
        assert told.why is Why.OUTSIDE
    assert code(Observations(AgeBand.PUBESCENT, Act.NONPENETRATIVE), "xarf-v4-csam") == "B1"


@pytest.mark.parametrize("scheme", INPUTS)
def test_scales_that_are_only_read_are_never_derived(scheme: str) -> None:
    full = Observations(AgeBand.INFANT, Act.PENETRATIVE_OR_SADISM, real_child=True)

    assert code(full, scheme) is Why.INPUT_ONLY


def test_schemes_and_versions_nobody_knows() -> None:
    full = Observations(AgeBand.INFANT, Act.PENETRATIVE_OR_SADISM)

    assert code(full, "no-such-scheme") is Why.UNKNOWN_SCHEME
    newer = derive(full, "xarf-v4-csam", "9.0")
    assert isinstance(newer, NotExpressible)
    assert (newer.why, newer.version) == (Why.UNKNOWN_SCHEME, "9.0")
    assert isinstance(derive(full, "xarf-v4-csam", "4.2.0"), Code)


IWF_OF_SAP = {"1": "C", "2": "B", "3": "B", "4": "A", "5": "A"}
SAP_OF_COPINE = {"4": "1", "5": "1", "6": "1", "7": "2", "8": "3", "9": "4", "10": "5"}


@pytest.mark.parametrize(("sap", "iwf"), IWF_OF_SAP.items())
def test_the_old_british_scale_becomes_the_new_one(sap: str, iwf: str) -> None:
    told = translate(Asserted("sap", "2013", sap), "iwf-uk", NOTHING_OBSERVED)

    assert isinstance(told, Code)
    assert (told.code, told.unverified) == (iwf, True)


@pytest.mark.parametrize(("copine", "sap"), SAP_OF_COPINE.items())
def test_copine_becomes_the_british_scales(copine: str, sap: str) -> None:
    asserted = Asserted("copine", "3", copine)
    into_sap = translate(asserted, "sap", NOTHING_OBSERVED)
    into_iwf = translate(asserted, "iwf-uk", NOTHING_OBSERVED)

    assert isinstance(into_sap, Code)
    assert into_sap.code == sap
    assert isinstance(into_iwf, Code)
    assert into_iwf.code == IWF_OF_SAP[sap]


@pytest.mark.parametrize("copine", ["1", "2", "3", "11", ""])
def test_what_copine_says_beyond_those_scales_becomes_nothing(copine: str) -> None:
    told = translate(Asserted("copine", "3", copine), "iwf-uk", NOTHING_OBSERVED)

    assert isinstance(told, NotExpressible)
    assert told.why is Why.OUTSIDE


@pytest.mark.parametrize(
    ("iwf", "band", "expected"),
    [
        ("A", AgeBand.PREPUBESCENT, "A1"),
        ("A", AgeBand.PUBESCENT, "B1"),
        ("B", AgeBand.PREPUBESCENT, "A1"),
        ("B", AgeBand.UNDER_18, "B1"),
        ("C", AgeBand.INFANT, "A2"),
        ("C", AgeBand.PUBESCENT, "B2"),
    ],
)
def test_a_british_code_becomes_an_industry_code_once_the_age_is_known(
    iwf: str, band: AgeBand, expected: str
) -> None:
    asserted = Asserted("iwf-uk", "2026-11", iwf)

    told = translate(asserted, "ncmec-industry", Observations(band))
    assert isinstance(told, Code)
    assert told.code == expected
    alone = translate(asserted, "ncmec-industry", NOTHING_OBSERVED)
    assert isinstance(alone, NotExpressible)
    assert (alone.why, alone.fields) == (Why.NOT_OBSERVED, ("age_band",))


def test_baseline_becomes_one_of_two_industry_codes() -> None:
    baseline = Asserted("interpol-baseline", "2026-11", "baseline")

    alone = translate(baseline, "ncmec-industry", NOTHING_OBSERVED)
    assert isinstance(alone, NotExpressible)
    assert alone.fields == ("act",)
    told = translate(baseline, "ncmec-industry", Observations(act=Act.EXHIBITION))
    assert isinstance(told, Code)
    assert told.code == "A2"


def test_every_code_becomes_something_or_nothing_in_every_scheme() -> None:
    """Files whose ways lead in a circle would never come to an end."""
    asserted = [
        Asserted(scheme.scheme, scheme.version, meaning.code)
        for scheme in schemes()
        for meaning in scheme.codes
    ]

    for one in asserted:
        for scheme in schemes():
            told = translate(one, scheme.scheme, NOTHING_OBSERVED)
            known = scheme.meaning(told.code) if isinstance(told, Code) else scheme.codes[0]
            assert known is not None


def test_a_level_whose_words_leave_the_act_open_says_nothing_of_it() -> None:
    for level in ("7", "8", "9"):
        says = implied("copine", level)
        assert says is not None
        assert says.possible.acts == set(ACT_1)
    assert disagreements([Asserted("copine", "3", "4")], Observations(act=Act.NONE)) == ()


def test_a_translation_that_contradicts_what_was_seen_is_none() -> None:
    told = translate(
        Asserted("iwf-uk", "2026-11", "A"), "ncmec-industry", Observations(act=Act.EXHIBITION)
    )

    assert isinstance(told, NotExpressible)
    assert (told.why, told.fields) == (Why.CONTRADICTION, ("act",))


def test_codes_imply_no_more_than_their_files_say() -> None:
    for scheme in ("interpol-baseline", "iccam-v3", "xarf-v4-csam", "iccam-v2"):
        says = implied(scheme, "baseline")
        assert says is not None
        assert says.possible.stages == {Stage.INFANT, Stage.PREPUBESCENT}
        assert says.possible.flags == {("real_child", True)}
    for scheme, silent in (("iccam-v3", "national"), ("arachnid", "csam"), ("copine", "2")):
        says = implied(scheme, silent)
        assert says is not None
        assert says.possible.stages == set(Stage)
        assert says.possible.flags == frozenset()
    assert implied("arachnid", "no-such-code") is None
    assert implied("vics", "1") is None


def test_asserted_and_derived_codes_stand_beside_each_other() -> None:
    seen = Observations(AgeBand.PUBESCENT, Act.NONPENETRATIVE)
    asserted = [
        Asserted("ncmec-industry", "", "A1"),
        Asserted("ncmec-industry", "", "B1"),
        Asserted("iwf-uk", "", "C"),
        Asserted("copine", "3", "10"),
        Asserted("inhope-ucs", "3.1", "a label nobody here knows"),
        Asserted("xarf-v4-csam", "4.2.0", "baseline"),
    ]

    found = {one.asserted.code: (one.fields, one.derived) for one in disagreements(asserted, seen)}

    assert found == {
        "A1": (("age_band",), "B1"),
        "C": (("act",), "B"),
        "10": (("act",), ""),
        "baseline": (("age_band",), ""),
    }


def test_an_asserted_code_is_not_contradicted_by_what_nobody_observed() -> None:
    asserted = [
        Asserted(scheme.scheme, scheme.version, meaning.code)
        for scheme in schemes()
        for meaning in scheme.codes
    ]

    assert disagreements(asserted, NOTHING_OBSERVED) == ()
    unsure = Observations(AgeBand.UNDETERMINED, Act.UNDETERMINED)
    assert disagreements(asserted, unsure) == ()


@given(grown(), st.sampled_from(DERIVED))
def test_more_observations_never_undo_a_code_nor_make_it_less_grave(
    pair: tuple[Observations, Observations], name: str
) -> None:
    less, more = pair
    before, after = derive(less, name), derive(more, name)
    scheme = find(name)
    assert scheme is not None

    if isinstance(before, Code) and not contradictions(more):
        assert isinstance(after, Code)
        ranks = [scheme.meaning(one.code) for one in (before, after)]
        assert ranks[0] is not None
        assert ranks[1] is not None
        assert ranks[1].rank <= ranks[0].rank
    if isinstance(before, NotExpressible) and before.why is Why.OUTSIDE:
        assert not isinstance(after, Code)


@given(observations, st.sampled_from(DERIVED))
def test_a_code_never_rests_on_what_was_not_observed(seen: Observations, name: str) -> None:
    found = derive(seen, name)

    if isinstance(found, Code):
        assert seen.act not in {None, Act.UNDETERMINED, Act.NONE}
        assert seen.age_band not in {None, AgeBand.UNDETERMINED, AgeBand.ADULT}
    if isinstance(found, NotExpressible) and found.why is Why.NOT_OBSERVED:
        told = dict(seen.stated())
        vague = {"undetermined", "11-13"}
        assert found.fields
        assert all(field not in told or told[field] in vague for field in found.fields)


@given(observations)
def test_what_is_derived_implies_nothing_that_contradicts_what_was_seen(
    seen: Observations,
) -> None:
    codes = [one for one in derive_all(seen) if isinstance(one, Code)]
    asserted = [Asserted(one.scheme, one.version, one.code) for one in codes]

    assert disagreements(asserted, seen) == ()


def test_contradicting_observations_give_no_code_that_rests_on_them() -> None:
    seen = Observations(AgeBand.INFANT, Act.NONPENETRATIVE, real_child=True, virtual_or_drawn=True)

    found = derive(seen, "interpol-baseline")
    assert isinstance(found, NotExpressible)
    assert (found.why, found.fields) == (Why.CONTRADICTION, ("real_child",))
    assert code(seen, "ncmec-industry") == "A1"


def test_every_file_says_where_it_was_read() -> None:
    for scheme in schemes():
        assert scheme.source
        assert all(rule.source for rule in scheme.rules)
        assert all(way.source for way in scheme.becomes)
        assert all(meaning.source for meaning in scheme.codes if meaning.implies)
    assert set(bands()) == set(AgeBand)
