"""What goes with a letter for machines: XARF, the CSV that hosters know, and our signature."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tocsin.base.audit.types import Json
from tocsin.base.letters.types import Attachment
from tocsin.domain.reports.types import Case
from tocsin.domain.takedown import contacts, rules, signing, wording, xarf
from tocsin.domain.takedown.types import Rung
from tocsin.domain.takedown.wording import Sheet

CSV_HEAD = ("url", "IP", "firstseen", "lastseen", "note")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
PLAIN_RUNGS = frozenset({Rung.HOTLINE, Rung.REGULATOR})
"""Whoever gets a hand-over or a file is no abuse desk with a machine that reads XARF."""


@dataclass(frozen=True, slots=True)
class Papers:
    """What the attachments are made of."""

    case: Case
    sheet: Sheet
    report_id: UUID
    purpose: str
    at: datetime
    history: tuple[dict[str, Json], ...] = ()


def attachments(papers: Papers) -> tuple[Attachment, ...]:
    """All that goes with a letter; XARF where the finding can be said in it."""
    found = []
    machine = xarf_of(papers)
    if machine is not None:
        found.append(Attachment("xarf.json", "application/json", machine))
    found.append(Attachment("urls.csv", "text/csv", as_csv(papers)))
    signed = signing.jws(payload(papers))
    found.append(Attachment("notice.jws.json", "application/json", signed))
    if papers.history:
        told = json.dumps(list(papers.history), indent=1)
        found.append(Attachment("history.json", "application/json", told))
    return tuple(found)


def xarf_of(papers: Papers) -> str | None:
    """The XARF report, None for a receiver or a finding it is not for."""
    sheet = papers.sheet
    if sheet.to.rung in PLAIN_RUNGS:
        return None
    heading = xarf.Heading(
        papers.report_id, sheet.number, sheet.organisation, sheet.to, sheet.tell_digests
    )
    return xarf.report(papers.case, heading)


def as_csv(papers: Papers) -> str:
    """`url;IP;firstseen;lastseen;note`, one line an item, as Dutch hosters get notices today."""
    case = papers.case
    found = contacts.hosting_of(case)
    row = (
        case.url,
        found.addresses[0] if found and found.addresses else "",
        f"{min(case.found_at, case.last_reported_at):%Y-%m-%d %H:%M:%S}",
        f"{case.last_reported_at:%Y-%m-%d %H:%M:%S}",
        papers.sheet.number,
    )
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(CSV_HEAD)
    writer.writerow([harmless(cell) for cell in row])
    return text.getvalue()


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def payload(papers: Papers) -> dict[str, Json]:
    """The notice as it is signed: what, where, why, by whom and to whom."""
    case, sheet = papers.case, papers.sheet
    language = sheet.to.language
    digests = rules.digests(case.fingerprints) if sheet.tell_digests else {}
    return {
        "v": 1,
        "type": papers.purpose,
        "notice": sheet.number,
        "round": sheet.round,
        "rehearsal": case.rehearsal,
        "issued_at": papers.at.isoformat(),
        "issuer": {
            "name": sheet.organisation.name,
            "email": sheet.organisation.email,
            "domain": sheet.organisation.domain,
            "country": sheet.organisation.country,
        },
        "to": {"name": sheet.to.name, "role": sheet.to.rung.value},
        "legal_basis": "Regulation (EU) 2022/2065, Article 16",
        "url": case.url,
        "request": "remove_file" if rules.names_a_file(case.url) else "remove_page",
        "category": case.category.value,
        "ground": case.ground.value,
        "explanation": f"{wording.category(case, sheet)}. {wording.ground(case, language)}",
        "found_at": case.found_at.isoformat(),
        "digests": dict(digests),
        "act_within_hours": int(rules.REMOVE_WITHIN.total_seconds() // 3600),
        "good_faith": True,
    }


def body(papers: Papers) -> bytes:
    """What a hoster's own address for notices is sent. `urls` is a list, as such programmes know
    it; one notice has one address."""
    machine = xarf_of(papers)
    told: dict[str, Json] = {
        "type": papers.purpose,
        "notice": payload(papers),
        "urls": [papers.case.url],
        "answer_at": papers.sheet.link,
        "jws": json.loads(signing.jws(payload(papers))),
        "xarf": json.loads(machine) if machine else None,
    }
    return json.dumps(told, ensure_ascii=False).encode()
