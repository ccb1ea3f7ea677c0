"""Building a set from folders: every picture in them, and in the packages that lie there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np

from tocsin.engine.fingerprints.types import FLAT_BELOW_QUALITY
from tocsin.engine.index.durable import forget
from tocsin.engine.knowngood import parts
from tocsin.engine.knowngood.finding import Found, Group, found_in, groups_in
from tocsin.engine.knowngood.looking import Fingerprint, Looked, Rows, look, rows_of
from tocsin.engine.knowngood.manifest import Manifest
from tocsin.engine.knowngood.packages import DEFAULT_BOUNDS, Bounds
from tocsin.engine.knowngood.parts import MOST_TROUBLES, Part
from tocsin.engine.knowngood.types import (
    PDQ_DTYPE,
    Digest,
    PdqRows,
    Source,
    Trouble,
    WrongSet,
)
from tocsin.engine.knowngood.writing import SetWriter

AT_ONCE: Final = 64
"""Pictures in hand at a time; together no larger than `most_bytes_at_once`."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a build is: packages done of how many, pictures so far, and the one in hand."""

    done: int
    of: int
    pictures: int
    source: Source


@dataclass(frozen=True, slots=True)
class Plan:
    """What to build and how. `drawings` takes SVG too (by their digests; they are not decoded)."""

    name: str
    origin: str
    built_by: str
    at: datetime
    workers: int = 1
    drawings: bool = True
    bounds: Bounds = DEFAULT_BOUNDS
    most_bytes_at_once: int = 256 << 20
    told: Callable[[Progress], None] = field(default=lambda _: None)


@dataclass(frozen=True, slots=True)
class Built:
    """A finished build: the set, and what was not taken (the first 1,000 of each package)."""

    manifest: Manifest
    pictures: int
    decoded: int
    passed_over: int
    troubles: tuple[Trouble, ...]
    trouble_count: int


def build(folders: Iterable[Path], out: Path, fingerprint: Fingerprint, plan: Plan) -> Built:
    """Make the set `out` of all pictures in the folders, with `fingerprint` for each.

    What a package gave is kept in `.NAME.parts` beside the set until the set is whole, so a build
    that is begun again goes on behind the last finished package. A file or package that cannot be
    read is a trouble and stops nothing. Raises WrongSet where no picture is found, and OSError.
    """
    groups = list(groups_in(folders))
    work = out.parent / f".{out.name}.parts"
    work.mkdir(mode=0o750, parents=True, exist_ok=True)
    options = f"drawings {plan.drawings} file {plan.bounds.most_file_bytes}"
    total, done = 0, []
    with ThreadPoolExecutor(plan.workers, thread_name_prefix="known-good") as threads:
        for number, group in enumerate(groups):
            part = _part(group, work, options, partial(_made, group, fingerprint, plan, threads))
            total += _pictures(part)
            plan.told(Progress(number + 1, len(groups), total, part.source))
            done.append(part)
    if not total:
        raise WrongSet("No picture was found there, so there is nothing to make a set of.")
    built = _written(done, out, plan)
    forget(work)
    return built


def _part(group: Group, work: Path, options: str, make: Callable[[], Part]) -> Part:
    try:
        name = parts.name_of(group.paths, options)
    except OSError as error:
        where = str(group.paths[0]) if group.paths else group.name
        trouble = Trouble(where, (error.strerror or "cannot be read").lower())
        return Part(Source(group.name), rows_of([]), 0, (trouble,), 1)
    part = parts.kept(work, name)
    if part is None:
        part = make()
        parts.keep(work, name, part)
    return part


def _made(group: Group, fingerprint: Fingerprint, plan: Plan, threads: ThreadPoolExecutor) -> Part:
    found = found_in(group, plan.bounds, drawings=plan.drawings)
    rows: list[Rows] = []
    for batch in _batches(found, plan.most_bytes_at_once):
        looked = threads.map(lambda one: _looked(one, fingerprint), batch)
        rows.append(rows_of(looked))
    told = found.troubles
    return Part(
        found.source,
        np.concatenate([rows_of([]), *rows]),
        found.passed_over,
        tuple(told[:MOST_TROUBLES]),
        found.trouble_count,
    )


def _looked(one: tuple[str, bytes], fingerprint: Fingerprint) -> Looked:
    return look(one[0], one[1], fingerprint)


def _batches(found: Found, most_bytes: int) -> Iterator[list[tuple[str, bytes]]]:
    """Some pictures at a time, in their order."""
    pictures = iter(found)
    while first := list(islice(pictures, 1)):
        batch, held = first, len(first[0][1])
        while len(batch) < AT_ONCE and held < most_bytes and (more := list(islice(pictures, 1))):
            batch += more
            held += len(more[0][1])
        yield batch


def _written(done: list[Part], out: Path, plan: Plan) -> Built:
    manifest = Manifest(plan.name, plan.origin, plan.at, plan.built_by, 0, Digest.NONE, 0, ())
    with SetWriter(out) as writer:
        for part in done:
            if not len(part.rows):
                continue
            number = writer.source(part.source)
            files = part.rows[part.rows["md5"] != 0]
            keys = {
                kind: np.ascontiguousarray(files[word])
                for kind, word in (
                    (Digest.MD5, "md5"), (Digest.SHA1, "sha1"), (Digest.SHA256, "sha256"),
                )
            }  # fmt: skip
            writer.add_keys(keys, number)
            writer.add_pdqs(_pdqs(part.rows, number))
        whole = writer.publish(manifest)
    return Built(
        whole,
        pictures=sum(_pictures(part) for part in done),
        decoded=sum(int(part.rows["seen"][part.rows["md5"] != 0].sum()) for part in done),
        passed_over=sum(part.passed_over for part in done),
        troubles=tuple(one for part in done for one in part.troubles),
        trouble_count=sum(part.trouble_count for part in done),
    )


def _pictures(part: Part) -> int:
    return int(np.count_nonzero(part.rows["md5"]))


def _pdqs(rows: Rows, source: int) -> PdqRows:
    # A flat picture's PDQ is that of any other: even an equal one says nothing.
    seen = rows[(rows["seen"] == 1) & (rows["quality"] >= FLAT_BELOW_QUALITY)]
    made = np.zeros(len(seen), PDQ_DTYPE)
    made["value"] = seen["pdq"]
    for name in ("quality", "regularity", "gate"):
        made[name] = seen[name]
    made["source"] = source
    return made
