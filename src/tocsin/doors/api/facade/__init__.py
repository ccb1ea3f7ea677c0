"""Doors shaped like services that others run, so that their clients need a new address only.

For: who has a client of Arachnid Shield, PhotoDNA Cloud or HMA. Each is a wire and nothing more:
what is asked goes to the same checker, by the same key. Must never: give away a listed hash, or let
what could not be checked read as clean in a client that was written for the other service.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

from tocsin.domain.matching.queries import Checker
from tocsin.doors.api.facade import arachnid, hma, photodna
from tocsin.doors.api.http import Environ, Refused, Reply
from tocsin.doors.api.limits import RateLimit
from tocsin.doors.api.v2.media import MediaDesk

PREFIX: Final = "/facade/"
USUAL: Final = ("arachnid", "photodna")
"""Open unless the operator says otherwise; HMA's wire carries hashes in addresses."""


class Facade(Protocol):
    """One foreign wire: where below its prefix it answers, how, and how it refuses."""

    @property
    def places(self) -> tuple[str, ...]:
        """Below the prefix."""

    def answer(
        self,
        environ: Environ,
        place: str,
        media: MediaDesk,
        checker: Checker,
        limit: RateLimit,
        at: datetime,
    ) -> Reply:
        """The answer at `place`, the path below the prefix; raises Refused."""

    def refusal(self, refused: Refused) -> Reply:
        """A refusal that this service's clients take for an error."""


_FACADES: Final[dict[str, Facade]] = {
    "arachnid": arachnid.Arachnid(),
    "photodna": photodna.PhotoDna(),
    "hma": hma.Hma(),
}
NAMES: Final = tuple(_FACADES)
PATHS: Final = frozenset(
    f"{PREFIX}{name}/{place}" for name, found in _FACADES.items() for place in found.places
)
"""Every address at which a facade answers."""


def prefix_of(name: str) -> str:
    """Where the facade of that name begins; raises KeyError for a name that is none."""
    if name not in _FACADES:
        raise KeyError(name)
    return f"{PREFIX}{name}/"


def prefix_in(path: str) -> str | None:
    """The prefix of the facade that a path belongs to, None for none."""
    name = _name_in(path)
    return None if name is None else prefix_of(name)


def answerer(
    path: str, media: MediaDesk
) -> Callable[[Environ, Checker, RateLimit, datetime], Reply]:
    """What answers at a path that `prefix_in` knows."""
    name = _name_in(path) or ""
    place = path.removeprefix(prefix_of(name))
    found = _FACADES[name]

    def answer(environ: Environ, checker: Checker, limit: RateLimit, at: datetime) -> Reply:
        if place not in found.places:
            raise Refused(404, "not_found", f"Here are {', '.join(found.places)}.")
        return found.answer(environ, place, media, checker, limit, at)

    return answer


def refusal(path: str, refused: Refused) -> Reply:
    """A refusal in the words of whatever wire the path belongs to."""
    name = _name_in(path)
    return refused.reply() if name is None else _FACADES[name].refusal(refused)


def _name_in(path: str) -> str | None:
    name = path.removeprefix(PREFIX).partition("/")[0] if path.startswith(PREFIX) else ""
    return name if name in _FACADES else None
