"""The words of a notice and of its withdrawal, in the hoster's language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from tocsin.base.letters.types import Attachment, Content, Organisation
from tocsin.domain.hosters.types import HosterView
from tocsin.domain.reports.types import Case
from tocsin.domain.takedown import rules
from tocsin.engine.addresses import canonical

LANGUAGES = ("en", "nl", "fr")
REHEARSAL = "[REHEARSAL] "


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a letter is headed with."""

    number: str
    organisation: Organisation
    hoster: HosterView
    tell_digests: bool


def notice(case: Case, sheet: Sheet, xarf: str | None) -> Content:
    """The notice: the elements of DSA Article 16(2) (a) to (d), and what is asked."""
    attachments = (Attachment("xarf.json", "application/json", xarf),) if xarf else ()
    subject, text = _fill("notice", case, sheet)
    return Content(subject, text, attachments)


def withdrawal(case: Case, sheet: Sheet) -> Content:
    """The letter that takes a notice back."""
    subject, text = _fill("withdrawal", case, sheet)
    return Content(subject, text)


def _fill(template: str, case: Case, sheet: Sheet) -> tuple[str, str]:
    language = sheet.hoster.language
    words = _words(case, sheet, phrases(language))
    subject, _, text = _read(f"{template}.{language}.txt").partition("\n\n")
    prefix = REHEARSAL if case.rehearsal else ""
    return prefix + subject.strip().format_map(words), text.format_map(words)


def _words(case: Case, sheet: Sheet, said: dict[str, str]) -> dict[str, str]:
    digests = rules.digests(case.fingerprints) if sheet.tell_digests else {}
    lines = "\n".join(f"    {name.upper()}: {value}" for name, value in digests.items())
    country = {"country": sheet.organisation.country}
    return {
        "number": sheet.number,
        "item": case.item_number,
        "organisation": sheet.organisation.name,
        "email": sheet.organisation.email,
        "hoster": sheet.hoster.name,
        "host": canonical(case.url).host,
        "url": case.url,
        "found_date": case.found_at.date().isoformat(),
        "request": said["request-file" if rules.names_a_file(case.url) else "request-page"],
        "category": said[f"category-{case.category.value}"].format_map(country),
        "ground": said[f"ground-{case.ground.value}"],
        "digests": f"\n{said['digests']}\n{lines}\n" if digests else "",
        "rehearsal": f"{said['rehearsal']}\n\n" if case.rehearsal else "",
    }


@cache
def phrases(language: str) -> dict[str, str]:
    """The short texts that differ from case to case, by name."""
    lines = (line.partition("=") for line in _read(f"phrases.{language}.txt").splitlines())
    return {name.strip(): text.strip() for name, _, text in lines if text}


@cache
def _read(name: str) -> str:
    return (files("tocsin.domain.takedown") / "templates" / name).read_text("utf-8")
