"""The policy column: sixteen bytes for each entry, replaced without touching a hash."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.engine.index.lists import ids_of, policy_of
from tocsin.engine.index import POLICY_DTYPE, PolicyColumn, WrongEntryId, WrongShape


def statuses(column: PolicyColumn, *numbers: int) -> list[int]:
    """The status of each id."""
    found: list[int] = column.get(ids_of(*numbers))["status"].tolist()
    return found


def test_a_record_is_sixteen_bytes_without_gaps() -> None:
    assert POLICY_DTYPE.itemsize == 16
    assert [POLICY_DTYPE.fields[name][1] for name in ("list_no", "territory")] == [4, 8]  # type: ignore[index]


def test_every_field_comes_back_after_saving(tmp_path: Path) -> None:
    record = np.zeros(1, POLICY_DTYPE)
    record[0] = (3, 1, 2, 7, 65_535, 4, 2, 40_000, 255, (1, 2, 3, 4, 5))
    PolicyColumn.build(ids_of(1_000_000), record).save(tmp_path)
    assert PolicyColumn.open(tmp_path).get(ids_of(1_000_000)) == record


def test_ids_without_an_entry_have_a_record_of_zeros() -> None:
    column = policy_of({10: 1, 14: 2})
    assert statuses(column, 9, 10, 11, 14, 15, 2**64 - 1) == [0, 1, 0, 2, 0, 0]


def test_a_record_set_later_counts_also_outside_the_span(tmp_path: Path) -> None:
    column = policy_of({10: 1, 11: 1})
    record = np.zeros(1, POLICY_DTYPE)
    for number, status in ((11, 5), (3, 6), (900, 7), (11, 8)):
        record["status"] = status
        column.set(number, record[0])
    assert statuses(column, 3, 10, 11, 900, 4) == [6, 1, 8, 7, 0]
    column.save(tmp_path)
    assert statuses(PolicyColumn.open(tmp_path), 3, 10, 11, 900, 4) == [6, 1, 8, 7, 0]


def test_an_entry_set_to_zeros_is_gone_after_saving(tmp_path: Path) -> None:
    column = policy_of({1: 1, 2: 1, 3: 1})
    column.set(3, np.zeros((), POLICY_DTYPE)[()])
    column.save(tmp_path)
    assert statuses(PolicyColumn.open(tmp_path), 1, 2, 3) == [1, 1, 0]


def test_many_records_are_set_in_one_step_and_the_last_of_an_id_counts() -> None:
    column = policy_of({})
    records = np.zeros(3, POLICY_DTYPE)
    records["status"] = [1, 2, 3]
    column.set_many(ids_of(5, 6, 5), records)
    assert statuses(column, 5, 6) == [3, 2]


def test_an_empty_column_is_saved_and_knows_nothing(tmp_path: Path) -> None:
    policy_of({}).save(tmp_path)
    assert statuses(PolicyColumn.open(tmp_path), 1) == [0]


def test_ids_that_are_not_positive_or_lie_far_apart_are_refused() -> None:
    with pytest.raises(WrongEntryId):
        policy_of({0: 1})
    with pytest.raises(WrongEntryId):
        policy_of({1: 1, 2**40: 1})
    with pytest.raises(WrongEntryId):
        policy_of({}).set(-1, np.zeros((), POLICY_DTYPE)[()])


def test_records_of_another_form_are_refused() -> None:
    with pytest.raises(WrongShape):
        PolicyColumn.build(ids_of(1), np.zeros(2, POLICY_DTYPE))
    with pytest.raises(WrongShape):
        PolicyColumn.build(ids_of(1), np.zeros(1, "V16"))
