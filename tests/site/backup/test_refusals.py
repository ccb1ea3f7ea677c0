"""A restore that cannot go well changes nothing, and says what to do."""

from __future__ import annotations

import dataclasses
import io
import shutil
import tarfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from tests.site.backup.elsewhere import PASSPHRASE, Place
from tocsin.base.audit.types import system
from tocsin.domain.hosters import actions as hosters
from tocsin.domain.hosters.types import HosterTerms
from tocsin.site.backup import restoring
from tocsin.site.backup.making import make_backup
from tocsin.site.backup.types import DATABASES, MANIFEST, Manifest, RestoreRefused, parse_manifest

pytestmark = pytest.mark.django_db(transaction=True)

NO_TABLES = "from django.db import connection\nanswer = connection.introspection.table_names()"
HOSTER = HosterTerms("Host", "NL", "nl", "abuse@host.example", ("host.example",))


def backup_to(path: Path, now: datetime, passphrase: str | None = None) -> Path:
    hosters.add(terms=HOSTER, actor=system("test"), at=now)
    make_backup(target=path, passphrase=passphrase, actor=system("test"), at=now)
    return path


def refused(place: Place, *arguments: str | Path) -> str:
    """What a refused restore says; nothing may have changed."""
    before = place.files()
    said = place.tocsin("restore", *arguments)
    assert said.status == 2, said.text
    assert "nothing was changed" in said.text
    assert place.files() == before
    return said.text


def test_a_wrong_passphrase_changes_nothing_and_the_right_one_works_after_it(
    tmp_path: Path, elsewhere: Place, passphrase_file: Path, now: datetime
) -> None:
    file = backup_to(tmp_path / "b.tar", now, PASSPHRASE)
    wrong = tmp_path / "wrong"
    wrong.write_text("not the passphrase", "utf-8")
    assert "passphrase does not open the keys" in refused(
        elsewhere, file, "--keys-passphrase-file", wrong
    )
    assert elsewhere.ask(NO_TABLES) == []
    said = elsewhere.tocsin("restore", file, "--keys-passphrase-file", passphrase_file)
    assert said.status == 0, said.text


def test_a_wrong_checksum_changes_nothing(
    tmp_path: Path, data_folder: Path, elsewhere: Place, now: datetime
) -> None:
    letters = data_folder / "letters"
    letters.mkdir()
    (letters / "N-1.eml").write_bytes(b"The words of a letter.")
    file = backup_to(tmp_path / "b.tar", now)
    file.write_bytes(file.read_bytes().replace(b"The words of a", b"Other words of"))
    shutil.copytree(data_folder / "keys", elsewhere.data / "keys")
    assert "checksum of letters/N-1.eml is wrong" in refused(elsewhere, file)
    assert elsewhere.ask(NO_TABLES) == []


def test_a_manifest_that_was_made_to_fit_a_changed_file_is_not_signed(
    tmp_path: Path, data_folder: Path, elsewhere: Place, now: datetime
) -> None:
    file = backup_to(tmp_path / "b.tar", now)
    forged = tmp_path / "forged.tar"
    with tarfile.open(file) as old, tarfile.open(forged, "w") as new:
        for info in old:
            data = old.extractfile(info).read()  # type: ignore[union-attr]
            if info.name == MANIFEST:
                data = data.replace(b'"version": "', b'"version": "9')
                info.size = len(data)
            new.addfile(info, io.BytesIO(data))
    shutil.copytree(data_folder / "keys", elsewhere.data / "keys")
    assert "signature does not hold" in refused(elsewhere, forged)


def test_a_backup_without_keys_asks_for_the_kept_keys(
    tmp_path: Path, data_folder: Path, elsewhere: Place, now: datetime
) -> None:
    (data_folder / "keys").mkdir(exist_ok=True)
    file = backup_to(tmp_path / "b.tar", now)
    assert "the key backup is missing" in refused(elsewhere, file)


def test_keys_of_another_installation_are_not_overwritten(
    tmp_path: Path, elsewhere: Place, passphrase_file: Path, now: datetime
) -> None:
    file = backup_to(tmp_path / "b.tar", now, PASSPHRASE)
    elsewhere.ask(
        "from django.conf import settings\nanswer = settings.TOCSIN_KEYS.ring('backup').name"
    )
    assert "other keys than the backup was made with (backup)" in refused(elsewhere, file)


def test_a_folder_that_is_not_empty_is_left_alone(
    tmp_path: Path, elsewhere: Place, now: datetime
) -> None:
    file = backup_to(tmp_path / "b.tar", now)
    (elsewhere.data / "letters").mkdir()
    (elsewhere.data / "letters" / "N-9.eml").write_text("mine")
    assert "is not empty: letters" in refused(elsewhere, file)


def test_a_database_that_is_not_empty_is_left_alone(
    tmp_path: Path, elsewhere: Place, now: datetime
) -> None:
    file = backup_to(tmp_path / "b.tar", now)
    create = f"connection.cursor().execute('CREATE TABLE mine (id integer)')\n{NO_TABLES}"
    assert elsewhere.ask(f"from django.db import connection\n{create}") == ["mine"]
    assert "the database is not empty (1 tables)" in refused(elsewhere, file)
    assert elsewhere.ask(NO_TABLES) == ["mine"]


