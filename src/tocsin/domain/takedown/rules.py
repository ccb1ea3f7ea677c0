"""Deciding: a notice's life and clocks, what is asked, and what a notice may tell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from tocsin.base.clock.lifecycle import Lifecycle, Waiting, move
from tocsin.domain.hashlists.types import Category, FingerprintValue, Kind
from tocsin.domain.reports.types import Ground
from tocsin.domain.takedown.types import NoticeState

REMOVE_WITHIN = timedelta(hours=24)
"""What signatories of the Dutch notice-and-takedown code act within (addendum of 2018)."""

_WAITING, _QUEUED = NoticeState.WAITING_FOR_CONTACT, NoticeState.QUEUED
_SENT, _DEAD = NoticeState.SENT, NoticeState.DEAD
_RECALLING, _RECALLED = NoticeState.RECALLING, NoticeState.RECALLED
_CANCELLED = NoticeState.CANCELLED

LIFE = Lifecycle(
    states=NoticeState,
    first=_WAITING,
    moves=(
        move("queue", [_WAITING, _DEAD], _QUEUED),
        move("sent", [_QUEUED, _DEAD], _SENT),
        move("give_up", [_QUEUED], _DEAD),
        move("cancel", [_WAITING, _QUEUED, _DEAD], _CANCELLED),
        # Queued too: the letter may have left without us having heard of it yet.
        move("recall", [_QUEUED, _SENT], _RECALLING),
        move("left_anyway", [_CANCELLED], _RECALLING),
        move("recalled", [_RECALLING], _RECALLED),
    ),
    final=frozenset({_RECALLED, _CANCELLED}),
    waiting={
        _WAITING: Waiting(timedelta(hours=4), "takedown.no_contact"),
        _QUEUED: Waiting(timedelta(hours=1), "takedown.not_sent"),
        _SENT: Waiting(REMOVE_WITHIN, "takedown.deadline"),
        _DEAD: Waiting(timedelta(hours=4), "takedown.dead_waits"),
        _RECALLING: Waiting(timedelta(hours=1), "takedown.not_recalled"),
    },
)

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
