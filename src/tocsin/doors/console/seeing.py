"""From an item to what may be looked at of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.base.accounts.types import Permission
from tocsin.domain.reports.types import ItemState, ItemView
from tocsin.domain.viewing.types import Subject
from tocsin.domain.visits import queries as visited
from tocsin.domain.visits.types import ContentKind, Outcome, SeenImage, Visit
from tocsin.doors.console.permissions import Staff

DECIDED = frozenset({ItemState.UNLAWFUL, ItemState.NOT_UNLAWFUL})
AWAITED = frozenset({ItemState.SECOND_REVIEW, ItemState.DISAGREED})


@dataclass(frozen=True, slots=True)
class Sight:
    """What is known of an item's address: the last visit, and what of it can be looked at."""

    visit: Visit | None
    subjects: tuple[Subject, ...]
    images: tuple[SeenImage, ...]

    def subject(self, place: int) -> Subject | None:
        """The subject at a place."""
        return next((one for one in self.subjects if one.place == place), None)


def sight_of(item: ItemView, person: Staff, like: Sequence[int] = ()) -> Sight:
    """What somebody may ask to look at: of a page its pictures, as the last visit found them."""
    visit = next(iter(visited.of_address(item.url, limit=1)), None) if item.url else None
    if visit is None or visit.kind is not ContentKind.PAGE:
        return Sight(visit, (_subject(item, person, like, item.url),), ())
    images = tuple(i for i in visit.images if i.url and i.fingerprints and _is_there(i))
    subjects = tuple(
        _subject(item, person, like, image.url, referer=visit.final_url, place=image.number)
        for image in images
    )
    return Sight(visit, subjects, images)


def _is_theirs(item: ItemView, person: Staff) -> bool:
    """Whether somebody has the item to judge: they took it, or are asked for a further opinion."""
    if item.state in AWAITED:
        judged = any(f.by == person.username and not f.corrected for f in item.findings)
        return person.may(Permission.REVIEW) and not judged
    return item.state is ItemState.TAKEN and item.holder == person.username


def _is_there(image: SeenImage) -> bool:
    return image.outcome is Outcome.PRESENT


def _subject(
    item: ItemView,
    person: Staff,
    like: Sequence[int],
    url: str,
    *,
    referer: str = "",
    place: int = 0,
) -> Subject:
    return Subject(
        item_id=item.id,
        number=item.number,
        url=url,
        referer=referer,
        place=place,
        listed=bool(item.matches),
        decided=item.state in DECIDED,
        taken=_is_theirs(item, person),
        like=tuple(like),
        rehearsal=item.rehearsal,
    )
