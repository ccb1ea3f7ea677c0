"""What is looked at in a file: by its level, and what the caller asked for beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Final

from tocsin.engine.fingerprints import Sampling
from tocsin.engine.media import DEFAULT_OPTIONS, MediaOptions
from tocsin.engine.search import Level

DOCUMENTS: Final = frozenset(
    {".css", ".htm", ".html", ".js", ".json", ".md", ".mhtml", ".svg", ".txt", ".xhtml", ".xml"}
)
"""Files that may have pictures written in them as text, by their names."""
MAILS: Final = frozenset({".eml"})


@dataclass(frozen=True, slots=True)
class Looks:
    """How much is taken of each file. `films`: the frames of films; `inside`: pictures written in
    documents, and the parts of mails."""

    level: Level = Level.NEAR
    films: bool = False
    inside: bool = False
    media: MediaOptions = DEFAULT_OPTIONS

    @property
    def decodes(self) -> bool:
        """Whether anything but digests is taken."""
        return self.level is not Level.EXACT

    @property
    def identity(self) -> str:
        """What makes two runs different; nothing for the usual one."""
        words = [self.level.value] if self.level is not Level.NEAR else []
        words += ["films"] * self.films + ["inside"] * self.inside
        return " ".join(words)

    def options_for(self, name: str) -> MediaOptions:
        """How a file of this name is fingerprinted."""
        options = self.media
        if self.level is Level.THOROUGH:
            options = replace(options, battery=True)
        if self.films:
            options = replace(options, video=Sampling.KEY_FRAMES)
        if self.inside and _suffix(name) in DOCUMENTS:
            options = replace(options, data_uris=True)
        return options

    def is_mail(self, name: str) -> bool:
        """Whether its parts are to be looked at."""
        return self.inside and self.decodes and _suffix(name) in MAILS


USUAL: Final = Looks()


def _suffix(name: str) -> str:
    return PurePath(name).suffix.lower()
