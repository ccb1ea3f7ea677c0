"""Where one can go: the console's pages in groups, of which each person sees what she may open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tocsin.base.accounts.types import Permission


@dataclass(frozen=True, slots=True)
class Page:
    """One page that stands in the navigation."""

    name: str
    label: str | Promise
    permission: Permission
    also: tuple[str, ...] = ()
    """Pages that are reached from it and have an address of another beginning."""


@dataclass(frozen=True, slots=True)
class Group:
    """Pages that one person works with at a time."""

    label: str | Promise
    pages: tuple[Page, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the navigation as it is shown."""

    url: str
    label: str | Promise
    here: bool


GROUPS: Final = (
    Group(
        _("Desk"),
        (
            Page("console:queue", _("Queue"), Permission.SEE_ITEMS),
            Page("console:day", _("My day"), Permission.SEE_ITEMS),
            Page("console:my_looks", _("My looks"), Permission.VIEW),
            Page("console:intake", _("Intake"), Permission.TAKE_IN),
            Page("console:reporters", _("Reporters"), Permission.TAKE_IN),
            Page("console:appeals", _("Appeals"), Permission.SEE_ITEMS),
            Page("console:referrals", _("Police"), Permission.HANDLE_POLICE),
        ),
    ),
    Group(
        _("Takedown"),
        (
            Page("console:notices", _("Notices"), Permission.SEE_NOTICES),
            Page("console:rechecks", _("Still there?"), Permission.SEE_NOTICES),
            Page("console:hosters", _("Hosters"), Permission.KEEP_HOSTERS),
        ),
    ),
    Group(
        _("Lists"),
        (
            Page("console:lists", _("Lists"), Permission.SEE_LISTS),
            Page("console:floods", _("Floods"), Permission.SEE_ITEMS),
            Page("console:exchanges", _("Exchanges"), Permission.SEE_SYSTEM),
        ),
    ),
    Group(
        _("Partners"),
        (
            Page("console:providers", _("Providers"), Permission.KEEP_PROVIDERS),
            Page("console:keys", _("Keys of partners"), Permission.KEEP_KEYS),
            Page("console:webhooks", _("Webhooks"), Permission.SEE_SYSTEM),
            Page("console:iccam", _("ICCAM"), Permission.SEE_SYSTEM),
        ),
    ),
    Group(
        _("Figures"),
        (
            Page("console:figures", _("Figures"), Permission.SEE_FIGURES),
            Page("console:quality", _("Quality"), Permission.SEE_QUALITY),
        ),
    ),
    Group(
        _("Organisation"),
        (
            Page(
                "console:desk_setup",
                _("Rules of the desk"),
                Permission.KEEP_DESK,
                ("console:hours",),
            ),
            Page("console:mandate", _("Mandate"), Permission.KEEP_DESK),
            Page("console:people", _("People"), Permission.KEEP_PEOPLE),
            Page("console:system", _("System"), Permission.SEE_SYSTEM),
        ),
    ),
)


def open_to(may: Callable[[Permission], bool]) -> list[Group]:
    """The groups with the pages that somebody may open, without empty ones."""
    found = (
        Group(group.label, tuple(page for page in group.pages if may(page.permission)))
        for group in GROUPS
    )
    return [group for group in found if group.pages]


def groups(those: Sequence[Group], path: str) -> list[Place]:
    """The groups, each leading to its first page; none where one is all there is."""
    if len(those) < 2:
        return []
    return [
        Place(reverse(group.pages[0].name), group.label, _is_in(group, path)) for group in those
    ]


def beside(those: Sequence[Group], path: str) -> list[Place]:
    """The pages of the group that an address is in; of the only one wherever one is."""
    here = [group for group in those if len(those) == 1 or _is_in(group, path)]
    return [
        Place(reverse(page.name), page.label, _is_on(page, path))
        for group in here[:1]
        for page in group.pages
    ]


def _is_in(group: Group, path: str) -> bool:
    return any(_is_on(page, path) for page in group.pages)


def _is_on(page: Page, path: str) -> bool:
    return any(path.startswith(reverse(name)) for name in (page.name, *page.also))
