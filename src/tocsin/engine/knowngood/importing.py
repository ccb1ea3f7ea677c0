"""A set from a list of digests that somebody else made: NSRL, CAID, md5sum, hashdeep."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import numpy as np

from tocsin.engine.knowngood.manifest import Manifest
from tocsin.engine.knowngood.types import (
    KINDS,
    WIDTH_BYTES,
    Bytes,
    Digest,
    Maker,
    Source,
    WrongSet,
)
from tocsin.engine.knowngood.writing import SetWriter


class Batch(Protocol):
    """Some rows of such a list: of each kind uint8[N, width], or None where it has none, and how
    many further ones could not be read."""

    @property
    def md5(self) -> Bytes | None: ...
    @property
    def sha1(self) -> Bytes | None: ...
    @property
    def sha256(self) -> Bytes | None: ...
    @property
    def refused(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Import:
    """What is imported: the set's name, who made the list, and by whom and when the set is made."""

    name: str
    origin: str
    source: Source
    built_by: str
    at: datetime
    told: Callable[[int], None] = lambda _: None
    """Called with the number of files so far."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A finished import: the set, and how many rows of the list could not be read."""

    manifest: Manifest
    refused: int


def import_digests(batches: Iterable[Batch], out: Path, what: Import) -> Imported:
    """Make the set `out` of all digests in the batches; memory does not grow with their number.

    An entry of all zeros counts as not given. Raises WrongSet where there is none, and whatever the
    batches raise; then a former set stands.
    """
    count = refused = 0
    manifest = Manifest(what.name, what.origin, what.at, what.built_by, 0, Digest.NONE, 0, ())
    with SetWriter(out) as writer:
        number = writer.source(what.source)
        for batch in batches:
            given = _given(batch)
            count += max((len(rows) for rows in given.values()), default=0)
            writer.add(given, number)
            refused += batch.refused
            what.told(count)
        if not count:
            raise WrongSet("The file holds no digest, so there is nothing to make a set of.")
        return Imported(writer.publish(manifest), refused)


def list_source(name: str, version: str = "", licence: str = "") -> Source:
    """The source of a list of digests."""
    return Source(name, version, licence, Maker.LIST)


def _given(batch: Batch) -> dict[Digest, Bytes]:
    rows = dict(zip(KINDS, (batch.md5, batch.sha1, batch.sha256), strict=True))
    given = {kind: of_kind for kind, of_kind in rows.items() if of_kind is not None}
    for kind, of_kind in given.items():
        if np.shape(of_kind)[1:] != (WIDTH_BYTES[kind],):
            raise WrongSet(f"A digest has not {WIDTH_BYTES[kind]} bytes.")
    return given
