"""Reading the notices that reached the hoster's mailbox."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final

from tocsin.domain.takedown import xarf
from tocsin.site.rehearsal.hoster import Hoster
from tocsin.site.rehearsal.play import must

TEXT_TYPES: Final = frozenset({"multipart/mixed", "text/plain", "text/csv", "application/json"})
_ELEMENTS: Final = ("(a)", "(b)", "(c)", "(d)")
_ADDRESS: Final = re.compile(r"^    (http\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ReadNotice:
    """A notice as a hoster reads it: what it is called, and which address it asks about."""

    subject: str
    url: str


class Letters:
    """The hoster's mail, by what it is about."""

    def __init__(self, hoster: Hoster) -> None:
        self._hoster = hoster

    def about(self, url: str) -> list[EmailMessage]:
        """Letters that name this address, oldest first."""
        return [letter for letter in self._hoster.letters() if url in _text(letter)]


def read_notice(letter: EmailMessage, *, to: str) -> ReadNotice:
    """Read a notice as its receiver must be able to. Raises Failed for what is missing in it."""
    text = _text(letter)
    must(letter["To"] == to, "the notice went to another address.")
    must(bool(letter["Message-ID"] and letter["Date"]), "the notice has no id or no date.")
    subject = str(letter["Subject"]).strip()
    must(subject.startswith("[REHEARSAL]"), "the notice does not say it is a rehearsal.")
    for element in _ELEMENTS:
        must(f"\n{element} " in text, f"element {element} of DSA Article 16(2) is missing.")
    types = {part.get_content_type() for part in letter.walk()}
    must(types <= TEXT_TYPES, f"the notice carries {', '.join(sorted(types - TEXT_TYPES))}.")
    found = _ADDRESS.search(text)
    must(found is not None, "the notice names no address.")
    url = found[1] if found else ""
    _read_xarf(letter, url)
    return ReadNotice(subject, url)


def _read_xarf(letter: EmailMessage, url: str) -> None:
    attached = [part for part in letter.iter_attachments() if part.get_filename() == "xarf.json"]
    must(len(attached) == 1, "the notice has no part for machines.")
    told = json.loads(attached[0].get_content())
    wrong = xarf.problems(told)
    must(not wrong, f"its XARF is not valid in: {', '.join(wrong)}.")
    must((told["category"], told["type"]) == ("content", "csam"), "its XARF is of another type.")
    must(told["url"] == url, "its XARF names another address.")


def _text(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    return str(body.get_content()) if body else ""
