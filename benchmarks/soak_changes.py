"""What a soak does to lists and keys, one change after the other, each told to the oracle."""

from __future__ import annotations

import io
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from django.db import DatabaseError
from PIL import Image

from benchmarks.import_list import SLUG, line_of
from benchmarks.soak_load import World
from benchmarks.soak_oracle import ABSENT, HELD, LISTED, Known
from tocsin.base.accounts.actions import KeyTerms, make_party, revoke_key
from tocsin.base.accounts.types import IssuedKey, PartyKind, Tier
from tocsin.base.audit.types import system
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists import queries
from tocsin.domain.hashlists.importing import DatabaseBusy
from tocsin.domain.hashlists.models import Entry
from tocsin.domain.hashlists.types import ImportRequest, Purpose
from tocsin.domain.matching.actions import issue_provider_key
from tocsin.domain.matching.building import MOST_IN_MEMORY
from tocsin.domain.matching.models import Hit
from tocsin.domain.matching.types import ListsSeen, PolicyTerms
from tocsin.engine import fingerprint

ACTOR = system("soak")
PICTURES = 12
IN_AN_IMPORT = 60
LARGE_EACH = 300


class Changer:
    """Makes changes of every kind; `done` and `refused` count them."""

    def __init__(self, world: World, folder: Path) -> None:
        self._world = world
        self._folder = folder
        self._rng = random.Random("changer")
        self._party = 0
        self._key_id = ""
        self._next: IssuedKey | None = None
        self._rounds = 0
        self._imports = 0
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    def begin(self) -> None:
        """A list with some entries, pictures of our own drawing among them, and a key."""
        at = datetime.now(UTC)
        hashlists.make_list(
            slug=SLUG, name="Soak", purpose=Purpose.TEST, source="Soak", actor=ACTOR, at=at
        )
        self._party = make_party(
            name="Soak", kind=PartyKind.PROVIDER, contact_email="", actor=ACTOR, at=at
        )
        for _ in range(2):
            self._change_key()
        self._world.oracle.changed(queries.last_change_no(), {})
        self._world.pictures = [_drawn(number) for number in range(PICTURES)]
        self._import([*self._world.pictures, *self._fresh(500)])

    def change(self) -> None:
        """The next change. What a busy database refuses has not happened."""
        self._rounds += 1
        if self._rounds % LARGE_EACH == LARGE_EACH // 2:
            return self._do("large import", lambda: self._import(self._fresh(MOST_IN_MEMORY + 500)))
        name, change = self._rng.choice(
            (
                ("import", lambda: self._import(self._fresh(IN_AN_IMPORT))),
                ("withdraw", self._withdraw),
                ("withdraw", self._withdraw),
                ("hold", self._hold),
                ("let go", self._let_go),
                ("key", self._change_key),
            )
        )
        return self._do(name, change)

    def _do(self, name: str, change: Callable[[], None]) -> None:
        oracle = self._world.oracle
        oracle.is_changing = True
        try:
            change()
            self.done[name] += 1
        except (DatabaseError, DatabaseBusy) as error:
            self.refused[f"{name}: {type(error).__name__}"] += 1
        finally:
            if oracle.is_changing:
                oracle.changed(queries.last_change_no(), {})

    def _import(self, fresh: list[Known]) -> None:
        self._imports += 1
        path = self._folder / f"import-{self._imports}.jsonl"
        lines = (line_of(one.own_id, (one.md5 + one.sha1 + one.pdq).hex()) for one in fresh)
        path.write_text("\n".join(lines) + "\n", "ascii")
        request = ImportRequest(path=path, list_slug=SLUG)
        report = hashlists.import_file(request=request, actor=ACTOR, at=datetime.now(UTC))
        path.unlink()
        numbers = dict(
            Entry.objects.filter(run_id=report.run_id).values_list("source_entry_id", "id")
        )
        for one in fresh:
            one.entry_id = numbers[one.own_id]
        version = queries.last_change_no()
        large = version if len(fresh) > MOST_IN_MEMORY else 0
        self._world.oracle.changed(version, {LISTED: fresh}, large=large)
        self._world.entries.extend(fresh)

    def _withdraw(self) -> None:
        one = self._one(LISTED)
        if one is not None and hashlists.withdraw_entry(
            entry_id=one.entry_id, reason="soak", actor=ACTOR, at=datetime.now(UTC)
        ):
            self._became(one, ABSENT)

    def _hold(self) -> None:
        one = self._one(LISTED)
        if one is not None and hashlists.hold_entry(
            entry_id=one.entry_id, reason="soak", actor=ACTOR, at=datetime.now(UTC)
        ):
            self._became(one, HELD)

    def _let_go(self) -> None:
        one = self._one(HELD)
        if one is not None and hashlists.release_hold(
            entry_id=one.entry_id, reason="soak", actor=ACTOR, at=datetime.now(UTC)
        ):
            self._became(one, LISTED)

    def _became(self, one: Known, state: str) -> None:
        self._world.oracle.changed(queries.last_change_no(), {state: [one]})

    def _change_key(self) -> None:
        """By turns: a second key is issued; the askers take it, and the first is revoked."""
        if self._next is None:
            self._next = self._issued()
            return
        old, self._key_id, self._world.bearer = self._key_id, self._next.key_id, self._next.bearer
        self._next = None
        if old:
            revoke_key(key_id=old, actor=ACTOR, at=datetime.now(UTC))

    def _issued(self) -> IssuedKey:
        return issue_provider_key(
            party_id=self._party,
            terms=KeyTerms(Tier.DETAIL, 1e9, 1_000_000_000),
            policy=PolicyTerms(lists=ListsSeen.TEST),
            actor=ACTOR,
            at=datetime.now(UTC),
        )

    def _one(self, state: str) -> Known | None:
        """A picture or one of the newest entries that is so now, where one of some tries is."""
        pool = self._world.pictures if self._rng.random() < 1 / 5 else self._world.entries[-400:]
        tries = (self._rng.choice(pool) for _ in range(50))
        return next((one for one in tries if one.entry_id and one.states[-1] == state), None)

    def _fresh(self, count: int) -> list[Known]:
        rng, first = self._rng, self._imports
        return [
            Known(f"s-{first}-{n}", rng.randbytes(16), rng.randbytes(20), rng.randbytes(32))
            for n in range(count)
        ]


def hits_kept() -> set[str]:
    """The askers' own names of all that is in the database as a match."""
    return set(Hit.objects.values_list("client_id", flat=True))


def _drawn(number: int) -> Known:
    """A picture of soft blots, and the entry of it."""
    blots = np.random.default_rng((77, number)).integers(0, 256, (12, 12, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(blots).resize((480, 360), Image.Resampling.BICUBIC).save(out, "JPEG")
    found = fingerprint(out.getvalue())
    if not (found.md5 and found.sha1 and found.pdq):
        raise SystemExit("A drawn picture has no fingerprint.")
    return Known(f"picture-{number}", found.md5, found.sha1, found.pdq, out.getvalue())
