"""Deciding: a line's life, what a subject asks for, what proves a sender, what a report says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from tocsin.base.clock.lifecycle import Lifecycle, Waiting, move
from tocsin.domain.intake.types import Command, LineState, Proof, Record, SiteType, Why

WORK: Final = "intake.work"
WAITS: Final = "intake.line_waits"
FOR_A_PERSON_WITHIN: Final = timedelta(hours=24)
WORK_WITHIN: Final = timedelta(minutes=1)

MOST_BYTES: Final = 16 << 20
MOST_MAIL_BYTES: Final = 1 << 20
MOST_LINES: Final = 100_000
MOST_FIELD: Final = 3_000
MOST_URL: Final = 8_000
MOST_SOURCE: Final = 40

_WAITING, _PERSON = LineState.WAITING, LineState.FOR_A_PERSON

LIFE = Lifecycle(
    states=LineState,
    first=_WAITING,
    moves=(
        move("keep", [_WAITING], LineState.KEPT),
        move("know", [_WAITING], LineState.ALREADY),
        move("note", [_WAITING], LineState.STATED),
        move("refuse", [_WAITING], LineState.REFUSED),
        move("ask", [_WAITING], _PERSON),
        move("deal", [_PERSON], LineState.DEALT_WITH),
    ),
    final=frozenset(
        {
            LineState.KEPT,
            LineState.ALREADY,
            LineState.STATED,
            LineState.REFUSED,
            LineState.DEALT_WITH,
        }
    ),
    waiting={
        _WAITING: Waiting(WORK_WITHIN, WORK),
        _PERSON: Waiting(FOR_A_PERSON_WITHIN, WAITS),
    },
)

SITE_TYPES: Final = frozenset(kind.value for kind in SiteType if kind)

_COMMANDS: Final = (
    ("..input-source", Command.REPORT),
    ("..input", Command.REPORT),
    ("..contentremoved", Command.SAID_REMOVED),
    ("..contentunavailable", Command.SAID_UNAVAILABLE),
)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SCHEME: Final = re.compile(
    r"\s*[a-z*\[\]]{2,12}:?(?:\]|\[:\])?:?//|\s*[a-z]{2,12}\[", re.IGNORECASE
)


def command_in(subject: str) -> tuple[Command, str] | None:
    """What a subject asks for, and the source it names; None for a subject that is no command."""
    words = " ".join(subject.split())
    head, _, rest = words.partition(" ")
    for name, command in _COMMANDS:
        if head.lower() == name:
            takes_source = name == "..input-source"
            source = source_of(rest) if takes_source else ""
            return None if takes_source and not source else (command, source)
    return None


def source_of(text: str) -> str:
    """A source's name as it is kept: one line of at most 40 printable characters."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.split())[:MOST_SOURCE]


def proof_in(results: Sequence[str], *, ours: str, from_domain: str) -> Proof:
    """What our own mail server found (RFC 8601); `results` are its headers, topmost first.

    Only the topmost header that bears the name of our own server (`ours`) is believed: a server
    takes those away that strangers wrote under its name, and puts its own on top. DKIM counts when
    it passed for the domain of the From line, or one above or below it.
    """
    for header in results:
        clauses = [" ".join(_uncommented(part).split()) for part in header.split(";")]
        if not ours or clauses[0].split(" ")[0].lower() != ours.lower():
            continue
        passed = [clause for clause in clauses[1:] if "=pass" in clause.split(" ")[0].lower()]
        return _proof(passed, from_domain.lower())
    return Proof.FROM_LINE


def _proof(passed: Sequence[str], from_domain: str) -> Proof:
    for clause in passed:
        method = clause.split("=")[0].lower()
        told = dict(_pairs(clause))
        if method == "dmarc" and told.get("header.from", "") == from_domain:
            return Proof.DMARC
        signed = told.get("header.d", "") or told.get("header.i", "").rpartition("@")[2]
        if method == "dkim" and _aligned(signed, from_domain):
            return Proof.DKIM
    return Proof.FROM_LINE


def _pairs(clause: str) -> list[tuple[str, str]]:
    parts = [part.partition("=") for part in clause.split(" ")[1:]]
    return [(name.lower(), value.strip('"').lower()) for name, _, value in parts]


def _uncommented(text: str) -> str:
    while (shorter := re.sub(r"\([^()]*\)", "", text)) != text:
        text = shorter
    return text


def _aligned(signed: str, domain: str) -> bool:
    # One that signs for a whole public suffix ("com") is nobody's proof.
    if "." not in signed:
        return False
    return signed == domain or signed.endswith(f".{domain}") or domain.endswith(f".{signed}")


def proves(proof: Proof) -> bool:
    """Whether more than the From line speaks for the sender."""
    return proof in {Proof.DKIM, Proof.DMARC}


def refusal(record: Record) -> Why:
    """Why a record cannot be worked on at all; NONE where it can be tried."""
    texts = (
        record.url, record.referer, record.worker, record.reference, record.source,
        record.site_type, record.note, *record.extra.keys(), *record.extra.values(),
    )  # fmt: skip
    if any(_CONTROL.search(text) for text in texts):
        return Why.CONTROL_CHARACTER
    if len(record.url) > MOST_URL or any(len(text) > MOST_FIELD for text in texts[1:]):
        return Why.TOO_LONG
    if len(record.reference) > 120:
        return Why.TOO_LONG
    return Why.NONE


def address_of(record: Record) -> str:
    """The address to be read: forms are filled in without `http://` more often than with it."""
    text = record.url.strip()
    return text if not text or _SCHEME.match(text) or "://" in text else f"http://{text}"


def reference_of(record: Record) -> str:
    """The sender's own reference as reports keep one: one line of printable characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in record.reference).split())[:120]


def has_words(record: Record) -> bool:
    """Whether a record without an address says anything that somebody could act on."""
    return any(text.strip() for text in (record.referer, record.note, *record.extra.values()))


def words_of(record: Record) -> str:
    """What a report says beside its address, for who reads it; at most 4,000 characters."""
    told = [
        ("Referrer", record.referer),
        ("Site type", record.site_type),
        ("For", record.worker),
        ("Source", record.source),
        *record.extra.items(),
        ("", record.note),
    ]
    lines = [f"{name}: {text}" if name else text for name, text in told if text.strip()]
    return "\n".join(lines)[:4_000]
