"""The near-match engines that the index is measured beside, behind one face.

Each finds everything within 31 bits of 256-bit hashes (recall 1), in one thread. A peer that is not
installed is named as missing.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tocsin.engine.index import NearIndex

RADIUS_BITS = 31
PYNEAR_NEAREST = 10

Bytes = npt.NDArray[np.uint8]
Found = Callable[[Bytes], list[list[int]]]


@dataclass
class Engine:
    """One engine over a list: how to ask it, and how many queries are enough to measure it."""

    name: str
    ask: Callable[[Bytes], object]
    found: Found
    """The row numbers near each query, to check the recall with."""
    singles: int
    batch: int
    built_seconds: float


def near_index(hashes: Bytes) -> Engine:
    """Ours, built in memory. Ids are row numbers plus one."""
    ids = np.arange(1, len(hashes) + 1, dtype=np.uint64)
    index, seconds = _timed(lambda: NearIndex.build(hashes, ids))
    return of_index("tocsin NearIndex", index, seconds)


def of_index(name: str, index: NearIndex, seconds: float) -> Engine:
    """Ours, however it came to be."""

    def found(queries: Bytes) -> list[list[int]]:
        offsets, ids, _ = index.query(queries)
        return [(ids[offsets[i] : offsets[i + 1]] - 1).tolist() for i in range(len(queries))]

    return Engine(name, index.query, found, singles=500, batch=2_000, built_seconds=seconds)


def peers(hashes: Bytes) -> list[Engine]:
    """Those that are installed and can take so many hashes."""
    made = []
    for make in (_pynear, _faiss_flat, _faiss_multi_hash, _threatexchange, _plain_scan):
        try:
            engine = make(hashes)
        except ImportError as missing:
            print(f"left out, not installed: {missing.name}")
            continue
        if engine is not None:
            print(f"{engine.name}: built in {engine.built_seconds:.1f} s", flush=True)
            made.append(engine)
    return made


def _pynear(hashes: Bytes) -> Engine:
    pynear: Any = importlib.import_module("pynear")
    index = pynear.MIHBinaryIndex(16)
    _, seconds = _timed(lambda: index.set(hashes))

    def ask(queries: Bytes) -> Any:
        return index.searchKNN_arrays(queries, PYNEAR_NEAREST, RADIUS_BITS)

    def found(queries: Bytes) -> list[list[int]]:
        answer = ask(queries)
        return [
            [
                int(row)
                for row, bits in zip(rows, distances, strict=True)
                if 0 <= bits <= RADIUS_BITS
            ]
            for rows, distances in zip(*answer, strict=True)
        ]

    return Engine("pynear MIHBinaryIndex(16), 10 nearest", ask, found, 60, 500, seconds)


def _faiss_flat(hashes: Bytes) -> Engine:
    faiss: Any = _faiss()
    index = faiss.IndexBinaryFlat(256)
    _, seconds = _timed(lambda: index.add(hashes))
    return _of_faiss("faiss IndexBinaryFlat", index, seconds, few=len(hashes) > 2_000_000)


def _faiss_multi_hash(hashes: Bytes) -> Engine:
    faiss: Any = _faiss()
    index = faiss.IndexBinaryMultiHash(256, 16, 16)
    index.nflip = 1
    _, seconds = _timed(lambda: index.add(hashes))
    return _of_faiss("faiss IndexBinaryMultiHash 16x16", index, seconds, few=True)


def _of_faiss(name: str, index: Any, seconds: float, *, few: bool) -> Engine:
    def ask(queries: Bytes) -> Any:
        # faiss counts what is nearer than its radius, not as near.
        return index.range_search(queries, RADIUS_BITS + 1)

    def found(queries: Bytes) -> list[list[int]]:
        limits, _, rows = ask(queries)
        return [rows[limits[i] : limits[i + 1]].tolist() for i in range(len(queries))]

    return Engine(name, ask, found, 8 if few else 30, 50 if few else 200, seconds)


def _threatexchange(hashes: Bytes) -> Engine | None:
    pdq_index: Any = importlib.import_module("threatexchange.signal_type.pdq.pdq_index")
    if len(hashes) > 2_000_000:
        print("left out, as it takes 740 bytes for each hash: threatexchange PDQIndex")
        return None
    _faiss()
    entries = [(value.tobytes().hex(), row) for row, value in enumerate(hashes)]
    index, seconds = _timed(lambda: pdq_index.PDQIndex(entries))

    def found(queries: Bytes) -> list[list[int]]:
        # Its own query takes one hash; this is what it does with it, for all at once.
        values = [value.tobytes().hex() for value in queries]
        answer = index.index.search_with_distance_in_result(values, RADIUS_BITS)
        return [[int(row) for row, _, _ in answer[value]] for value in values]

    return Engine("threatexchange PDQIndex", found, found, 8, 50, seconds)


def _plain_scan(hashes: Bytes) -> Engine:
    words = hashes.view(np.uint64)

    def found(queries: Bytes) -> list[list[int]]:
        answer = []
        for query in queries.view(np.uint64):
            distance = np.bitwise_count(words ^ query).sum(axis=1, dtype=np.uint16)
            answer.append(np.flatnonzero(distance <= RADIUS_BITS).tolist())
        return answer

    return Engine("plain NumPy bitwise_count", found, found, 3, 3, 0.0)


def _faiss() -> Any:
    faiss: Any = importlib.import_module("faiss")
    faiss.omp_set_num_threads(1)
    return faiss


def _timed(make: Callable[[], Any]) -> tuple[Any, float]:
    started = time.perf_counter()
    made = make()
    return made, time.perf_counter() - started
