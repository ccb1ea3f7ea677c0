"""What the police get of an item: a report, custody, visits, hosting, notices. No picture.

`report.json` follows the canonical report; `custody.jsonl` is our audit of the item, each line with
its place in the sealed chain; `visits/` and `hosting.json` are the circumstances as they were
written down; `notices/` is what left. All of it is text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from tocsin.base.audit import queries as audit
from tocsin.base.secrets import sign
from tocsin.domain.hashlists.types import FingerprintValue, Kind
from tocsin.domain.hosting import queries as hosting
from tocsin.domain.hosting.types import Hosting
from tocsin.domain.referrals import bag
from tocsin.domain.referrals.types import HoldKind, HoldView, ReferralView
from tocsin.domain.reports import queries as reports
from tocsin.domain.reports.types import Case, Channel, FindingKind, ItemState, ItemView
from tocsin.domain.takedown import queries as takedown
from tocsin.domain.takedown.types import NoticeDetail, NoticeState
from tocsin.domain.visits import queries as visits

KEY_RING = "referrals"
MOST_VISITS = 200

_CHANNEL = {
    Channel.HIT: "hoster_api",
    Channel.API: "hotline_other",
    Channel.CONSOLE: "analyst",
    Channel.FORM: "webform",
    Channel.MAIL: "email",
    Channel.FILE: "bulk_csv",
    Channel.ICCAM: "iccam",
    Channel.SCANNER: "scanner",
    Channel.MEETING: "meeting_emergency",
    Channel.HOSTER: "hoster_api",
}
_VERDICT = {
    FindingKind.UNLAWFUL: "illegal",
    FindingKind.NOT_UNLAWFUL: "not_illegal",
    FindingKind.CANNOT_TELL: "undetermined",
    FindingKind.CORRECTION: "undetermined",
}
_STATUS = {
    ItemState.NEW: "new",
    ItemState.UNLAWFUL: "notice",
    ItemState.NOT_UNLAWFUL: "closed_not_illegal",
    ItemState.FIRST_POLICE: "police_first",
}
_NOTICE = {
    NoticeState.SENT: "sent",
    NoticeState.QUEUED: "queued",
}
_ALGO = {
    Kind.MD5: "md5",
    Kind.SHA1: "sha1",
    Kind.SHA256: "sha256",
    Kind.PDQ: "pdq",
    Kind.PHOTODNA: "photodna",
}


@dataclass(frozen=True, slots=True)
class Contents:
    """What a package is made of."""

    case: Case
    item: ItemView
    referral: ReferralView
    holds: tuple[HoldView, ...]
    hosting: tuple[Hosting, ...]
    notices: tuple[NoticeDetail, ...]
    visits: tuple[str, ...]
    custody: tuple[Mapping[str, Any], ...]

    def __repr__(self) -> str:
        return f"Contents({self.referral.number})"


def gathered(referral: ReferralView, finding_id: int, holds: Iterable[HoldView]) -> Contents:
    """Everything that is known of the referral's item now; reads the database."""
    case = reports.case(finding_id)
    item = reports.item(referral.item_number)
    return Contents(
        case=case,
        item=item,
        referral=referral,
        holds=tuple(holds),
        hosting=hosting.history(item.host) if item.host else (),
        notices=tuple(takedown.notice(one.number) for one in takedown.for_item(item.number)),
        visits=tuple(
            record
            for seen in visits.of_address(case.url, limit=MOST_VISITS)
            if seen.id is not None and (record := visits.record(seen.id))
        ),
        custody=tuple(_custody(f"item:{item.id}")),
    )


def package(contents: Contents, at: datetime) -> bytes:
    """The signed bag, as a tar, not yet encrypted."""
    organisation = settings.TOCSIN_ORGANISATION
    ring = settings.TOCSIN_KEYS.ring(KEY_RING)
    info = {
        "Source-Organization": organisation.name,
        "Contact-Email": organisation.email,
        "External-Identifier": contents.referral.number,
        "External-Description": "Report of unlawful material. Holds no picture.",
    }
    return bag.pack(payload(contents), info, at=at, sign=lambda message: sign(ring, message))


def payload(contents: Contents) -> dict[str, bytes]:
    """The files below `data/`."""
    files = {
        "report.json": _json(report(contents)),
        "custody.jsonl": _lines(contents.custody),
        "hosting.json": _json([_hosting(one) for one in contents.hosting]),
        "README.txt": _README.encode(),
    }
    for n, record in enumerate(contents.visits, 1):
        files[f"visits/{n:03}.json"] = record.encode()
    for notice in contents.notices:
        for n, letter in enumerate(notice.letters, 1):
            name = f"notices/{notice.notice.number}-{n}.txt"
            files[name] = f"{letter.subject}\n\n{letter.text}".encode()
    return files


