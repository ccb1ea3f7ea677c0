"""Exchanges for these tests, with their keys in place and a clock that stands."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from tests.domain.exchanges.stand_ins import KEYS
from tests.domain.hashlists.lists import ACTOR
from tocsin.domain.exchanges import actions, pulling, voting
from tocsin.domain.exchanges.asking import PullFailed
from tocsin.domain.exchanges.models import Exchange
from tocsin.domain.exchanges.types import ExchangeKind, ExchangeTerms, Pulled, Trouble
from tocsin.domain.hashlists import queries
from tocsin.domain.hashlists.models import Entry
from tocsin.domain.hashlists.types import EntryStatus, Purpose


def value(word: str, width: int) -> str:
    """A value of `width` bytes in hex, always the same for a word."""
    return hashlib.shake_256(word.encode()).hexdigest(width)


def add_ncmec(url: str, at: datetime, **changes: Any) -> Exchange:
    """NCMEC's stand-in noted down, asked for the last two days only."""
    terms = ExchangeTerms(
        **{
            "slug": "ncmec",
            "kind": ExchangeKind.NCMEC,
            "base_url": url,
            "purpose": Purpose.TEST,
            "source": "NCMEC",
            "environment": "Industry",
            "since": at - timedelta(days=2),
            **changes,
        }
    )
    return _add(terms, at)


def add_stopncii(url: str, at: datetime, **changes: Any) -> Exchange:
    """StopNCII's stand-in noted down."""
    terms = ExchangeTerms(
        **{
            "slug": "stopncii",
            "kind": ExchangeKind.STOPNCII,
            "base_url": url,
            "purpose": Purpose.VICTIM_SUBMITTED,
            "source": "StopNCII",
            **changes,
        }
    )
    return _add(terms, at)


def _add(terms: ExchangeTerms, at: datetime) -> Exchange:
    write_keys(KEYS)
    return Exchange.objects.get(pk=actions.add(terms=terms, actor=ACTOR, at=at))


def write_keys(text: str) -> None:
    """The file of keys, for its owner alone."""
    folder = settings.TOCSIN_KEYS.folder
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "exchanges.toml"
    path.write_text(text, "utf-8")
    path.chmod(0o600)


def pull(row: Exchange, at: datetime, **more: Any) -> Pulled:
    """One window by a clock that stands."""
    done = pulling.pull(row.pk, actor=ACTOR, clock=lambda: at, **more)
    row.refresh_from_db()
    return done


def send_votes(at: datetime) -> int:
    """Send what is due, of every exchange, by a clock that stands; how many went through."""
    return sum(voting.send_due(number, clock=lambda: at) for number in voting.due(at=at))


def fails(row: Exchange, at: datetime) -> Trouble:
    """What a pull that does not go through says was wrong."""
    try:
        pulling.pull(row.pk, actor=ACTOR, clock=lambda: at)
    except PullFailed as failure:
        row.refresh_from_db()
        return failure.trouble
    raise AssertionError("it went through")


def counting() -> dict[tuple[str, str], EntryStatus]:
    """Entries that are in the index, by list and source id."""
    with queries.index_snapshot() as snapshot:
        ids = [int(i) for batch in snapshot.policies() for i in batch.ids]
    rows = Entry.objects.filter(pk__in=ids).select_related("hash_list")
    return {(e.hash_list.slug, e.source_entry_id): EntryStatus.of(e.status) for e in rows}


def prints() -> dict[str, str]:
    """The fingerprint of each entry that is in the index, in hex, by source id."""
    with queries.index_snapshot() as snapshot:
        ids = [int(i) for batch in snapshot.policies() for i in batch.ids]
    own = dict(Entry.objects.filter(pk__in=ids).values_list("pk", "source_entry_id"))
    return {own[one.entry_id]: one.fingerprints[0].value.hex() for one in queries.indexable(ids)}


def seconds(at: datetime, **before: float) -> int:
    """Whole seconds of a moment so long before `at`."""
    return int((at - timedelta(**before)).timestamp())
