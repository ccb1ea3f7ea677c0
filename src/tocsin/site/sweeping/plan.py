"""The plan: a table of objects goes in, what was made of each comes out. Daft runs it.

Here on its local runner or on a Ray cluster: the same table and the same function. No secret, no
byte of an object and no address but the place's own is in it. Import this only after the telemetry
of Daft and Ray was switched off (`tocsin.site.commands.sweep` does so): Daft calls home on import.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import daft

from tocsin.site.sweeping.taking import Taking, take_all, taken_of
from tocsin.site.sweeping.types import CannotRun, Place, Stored, Taken

LOCAL: Final = "local"
RAY: Final = "ray"
BATCH: Final = 64
RAY_TRIES: Final = 3
# How many objects go through one plan: what is lost when a run is killed.
WAVE: Final = {LOCAL: 2_000, RAY: 20_000}


@daft.cls(use_process=False)
class _Taker:
    def __init__(self, place: Place, taking: Taking) -> None:
        self._place = place
        self._taking = taking

    @daft.method.batch(return_dtype=daft.DataType.string(), batch_size=BATCH)
    def take(self, key: Any, size: Any, etag: Any) -> list[str]:
        """What was made of each object of a batch, as JSON."""
        columns = (key.to_pylist(), size.to_pylist(), etag.to_pylist())
        stored = [
            Stored(_from_wire(one), size_bytes, tag, "")
            for one, size_bytes, tag in zip(*columns, strict=True)
        ]
        return take_all(self._place, self._taking, stored)


class Plan:
    """Takes objects by the plan. `runner` is `local`, `ray` (this machine), or `ray://HOST:PORT`.

    Raises CannotRun.
    """

    def __init__(
        self, place: Place, taking: Taking, *, runner: str, quiet: Mapping[str, str]
    ) -> None:
        self._taker: Any = _Taker(place, taking)
        self._cpus = _start(runner, tuple(quiet.items()))
        self.wave = WAVE[RAY if self._cpus else LOCAL]

    def take(self, stored: Sequence[Stored]) -> list[Taken]:
        """What was made of each, in order. Raises CannotRun."""
        if not stored:
            return []
        try:
            told = self._told(stored)
        except Exception as error:
            # Daft and Ray have no common type for what can break. Their words may hold anything.
            raise CannotRun(f"the plan broke ({type(error).__name__}).") from error
        # A cluster gives the rows back in any order.
        by_place = dict(zip(told["place"], told["told"], strict=True))
        return [taken_of(by_place[place]) for place in range(len(stored))]

    def _told(self, stored: Sequence[Stored]) -> dict[str, list[Any]]:
        table = daft.from_pydict(
            {
                "place": list(range(len(stored))),
                "key": [_to_wire(one.key) for one in stored],
                "size": [one.size_bytes for one in stored],
                "etag": [one.etag for one in stored],
            }
        )
        if self._cpus:
            # Several for each processor, so that one slow part does not hold up the rest.
            table = table.into_partitions(min(4 * self._cpus, 1 + len(stored) // BATCH))
        taken = self._taker.take(daft.col("key"), daft.col("size"), daft.col("etag"))
        told: dict[str, list[Any]] = table.select(
            daft.col("place"), taken.alias("told")
        ).to_pydict()
        return told


# Once in a process: Daft's runner cannot be changed.
@functools.cache
def _start(runner: str, quiet: tuple[tuple[str, str], ...]) -> int:
    """Start the runner; the processors of a cluster, or 0 on the local runner."""
    if runner != LOCAL:
        return _join_ray(runner, dict(quiet))
    daft.set_runner_native()
    return 0


def _join_ray(runner: str, quiet: dict[str, str]) -> int:
    try:
        ray = importlib.import_module("ray")
    except ImportError as error:
        raise CannotRun("Ray is not installed: pip install 'tocsin[sweep,ray]'.") from error
    where: dict[str, Any] = {"address": runner}
    if runner == RAY:
        # For this process alone: nothing of it listens to other machines, and there are no pages.
        where = {"address": "local", "include_dashboard": False, "_node_ip_address": "127.0.0.1"}
    for left in reversed(range(RAY_TRIES)):
        try:
            ray.init(**where, log_to_driver=False, runtime_env={"env_vars": quiet})
            break
        except Exception as error:
            # Ray gives a machine half a minute to start on, which a busy one may not make.
            ray.shutdown()
            if not left:
                name = type(error).__name__
                raise CannotRun(f"Ray cannot be reached at {runner} ({name}).") from error
    daft.set_runner_ray(noop_if_initialized=True)
    resources: dict[str, float] = ray.cluster_resources()
    return max(1, int(resources.get("CPU", 1)))


def _to_wire(key: str) -> str:
    """Any name as text that Arrow takes: names of files need not be UTF-8."""
    return key.encode("utf-8", "surrogateescape").decode("latin-1")


def _from_wire(text: str) -> str:
    return text.encode("latin-1").decode("utf-8", "surrogateescape")
