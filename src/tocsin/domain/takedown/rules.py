"""Deciding: a notice's life and clocks, what is asked, and what a notice may tell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from tocsin.base.clock.lifecycle import Lifecycle, Waiting, move
from tocsin.domain.hashlists.types import Category, FingerprintValue, Kind
from tocsin.domain.reports.types import Ground
from tocsin.domain.takedown.types import AnswerKind, NoticeState, PostState, Said, TakedownState

REMOVE_WITHIN = timedelta(hours=24)
"""What signatories of the Dutch notice-and-takedown code act within (addendum of 2018)."""

_WAITING, _QUEUED = NoticeState.WAITING_FOR_CONTACT, NoticeState.QUEUED
_SENT, _DEAD = NoticeState.SENT, NoticeState.DEAD
_RECALLING, _RECALLED = NoticeState.RECALLING, NoticeState.RECALLED
_CANCELLED, _DONE = NoticeState.CANCELLED, NoticeState.DONE

LIFE = Lifecycle(
    states=NoticeState,
    first=_WAITING,
    moves=(
        move("queue", [_WAITING, _DEAD], _QUEUED),
        move("sent", [_QUEUED, _DEAD], _SENT),
        move("give_up", [_QUEUED], _DEAD),
        move("came_back", [_SENT], _DEAD),
        move("hold_back", [_QUEUED], _WAITING),
        move("redirect", [_SENT, _DEAD], _WAITING),
        move("close", [_WAITING, _SENT, _DEAD], _DONE),
        move("reopen", [_DONE], _SENT),
        move("wait_again", [_DONE], _WAITING),
        move("cancel", [_WAITING, _QUEUED, _DEAD, _DONE], _CANCELLED),
        # Queued too: the letter may have left without us having heard of it yet.
        move("recall", [_QUEUED, _SENT, _DONE], _RECALLING),
        move("left_anyway", [_CANCELLED], _RECALLING),
        move("recalled", [_RECALLING], _RECALLED),
    ),
    # Done is no end: what comes back is asked for again. The clock is the takedown's then.
    final=frozenset({_RECALLED, _CANCELLED, _DONE}),
    waiting={
        _WAITING: Waiting(timedelta(hours=4), "takedown.no_contact"),
        _QUEUED: Waiting(timedelta(hours=1), "takedown.not_sent"),
        _SENT: Waiting(REMOVE_WITHIN, "takedown.deadline"),
        _DEAD: Waiting(timedelta(hours=4), "takedown.dead_waits"),
        _RECALLING: Waiting(timedelta(hours=1), "takedown.not_recalled"),
    },
)

_CLIMBING, _HELD = TakedownState.CLIMBING, TakedownState.HELD
_DISPUTED, _REMOVED = TakedownState.DISPUTED, TakedownState.REMOVED
_CLOSED, _ENDED = TakedownState.CLOSED, TakedownState.ENDED

TAKEDOWN = Lifecycle(
    states=TakedownState,
    first=_CLIMBING,
    moves=(
        move("hold", [_CLIMBING, _DISPUTED], _HELD),
        move("release", [_HELD], _CLIMBING),
        move("dispute", [_CLIMBING], _DISPUTED),
        move("go_on", [_DISPUTED], _CLIMBING),
        move("removed", [_CLIMBING, _HELD, _DISPUTED], _REMOVED),
        move("back", [_REMOVED, _CLOSED], _CLIMBING),
        move("watch_over", [_REMOVED], _CLOSED),
        move("end", [_CLIMBING, _HELD, _DISPUTED, _REMOVED, _CLOSED], _ENDED),
    ),
    final=frozenset({_CLOSED, _ENDED}),
    waiting={
        # Set to what is due next, and to no later than this.
        _CLIMBING: Waiting(timedelta(hours=24), "takedown.climb"),
        _HELD: Waiting(timedelta(days=7), "takedown.still_held"),
        # Whoever disputes cannot keep it up for longer by saying nothing more.
        _DISPUTED: Waiting(timedelta(hours=24), "takedown.dispute_waits"),
        _REMOVED: Waiting(timedelta(days=90), "takedown.watch_over"),
    },
)

POST = Lifecycle(
    states=PostState,
    first=PostState.WAITING,
    moves=(
        # Cancelled too: it may have been on its way already.
        move("taken", [PostState.WAITING, PostState.CANCELLED], PostState.TAKEN),
        move("give_up", [PostState.WAITING], PostState.GIVEN_UP),
        move("cancel", [PostState.WAITING], PostState.CANCELLED),
        move("let_go", [PostState.CANCELLED], PostState.WAITING),
    ),
    final=frozenset({PostState.TAKEN, PostState.GIVEN_UP, PostState.CANCELLED}),
    # After that the same notice goes by mail.
    waiting={PostState.WAITING: Waiting(timedelta(minutes=10), "takedown.post_waits")},
)

MOST_ANSWERS = 50
MOST_CHILDREN = 3
MOST_WORDS = 4_000
LINK_LIVES = timedelta(days=180)
ENDS_WITH = frozenset({AnswerKind.NOT_OURS, AnswerKind.MOVED})
"""After these nothing more is asked of the place; the next contact is looked for."""

_NEEDS_WORDS = frozenset({AnswerKind.DISPUTE, AnswerKind.QUESTION})
_NEEDS_EMAIL = frozenset({AnswerKind.BETTER_CONTACT})
_EMAIL = re.compile(r"[^@\s<>,;:\"]{1,64}@[^@\s<>,;:\"]{1,185}")
_DEAD_ADDRESS = re.compile(r"5\.(1\.(1|2|3|6|10)|2\.1|4\.4)")


def wrong_with(said: Said) -> tuple[str, str] | None:
    """The field of an answer that cannot be taken, and in words why; None when it can."""
    checks = (
        (len(said.words) > MOST_WORDS, "words", f"Write at most {MOST_WORDS} characters."),
        (
            said.kind in _NEEDS_WORDS and not said.words.strip(),
            "words",
            "Write what it is about.",
        ),
        (
            len(said.name) > 120 or not said.name.isprintable(),
            "name",
            "Give a name of at most 120 characters, on one line.",
        ),
        (
            said.kind in _NEEDS_EMAIL and not said.email,
            "email",
            "Give the mail address that notices should go to.",
        ),
        (
            bool(said.email) and not is_mail_address(said.email),
            "email",
            "Give one mail address.",
        ),
        (
            said.kind is AnswerKind.PASS_ON and not said.name.strip(),
            "name",
            "Say whom you pass it on to.",
        ),
    )
    return next(((field, words) for wrong, field, words in checks if wrong), None)


def is_mail_address(text: str) -> bool:
    """Whether a text is one mail address, and nothing that could write a heading of its own."""
    return _EMAIL.fullmatch(text) is not None and text.isprintable()


def same_organisation(one: str, other: str) -> bool:
    """Whether two mail addresses are of one domain: then the new one is used at once.

    Whoever holds a link must not make us write to a stranger's address.
    """
    mine, theirs = (address.rpartition("@")[2].lower().rstrip(".") for address in (one, other))
    return bool(mine) and mine == theirs


def is_dead_address(status: str) -> bool:
    """Whether a status of RFC 3463 says that the address itself takes nothing."""
    return _DEAD_ADDRESS.fullmatch(status) is not None


def wait_before_post(attempts: int) -> timedelta:
    """Until a hoster's address is tried again: 5 s, 10 s, 20 s ... at most two minutes."""
    return min(timedelta(seconds=5) * (1 << min(max(attempts - 1, 0), 10)), timedelta(minutes=2))


