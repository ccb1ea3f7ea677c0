"""The limits of a client: how long, how many, how often."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from tocsin.engine.media import DEFAULT_OPTIONS, MediaOptions
from tocsin.engine.search.matches import Level

_MEBI: Final = 1 << 20
_TIMES: Final = (
    "deadline_seconds",
    "connect_seconds",
    "breaker_seconds",
    "decoder_seconds",
    "fingerprinting_seconds",
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What may be set. Times are in seconds. Raises ValueError for what cannot be.

    `deadline_seconds` bounds one request with all its repetitions, from the name's look-up to the
    last byte of the answer; `connect_seconds` the connecting alone. `tries` counts the first one.
    A batch is cut into requests of `most_items`. After `breaker_failures` failed calls in a row
    none is made for `breaker_seconds`; then one is let through to see.

    Files are fingerprinted as `media` says, in `decoders` processes, each for `decoder_seconds` at
    most, and within `fingerprinting_seconds` with the wait for a free one (beyond: `busy`). One
    upload is held in memory up to `most_upload_bytes` (beyond: digests alone, and `too_large`), all
    together up to `most_held_bytes` (beyond: `busy`).

    `level` says how much is asked: digests alone (nothing is decoded then), the pictures as well
    (`near`), or also what they would be had they not been mirrored, cropped, framed and so on.

    `proxy` is the one way through a proxy: none is taken from the environment. `ca_file` names
    certificates of authorities that are trusted besides the usual ones.
    """

    deadline_seconds: float = 10.0
    connect_seconds: float = 3.0
    tries: int = 4
    first_pause_seconds: float = 0.25
    longest_pause_seconds: float = 5.0
    most_items: int = 1_000
    connections: int = 8
    breaker_failures: int = 5
    breaker_seconds: float = 10.0
    media: MediaOptions = DEFAULT_OPTIONS
    decoders: int = 2
    decoder_seconds: float = 10.0
    fingerprinting_seconds: float = 30.0
    most_upload_bytes: int = 100 * _MEBI
    most_held_bytes: int = 512 * _MEBI
    level: Level = Level.NEAR
    proxy: str | None = None
    ca_file: str | None = None

    @property
    def looks(self) -> MediaOptions:
        """How files are fingerprinted at this level."""
        return replace(self.media, battery=True) if self.level is Level.THOROUGH else self.media

    def __post_init__(self) -> None:
        object.__setattr__(self, "level", Level(self.level))
        for name in _TIMES:
            if not 0 < getattr(self, name) <= 86_400:
                raise ValueError(f"{name} is above 0 and at most a day")
        for name in ("tries", "connections", "breaker_failures", "decoders", "most_upload_bytes"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is at least 1")
        if not 1 <= self.most_items <= 10_000:
            raise ValueError("most_items is 1 to 10,000, which is what a server takes")
        if not 0 <= self.first_pause_seconds <= self.longest_pause_seconds:
            raise ValueError("first_pause_seconds is at most longest_pause_seconds")
        if self.most_held_bytes < self.most_upload_bytes:
            raise ValueError("most_held_bytes holds one upload at least")


DEFAULT_SETTINGS: Final = Settings()
