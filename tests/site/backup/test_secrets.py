"""Keys are shown by name and age only, and a rotation stands in the audit."""

from __future__ import annotations

from argparse import Namespace
from base64 import b64encode
from pathlib import Path

import pytest
from django.conf import settings
from django.db import DatabaseError

from tocsin.base.audit.models import AuditRow
from tocsin.base.secrets import seal, unseal
from tocsin.site.backup import rotating
from tocsin.site.commands import Stop, secrets

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_list_names_every_key_and_shows_none(capsys: pytest.CaptureFixture[str]) -> None:
    ring = settings.TOCSIN_KEYS.ring("seal")
    settings.TOCSIN_KEYS.rotate("seal")
    assert secrets.run(Namespace(what="list")) == 0
    told = capsys.readouterr().out
    assert "seal         k1, k2" in told
    for encoded in (ring.active.material.hex(), b64encode(ring.active.material).decode()):
        assert encoded[:12] not in told


def test_a_newer_key_is_used_from_then_on_and_older_things_still_open() -> None:
    ring = settings.TOCSIN_KEYS.ring("seal")
    old = seal(ring, b"words", context="c")
    assert secrets.run(Namespace(what="rotate", name="seal")) == 0
    newer = settings.TOCSIN_KEYS.ring("seal")
    assert newer.active.id == "k2"
    assert unseal(newer, old, context="c") == b"words"
    row = AuditRow.objects.get(action="secrets.rotate")
    assert (row.subject, row.facts) == ("secret:seal", {"key_id": "k2"})


def test_a_purpose_that_is_not_there_is_not_made(data_folder: Path) -> None:
    with pytest.raises(Stop, match="there is no key sael"):
        secrets.run(Namespace(what="rotate", name="sael"))
    assert not (data_folder / "keys" / "sael.json").exists()


def test_a_key_that_cannot_be_written_leaves_no_line_in_the_audit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.TOCSIN_KEYS.ring("seal")

    def read_only(name: str) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(settings.TOCSIN_KEYS, "rotate", read_only)
    with pytest.raises(Stop, match="Read-only file system"):
        secrets.run(Namespace(what="rotate", name="seal"))
    assert not AuditRow.objects.exists()


def test_a_rotation_that_cannot_be_audited_makes_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    settings.TOCSIN_KEYS.ring("seal")

    def away(**_: object) -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr(rotating, "record", away)
    with pytest.raises(DatabaseError):
        secrets.run(Namespace(what="rotate", name="seal"))
    assert [key.id for key in settings.TOCSIN_KEYS.ring("seal").keys] == ["k1"]
