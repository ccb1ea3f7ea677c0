"""clamd's commands, read from the wire: one a line, in three spellings (clamd(8), "COMMANDS")."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tocsin.doors.gates.wire import Wire

PAUSE_SECONDS: Final = 0.5
_MOST_PATH: Final = 4_096
_MOST_COMMAND: Final = _MOST_PATH + 32


class Word(StrEnum):
    """The commands that are answered."""

    PING = "PING"
    VERSION = "VERSION"
    VERSIONCOMMANDS = "VERSIONCOMMANDS"
    STATS = "STATS"
    RELOAD = "RELOAD"
    INSTREAM = "INSTREAM"
    SCAN = "SCAN"
    CONTSCAN = "CONTSCAN"
    MULTISCAN = "MULTISCAN"
    ALLMATCHSCAN = "ALLMATCHSCAN"
    IDSESSION = "IDSESSION"
    END = "END"


REFUSED: Final = frozenset({"SHUTDOWN", "FILDES", "STREAM", "DETSTATS", "DETSTATSCLEAR"})
"""clamd knows these. Here nobody may end the programme by a word, a descriptor says nothing of who
passes it, and the others are gone or say nothing."""

SCANS: Final = frozenset({Word.SCAN, Word.CONTSCAN, Word.MULTISCAN, Word.ALLMATCHSCAN})
IN_SESSION: Final = frozenset(Word) - {Word.IDSESSION}


@dataclass(frozen=True)
class Unknown(Exception):
    """No command that is answered: what to say instead, and what ends a line to this client."""

    words: str
    ends: bytes = b"\n"


@dataclass(frozen=True, slots=True)
class Command:
    """One command, its argument, and what ends a line of the answer to it."""

    word: Word
    argument: str
    ends: bytes
    is_prefixed: bool


async def read_command(wire: Wire) -> Command:
    """The next command; raises Unknown, Gone (at the end), TooSlow, TooLong.

    `nWORD` ends with a line feed and `zWORD` with a zero byte. A bare word ends with a line feed,
    with a pause, or where the other end stops sending.
    """
    first = await wire.some(1)
    if first == b"n":
        return _command(await wire.until(b"\n", _MOST_COMMAND), b"\n", is_prefixed=True)
    if first == b"z":
        return _command(await wire.until(b"\0", _MOST_COMMAND), b"\0", is_prefixed=True)
    return _command(await _bare(wire, first), b"\n", is_prefixed=False)


async def _bare(wire: Wire, line: bytes) -> bytes:
    while b"\n" not in line and len(line) <= _MOST_COMMAND:
        more = await wire.at_once(PAUSE_SECONDS)
        if not more:
            break
        line += more
    command, _, rest = line.partition(b"\n")
    wire.give_back(rest)
    return command


def _command(line: bytes, ends: bytes, *, is_prefixed: bool) -> Command:
    word, _, argument = line.rstrip(b"\r").partition(b" ")
    name = word.decode("latin-1")
    if name in REFUSED:
        raise Unknown("COMMAND UNAVAILABLE", ends)
    if name not in set(Word) or bool(argument) is not (name in SCANS):
        raise Unknown("UNKNOWN COMMAND", ends)
    # A path is whatever the file system says it is, so that it comes back as it went in.
    return Command(Word(name), argument.decode("utf-8", "surrogateescape"), ends, is_prefixed)
