"""Which lists speak for themselves, and which only pass on what others said."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origins:
    """For counting independent sources: lists of one organisation count once, and a list that
    only re-shares others counts as those others."""

    organisations: dict[int, int]
    """List number to organisation."""
    derived_from: dict[int, frozenset[int]]
    """List number to the lists it re-shares."""

    def independent(self, list_numbers: frozenset[int]) -> int:
        """How many organisations stand behind these lists independently of one another."""
        roots: set[int] = set()
        for number in list_numbers:
            roots |= self._roots(number, frozenset())
        return len({self.organisations.get(root, -root) for root in roots})

    def _roots(self, number: int, seen: frozenset[int]) -> frozenset[int]:
        parents = self.derived_from.get(number, frozenset()) - seen
        if not parents:
            return frozenset({number})
        return frozenset().union(*(self._roots(parent, seen | {number}) for parent in parents))
