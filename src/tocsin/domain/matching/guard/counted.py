"""What a key asked and met on a day, or in any time, counted once each."""

from __future__ import annotations

from dataclasses import dataclass, field

from tocsin.domain.matching.guard.sketch import Sketch


@dataclass(slots=True)
class Counted:
    """Different questions, different fingerprints in them that were looked up, and different
    pictures met. Not for several threads at once."""

    asked: Sketch = field(default_factory=Sketch)
    hashes: Sketch = field(default_factory=Sketch)
    matched: Sketch = field(default_factory=Sketch)

    def merge(self, other: Counted) -> None:
        """Count what the other counted; what both did counts once."""
        self.asked.merge(other.asked)
        self.hashes.merge(other.hashes)
        self.matched.merge(other.matched)

    def copy(self) -> Counted:
        """The same, to be read while this one goes on."""
        same = Counted()
        same.merge(self)
        return same

    def estimates(self) -> tuple[int, int, int]:
        """How many questions, fingerprints and pictures there were."""
        return self.asked.estimate(), self.hashes.estimate(), self.matched.estimate()
