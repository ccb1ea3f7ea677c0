"""Deciding: how well people agree, with what could be chance taken out."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

from tocsin.domain.reports.desk_types import Agreement

LEAST_PAIRS = 10
"""Of fewer pairs a kappa says nothing; only how many were the same is told."""
_Z = 1.959964


def agreement(pairs: Iterable[tuple[str, str]]) -> Agreement:
    """Cohen's kappa of (first, second) verdicts with a 95 % interval.

    The interval is Fleiss, Cohen and Everitt's (1969, their equation 13) large-sample one, cut to
    [-1, 1]. None where there are fewer than ten pairs, or where only one verdict occurs: then
    agreement by chance is certain and kappa has no meaning.
    """
    table = Counter(pairs)
    total = sum(table.values())
    same = sum(n for (first, second), n in table.items() if first == second)
    by_chance = _by_chance(table, total) if total else 1.0
    if total < LEAST_PAIRS or by_chance >= 1.0:
        return Agreement(total, same, None, None, None, dict(table))
    kappa = (same / total - by_chance) / (1 - by_chance)
    half = _Z * _error(table, total, kappa, by_chance)
    low, high = max(-1.0, kappa - half), min(1.0, kappa + half)
    return Agreement(total, same, kappa, low, high, dict(table))


def _margins(table: Counter[tuple[str, str]], total: int) -> tuple[dict[str, float], ...]:
    rows: Counter[str] = Counter()
    columns: Counter[str] = Counter()
    for (first, second), n in table.items():
        rows[first] += n
        columns[second] += n
    return tuple({k: n / total for k, n in side.items()} for side in (rows, columns))


def _by_chance(table: Counter[tuple[str, str]], total: int) -> float:
    rows, columns = _margins(table, total)
    return sum(share * columns.get(verdict, 0.0) for verdict, share in rows.items())


def _error(table: Counter[tuple[str, str]], total: int, kappa: float, by_chance: float) -> float:
    rows, columns = _margins(table, total)
    verdicts = set(rows) | set(columns)
    on = sum(
        table[v, v] / total * (1 - (rows.get(v, 0.0) + columns.get(v, 0.0)) * (1 - kappa)) ** 2
        for v in verdicts
    )
    off = sum(
        n / total * (columns.get(first, 0.0) + rows.get(second, 0.0)) ** 2
        for (first, second), n in table.items()
        if first != second
    )
    chance = (kappa - by_chance * (1 - kappa)) ** 2
    variance = (on + (1 - kappa) ** 2 * off - chance) / (total * (1 - by_chance) ** 2)
    return math.sqrt(max(variance, 0.0))
