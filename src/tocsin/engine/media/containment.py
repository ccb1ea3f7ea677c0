"""What holds a decoder worker in, and the warning when not everything does."""

from dataclasses import dataclass


class ContainmentWarning(UserWarning):
    """Decoders run here with less around them than they should have."""


@dataclass(frozen=True, slots=True)
class Containment:
    """What the kernel holds a worker to. `lacking` says in words what is missing and why.

    `limits`: it can open no file and no socket, grow no file, leave no core file and use no more
    memory than its share. `privileges`: it can gain none, and no other process of the same user
    reads its memory. `orphans`: it dies with the process that started it. `system_calls`: it can
    make only the few that decoding needs; any other ends it.
    """

    limits: bool
    privileges: bool
    orphans: bool
    system_calls: bool
    lacking: str = ""

    @property
    def whole(self) -> bool:
        """Whether all of it holds."""
        return self.limits and self.privileges and self.orphans and self.system_calls
