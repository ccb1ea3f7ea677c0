"""A backup is made whole or not at all, and says what it left out."""

from __future__ import annotations

import tarfile
from datetime import datetime
from pathlib import Path

import pytest
from django.conf import settings

from tests.site.backup.elsewhere import PASSPHRASE, here
from tocsin.base.audit.models import AuditRow
from tocsin.base.audit.types import system
from tocsin.site.backup.making import make_backup
from tocsin.site.backup.types import BackupRefused

pytestmark = pytest.mark.django_db(transaction=True)


def names(path: Path) -> set[str]:
    with tarfile.open(path) as tar:
        return {name for name in tar.getnames() if "/" in name or name == "keys.age"}


def test_it_holds_what_cannot_be_made_again_and_the_keys_only_sealed(
    data_folder: Path, tmp_path: Path, now: datetime
) -> None:
    key = settings.TOCSIN_KEYS.ring("seal").active.material
    for name in ("letters/N-1.eml", "archive/import-1.sealed", "journal/1-2.log"):
        (data_folder / name).parent.mkdir(exist_ok=True)
        (data_folder / name).write_bytes(b"line\n")
    (data_folder / "outside").mkdir()
    (data_folder / "outside" / "withdrawals.jsonl").write_bytes(b'{"whole": 1}\n{"on its w')
    (data_folder / "letters" / "N-2.7.part").write_bytes(b"half a letter")
    (data_folder / "letters" / "link.eml").symlink_to("/etc/passwd")
    (data_folder / "index").mkdir()
    (data_folder / "index" / "near.seg").write_bytes(b"made again")

    report = make_backup(
        target=tmp_path / "b.tar", passphrase=PASSPHRASE, actor=system("test"), at=now
    )

    assert names(tmp_path / "b.tar") == {
        "letters/N-1.eml",
        "archive/import-1.sealed",
        "journal/1-2.log",
        "outside/withdrawals.jsonl",
        "keys.age",
    }
    assert report.left_out == (str(data_folder / "letters" / "link.eml"),)
    with tarfile.open(tmp_path / "b.tar") as tar:
        pushed = tar.extractfile("outside/withdrawals.jsonl")
        assert pushed is not None
        assert pushed.read() == b'{"whole": 1}\n'
    assert key not in (tmp_path / "b.tar").read_bytes()
    row = AuditRow.objects.get(action="backup.make")
    assert row.facts["with_keys"] is True


def test_without_keys_no_key_is_in_it(tmp_path: Path, now: datetime) -> None:
    make_backup(target=tmp_path / "b.tar", passphrase=None, actor=system("test"), at=now)
    assert "keys.age" not in names(tmp_path / "b.tar")


def test_it_never_replaces_another_file(tmp_path: Path, now: datetime) -> None:
    target = tmp_path / "b.tar"
    target.write_text("the backup of yesterday")
    with pytest.raises(BackupRefused, match="is there already"):
        make_backup(target=target, passphrase=None, actor=system("test"), at=now)
    assert target.read_text() == "the backup of yesterday"


def test_a_place_that_is_not_there_is_said_so(tmp_path: Path, now: datetime) -> None:
    with pytest.raises(BackupRefused, match="No such file or directory"):
        make_backup(
            target=tmp_path / "none" / "b.tar", passphrase=None, actor=system("test"), at=now
        )


@pytest.mark.parametrize("kilobytes", [40, 2_000])
def test_a_full_disk_is_told_and_no_half_file_is_left(
    data_folder: Path, tmp_path: Path, kilobytes: int
) -> None:
    """Full while the database is copied, and full while the rest is."""
    (data_folder / "letters").mkdir()
    (data_folder / "letters" / "long.eml").write_bytes(bytes(3_000_000))
    target = tmp_path / "usb" / "b.tar"
    target.parent.mkdir()
    said = here(data_folder).tocsin_on_a_small_disk(kilobytes, "backup", target, "--without-keys")
    assert said.status == 2, said.text
    assert "no backup:" in said.text
    assert "Traceback" not in said.text
    assert list(target.parent.iterdir()) == []
    assert not AuditRow.objects.filter(action="backup.make").exists()


def test_the_command_line_asks_what_becomes_of_the_keys(data_folder: Path, tmp_path: Path) -> None:
    place = here(data_folder)
    short = tmp_path / "short"
    short.write_text("short\n")
    assert "--keys-passphrase-file --without-keys" in place.tocsin("backup", "b.tar").text
    said = place.tocsin("backup", tmp_path / "b.tar", "--keys-passphrase-file", short)
    assert said.status == 2
    assert "12 characters or more" in said.text
    assert not (tmp_path / "b.tar").exists()
