"""What the shares of two films allow: plain functions over rules that are data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from tocsin.engine.fingerprints.footage import Shares, VideoMatch
from tocsin.engine.search.matches import Use


@dataclass(frozen=True, slots=True)
class ShareRule:
    """A match needs all of these: shares from 0 to 1, and so many of the query's frames found."""

    name: str
    share_of_query: float
    share_of_listed: float
    frames: int
    use: Use


RULES: Final = (
    ShareRule("vpdq", share_of_query=0.8, share_of_listed=0, frames=3, use=Use.BLOCK),
    ShareRule("whole list", share_of_query=0, share_of_listed=0.8, frames=3, use=Use.BLOCK),
    ShareRule("part of the query", share_of_query=0.2, share_of_listed=0, frames=1, use=Use.REVIEW),
    ShareRule("part of the list", share_of_query=0, share_of_listed=0.2, frames=1, use=Use.REVIEW),
    ShareRule("ten frames", share_of_query=0, share_of_listed=0, frames=10, use=Use.REVIEW),
)
"""The first rule that holds stands. A single frame never blocks: films share scenes and logos."""


@dataclass(frozen=True, slots=True)
class Counted:
    """By which rule a match counts, what it allows, and the shares that fulfil the rule.

    `regular` says that the frames with irregular bits were not enough by themselves.
    """

    rule: ShareRule
    use: Use
    shares: Shares
    regular: bool


Verdict: TypeAlias = Counted | None


def rule_of(shares: Shares, rules: Sequence[ShareRule] = RULES) -> ShareRule | None:
    """The first of the rules that these shares fulfil; none without a frame that was found."""
    for rule in rules:
        if (
            shares.query_found >= max(1, rule.frames)
            and shares.of_query >= rule.share_of_query
            and shares.of_listed >= rule.share_of_listed
        ):
            return rule
    return None


def within_block_limit(found: VideoMatch, rules: Sequence[ShareRule] = RULES) -> Verdict:
    """What plain frames within the block limit allow.

    Distinct frames decide, and may block. Where they are not enough, all frames together may send
    to review what would block if they were distinct; less than that is nothing, as chance brings
    regular hashes near one another.
    """
    counted = _by_distinct(found, rules)
    if counted is not None:
        return counted
    rule = rule_of(found.telling, [rule for rule in rules if rule.use is Use.BLOCK])
    return None if rule is None else Counted(rule, Use.REVIEW, found.telling, regular=True)


def for_review(found: VideoMatch, rules: Sequence[ShareRule] = RULES) -> Verdict:
    """What altered frames, or plain ones past the block limit, allow: review, by distinct ones."""
    counted = _by_distinct(found, rules)
    if counted is None:
        return None
    return Counted(counted.rule, Use.REVIEW, counted.shares, regular=False)


def _by_distinct(found: VideoMatch, rules: Sequence[ShareRule]) -> Verdict:
    rule = rule_of(found.distinct, rules)
    return None if rule is None else Counted(rule, rule.use, found.distinct, regular=False)
