"""From the notes of the processes and from the database to what is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from importlib.metadata import version
from typing import TypeAlias

from django.conf import settings
from django.db import DatabaseError

from tocsin.base.clock import queries as clock
from tocsin.base.outbox import queries as outbox
from tocsin.domain.hashlists import queries as hashlists
from tocsin.domain.matching import queries as matching
from tocsin.domain.matching.queries import EDGES_SECONDS
from tocsin.site.metrics import notes
from tocsin.site.metrics.notes import Note
from tocsin.site.metrics.text import Family, Type

Processes: TypeAlias = Sequence[tuple[dict[str, str], Note]]
"""Notes of processes, each with the labels that tell it from the others."""


def families(*, at: datetime) -> list[Family]:
    """All that is told now. With the database away, what the processes say is told all the same."""
    told = list(notes.read(settings.TOCSIN_DATA / notes.FOLDER, at=at))
    info = Family("tocsin_info", Type.GAUGE, "The version that runs.")
    info.add(1, version=version("tocsin"))
    return [info, *_of_processes(told, at), *_of_database(at)]


def _of_processes(told: Iterable[Note], at: datetime) -> list[Family]:
    by_process = [({"program": note.program, "pid": str(note.pid)}, note) for note in told]
    return [*_of_answers(by_process), *_of_lists(by_process, at), *_of_decoders(by_process)]


def _of_answers(told: Processes) -> list[Family]:
    checks = Family(
        "tocsin_checks_total", Type.COUNTER, "Checked pictures by door and answer, since the start."
    )
    times = Family("tocsin_check_seconds", Type.HISTOGRAM, "Time to answer a request, by door.")
    refused = Family("tocsin_refused_requests_total", Type.COUNTER, "Refused requests by code.")
    for who, note in told:
        for name, n in sorted(note.answers.items()):
            door, _, answer = name.partition(" ")
            checks.add(n, **who, door=door, answer=answer)
        for door, took in sorted(note.times.items()):
            times.add_times(took.counts, EDGES_SECONDS, took.seconds, **who, door=door)
        for code, n in sorted(note.refused.items()):
            refused.add(n, **who, code=code)
    return [checks, times, refused]


def _of_lists(told: Processes, at: datetime) -> list[Family]:
    lists = Family("tocsin_lists_version", Type.GAUGE, "The change of the lists that is served.")
    generation = Family("tocsin_index_generation", Type.GAUGE, "The built index that is served.")
    heard = Family(
        "tocsin_lists_age_seconds", Type.GAUGE, "How long ago the lists were last compared."
    )
    for who, note in told:
        if note.list_version is not None:
            lists.add(note.list_version, **who)
        if note.generation is not None:
            generation.add(note.generation, **who)
        if note.heard_at is not None:
            heard.add((at - note.heard_at).total_seconds(), **who)
    return [lists, heard, generation]


def _of_decoders(told: Processes) -> list[Family]:
    decoders = Family("tocsin_decoders", Type.GAUGE, "Decoder processes by what they do.")
    waiting = Family("tocsin_decoder_files_waiting", Type.GAUGE, "Files that wait for a decoder.")
    deaths = Family(
        "tocsin_decoder_deaths_total", Type.COUNTER, "Decoders that ended unbidden, by how."
    )
    for who, note in told:
        if (pool := note.decoders) is None:
            continue
        rest = pool.workers - pool.busy - pool.idle
        for state, n in (("busy", pool.busy), ("idle", pool.idle), ("not_started", rest)):
            decoders.add(n, **who, state=state)
        waiting.add(pool.files_waiting, **who)
        for how, n in sorted(pool.deaths.items()):
            deaths.add(n, **who, how=how)
    return [decoders, waiting, deaths]


def _of_database(at: datetime) -> list[Family]:
    there = Family("tocsin_database_up", Type.GAUGE, "Whether the database answers.")
    try:
        told = _asked(at)
    except DatabaseError:
        there.add(0)
        return [there]
    there.add(1)
    return [there, *told]


def _asked(at: datetime) -> list[Family]:
    last = Family("tocsin_lists_last_change", Type.GAUGE, "The newest change of the lists.")
    last.add(hashlists.last_change_no())
    state = matching.index_state()
    built = Family("tocsin_index_built_timestamp_seconds", Type.GAUGE, "When the index was built.")
    beside = Family("tocsin_index_waiting_changes", Type.GAUGE, "Changes not built in yet.")
    beside.add(state.waiting_changes)
    if state.built_at is not None:
        built.add(state.built_at.timestamp())
    waits = Family("tocsin_outbox_messages", Type.GAUGE, "News by state; dead waits for a person.")
    waits.add(outbox.waiting(), state="waiting")
    waits.add(outbox.dead(), state="dead")
    late = Family("tocsin_clock_late", Type.GAUGE, "Things that are past due.")
    late.add(clock.late(at=at))
    lag = Family(
        "tocsin_clock_lag_seconds", Type.GAUGE, "For how long the oldest of them is past due."
    )
    lag.add(clock.longest_late(at=at).total_seconds())
    stands = Family("tocsin_clock_paused", Type.GAUGE, "Whether clocks and mail stand still.")
    stands.add(0 if clock.paused() is None else 1)
    return [last, built, beside, waits, late, lag, stands, *_of_providers(at)]


def _of_providers(at: datetime) -> list[Family]:
    if not settings.TOCSIN_METRICS_PROVIDERS:
        return []
    told = Family(
        "tocsin_provider_checks_today", Type.GAUGE, "Checks since midnight UTC, by provider."
    )
    for (name, status), n in sorted(matching.checks_by_party(since=at).items()):
        told.add(n, provider=name, answer=status.value)
    return [told]
