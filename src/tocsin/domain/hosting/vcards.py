"""Reading vCards in JSON (RFC 7095) as they stand in RDAP: a name, mail addresses, a country."""

from __future__ import annotations

import re
from dataclasses import dataclass

_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}"
)
_COUNTRY = re.compile(r"[A-Za-z]{2}")
_MOST_LINES = 200
_MOST_NAME = 120
_MOST_EMAILS = 5
_LAST_CHOICE = 101  # behind every stated preference, which are 1 to 100


@dataclass(frozen=True, slots=True)
class Card:
    """What a card tells. `emails`: at most five, preferred ones first."""

    name: str = ""
    emails: tuple[str, ...] = ()
    country: str = ""

    def __repr__(self) -> str:
        return "Card(…)"


def read_card(told: object) -> Card:
    """The card in `vcardArray`; what cannot be read is empty, and nothing is raised."""
    lines = told[1] if isinstance(told, list) and len(told) > 1 else None
    name, company, country = "", "", ""
    emails: list[tuple[int, str]] = []
    for line in lines[:_MOST_LINES] if isinstance(lines, list) else []:
        if not isinstance(line, list) or len(line) < 4 or not isinstance(line[0], str):
            continue
        kind, parameters, value = line[0].lower(), line[1], line[3]
        if kind == "fn":
            name = name or _one_line(value)
        elif kind == "org":
            company = company or _one_line(value)
        elif kind == "adr":
            country = country or _country(parameters, value)
        elif kind == "email":
            emails += [(_preference(parameters), mail) for mail in _emails(line[3:])]
    # Sorted stably: among equals the order of the card stands.
    best = dict.fromkeys(mail for _, mail in sorted(emails, key=lambda told: told[0]))
    return Card(name or company, tuple(best)[:_MOST_EMAILS], country)


def emails_of(values: list[object]) -> tuple[str, ...]:
    """The mail addresses among values, each once and at most five; what is none is left out."""
    return tuple(dict.fromkeys(_emails(values)))[:_MOST_EMAILS]


def _one_line(value: object) -> str:
    while isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, str):
        return ""
    return " ".join(value.split())[:_MOST_NAME] if value.isprintable() or "\n" in value else ""


def _emails(values: list[object]) -> list[str]:
    found = []
    for value in values[:_MOST_EMAILS]:
        inner = value if isinstance(value, list) else [value]
        for text in inner[:_MOST_EMAILS]:
            if isinstance(text, str):
                plain = text.strip().removeprefix("mailto:")
                if len(plain) <= 254 and _EMAIL.fullmatch(plain):
                    found.append(plain)
    return found


def _preference(parameters: object) -> int:
    told = parameters.get("pref") if isinstance(parameters, dict) else None
    text = str(told) if isinstance(told, str | int) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else _LAST_CHOICE


def _country(parameters: object, value: object) -> str:
    # RFC 8605 has a parameter for the code; others write it where the country's name belongs.
    code = parameters.get("cc") if isinstance(parameters, dict) else None
    if not isinstance(code, str):
        code = value[6] if isinstance(value, list) and len(value) > 6 else ""
    return code.upper() if isinstance(code, str) and _COUNTRY.fullmatch(code) else ""
