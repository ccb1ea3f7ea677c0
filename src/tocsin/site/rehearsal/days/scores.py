"""What each side did with the same thirty days, as numbers beside one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np


@dataclass(slots=True)
class Score:
    """What is counted of one side.

    `notice_hours`: from each decision to its first notice. `false_removed`: things told to be
    removed while anybody could still see them. `back`/`back_seen`: things put up again after
    removal, and those that were noticed. `moved`/`moved_followed`: sites that went elsewhere, and
    those whose new place is known to be the same case. `told_twice`: the same notice to the same
    place under two ids.
    """

    name: str
    notice_hours: list[float] = field(default_factory=list)
    decided_unlawful: int = 0
    never_told: int = 0
    told_twice: int = 0
    removed: int = 0
    false_removed: int = 0
    back: int = 0
    back_seen: int = 0
    reported_again: int = 0
    reports_lost: int = 0
    moved: int = 0
    moved_followed: int = 0
    exposures: int = 0
    online_hours: float = 0.0

    def rows(self) -> list[tuple[str, str]]:
        """Each number with what it is called."""
        hours = np.array(self.notice_hours or [np.nan])
        confirmed = max(1, self.decided_unlawful)
        return [
            ("decision to notice, median h", f"{np.median(hours):.2f}"),
            ("decision to notice, 90 of 100, h", f"{np.quantile(hours, 0.9):.2f}"),
            ("decision to notice, longest, h", f"{hours.max():.2f}"),
            ("unlawful and nobody told", f"{self.never_told}"),
            ("told twice under two numbers", f"{self.told_twice}"),
            ("told to be removed", f"{self.removed}"),
            ("of these still to be seen", f"{self.false_removed}"),
            ("put up again after removal", f"{self.back}"),
            ("of these not noticed", f"{self.back - self.back_seen}"),
            ("reported again", f"{self.reported_again}"),
            ("of these lost", f"{self.reports_lost}"),
            ("moved elsewhere", f"{self.moved}"),
            ("of these followed", f"{self.moved_followed}"),
            ("exposures for each confirmed item", f"{self.exposures / confirmed:.2f}"),
            ("hours online after the decision, each", f"{self.online_hours / confirmed:.0f}"),
        ]


def table(scores: Sequence[Score]) -> str:
    """The sides beside one another."""
    told = [dict(score.rows()) for score in scores]
    names = [name for name, _ in scores[0].rows()]
    head = f"{'':<38}" + "".join(f"{score.name:>16}" for score in scores)
    lines = [f"{name:<38}" + "".join(f"{side[name]:>16}" for side in told) for name in names]
    return "\n".join([head, *lines])
