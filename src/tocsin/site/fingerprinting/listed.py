"""Lists of fingerprints in a file: what `--against` reads when it is not given a picture or film.

Four kinds, told by their first line: our own entries (`tocsin fingerprint --entries`), the text and
the JSON of vPDQ, which are one film each, and PDQ hashes of pictures, one a line in hexadecimal, as
PDQ's own tools print them (`hash`, or `hash,quality,…`).
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from tocsin.engine.fingerprints import FLAT_BELOW_QUALITY, FrameHash, vpdq

MOST_LIST_BYTES: Final = 256 << 20
_HEAD_BYTES: Final = 4096
_OPEN: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
_HEX: Final = r"[0-9a-fA-F]"
_OF_FRAME: Final = re.compile(rf"\s*[0-9]+\s*,\s*[0-9]+\s*,\s*{_HEX}{{64}}\s*,")
_OF_PICTURE: Final = re.compile(rf"\s*({_HEX}{{64}})\s*(?:,\s*([0-9]{{1,3}})\s*)?(?:,|$)")
_OF_ENTRY: Final = re.compile(r'\s*\{.*"schema"\s*:\s*"hash-entry/')
_OF_SIGNAL: Final = re.compile(rf'\s*(?:\[\s*"{_HEX}{{64}}\s*,|\{{\s*"[0-9]+"\s*:)')
_WIDTH_BYTES: Final = {"md5": 16, "sha1": 20, "sha256": 32}


class NotAList(Exception):
    """It begins as a list and cannot be read as one; the text says why."""


@dataclass(slots=True, repr=False)
class Listed:
    """What a list holds, by the number of the entry from 0 on, and a name of each for people.

    Pictures that say too little (quality below 50) are left out; `refused` counts what could not be
    read.
    """

    names: list[str] = field(default_factory=list)
    pictures: list[tuple[int, bytes]] = field(default_factory=list)
    films: dict[int, tuple[FrameHash, ...]] = field(default_factory=dict)
    digests: dict[str, list[tuple[int, bytes]]] = field(default_factory=dict)
    refused: int = 0

    def __repr__(self) -> str:
        return f"<Listed {len(self.names)} entries>"

    def new_entry(self, name: str) -> int:
        """The number of one more entry."""
        self.names.append(name)
        return len(self.names) - 1


Reader: TypeAlias = Callable[[str, str], Listed]
"""From the file's name and text to what it lists."""


def listed_in(path: str) -> Listed | None:
    """What the list at this path holds; None when it cannot be opened as a file or is no list.

    Raises NotAList for one that is too large or does not go on as it begins.
    """
    descriptor = _descriptor_of(path)
    if descriptor is None:
        return None
    with os.fdopen(descriptor, "rb") as opened:
        read = _reader_of(opened.read(_HEAD_BYTES))
        if read is None:
            return None
        opened.seek(0)
        data = opened.read(MOST_LIST_BYTES + 1)
    if len(data) > MOST_LIST_BYTES:
        raise NotAList(f"a list may have {MOST_LIST_BYTES >> 20} MiB")
    try:
        return read(Path(path).name, data.decode("utf-8-sig"))
    except (UnicodeDecodeError, vpdq.NotAFrameList) as error:
        raise NotAList(f"it begins as a list of hashes, but {error}") from error


def _descriptor_of(path: str) -> int | None:
    """A regular file, open; None for what is none, or cannot be opened."""
    try:
        descriptor = os.open(path, _OPEN)
    except OSError:
        return None
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    return None


def _reader_of(head: bytes) -> Reader | None:
    """How to read a list that begins like this."""
    text = head.decode("utf-8-sig", "replace")
    first = next((line for line in text.splitlines() if _says_something(line)), "")
    for begins, read in _READERS.items():
        if begins.match(first):
            return read
    # JSON may be written over several lines.
    return _signal if _OF_SIGNAL.match(text) else None


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _frames(name: str, text: str) -> Listed:
    return _one_film(name, vpdq.read_text(text))


def _signal(name: str, text: str) -> Listed:
    return _one_film(name, vpdq.read_json(text))


def _one_film(name: str, read: vpdq.FrameList) -> Listed:
    listed = Listed(refused=len(read.refused))
    listed.films[listed.new_entry(name)] = read.frames
    return listed


def _pictures(_: str, text: str) -> Listed:
    listed = Listed()
    for number, line in enumerate(text.splitlines(), 1):
        found = _OF_PICTURE.match(line)
        if found is not None:
            entry = listed.new_entry(f"line {number}")
            if int(found[2] or 100) >= FLAT_BELOW_QUALITY:
                listed.pictures.append((entry, bytes.fromhex(found[1])))
        elif _says_something(line):
            listed.refused += 1
    return listed


def _entries(_: str, text: str) -> Listed:
    listed = Listed()
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            _add_entry(listed, number, line)
    return listed


def _add_entry(listed: Listed, number: int, line: str) -> None:
    try:
        told = json.loads(line)
        prints = [one for one in told["fingerprints"] if one.get("status") != "retracted"]
        name = str(told["source_entry_id"])[:16]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        listed.refused += 1
        return
    entry = listed.new_entry(f"line {number} ({name})" if name else f"line {number}")
    frames = []
    for one in prints:
        value = _value_of(one)
        if value is None:
            listed.refused += 1
        elif one["algo"] in _WIDTH_BYTES:
            listed.digests.setdefault(one["algo"], []).append((entry, value))
        elif one.get("of") == "frame":
            frames.append(_frame_of(one, value))
        elif _quality_of(one) >= FLAT_BELOW_QUALITY:
            listed.pictures.append((entry, value))
    if frames:
        listed.films[entry] = tuple(frames)


def _value_of(one: dict[str, object]) -> bytes | None:
    """The bytes of a PDQ hash or a digest; None for what is neither."""
    algo, value = one.get("algo"), one.get("value")
    width = 32 if algo == "pdq" else _WIDTH_BYTES.get(str(algo))
    if width is None or not isinstance(value, str) or not re.fullmatch(f"{_HEX}*", value):
        return None
    return bytes.fromhex(value) if len(value) == 2 * width else None


def _frame_of(one: dict[str, object], value: bytes) -> FrameHash:
    number, seconds = one.get("frame"), one.get("offset_s")
    return FrameHash(
        number if isinstance(number, int) else 0,
        float(seconds) if isinstance(seconds, int | float) else 0.0,
        value,
        _quality_of(one),
    )


def _quality_of(one: dict[str, object]) -> int:
    """As told; a hash of which none is told is taken to say enough."""
    quality = one.get("quality")
    return quality if isinstance(quality, int) else 100


_READERS: Final[dict[re.Pattern[str], Reader]] = {
    _OF_FRAME: _frames,
    _OF_PICTURE: _pictures,
    _OF_ENTRY: _entries,
    _OF_SIGNAL: _signal,
}
