"""What a start makes, and what a later one leaves or makes again."""

from pathlib import Path

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tocsin.base.accounts.queries import parties
from tocsin.domain.hashlists.queries import lists
from tocsin.site import first_start
from tocsin.site.environment import WrongSetting
from tocsin.site.first_start import KEY_FILE, prepare

pytestmark = pytest.mark.django_db


def _start() -> str | None:
    return prepare(rehearsal=True, say=lambda _: None).rehearsal_key


@pytest.fixture(autouse=True)
def _tables_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    # The test's database is migrated already, and its connection must stay open.
    monkeypatch.setattr("tocsin.site.first_start._migrate", lambda: None)
    monkeypatch.setattr("tocsin.site.first_start.connection.close", lambda: None)


def test_a_second_start_changes_nothing_and_names_who_has_not_been_in() -> None:
    first = prepare(rehearsal=True, say=lambda _: None)
    assert first.links.keys() == {"admin", "analyst", "manager"}
    second = prepare(rehearsal=True, say=lambda _: None)
    assert second.links == {}
    assert second.not_in_yet == ["admin", "analyst", "manager"]
    assert second.rehearsal_key == first.rehearsal_key
    assert [known.slug for known in lists()] == ["rehearsal"]


def test_a_lost_key_file_is_made_again_and_the_lost_keys_are_revoked(
    data_folder: Path,
) -> None:
    for _ in range(4):
        bearer = _start()
        (data_folder / KEY_FILE).unlink()
    (party,) = parties()
    live = [key.key_id for key in party.keys.all() if key.revoked_at is None]
    assert bearer is not None
    assert live == [bearer.partition(".")[0]]


def test_tables_of_another_version_are_refused_in_words() -> None:
    executor = MigrationExecutor(connection)
    first_start._refuse_another_version(executor)
    executor.recorder.record_applied("hashlists", "0009_of_another_version")
    with pytest.raises(WrongSetting, match="made by another version"):
        first_start._refuse_another_version(MigrationExecutor(connection))
