"""The judge of a soak: it must find what is wrong, and nothing else."""

from __future__ import annotations

from benchmarks.soak_oracle import ABSENT, HELD, LISTED, Asked, Known, Oracle


def known() -> Known:
    return Known("a", b"m" * 16, b"s" * 20, b"p" * 32)


def v2(one: Known | None, told: str, version: int, *, exact: bool = True) -> Asked:
    return Asked("v2", one, exact, told, version, 0, 0)


def test_an_answer_is_judged_by_the_version_it_states() -> None:
    oracle, one = Oracle(), known()
    oracle.changed(3, {LISTED: [one]})
    oracle.changed(5, {HELD: [one]})
    oracle.changed(8, {ABSENT: [one]})
    for version, told in ((2, "not_listed"), (3, "listed"), (4, "listed"), (5, "held")):
        oracle.hear(v2(one, told, version))
    oracle.hear(v2(one, "near", 4, exact=False))
    oracle.hear(v2(one, "not_listed", 8))
    assert oracle.wrong == []
    assert oracle.judged["v2"] == 6


def test_what_was_true_one_version_earlier_or_later_is_wrong() -> None:
    oracle, one = Oracle(), known()
    oracle.changed(3, {LISTED: [one]})
    oracle.changed(4, {ABSENT: [one]})
    oracle.hear(v2(one, "not_listed", 3))
    oracle.hear(v2(one, "listed", 2))
    oracle.hear(v2(one, "listed", 4))
    oracle.hear(v2(None, "near", 4))
    assert oracle.wrong_count == len(oracle.wrong) == 4
    assert "told not_listed at version 3" in oracle.wrong[0]


def test_an_answer_of_a_version_not_heard_of_waits_for_it() -> None:
    oracle, one = Oracle(), known()
    oracle.hear(v2(one, "listed", 3))
    assert (oracle.judged.total(), oracle.not_judged) == (0, 1)
    oracle.changed(3, {LISTED: [one]})
    assert (oracle.judged.total(), oracle.not_judged, oracle.wrong) == (1, 0, [])


def test_until_a_large_release_is_built_in_what_came_later_may_count_already() -> None:
    oracle, old, new = Oracle(), known(), known()
    oracle.changed(3, {LISTED: [old]})
    oracle.changed(4, {LISTED: [new]}, large=4)
    oracle.changed(5, {ABSENT: [old]})
    oracle.hear(v2(old, "not_listed", 3))
    oracle.hear(v2(new, "not_listed", 3))
    assert oracle.wrong == []
    oracle.hear(v2(old, "held", 3))
    oracle.hear(v2(old, "listed", 5))
    assert oracle.wrong_count == 2


def test_without_a_version_anything_that_was_so_meanwhile_is_right() -> None:
    oracle, one = Oracle(), known()
    oracle.changed(3, {LISTED: [one]})
    since = oracle.step()
    oracle.is_changing = True
    oracle.hear(Asked("v1", one, True, "false", None, since, oracle.step()))
    assert oracle.judged.total() == 0
    oracle.changed(4, {HELD: [one]})
    oracle.hear(Asked("v1", one, True, "true", None, since, oracle.step()))
    assert (oracle.judged.total(), oracle.wrong) == (2, [])
    oracle.hear(Asked("v1", one, True, "true", None, oracle.step(), oracle.step()))
    assert oracle.wrong_count == 1