EXPRESSIBLE = frozenset({Category.A1, Category.A2, Category.B1, Category.B2, Category.BASELINE})
"""Categories that XARF v4 `content/csam` has a word for; `national` has none there."""

_FILE_ENDING = re.compile(
    r"\.(jpe?g|jfif|png|gif|webp|bmp|avif|heic|tiff?|mp4|m4v|mov|webm|mkv|avi|wmv|flv|3gp)$",
    re.IGNORECASE,
)
_IMAGE_ENDING = re.compile(r"\.(jpe?g|jfif|png|gif|webp|bmp|avif|heic|tiff?)$", re.IGNORECASE)
_DOMAIN = re.compile(r"([a-z0-9]+(-[a-z0-9]+)*\.)+[a-z]{2,}")
_DIGESTS = {Kind.MD5: "md5", Kind.SHA1: "sha1", Kind.SHA256: "sha256"}


def names_a_file(url: str) -> bool:
    """Whether an address is of one picture or film, to be removed by itself, or of a page."""
    return _FILE_ENDING.search(urlsplit(url).path) is not None


def is_picture(url: str, fingerprints: Sequence[FingerprintValue]) -> bool:
    """Whether we know that it is a still picture: by its PDQ, or by how the address ends."""
    if any(value.kind is Kind.PDQ for value in fingerprints):
        return True
    return _IMAGE_ENDING.search(urlsplit(url).path) is not None


def digests(fingerprints: Sequence[FingerprintValue]) -> dict[str, str]:
    """Exact digests of the reported file by name, in hex: they find every copy and nothing else.

    Only of the file as reported to us; never of a list entry, which belongs to who shared it.
    """
    return {
        _DIGESTS[value.kind]: value.value.hex() for value in fingerprints if value.kind in _DIGESTS
    }


def detection_method(ground: Ground) -> str:
    """How XARF calls the way the material was recognised."""
    return "hash_match" if ground is Ground.MATCHED_LIST else "manual_review"


def dns_name(host: str) -> str | None:
    """The host, if it is a domain name as XARF takes one."""
    return host if _DOMAIN.fullmatch(host) else None
