"""ICCAM's JSON to our types and back. What cannot be read is BROKEN, never guessed at.

The flags stand each under its own name: user generated content and child modelling are two
fields, and each is one number, 0 or 1, never a list of answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from tocsin.domain.iccam import codelists
from tocsin.domain.iccam.speaking import CallFailed
from tocsin.domain.iccam.types import (
    Age,
    Assessment,
    Classification,
    ContentNow,
    Filed,
    Gender,
    OutgoingContent,
    OutgoingReport,
    ReportNow,
    Told,
    Trouble,
)

_FLAGS: Final = {
    "virtual": "virtualContentCategorization",
    "self_generated": "userGeneratedContentCategorization",
    "child_modelling": "childModelingCategorization",
}


def moment(at: datetime) -> str:
    """A time as ICCAM takes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def assessment(told: Assessment, analyst: str) -> dict[str, object]:
    """An assessment as it is sent."""
    return {
        "assessingAnalystName": analyst,
        "classification": int(told.classification),
        "ageCategorization": int(told.age),
        "genderCategorization": int(told.gender),
        **{theirs: int(getattr(told, ours)) for ours, theirs in _FLAGS.items()},
    }


def action(told: Told, analyst: str) -> dict[str, object]:
    """An action as it is sent; a reason, with its text, where the type asks for one."""
    sent: dict[str, object] = {
        "actionType": int(told.type),
        "actioningAnalystName": analyst,
        "actionDate": moment(told.at),
    }
    if told.reason is not None:
        sent["reasonId"] = int(told.reason)
        sent["reasonText"] = codelists.name_of("reasons", int(told.reason))
    return sent


def outgoing(report: OutgoingReport, analyst: str) -> dict[str, object]:
    """A report as it is filed."""
    return {
        "reportingAnalystName": analyst,
        "hotlineReceivedDate": moment(report.received_at),
        "hotlineReference": report.reference,
        "memo": "",
        "sourceUrlUsername": "",
        "sourceUrlPassword": "",
        "sourceUrlReferrer": None,
        "sourceUrlSiteType": report.site_type,
        "sourceUrlCommerciality": report.commerciality,
        "sourceUrlPaymentMethods": list(report.payment_methods),
        "urls": [_outgoing_content(one, analyst) for one in report.contents],
    }


def _outgoing_content(one: OutgoingContent, analyst: str) -> dict[str, object]:
    return {
        "urlString": one.url,
        "hotlineReference": one.reference,
        "hostingCountryCode": one.country,
        "hostingIpAddress": one.ip or None,
        "hostingIsp": one.organisation,
        "hostingOrganization": {"organizationName": one.organisation},
        "isSourceUrl": one.is_source,
        "memo": "",
        "contentType": int(one.type),
        "assessment": assessment(one.assessment, analyst),
        "actions": [],
    }


def numbers(told: object, name: str) -> Sequence[int]:
    """The numbers of a list of objects, each once, in its order."""
    if not isinstance(told, list):
        raise CallFailed(Trouble.BROKEN)
    return list(dict.fromkeys(_number(_mapping(one), name) for one in told))


def content(told: object) -> ContentNow:
    """Content as it was answered."""
    row = _mapping(told)
    url = _mapping(row.get("url"))
    return ContentNow(
        number=_number(row, "contentId"),
        report_number=_number(row, "reportId"),
        url=_text(url, "urlString"),
        is_source=url.get("isSourceUrl") is True,
        hosting_country=_text(url, "hostingCountryCode").upper(),
        assigned_country=_text(row, "assignedCountryCode").upper(),
        reference=_text(row, "hotlineReference"),
        assessments=tuple(_assessment(one) for one in _rows(row, "assessments")),
        actions=frozenset(_number(one, "actionType") for one in _rows(row, "actions")),
        listed_at=_moment(row.get("countryAssignmentDate")),
    )


def report(told: object) -> ReportNow:
    """A report as it was answered."""
    row = _mapping(told)
    methods = row.get("sourceUrlPaymentMethods") or []
    if not isinstance(methods, list) or not all(type(one) is int for one in methods):
        raise CallFailed(Trouble.BROKEN)
    return ReportNow(
        number=_number(row, "reportId"),
        reference=_text(row, "hotlineReference"),
        referrer=_text(row, "sourceUrlReferrer"),
        site_type=_code(row, "sourceUrlSiteType"),
        commerciality=_code(row, "sourceUrlCommerciality"),
        payment_methods=tuple(methods),
        contents=tuple(_number(one, "contentId") for one in _rows(row, "reportContents")),
    )


def filed(told: object) -> Filed:
    """The numbers of a report that was filed."""
    row = _mapping(told)
    contents = tuple(_number(one, "contentId") for one in _rows(row, "reportContents"))
    return Filed(_number(row, "reportId"), contents)


def _assessment(row: Mapping[str, Any]) -> Assessment:
    try:
        return Assessment(
            classification=Classification(_code(row, "classification")),
            age=Age(row.get("ageCategorization") or Age.NOT_CATEGORISED),
            gender=Gender(row.get("genderCategorization") or Gender.NOT_DETERMINED),
            **{ours: _flag(row.get(theirs)) for ours, theirs in _FLAGS.items()},
        )
    except (ValueError, TypeError):
        raise CallFailed(Trouble.BROKEN) from None


def _flag(value: object) -> bool:
    if value is None or isinstance(value, bool) or value in {0, 1}:
        return bool(value)
    raise ValueError("a flag is 0 or 1")


def _mapping(told: object) -> Mapping[str, Any]:
    if not isinstance(told, dict):
        raise CallFailed(Trouble.BROKEN)
    return told


def _rows(row: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    told = row.get(name) or []
    if not isinstance(told, list):
        raise CallFailed(Trouble.BROKEN)
    return [_mapping(one) for one in told]


def _number(row: Mapping[str, Any], name: str) -> int:
    value = row.get(name)
    if type(value) is not int or not 0 <= value < 1 << 62:
        raise CallFailed(Trouble.BROKEN)
    return value


def _code(row: Mapping[str, Any], name: str) -> int:
    value = row.get(name) or 0
    if type(value) is not int or not 0 <= value < 1_000:
        raise CallFailed(Trouble.BROKEN)
    return value


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > 20_000:
        raise CallFailed(Trouble.BROKEN)
    return value


def _moment(value: object) -> datetime | None:
    try:
        when = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if when is None:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)
