"""How rooms may be entered, and every import that enters one by another way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

FLOORS_WITH_ROOMS = ("base", "domain", "doors")
WAYS_IN = {"actions", "queries", "types"}
# Some offer more than three doors: registers to enter, tables to fill, tools to use. "" is
# the room's package itself.
MORE_WAYS_IN = {
    "tocsin.base.clock": {"rounds", "lifecycle", "worker", "threads"},
    "tocsin.base.secrets": {""},
    "tocsin.base.privacy": {""},
    "tocsin.base.egress": {""},
    "tocsin.domain.hashlists": {"classification", "pages"},
    "tocsin.domain.reports": {"desk_types", "questions"},
}


@dataclass(frozen=True, slots=True)
class Import:
    """`importer` imports `imported`: full module names."""

    importer: str
    imported: str


def room_of(module: str) -> str | None:
    """The room a module belongs to (`tocsin.domain.reports`), None outside rooms."""
    parts = module.split(".")
    if len(parts) < 3 or parts[0] != "tocsin" or parts[1] not in FLOORS_WITH_ROOMS:
        return None
    return ".".join(parts[:3])


def entered_wrongly(imports: Iterable[Import]) -> list[str]:
    """In words, every import that enters another's room otherwise than by its ways in."""
    return sorted(
        f"{one.importer} enters {one.imported}; a room is entered by actions, queries or types"
        for one in imports
        if not _may_enter(one)
    )


def _may_enter(one: Import) -> bool:
    room = room_of(one.imported)
    if room is None or room == room_of(one.importer):
        return True
    # The site puts the house together and may look into every room.
    if one.importer.startswith("tocsin.site"):
        return True
    inside = one.imported.removeprefix(room).lstrip(".")
    return inside in WAYS_IN | MORE_WAYS_IN.get(room, set())
