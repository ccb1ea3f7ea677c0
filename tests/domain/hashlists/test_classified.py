"""Observations and asserted codes on their way from a source's record to an entry."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from hypothesis import given

from tests.domain.hashlists import lists
from tests.domain.hashlists.classification.pictures import observations
from tests.domain.hashlists.test_own import own
from tocsin.domain.hashlists import actions, classified, queries
from tocsin.domain.hashlists.classification import (
    FLAGS,
    NOTHING_OBSERVED,
    Act,
    AgeBand,
    Asserted,
    Labels,
    Observations,
    unpack,
)
from tocsin.domain.hashlists.models import Entry
from tocsin.domain.hashlists.native import NativeReader
from tocsin.domain.hashlists.native_format import decode
from tocsin.domain.hashlists.types import Category, OwnEntry, Purpose

NCMEC_B2 = {"scheme": "ncmec-industry", "code": "B2"}


def read(**changes: Any) -> tuple[int, tuple[Asserted, ...]]:
    return classified.of(decode(json.dumps(lists.entry("1", **changes))))


def digest(**changes: Any) -> int:
    raw = json.dumps(lists.entry("1", **changes)).encode()
    return NativeReader(Purpose.TEST).read(raw).digest


@given(observations)
def test_what_a_source_observed_comes_through(seen: Observations) -> None:
    packed, _ = read(observations=dict(seen.stated()))

    assert unpack(packed) == seen


def test_what_a_source_does_not_say_stays_unknown() -> None:
    assert read()[0] == 0
    assert read(observations=dict.fromkeys(FLAGS))[0] == 0
    assert unpack(read(observations={"real_child": False})[0]) == Observations(real_child=False)


def test_codes_beyond_the_category_are_kept_as_they_are() -> None:
    _, codes = read(
        classifications=[
            NCMEC_B2,
            {"scheme": "ncmec-industry", "code": "A1"},
            {"scheme": "iwf-uk", "code": "C"},
            {"scheme": "vics", "scheme_version": "2.0/US", "code": "1"},
            {"scheme": "nobody-knows", "code": "x"},
            {"scheme": "iwf-uk", "code": "C"},
        ]
    )

    assert codes == (
        Asserted("ncmec-industry", "", "B2"),
        Asserted("iwf-uk", "", "C"),
        Asserted("vics", "2.0/US", "1"),
        Asserted("nobody-knows", "", "x"),
    )


def test_a_label_that_stands_among_the_classifications_too_is_one() -> None:
    _, codes = read(
        classifications=[{"scheme": "inhope-ucs", "scheme_version": "3.1", "code": "abc"}],
        observations={"ucs": {"@version": "3.1", "abc": True}},
    )

    assert codes == (Asserted("inhope-ucs", "3.1", "abc"),)


def test_labels_are_kept_with_their_version_and_one_bad_one_costs_no_other() -> None:
    ucs = {"@version": "3.1", "b:seen": True, "a:denied": False, "deep": {"x": [1]}, "x" * 200: 1}

    _, codes = read(observations={"ucs": ucs})

    assert codes == (
        Asserted("inhope-ucs", "3.1", "a:denied=false"),
        Asserted("inhope-ucs", "3.1", "b:seen"),
    )


@pytest.mark.parametrize(
    "odd",
    [
        {"scheme": "x" * 41, "code": "1"},
        {"scheme": "x", "scheme_version": "v" * 21, "code": "1"},
        {"scheme": "x", "code": "c" * 121},
        {"scheme": "x", "code": "a\x00b"},
        {"scheme": "", "code": "1"},
    ],
)
def test_what_no_table_could_hold_is_left_to_the_archive(odd: dict[str, str]) -> None:
    assert read(classifications=[odd, NCMEC_B2])[1] == ()


def test_a_record_without_observations_keeps_the_digest_it_always_had() -> None:
    assert digest() == digest(observations={}) == digest(observations={"series": ["x"]})
    assert digest() != digest(observations={"real_child": True})
    assert digest() != digest(classifications=[NCMEC_B2, {"scheme": "iwf-uk", "code": "C"}])


@pytest.mark.django_db(transaction=True)
def test_an_import_brings_them_and_a_change_of_them_is_a_new_version(
    now: datetime, tmp_path: Path
) -> None:
    lists.make(now)
    seen = {"age_band": "14-15", "act": "sexualised_exhibition", "ucs": {"some:label": True}}
    codes = [NCMEC_B2, {"scheme": "iwf-uk", "code": "C"}]
    first = lists.entry("1", observations=seen, classifications=codes)
    lists.bring(lists.write(tmp_path / "a", first, lists.entry("2")), now)
    view = queries.entry(Entry.objects.get(source_entry_id="1").pk)

    assert view.observed == Observations(AgeBand.UNDER_16, Act.EXHIBITION)
    assert view.asserted == (
        Asserted("ncmec-industry", "2026-11", "B2"),
        Asserted("inhope-ucs", "", "some:label"),
        Asserted("iwf-uk", "", "C"),
    )
    plain = queries.entry(Entry.objects.get(source_entry_id="2").pk)
    assert plain.observed == NOTHING_OBSERVED

    changed = lists.entry("1", observations={**seen, "real_child": True}, classifications=codes)
    report = lists.bring(lists.write(tmp_path / "b", changed, lists.entry("2")), now)

    assert (report.changed, report.unchanged) == (1, 1)


@pytest.mark.django_db
def test_our_own_entry_holds_what_was_observed(now: datetime) -> None:
    bare = own()
    entry = OwnEntry(
        bare.fingerprints,
        Category.B2,
        "image",
        False,
        "item:7",
        Observations(AgeBand.PUBESCENT, Act.EXHIBITION),
        Labels.of(["second", "first"]),
    )

    view = queries.entry(actions.add_own_entry(entry=entry, actor=lists.ANALYST, at=now))

    assert view.observed == entry.observed
    assert view.asserted == (
        Asserted("ncmec-industry", "2026-11", "B2"),
        Asserted("inhope-ucs", "3.1", "first"),
        Asserted("inhope-ucs", "3.1", "second"),
    )


@pytest.mark.django_db
def test_a_process_of_the_version_before_may_still_write_entries(now: datetime) -> None:
    number = lists.make(now)
    columns = (
        "id, hash_list_id, member, source_entry_id, version, media_type, status, category, sources,"
        " quorum, held, content_digest, withdrawn_here"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO hashlists_entry ({columns})"  # noqa: S608 - our own names
            " VALUES (1, %s, '', 'x', 1, 1, 1, 0, 1, 1, %s, 1, %s)",
            [number, False, False],
        )

    assert queries.entry(1).observed == NOTHING_OBSERVED
