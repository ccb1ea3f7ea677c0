"""The gates as the settings want them, and what is wrong with those."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings

from tocsin.domain.matching.queries import checker
from tocsin.doors.gates.chain import Scanner
from tocsin.doors.gates.desk import Desk, Fingerprinter
from tocsin.doors.gates.places import WrongPlace, is_this_machine, read_place
from tocsin.doors.gates.serving import Gates, Opening
from tocsin.doors.gates.types import MIB, GateKey, Habits, Limits, Place

MOST_MIB: Final = 100
"""The decoders take no larger file."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A setting that cannot be used as it stands, and what to do."""

    setting: str
    words: str
    hint: str


def are_wanted() -> bool:
    """Whether a gate is to be opened at all."""
    return bool(settings.TOCSIN_GATE_CLAMD or settings.TOCSIN_GATE_ICAP)


def build(fingerprint: Fingerprinter) -> Gates:
    """The gates, shut; for settings without problems."""
    key_id, _, secret = settings.TOCSIN_GATE_KEY.partition(".")
    desk = Desk(
        checker=checker,
        fingerprint=fingerprint,
        key=GateKey(key_id, secret),
        habits=Habits(
            lets_review_pass=settings.TOCSIN_GATE_REVIEW_PASSES,
            lets_other_files_pass=settings.TOCSIN_GATE_OTHER_FILES_PASS,
        ),
        limits=Limits(
            most_bytes=settings.TOCSIN_GATE_MOST_MIB * MIB,
            memory_bytes=settings.TOCSIN_GATE_MEMORY_MIB * MIB,
            files_at_once=settings.TOCSIN_GATE_FILES_AT_ONCE,
            answer_seconds=settings.TOCSIN_GATE_ANSWER_SECONDS,
        ),
        scanner=_scanner(),
    )
    folders = [Path(named).resolve() for named in settings.TOCSIN_GATE_FOLDERS]
    clamd, icap = settings.TOCSIN_GATE_CLAMD, settings.TOCSIN_GATE_ICAP
    return Gates(desk, Opening(_place(clamd), _place(icap), folders))


def problems() -> list[Problem]:
    """What stands in the way of opening the gates that are wanted."""
    if not are_wanted():
        return []
    return [*_of_places(), *_of_key(), *_of_folders(), *_of_numbers()]


def _place(text: str) -> Place | None:
    return read_place(text) if text else None


def _scanner() -> Scanner | None:
    place = _place(settings.TOCSIN_GATE_CHAIN)
    return Scanner(place) if place is not None else None


def _of_places() -> Iterator[Problem]:
    for name in ("TOCSIN_GATE_CLAMD", "TOCSIN_GATE_ICAP", "TOCSIN_GATE_CHAIN"):
        try:
            place = _place(getattr(settings, name))
        except WrongPlace as error:
            yield Problem(name, f"{name} {error}.", "See docs/settings.md.")
            continue
        if place is None or is_this_machine(place):
            continue
        if name == "TOCSIN_GATE_CHAIN":
            yield Problem(
                name,
                "TOCSIN_GATE_CHAIN would send files to another machine.",
                "Name a clamd on this machine, best by its socket.",
            )
        elif not settings.TOCSIN_GATE_OPEN_TO_OTHERS:
            yield Problem(
                name,
                f"{name} would let other machines in, and its protocol has no log-in.",
                "Listen on loopback or a socket; or, in a network that only your own machines "
                "reach, set TOCSIN_GATE_OPEN_TO_OTHERS=yes.",
            )


def _of_key() -> Iterator[Problem]:
    key_id, dot, secret = settings.TOCSIN_GATE_KEY.partition(".")
    if not (key_id and dot and secret):
        yield Problem(
            "TOCSIN_GATE_KEY",
            "A gate asks in the name of a key, and TOCSIN_GATE_KEY holds none.",
            "Issue one (tocsin keys issue) and put its bearer line into the file that "
            "TOCSIN_GATE_KEY_FILE names.",
        )


def _of_folders() -> Iterator[Problem]:
    for named in settings.TOCSIN_GATE_FOLDERS:
        if not Path(named).is_absolute():
            yield Problem(
                "TOCSIN_GATE_FOLDERS",
                f"TOCSIN_GATE_FOLDERS names {named}, which is no whole path.",
                "Write each folder from the root on.",
            )


def _of_numbers() -> Iterator[Problem]:
    most, memory = settings.TOCSIN_GATE_MOST_MIB, settings.TOCSIN_GATE_MEMORY_MIB
    if not 1 <= most <= MOST_MIB:
        yield Problem(
            "TOCSIN_GATE_MOST_MIB",
            f"TOCSIN_GATE_MOST_MIB is from 1 to {MOST_MIB}.",
            "Larger files are never decoded; they count as not checked.",
        )
    if memory < 2 * most:
        yield Problem(
            "TOCSIN_GATE_MEMORY_MIB",
            "TOCSIN_GATE_MEMORY_MIB is less than two of the largest files take.",
            f"Set it to {2 * most} or more: a form is held beside the file in it.",
        )
    for name in ("TOCSIN_GATE_FILES_AT_ONCE", "TOCSIN_GATE_ANSWER_SECONDS"):
        if getattr(settings, name) < 1:
            yield Problem(name, f"{name} is 1 or more.", "Leave it out for its default.")
