"""Tags and filters of the console's pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms, template
from django.conf import settings
from django.forms import BoundField
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _

from tocsin.base.accounts.types import Permission
from tocsin.base.clock import queries as clock
from tocsin.domain.corrections import queries as corrections
from tocsin.domain.reports.types import Reason
from tocsin.domain.viewing import queries as viewing
from tocsin.doors.console import places, words

register = template.Library()

NOTHING = format_html('<span class="soft">{}</span>', "\N{EN DASH}")


@register.inclusion_tag("console/_navigation.html")
def navigation(request: HttpRequest) -> dict[str, list[places.Place]]:
    """The groups of pages this person may open, and the pages of the group she is in."""
    person = request.user
    if not person.is_authenticated:
        return {"groups": [], "pages": []}
    groups = places.open_to(person.may)
    return {
        "groups": places.groups(groups, request.path),
        "pages": places.beside(groups, request.path),
    }


@register.inclusion_tag("console/_head.html")
def head(*columns: str, acts: bool = False) -> dict[str, object]:
    """The head of a table: the names of its columns, but for empty ones; `acts`: the last one has
    what is to be done, which only a screen reader is told."""
    return {"columns": [column for column in columns if column], "acts": acts}


@register.inclusion_tag("console/_paused.html")
def paused_banner() -> dict[str, object]:
    """Clocks and mail stand still: every page says so."""
    return {"paused": clock.paused()}


@register.inclusion_tag("console/_floods.html")
def floods_banner(request: HttpRequest) -> dict[str, int]:
    """Entries wait, held by the brake: every page of who may look says so."""
    person = request.user
    sees = person.is_authenticated and person.may(Permission.SEE_ITEMS)
    return {"open_floods": corrections.open_floods() if sees else 0}


@register.filter
def named(actor: str, names: dict[str, str]) -> str:
    """An actor by name where `names` has one, else as `who` says it."""
    return names.get(actor) or who(actor)


@register.simple_tag
def live_url(request: HttpRequest) -> str:
    """Where the browser listens for news of the queue."""
    if settings.TOCSIN_LIVE_SAME_ORIGIN:
        return "/live"
    host = request.get_host().rsplit(":", 1)[0]
    return f"{request.scheme}://{host}:{settings.TOCSIN_LIVE_PORT}/live"


@register.filter
def may(person: Any, permission: str) -> bool:
    """Whether somebody has a permission."""
    return bool(person.is_authenticated and person.may(Permission(permission)))


@register.filter
def called(kind: str, group: str) -> str:
    """What a state or kind is called; its own name when nobody gave it another."""
    return str(words.ALL[group].get(kind, kind))


@register.filter
def reason(why: Reason) -> str:
    """One reason of a priority, in words."""
    return words.reason(why)


@register.filter
def who(actor: str) -> str:
    """Who acted: a name as it is, the clock and other parts of the system in words."""
    kind, _colon, rest = actor.partition(":")
    if kind == "system" and rest:
        return _("the system itself")
    return rest if kind == "key" and rest else actor


@register.filter
def moment(at: datetime | None) -> SafeString:
    """A point in time: how long ago, with the exact time behind it."""
    if at is None:
        return NOTHING
    fresh = timezone.now() - at < timedelta(minutes=1)
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>',
        at.isoformat(timespec="seconds"),
        timezone.localtime(at).strftime("%Y-%m-%d %H:%M"),
        _("just now") if fresh else _("%(time)s ago") % {"time": timesince(at, depth=1)},
    )


@register.filter
def exact(at: datetime | None) -> SafeString:
    """A point in time to the minute, UTC."""
    if at is None:
        return NOTHING
    return format_html(
        '<time datetime="{}">{} UTC</time>',
        at.isoformat(timespec="seconds"),
        timezone.localtime(at).strftime("%Y-%m-%d %H:%M"),
    )


@register.filter
def deadline(at: datetime | None) -> SafeString:
    """How long there still is, and a louder colour the less that is."""
    if at is None:
        return NOTHING
    left = at - timezone.now()
    stamp = at.isoformat(timespec="seconds")
    if left <= timedelta(0):
        text = _("%(time)s late") % {"time": timesince(at, depth=2)}
        return format_html('<time class="clock late" datetime="{}">{}</time>', stamp, text)
    soon = left < timedelta(hours=4)
    text = _("within %(time)s") % {"time": timeuntil(at, depth=2 if soon else 1)}
    kind = "clock soon" if soon else "clock"
    return format_html('<time class="{}" datetime="{}">{}</time>', kind, stamp, text)


@register.simple_tag
def viewing_is_on() -> bool:
    """Whether the organisation has stated that people here may look."""
    return viewing.viewing_is_on(at=datetime.now(UTC))


@register.filter
def minutes(span: timedelta) -> int:
    """A time in whole minutes."""
    return int(span.total_seconds() // 60)


@register.filter
def grouped(number: int) -> str:
    """A number with its thousands apart."""
    return f"{number:,}".replace(",", "\N{NO-BREAK SPACE}")


@register.filter
def one_in(share: float) -> str:
    """A small share as "1 in so many", or "1 in 2.4 million" and the like beyond a million."""
    if share <= 0:
        return _("none")
    times = 1 / share
    if times < 1_000_000:
        return _("1 in %(times)s") % {"times": grouped(round(times))}
    if times < 1e12:
        return _("1 in %(times)s million") % {"times": grouped(round(times / 1e6))}
    return _("1 in %(times)s billion") % {"times": grouped(round(times / 1e9))}


@register.filter
def percent(share: float) -> str:
    """A share with as many nines as it has; never 100 for what is a little less."""
    if share > 0.9999:
        return ">\N{NO-BREAK SPACE}99.99\N{NO-BREAK SPACE}%"
    return f"{share * 100:.2f}".rstrip("0").rstrip(".") + "\N{NO-BREAK SPACE}%"


@register.filter
def is_checkbox(field: BoundField) -> bool:
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.filter
def is_choice_list(field: BoundField) -> bool:
    return isinstance(field.field.widget, forms.RadioSelect)


@register.filter
def described(field: BoundField) -> SafeString:
    """A field's widget, tied to its hint and its errors for those who listen to the page."""
    ids = []
    if field.help_text:
        ids.append(f"{field.auto_id}_hint")
    if field.errors:
        ids.append(f"{field.auto_id}_error")
    attributes: dict[str, str | bool] = {"aria-invalid": "true"} if field.errors else {}
    if ids:
        attributes["aria-describedby"] = " ".join(ids)
    return field.as_widget(attrs=attributes)


@register.filter
def of_list(apart: dict[str, dict[str, int]], slug: str) -> list[tuple[str, int]]:
    """How many entries of a list do not simply count, by status."""
    return list(apart.get(slug, {}).items())