def report(contents: Contents) -> dict[str, Any]:
    """The canonical report (`report/1`) of an item."""
    item, case = contents.item, contents.case
    first = min(item.reports, key=lambda one: one.at, default=None)
    return {
        "schema": "report/1",
        "report_id": item.number,
        "reference": contents.referral.number,
        "intake": {
            "channel": _CHANNEL.get(first.channel, "analyst") if first else "analyst",
            "received_at": _time(item.first_reported_at),
            "source_org": item.source or None,
            # Who said it is never told, not even to the police: we do not know.
            "anonymous": True,
            "reporter": None,
            "urgent": item.live,
        },
        "items": [
            {
                "item_id": item.number,
                "is_source": True,
                "kind": "other",
                "url": case.url,
                "fingerprints": [_fingerprint(one) for one in case.fingerprints],
                "first_seen_at": _time(item.first_reported_at),
                "last_seen_at": _time(item.last_reported_at),
                "first_notice_at": _first_notice(contents.notices),
                "hosting": [_network(one) for one in contents.hosting],
            }
        ],
        "assessments": [
            {
                "at": _time(finding.at),
                "item_id": item.number,
                "verdict": _VERDICT[finding.kind],
                "classifications": [
                    {"scheme": "tocsin", "code": finding.category.value, "method": "analyst"}
                ]
                if finding.category.value
                else [],
                "second_review": finding.agreed_by is not None,
            }
            for finding in item.findings
        ],
        "notices": [_notice(one) for one in contents.notices],
        "referrals": [
            {
                "to": "police",
                "org": contents.referral.party_name,
                "at": _time(contents.referral.made_at),
                "reason": contents.referral.reason.value,
                "external_id": contents.referral.number,
            }
        ],
        "preservation": [
            {
                "basis": hold.basis,
                "order_ref": hold.order_reference or None,
                "from": _time(hold.since),
                "until": _time(hold.until),
                "released_at": _time(hold.released_at),
            }
            for hold in contents.holds
            if hold.kind is HoldKind.PRESERVE
        ],
        "custody": [
            {
                "seq": n,
                "at": line["at"],
                "actor": line["actor"],
                "action": line["action"],
                "object": line["subject"],
                "prev": line["previous"],
                "hash": line["hash"],
            }
            for n, line in enumerate(contents.custody)
        ],
        "status": _STATUS.get(item.state, "assess"),
        "do_not_notify_user": any(
            hold.do_not_notify and hold.released_at is None for hold in contents.holds
        ),
        "tlp": "red",
    }


def _custody(subject: str) -> Iterable[Mapping[str, Any]]:
    for row in audit.history(subject):
        yield {
            "at": _time(row.at),
            "actor": row.actor,
            "action": row.action,
            "subject": row.subject,
            "facts": row.facts,
            "chain_no": row.chain_no,
            "previous": row.previous_hash or None,
            "hash": row.row_hash,
        }


def _fingerprint(value: FingerprintValue) -> dict[str, Any]:
    told: dict[str, Any] = {"algo": _ALGO.get(value.kind, "other"), "value": value.value.hex()}
    if value.kind is Kind.PDQ:
        told["quality"] = value.quality
    return told


def _network(seen: Hosting) -> dict[str, Any]:
    return {
        "observed_at": _time(seen.at),
        "ip": seen.addresses[0] if seen.addresses else None,
        "resolved_ips": list(seen.addresses),
        "asn": seen.asn,
        "as_name": seen.asn_name or None,
        "prefix": seen.network or None,
        "country": seen.country or None,
        "is_proxy_or_cdn": seen.cdn is not None,
    }


def _hosting(seen: Hosting) -> dict[str, Any]:
    contacts = [
        {
            "role": contact.role.value,
            "name": contact.name,
            "emails": list(contact.emails),
            "country": contact.country,
            "source": contact.source.value,
            "confidence": contact.confidence,
        }
        for contact in seen.contacts
    ]
    return {**_network(seen), "host": seen.host, "cdn": seen.cdn, "contacts": contacts}


def _notice(detail: NoticeDetail) -> dict[str, Any]:
    one = detail.notice
    return {
        "notice_id": one.number,
        "kind": "dsa16",
        "created_at": _time(one.created_at),
        "sent_at": _time(one.sent_at),
        "deadline_at": _time(one.deadline_at),
        "status": _NOTICE.get(one.state, "closed"),
    }


def _first_notice(notices: Iterable[NoticeDetail]) -> str | None:
    sent = [one.notice.sent_at for one in notices if one.notice.sent_at is not None]
    return _time(min(sent)) if sent else None


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _json(told: object) -> bytes:
    return json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False).encode()


def _lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    return "".join(
        json.dumps(row, sort_keys=True, ensure_ascii=False) + "\n" for row in rows
    ).encode()


_README = """\
This is a bag of RFC 8493. report.json is the report; custody.jsonl what we did with it, each line
with its number and hash in our sealed audit; visits/ what our visits to the address found;
hosting.json who kept the server and when; notices/ the letters that left. It holds no picture.

signature.json is an Ed25519 signature over tagmanifest-sha256.txt, which names every other file.
`tocsin referrals verify FILE` checks it.
"""
