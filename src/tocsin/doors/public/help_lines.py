"""Help lines, from a dated file: in danger, for a child, about pictures, about oneself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "help_lines.json"
# Which countries' lines stand first on pages in a language; all others follow.
_OF_LANGUAGE = {"nl": ("NL", "BE"), "fr": ("FR", "BE"), "en": ("NL", "BE", "FR")}
EVERYWHERE = ""


@dataclass(frozen=True, slots=True)
class HelpLine:
    """One line: whom to reach, how, and for what (`danger`, `child`, `pictures`, `thoughts`)."""

    name: str
    contact: str
    about: str
    country: str


@cache
def _all() -> tuple[str, tuple[HelpLine, ...]]:
    told = json.loads(_FILE.read_text("utf-8"))
    return told["as_of"], tuple(
        HelpLine(line["name"], line["contact"], line["for"], country)
        for country, lines in told["countries"].items()
        for line in lines
    )


def as_of() -> str:
    """The month in which the lines were last looked at: `2026-11`."""
    return _all()[0]


def lines(language: str, about: str | None = None) -> tuple[HelpLine, ...]:
    """Lines for pages in a language, those of everywhere first; of one matter where it is named."""
    countries = (EVERYWHERE, *_OF_LANGUAGE.get(language, _OF_LANGUAGE["en"]))
    found = [line for line in _all()[1] if line.country in countries]
    found.sort(key=lambda line: countries.index(line.country))
    return tuple(line for line in found if about in {None, line.about})
