"""A check never meets a benign file by the one digest that it shares with an entry."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from tests.domain.listing import ACTOR, Told, a_list, asked, digest, prints, put
from tests.domain.matching.test_building import status
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists.known import folder_of_sets
from tocsin.domain.hashlists.types import Kind
from tocsin.domain.matching.actions import build_index
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.types import CheckKey, Door
from tocsin.engine.knowngood import Digest, Manifest, SetWriter, Source

MADE = Manifest("ours", "a test", datetime(2026, 1, 1, tzinfo=UTC), "test", 0, Digest.NONE, 0, ())


def know(name: str) -> None:
    """A known-good set with the MD5 and SHA-1 of the picture of that name."""
    with SetWriter(folder_of_sets() / "ours") as writer:
        source = writer.source(Source("desktop", "1"))
        values = {Digest.MD5: digest(Kind.MD5, name), Digest.SHA1: digest(Kind.SHA1, name)}
        rows = {kind: np.frombuffer(value, np.uint8)[None, :] for kind, value in values.items()}
        writer.add(rows, source)
        writer.publish(MADE)


def both(checker: Checker, key: CheckKey, now: datetime) -> str:
    """What a check of a file says that has the MD5 of the logo and the SHA-1 of the picture."""
    query = replace(asked("logo"), sha1=digest(Kind.SHA1, "beach"), pdq=None, pdq_quality=None)
    [outcome] = checker.check(key, [query], door=Door.CHECKS, at=now).outcomes
    return outcome.status.value


def test_a_benign_file_is_not_met_and_the_entry_still_is(
    checker: Checker, key: CheckKey, now: datetime
) -> None:
    mixed = (*prints("logo", Kind.MD5), *prints("beach", Kind.SHA1, Kind.PDQ))
    put(now, a_list(now), "beach", Told(fingerprints=mixed))
    assert (status(checker, key, now, "logo"), status(checker, key, now)) == ("listed", "listed")

    def lint(at: datetime) -> None:
        hashlists.lint_live(actor=ACTOR, clock=lambda: at)

    know("logo")
    lint(now)
    # In the index that is open, and in one that is built anew.
    for one in (checker, _built(now)):
        assert status(one, key, now, "logo") == "not_listed"
        assert status(one, key, now) == "listed"
        assert both(one, key, now) == "listed"

    know("something else")
    lint(now)
    for one in (checker, _built(now)):
        assert status(one, key, now, "logo") == "listed"


def _built(now: datetime) -> Checker:
    build_index(at=now)
    made = Checker.from_settings()
    made.follow(now)
    return made
