"""The words of a notice and of all that follows it, in the receiver's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files

from tocsin.base.letters.types import Attachment, Content, Organisation
from tocsin.domain.reports.types import Case
from tocsin.domain.takedown import rules
from tocsin.domain.takedown.types import Addressee, Rung
from tocsin.engine.addresses import canonical

LANGUAGES = ("en", "nl", "fr", "de")
REHEARSAL = "[REHEARSAL] "
_LETTERS = {Rung.HOTLINE: "handover", Rung.REGULATOR: "file"}
_REQUESTS = {
    Rung.SITE_OWNER: "request-site_owner",
    Rung.UPSTREAM: "request-upstream",
    Rung.REGISTRAR: "request-registrar",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a letter is headed with. `link`: where it is answered, `verify`: where our signature is
    checked; both empty where the hoster's pages are not reachable from outside.

    `sent_at` is of the notice that a later letter follows; `history`: who was told when, in lines.
    """

    number: str
    organisation: Organisation
    to: Addressee
    tell_digests: bool
    link: str = ""
    verify: str = ""
    round: int = 0
    sent_at: datetime | None = None
    words: str = ""
    history: str = ""


def notice(case: Case, sheet: Sheet, attachments: tuple[Attachment, ...] = ()) -> Content:
    """The first letter to a place: to those who can remove it, the elements of DSA Article 16(2)
    (a) to (d) and what is asked; to a partner or a regulator, the hand-over or the file."""
    return _content(_LETTERS.get(sheet.to.rung, "notice"), case, sheet, attachments)


def reminder(case: Case, sheet: Sheet, attachments: tuple[Attachment, ...] = ()) -> Content:
    """The letter that says that nothing has been seen to go."""
    name = "handover" if sheet.to.rung is Rung.HOTLINE else "reminder"
    return _content(name, case, sheet, attachments)


def withdrawal(case: Case, sheet: Sheet) -> Content:
    """The letter that takes a notice back."""
    return _content("withdrawal", case, sheet)


def reply(case: Case, sheet: Sheet) -> Content:
    """A person's answer to what a hoster asked or disputed; names no address."""
    return _content("reply", case, sheet)


def request(case: Case, sheet: Sheet) -> str:
    """What is asked of this rung: for the address of a file the file, of a page the page."""
    said = phrases(sheet.to.language)
    name = _REQUESTS.get(sheet.to.rung)
    return said[name or ("request-file" if rules.names_a_file(case.url) else "request-page")]


def category(case: Case, sheet: Sheet) -> str:
    """The category in words."""
    country = {"country": sheet.organisation.country}
    return phrases(sheet.to.language)[f"category-{case.category.value}"].format_map(country)


def ground(case: Case, language: str) -> str:
    """What the finding rests on, in words."""
    return phrases(language)[f"ground-{case.ground.value}"]


def _content(
    template: str, case: Case, sheet: Sheet, attachments: tuple[Attachment, ...] = ()
) -> Content:
    words = _words(case, sheet, phrases(sheet.to.language))
    subject, _, text = _read(f"{template}.{sheet.to.language}.txt").partition("\n\n")
    prefix = REHEARSAL if case.rehearsal else ""
    told = prefix + subject.strip().format_map(words)
    return Content(told, text.format_map(words), attachments)


def _words(case: Case, sheet: Sheet, said: Mapping[str, str]) -> dict[str, str]:
    digests = rules.digests(case.fingerprints) if sheet.tell_digests else {}
    lines = "\n".join(f"    {name.upper()}: {value}" for name, value in digests.items())
    return {
        "number": sheet.number,
        "item": case.item_number,
        "organisation": sheet.organisation.name,
        "email": sheet.organisation.email,
        "hoster": sheet.to.name,
        "country": sheet.to.country,
        "host": canonical(case.url).host,
        "url": case.url,
        "found_date": case.found_at.date().isoformat(),
        "sent_date": (sheet.sent_at or case.found_at).date().isoformat(),
        "round": str(sheet.round),
        "request": request(case, sheet),
        "category": category(case, sheet),
        "ground": ground(case, sheet.to.language),
        "digests": f"\n{said['digests']}\n{lines}\n" if digests else "",
        "rehearsal": f"{said['rehearsal']}\n\n" if case.rehearsal else "",
        "link": _link(sheet, said),
        "unconfirmed": _unconfirmed(sheet, said),
        "words": sheet.words,
        "history": sheet.history,
    }


def _link(sheet: Sheet, said: Mapping[str, str]) -> str:
    if not sheet.link:
        return ""
    check = "\n   " + said["signed"].format_map({"verify": sheet.verify}) if sheet.verify else ""
    return f"\n   {said['link']}\n   {sheet.link}{check}"


def _unconfirmed(sheet: Sheet, said: Mapping[str, str]) -> str:
    if sheet.to.confirmed:
        return ""
    source = sheet.to.source.replace("_", " ")
    return "\n" + said["unconfirmed"].format_map({"source": source}) + "\n"


@cache
def phrases(language: str) -> dict[str, str]:
    """The short texts that differ from case to case, by name."""
    lines = (line.partition("=") for line in _read(f"phrases.{language}.txt").splitlines())
    return {name.strip(): text.strip() for name, _, text in lines if text}


@cache
def _read(name: str) -> str:
    return (files("tocsin.domain.takedown") / "templates" / name).read_text("utf-8")