def test_a_full_disk_changes_nothing(
    tmp_path: Path, data_folder: Path, elsewhere: Place, now: datetime
) -> None:
    (data_folder / "letters").mkdir()
    (data_folder / "letters" / "long.eml").write_bytes(bytes(3_000_000))
    file = backup_to(tmp_path / "b.tar", now)
    shutil.copytree(data_folder / "keys", elsewhere.data / "keys")
    before = elsewhere.files()
    said = elsewhere.tocsin_on_a_small_disk(2_000, "restore", file)
    assert said.status == 2, said.text
    assert "Make room and restore again" in said.text
    assert elsewhere.files() == before
    assert elsewhere.ask(NO_TABLES) == []


def test_a_restore_that_fails_at_the_database_takes_everything_back(
    tmp_path: Path, data_folder: Path, elsewhere: Place, now: datetime
) -> None:
    (data_folder / "letters").mkdir()
    (data_folder / "letters" / "N-1.eml").write_bytes(b"words")
    file = backup_to(tmp_path / "b.tar", now, PASSPHRASE)
    said = elsewhere.ask(
        "from datetime import datetime, UTC\n"
        "from pathlib import Path\n"
        "from django.conf import settings\n"
        "from tocsin.base.audit.types import system\n"
        "from tocsin.site.backup import databases, restoring\n"
        "from tocsin.site.backup.types import RestoreRefused, RestoreRequest\n"
        "def full(staged, **_):\n"
        "    letters = settings.TOCSIN_DATA / 'letters'\n"
        "    assert [path.name for path in letters.iterdir()] == ['N-1.eml']\n"
        "    raise OSError(28, 'No space left on device')\n"
        "databases.put_back = full\n"
        f"request = RestoreRequest(Path({str(file)!r}), {PASSPHRASE!r}, settings.TOCSIN_OUTSIDE)\n"
        "try:\n"
        "    restoring.restore(request=request, actor=system('test'), at=datetime.now(UTC),"
        " say=lambda text: None)\n"
        "except RestoreRefused as error:\n"
        "    answer = str(error)"
    )
    assert "No space left on device" in said
    assert elsewhere.files() == {}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"migrations": ("hashlists.9999_from_the_future",)}, "newer Tocsin"),
        ({"database": "oracle"}, "the backup is of oracle"),
    ],
)
def test_what_this_tocsin_cannot_hold_is_refused(
    tmp_path: Path,
    now: datetime,
    change: dict[str, object],
    words: str,
    sound_manifest: Callable[[Path], Manifest],
) -> None:
    manifest = sound_manifest(backup_to(tmp_path / "b.tar", now))
    restoring._refuse_what_does_not_fit(manifest)
    with pytest.raises(RestoreRefused, match=words):
        restoring._refuse_what_does_not_fit(dataclasses.replace(manifest, **change))  # type: ignore[arg-type]


@pytest.fixture
def sound_manifest() -> Callable[[Path], Manifest]:
    def read(path: Path) -> Manifest:
        with tarfile.open(path) as tar:
            return parse_manifest(tar.extractfile(MANIFEST).read())  # type: ignore[union-attr]

    return read


@pytest.mark.skipif(connection.vendor == "sqlite", reason="is about PostgreSQL")
class TestPostgres:
    def test_a_database_that_others_work_in_is_left_alone(
        self, tmp_path: Path, elsewhere: Place, now: datetime
    ) -> None:
        file = backup_to(tmp_path / "b.tar", now)
        with psycopg.connect(elsewhere.environment["TOCSIN_DATABASE_URL"]):
            assert "another program is connected" in refused(elsewhere, file)

    def test_the_database_is_empty_again_when_the_clocks_do_not_come_back(
        self, tmp_path: Path, elsewhere: Place, now: datetime
    ) -> None:
        file = backup_to(tmp_path / "b.tar", now)
        dump = tmp_path / "dump"
        with tarfile.open(file) as tar:
            dump.write_bytes(tar.extractfile(DATABASES["postgresql"]).read())  # type: ignore[union-attr]
        said = elsewhere.ask(
            "from datetime import datetime, UTC\n"
            "from pathlib import Path\n"
            "from tocsin.base.clock.queries import paused\n"
            "from tocsin.site.backup import databases\n"
            "from tocsin.site.backup.types import RestoreRefused\n"
            "whole = databases._restore_listed\n"
            "def fails_the_second_time(staged, lines):\n"
            "    if len(lines) == 1:\n"
            "        assert paused()\n"
            "        raise databases.ProgramFailed('no clocks')\n"
            "    whole(staged, lines)\n"
            "databases._restore_listed = fails_the_second_time\n"
            "try:\n"
            f"    databases.put_back(Path({str(dump)!r}), at=datetime.now(UTC), why='test')\n"
            "except RestoreRefused as error:\n"
            "    answer = str(error)"
        )
        assert said == "no clocks"
        assert elsewhere.ask(NO_TABLES) == []
        assert connection.introspection.table_names()
