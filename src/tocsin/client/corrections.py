"""What goes back and forth besides checks: reports, feedback, and the feed of corrections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tocsin.client.wire import maybe, moment, objects, read_json, taken


@dataclass(frozen=True, slots=True)
class Stated:
    """What a hotline knows of what it reports; `site_type` and `classification` as the API's
    description lists them."""

    source: str = ""
    site_type: str = ""
    referrer: str = ""
    iccam_number: str = ""
    classification: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A hit of yours, and what it is `now`: `listed`, `held`, `check_again`, `not_listed`."""

    id: str
    at: datetime
    now: str
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Correction:
    """What was told and is no longer so. Act on `now` of each hit.

    `what`: `withdrawn`, `expired`, `held`, `listed`, `changed`, `appeal_upheld`,
    `appeal_dismissed`, `appeal_moot`, or a word of a newer version.
    """

    id: str
    no: int
    at: datetime
    key_id: str
    what: str
    references: tuple[str, ...]
    appeal: str | None
    rehearsal: bool
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Part of the feed, in order. Ask again after `cursor`; at once while there is `more`."""

    corrections: tuple[Correction, ...]
    cursor: int
    more: bool


@dataclass(frozen=True, slots=True)
class Word:
    """Your word on a match: `verdict` is `up`, `down` or `seen`, `reason` a code.

    `fingerprint` says which is meant (`all`, `md5`, `sha1`, `sha256`, `pdq`, `photodna`).
    `dispute` with `down` opens an appeal; `for_person`: on behalf of somebody it concerned.
    """

    reference: str
    verdict: str
    reason: str
    fingerprint: str = "all"
    dispute: bool = False
    for_person: bool = False
    words: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What became of a word: `status` is `kept`, `replaced`, `repeated` or `unknown_reference`;
    `now` how the entry stands; `appeal` the number of the appeal it is in."""

    reference: str
    status: str
    now: str | None
    appeal: str | None


@dataclass(frozen=True, slots=True)
class Reported:
    """`report` names the report to the server. `repeated`: it was there already."""

    report: str
    repeated: bool


def read_page(body: bytes) -> FeedPage:
    """A page of the feed, as polled or as pushed. Raises Failure."""
    told = read_json(body)
    found = tuple(_correction(one) for one in objects(told, "corrections"))
    return FeedPage(found, taken(told, "cursor", int), taken(told, "more", bool))


def read_said(body: bytes) -> list[Said]:
    """What became of each word. Raises Failure."""
    return [
        Said(
            taken(one, "reference", str),
            taken(one, "status", str),
            maybe(one, "now", str),
            maybe(one, "appeal", str),
        )
        for one in objects(read_json(body), "results")
    ]


def _correction(told: Mapping[str, Any]) -> Correction:
    return Correction(
        id=taken(told, "id", str),
        no=taken(told, "no", int),
        at=moment(told, "at"),
        key_id=taken(told, "key_id", str),
        what=taken(told, "what", str),
        references=_words(told, "references"),
        appeal=maybe(told, "appeal", str),
        rehearsal=taken(told, "rehearsal", bool),
        hits=tuple(
            Hit(taken(one, "id", str), moment(one, "at"), taken(one, "now", str), _words(one))
            for one in objects(told, "hits")
        ),
    )


def _words(told: Mapping[str, Any], name: str = "references") -> tuple[str, ...]:
    return tuple(str(word) for word in taken(told, name, list))
