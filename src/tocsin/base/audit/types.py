"""What other rooms hand to the audit and get from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person (`user`), a party's key (`key`) or the system itself."""

    kind: str
    id: str

    @property
    def text(self) -> str:
        return f"{self.kind}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> Actor:
        """The actor behind `text` as `Actor.text` wrote it."""
        kind, _, id_ = text.partition(":")
        return cls(kind, id_)


def system(part: str) -> Actor:
    """The system's own part as an actor: `system("worker")`."""
    return Actor("system", part)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `verify` found: how many rows it walked, and the first thing wrong, if any."""

    rows: int
    waiting: int
    heads: int
    problem: str | None

    @property
    def sound(self) -> bool:
        return self.problem is None
