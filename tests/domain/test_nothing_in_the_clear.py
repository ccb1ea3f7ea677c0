"""An address, a reporter's words and a hash lie in no table, log or file in the clear."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import datetime

import pytest
from django.db import connection

from tests.domain.desk import (
    SYSTEM,
    UNLAWFUL,
    found,
    hit,
    hoster,
    incoming,
    listed,
    party,
    person,
    picture,
    report,
)
from tests.support import run_worker_round
from tocsin.domain.reports import actions as reports
from tocsin.domain.takedown import queries
from tocsin.domain.takedown.types import NoticeState

SECRET_HOST = "very-secret-host.bighost.example"
SECRET_URL = f"https://{SECRET_HOST}/hidden-path/1.jpg"
NEEDLES = {
    "host": SECRET_HOST,
    "path": "hidden-path",
    "words": "a neighbour told me",
    "detail": "case of Mr Jones",
    "note": "call the headmaster",
    "why": "an adult after all",
}


def every_text_in_the_database() -> str:
    """All tables, all columns, as text; raw bytes as hex."""
    parts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            for row in cursor.fetchall():
                for value in row:
                    raw = isinstance(value, bytes | memoryview)
                    parts.append(bytes(value).hex() if raw else str(value))
    return "\n".join(parts)


@pytest.mark.django_db
def test_after_a_whole_case_nothing_secret_can_be_read_anywhere(
    now: datetime, capfd: pytest.CaptureFixture[str]
) -> None:
    hoster(now)
    told = incoming(
        SECRET_URL,
        words=NEEDLES["words"],
        fingerprints=picture("secret"),
        party_id=party(now),
        client_reference="case-7",
    )
    number = reports.receive_report(report=told, actor=SYSTEM, at=now).item_number
    anna, boss = person("anna"), person("boss")
    finding = replace(UNLAWFUL, ground_detail=NEEDLES["detail"], note=NEEDLES["note"])
    entry = found(number, anna, now, finding).findings[0].own_entry_id
    assert entry is not None
    hit(now, party(now, "Other"), entry, "secret", url=f"{SECRET_URL}?copy")
    run_worker_round(now)
    reports.correct(number=number, why=NEEDLES["why"], actor=boss, at=now)
    run_worker_round(now)
    assert [notice.state for notice in queries.for_item(number)] == [NoticeState.RECALLED]
    logged = capfd.readouterr()
    everywhere = "\n".join([every_text_in_the_database(), logged.out, logged.err])
    for name, needle in NEEDLES.items():
        assert needle not in everywhere, name
        assert base64.b64encode(needle.encode())[:-4].decode() not in everywhere, name


@pytest.mark.django_db
def test_the_hashes_of_a_report_lie_only_sealed_until_they_are_an_entry(
    now: datetime, capfd: pytest.CaptureFixture[str]
) -> None:
    report(now, SECRET_URL, fingerprints=picture("secret"))
    hit(now, party(now), listed(now, "other"), "secret", url=SECRET_URL)
    run_worker_round(now)
    everywhere = every_text_in_the_database() + capfd.readouterr().err
    for value in picture("secret"):
        assert value.value.hex() not in everywhere, value.kind
