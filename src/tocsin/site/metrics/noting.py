"""In a process that answers: its totals, written down once a second where figures are wanted."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from django.conf import settings

from tocsin.base.clock.threads import OnePerProcess, Repeating
from tocsin.domain.matching.queries import checker
from tocsin.engine.media import PoolState
from tocsin.site.metrics import notes
from tocsin.site.metrics.notes import DecoderNote, DoorTimes, Note

EACH_SECONDS = 1.0
Decoding = Callable[[], tuple[PoolState, dict[str, int]] | None]

_refused: Counter[str] = Counter()
_counting = threading.Lock()


def refused(code: str) -> None:
    """A request of this process was refused with this code."""
    with _counting:
        _refused[code] += 1


def for_process(program: str, decoding: Decoding) -> Callable[[], object]:
    """What is called with every request: the first call in a process begins to write, where figures
    are wanted at all."""
    if not settings.TOCSIN_METRICS_PORT:
        return lambda: None
    return OnePerProcess(partial(_begin, program, decoding))


def note_of(program: str, decoding: Decoding, at: datetime) -> Note:
    """This process as it stands."""
    vitals = checker().vitals()
    with _counting:
        codes = dict(_refused)
    return Note(
        program=program,
        pid=os.getpid(),
        at=at,
        answers={f"{door} {status}": n for (door, status), n in vitals.answers.items()},
        times={door: DoorTimes(list(t.counts), t.seconds) for door, t in vitals.times.items()},
        refused=codes,
        list_version=vitals.list_version,
        generation=vitals.generation,
        heard_at=vitals.heard_at,
        decoders=_decoders(decoding),
    )


def _begin(program: str, decoding: Decoding) -> Repeating:
    folder = settings.TOCSIN_DATA / notes.FOLDER

    def write() -> None:
        notes.write(folder, note_of(program, decoding, datetime.now(UTC)))

    thread = Repeating()
    thread.start("vitals", write, EACH_SECONDS)
    return thread


def _decoders(decoding: Decoding) -> DecoderNote | None:
    told = decoding()
    return None if told is None else DecoderNote(*told[0], deaths=told[1])
