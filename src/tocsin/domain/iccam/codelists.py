"""ICCAM's code lists, dated, as they ship with this version."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

VERSION: Final = "2023-03-17"


@dataclass(frozen=True, slots=True)
class Code:
    """One row of a list. `code`: what hotlines' files call it, where they have a word."""

    id: int
    name: str
    code: str = ""


def codes(name: str) -> tuple[Code, ...]:
    """A list by name: actions, reasons, classifications, ages, genders, site_types,
    commercialities, payment_methods, content_types. Raises KeyError."""
    return tuple(Code(**row) for row in _lists()[name])


def name_of(list_name: str, number: int) -> str:
    """What a list calls a number; the number itself where it does not know it."""
    return next((code.name for code in codes(list_name) if code.id == number), str(number))


def site_type(word: str) -> int:
    """The number of a site type that hotlines' files name; that of "not determined" for others."""
    known = {code.code: code.id for code in codes("site_types")}
    return known.get(word, known["notdetermined"])


@cache
def _lists() -> dict[str, list[dict[str, Any]]]:
    file = resources.files("tocsin.domain.iccam") / "data" / f"codelists-{VERSION}.json"
    told: dict[str, list[dict[str, Any]]] = json.loads(file.read_text("utf-8"))["lists"]
    return told
