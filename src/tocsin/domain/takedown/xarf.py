"""The machine-readable part of a notice: XARF v4 `content/csam` (MIT; xarf/xarf-spec v4.2.0)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final
from uuid import UUID

import structlog

from tocsin.base.letters.types import Organisation
from tocsin.domain.reports.types import Case
from tocsin.domain.takedown import rules
from tocsin.domain.takedown.types import Addressee
from tocsin.engine.addresses import canonical

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, FormatChecker

log = structlog.get_logger()

VERSION = "4.2.0"
FILES = ("xarf-core.json", "types/content-base.json", "types/content-csam.json")
CSAM = "https://xarf.org/schemas/v4/types/content-csam.json"

_FORMS: Final = {
    # RFC 3986: a scheme, and no character that an address must not have.
    "uri": re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:[!#$&-;=?-\[\]_a-z~]|%[0-9A-Fa-f]{2})+"),
    "hostname": re.compile(
        r"(?=.{1,253}\Z)[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
        r"(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*"
    ),
}
# RFC 3339.
_MOMENT: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Heading:
    """What a report is headed with: its own id, the notice it belongs to, who writes to whom."""

    report_id: UUID
    notice_number: str
    organisation: Organisation
    hoster: Addressee
    tell_digests: bool


def report(case: Case, heading: Heading) -> str | None:
    """The XARF report as JSON text, or None when the finding cannot be said in XARF.

    None also when what we wrote does not pass the schema: then the plain notice goes alone, since
    a notice must never wait for its attachment.
    """
    if case.category not in rules.EXPRESSIBLE:
        return None
    written = _write(case, heading)
    wrong = problems(written)
    if wrong:
        log.error("xarf_invalid", notice=heading.notice_number, fields=wrong)
        return None
    return json.dumps(written, indent=2)


def problems(written: object) -> list[str]:
    """The fields the vendored schema finds wrong; empty for a valid report. Never their values."""
    return sorted(
        "/".join(map(str, error.path)) or str(error.validator)
        for error in _validator().iter_errors(written)
    )


def _write(case: Case, heading: Heading) -> dict[str, object]:
    url = canonical(case.url)
    us = {
        "org": heading.organisation.name[:200],
        "contact": heading.organisation.email,
        "domain": heading.organisation.domain,
    }
    number = heading.notice_number
    written: dict[str, object] = {
        "xarf_version": VERSION,
        "report_id": str(heading.report_id),
        "timestamp": _time(case.last_reported_at),
        "reporter": us,
        "sender": us,
        "source_identifier": url.host.strip("[]"),
        "category": "content",
        "type": "csam",
        "url": case.url,
        "classification": case.category.value,
        "detection_method": rules.detection_method(case.ground),
        "hosting_provider": heading.hoster.name,
        "tags": [f"notice:{number.lower()}", f"classification:{case.category.lower()}"],
        "description": (
            f"Notice {number} under Article 16 of Regulation (EU) 2022/2065. "
            "Remove or disable access within 24 hours, and keep what you have for the police."
        ),
    }
    # Confidence, verified_at and evidence stay out: we have not looked, and pictures never travel.
    if heading.hoster.country:
        written["country_code"] = heading.hoster.country
    written |= _what_we_know(case, url.host, heading.tell_digests)
    return written


def _what_we_know(case: Case, host: str, tell_digests: bool) -> dict[str, object]:
    known: dict[str, object] = {}
    if rules.is_picture(case.url, case.fingerprints):
        known["media_type"] = "image"
    if domain := rules.dns_name(host):
        known["domain"] = domain
    told = rules.digests(case.fingerprints)
    if tell_digests and told:
        known["hash_values"] = told
    return known


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@cache
def _validator() -> Draft202012Validator:
    # Imported when first used: every start of every process would wait.
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource

    folder = files("tocsin.domain.takedown") / "schemas" / "xarf-v4"
    schemas = [json.loads((folder / name).read_text("utf-8")) for name in FILES]
    registry: Registry = Registry().with_resources(
        (schema["$id"], Resource.from_contents(schema)) for schema in schemas
    )
    wanted = next(schema for schema in schemas if schema["$id"] == CSAM)
    return Draft202012Validator(wanted, registry=registry, format_checker=_formats())


def _formats() -> FormatChecker:
    """The formats that the schema names: three of them the library checks only with packages that
    take seconds to load."""
    from jsonschema import FormatChecker

    formats = FormatChecker(("email", "ipv4", "ipv6", "uuid"))
    for name, form in _FORMS.items():
        # A field of another type is wrong by its type, and not by its format.
        formats.checks(name)(
            lambda value, form=form: not isinstance(value, str) or bool(form.fullmatch(value))
        )
    formats.checks("date-time", ValueError)(_is_moment)
    return formats


def _is_moment(value: object) -> bool:
    if not isinstance(value, str):
        return True
    return bool(_MOMENT.fullmatch(value)) and datetime.fromisoformat(value.upper()) is not None
