from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.hashlists.classification import NO_LABELS, Asserted, Labels, UnusableLabels
from tocsin.domain.hashlists.classification.ucs import MOST_LABELS, from_mapping

WORD = st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1, max_size=40)


@given(st.lists(WORD), st.sampled_from(["", "3", "3.1", "4-draft"]))
def test_labels_nobody_knows_are_kept_with_their_version(labels: list[str], version: str) -> None:
    kept = Labels.of(labels, version)

    assert kept.labels == tuple(sorted(set(labels)))
    assert Labels.of_text(kept.text()) == kept
    assert kept.asserted() == tuple(Asserted("inhope-ucs", version, label) for label in kept.labels)


def test_labels_as_our_format_writes_them() -> None:
    told = {"@version": "3.1", "x:seen": True, "x:denied": False, "x:count": 2, "x:open": None}

    kept = from_mapping(told)

    assert kept == Labels("3.1", ("x:count=2", "x:denied=false", "x:open=null", "x:seen"))
    assert from_mapping({"@version": "3.1"}) == NO_LABELS
    assert NO_LABELS.text() == ""
    assert Labels.of_text("") == NO_LABELS


@pytest.mark.parametrize(
    ("labels", "version"),
    [
        (["x" * 121], "3.1"),
        (["two\nlines"], "3.1"),
        (["fine"], "v" * 21),
        ([str(n) for n in range(MOST_LABELS + 1)], "3.1"),
    ],
)
def test_labels_that_no_table_could_hold_are_refused(labels: list[str], version: str) -> None:
    with pytest.raises(UnusableLabels):
        Labels.of(labels, version)


def test_a_value_that_is_no_plain_one_is_refused() -> None:
    with pytest.raises(UnusableLabels):
        from_mapping({"x": {"deep": 1}})
