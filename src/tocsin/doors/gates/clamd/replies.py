"""Answers in clamd's words."""

from __future__ import annotations

import importlib.metadata
from datetime import datetime
from typing import Final

from tocsin.doors.gates.clamd.commands import Word
from tocsin.doors.gates.desk import Desk, Lists
from tocsin.doors.gates.types import MIB, Ruling, Told

VERSION: Final = importlib.metadata.version("tocsin")
SIZE_LIMIT: Final = "INSTREAM size limit exceeded. ERROR"
"""Clients compare with these very words."""
_NO_POOLS: Final = "pools 0 pools_used 0.000M pools_total 0.000M"


def of_file(name: str, told: Told) -> str:
    """One line for one file. ERROR is clamd's word for: no answer, in neither direction."""
    if told.ruling is Ruling.FOUND:
        return f"{name}: {told.name} FOUND"
    if told.ruling is Ruling.CLEAN:
        return f"{name}: OK"
    why = "Not checked" if told.ruling is Ruling.UNCHECKED else "Not available"
    # No colon and space: clients cut a line there.
    return error(name, f"{why} ({told.words}).")


def error(name: str, words: str) -> str:
    return f"{name}: {words} ERROR"


def version(lists: Lists, at: datetime) -> str:
    """Three parts, as `ClamAV 1.4.2/27000/Thu Nov 27 08:15:00 2026`: some take them apart."""
    number = "0" if lists.version is None else str(lists.version)
    return f"Tocsin {VERSION}/{number}/{at:%a %b %d %H:%M:%S %Y}"


def version_and_commands(lists: Lists, at: datetime) -> str:
    return f"{version(lists, at)}| COMMANDS: {' '.join(Word)}"


def stats(desk: Desk, connections: int) -> str:
    """In clamd's form, with the figures that there are here."""
    limits, held = desk.limits, desk.held_bytes
    threads = f"live {desk.busy}  idle {limits.files_at_once - desk.busy}"
    most = f"max {limits.files_at_once} idle-timeout {limits.idle_seconds:.0f}"
    memory = f"used {held / MIB:.3f}M free {(limits.memory_bytes - held) / MIB:.3f}M"
    lines = (
        *("POOLS: 1", "", "STATE: VALID PRIMARY", f"THREADS: {threads} {most}"),
        *(f"QUEUE: {max(0, connections - 1)} items", ""),
        f"MEMSTATS: heap N/A mmap N/A {memory} releasable N/A {_NO_POOLS}",
        "END",
    )
    return "\n".join(lines)
