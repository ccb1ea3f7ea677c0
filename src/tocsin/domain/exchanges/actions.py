"""Writing: note a service down, switch it off and on, pull from it, vote on what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, Json
from tocsin.base.egress import configured_peer
from tocsin.domain.exchanges import pulling, refused, votes
from tocsin.domain.exchanges.asking import PullFailed
from tocsin.domain.exchanges.credentials import NoKey
from tocsin.domain.exchanges.credentials import of as keys_of
from tocsin.domain.exchanges.credentials import place as place_of_keys
from tocsin.domain.exchanges.holding import BeingPulled, HoldLost
from tocsin.domain.exchanges.models import Exchange
from tocsin.domain.exchanges.spool import PageLost
from tocsin.domain.exchanges.types import ExchangeKind, ExchangeTerms, Pulled, PullState, Trouble
from tocsin.domain.exchanges.votes import NotFromExchange, queue_feedback, revive_vote
from tocsin.domain.hashlists.types import Purpose
from tocsin.engine.addresses import UnusableAddress

__all__ = [
    "BeingPulled",
    "ExchangeExists",
    "HoldLost",
    "NoKey",
    "NoSuchExchange",
    "NotFromExchange",
    "PageLost",
    "PullFailed",
    "WrongTerms",
    "add",
    "keep_to_known_members",
    "keys_of",
    "let_members_in",
    "place_of_keys",
    "pull",
    "pull_until_caught_up",
    "queue_feedback",
    "read_refused",
    "revive_vote",
    "set_votes",
    "switch_off",
    "switch_on",
    "try_now",
]

_SLUG: Final = re.compile(r"[a-z][a-z0-9-]{1,30}")
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_HANDED_IN: Final = frozenset({Purpose.VICTIM_SUBMITTED, Purpose.TEST})


class ExchangeExists(Exception):
    """There is an exchange of that short name already."""


class NoSuchExchange(Exception):
    """There is no exchange of that short name."""


class WrongTerms(Exception):
    """What is to be noted down of a service cannot be used; the text says why."""


def add(*, terms: ExchangeTerms, actor: Actor, at: datetime) -> int:
    """Note a service down; it is pulled from within a second, when its keys are there. Its number.

    Raises ExchangeExists and WrongTerms.
    """
    _check(terms)
    since = 0 if terms.since is None else int(terms.since.timestamp())
    try:
        with transaction.atomic():
            row = Exchange.objects.create(
                slug=terms.slug,
                kind=terms.kind,
                base_url=terms.base_url.rstrip("/"),
                purpose=terms.purpose,
                source=terms.source,
                environment=terms.environment,
                members=list(terms.members),
                checkpoint=since,
                made_at=at,
                next_try_at=at,
            )
            record(
                actor=actor,
                action="exchanges.add",
                subject=f"exchange:{row.pk}",
                at=at,
                facts={"slug": terms.slug, "kind": terms.kind.value, "purpose": terms.purpose},
            )
    except IntegrityError:
        raise ExchangeExists(f"There is already an exchange {terms.slug}.") from None
    return row.pk


def switch_off(*, slug: str, actor: Actor, at: datetime) -> bool:
    """Stop pulling from a service; what came in goes on counting. False when it was off."""
    return _switch(slug, PullState.OFF, actor, at)


def switch_on(*, slug: str, actor: Actor, at: datetime) -> bool:
    """Pull from it again, at once. False when it was on."""
    return _switch(slug, PullState.WELL, actor, at)


def try_now(*, slug: str, actor: Actor, at: datetime) -> bool:
    """Try at once and not when its turn comes; False for one that is switched off."""
    row = _row(slug)
    with transaction.atomic():
        won = Exchange.objects.filter(pk=row.pk).exclude(state=PullState.OFF)
        if not won.update(next_try_at=at):
            return False
        record(actor=actor, action="exchanges.try_now", subject=f"exchange:{row.pk}", at=at)
    return True


def let_members_in(*, slug: str, in_all: int, actor: Actor, at: datetime) -> bool:
    """A person lets so many members in all have lists; what waits is taken in at once.

    False for one that does not wait for that, or would have more by now than that person saw.
    Raises NoSuchExchange.
    """
    return _decide_members(slug, in_all, "let_members_in", actor, at, members_allowed=in_all)


def keep_to_known_members(*, slug: str, in_all: int, actor: Actor, at: datetime) -> bool:
    """A person wants no member that has no list yet: what they send is passed over from now on.

    As `let_members_in`; False too where no member has a list, since then all would be wanted.
    """
    known = list(_row(slug).lists.exclude(member="").values_list("member", flat=True))
    if not known:
        return False
    members = sorted(known)
    return _decide_members(slug, in_all, "keep_to_known_members", actor, at, members=members)


def _decide_members(
    slug: str, in_all: int, action: str, actor: Actor, at: datetime, **changes: object
) -> bool:
    row = _row(slug)
    with transaction.atomic():
        waits = Exchange.objects.filter(pk=row.pk, trouble=Trouble.MEMBERS, members_named=in_all)
        won = waits.exclude(state=PullState.OFF).update(
            state=PullState.FAILING, next_try_at=at, failures=0, members_named=0, **changes
        )
        if won:
            facts: dict[str, Json] = {"members": in_all}
            subject = f"exchange:{row.pk}"
            record(actor=actor, action=f"exchanges.{action}", subject=subject, at=at, facts=facts)
    return bool(won)


def pull(*, slug: str, actor: Actor, at: datetime) -> Pulled:
    """Pull one window to its end; what came of it.

    Raises NoSuchExchange, BeingPulled, HoldLost, and PullFailed with what went wrong over there.
    """
    return pulling.pull(_row(slug).pk, actor=actor, clock=pulling.running_clock(at))


def pull_until_caught_up(*, slug: str, actor: Actor, at: datetime) -> Iterator[Pulled]:
    """Pull window after window until nothing is left to ask for; each as it comes. As `pull`."""
    number, clock = _row(slug).pk, pulling.running_clock(at)
    while True:
        done = pulling.pull(number, actor=actor, clock=clock)
        yield done
        if done.caught_up:
            return


def set_votes(*, slug: str, send: bool, reason: str, actor: Actor, at: datetime) -> None:
    """Whether our votes go to this exchange, and the reason given with those against: a name that
    the service itself has, or nothing. Raises NoSuchExchange."""
    votes.set_votes(row=_row(slug), send=send, reason=reason, actor=actor, at=at)


def read_refused(*, slug: str, window_no: int, actor: Actor, at: datetime) -> bytes:
    """The texts of records that were no entries, of a window that brought nothing else.

    Those of other windows are in the archive of its import. Raises NoSuchExchange and PageLost.
    """
    return refused.read_texts(_row(slug), window_no, actor=actor, at=at)


def _check(terms: ExchangeTerms) -> None:
    if not _SLUG.fullmatch(terms.slug):
        raise WrongTerms("A short name is small letters, digits and dashes, 2 to 31 of them.")
    try:
        configured_peer(terms.base_url)
    except UnusableAddress:
        raise WrongTerms("Its address is none that can be called.") from None
    parts = urlsplit(terms.base_url)
    if parts.query or parts.fragment or parts.username or parts.password:
        raise WrongTerms("Its address ends with a path; keys stand in the file of keys.")
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise WrongTerms("Its address must begin with https: our keys travel with every request.")
    if terms.kind is ExchangeKind.STOPNCII and terms.purpose not in _HANDED_IN:
        raise WrongTerms(
            "What people hand in to StopNCII is no proof: its purpose is victim_submitted."
        )
    if terms.members and terms.kind is not ExchangeKind.NCMEC:
        raise WrongTerms("Only NCMEC has members.")


def _switch(slug: str, state: PullState, actor: Actor, at: datetime) -> bool:
    row = _row(slug)
    off = state is PullState.OFF
    with transaction.atomic():
        those = Exchange.objects.filter(pk=row.pk)
        those = those.exclude(state=state) if off else those.filter(state=PullState.OFF)
        won = those.update(
            state=state,
            next_try_at=None if off else at,
            failures=0,
            windows_tried=0,
            trouble=Trouble.NONE,
            vote_failures=0,
            votes_rest_until=None,
        )
        if won:
            action = "exchanges.switch_off" if off else "exchanges.switch_on"
            record(actor=actor, action=action, subject=f"exchange:{row.pk}", at=at)
    return bool(won)


def _row(slug: str) -> Exchange:
    row = Exchange.objects.filter(slug=slug).first()
    if row is None:
        raise NoSuchExchange(f"There is no exchange {slug}.")
    return row
