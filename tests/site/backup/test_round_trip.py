"""What was there is there again, paused, and what was pushed outside since is not forgotten."""

from __future__ import annotations

import shutil
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction

from tests.domain.receipts.giving import give
from tests.site.backup.elsewhere import Place, here
from tests.support import run_worker_round
from tocsin.base.audit import actions as audit
from tocsin.base.audit.types import Actor, system
from tocsin.base.letters.actions import Draft, queue
from tocsin.base.letters.types import Content
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists.queries import last_change_no, lists
from tocsin.domain.hashlists.types import (
    Category,
    FingerprintValue,
    ImportRequest,
    Kind,
    OwnEntry,
    Purpose,
)
from tocsin.domain.receipts.issuing import Issuer
from tocsin.site.backup.making import make_backup
from tocsin.site.backup.restoring import CASES_SKIPPED, ENTRIES_SKIPPED
from tocsin.site.first_start import REHEARSAL

pytestmark = pytest.mark.django_db(transaction=True)

ANALYST = Actor("user", "1")
VALUES = {"item:1": bytes(range(32)), "item:2": bytes(range(32, 64))}


def own_entry(about: str, now: datetime) -> int:
    value = FingerprintValue(Kind.SHA256, VALUES[about], None, "", "")
    entry = OwnEntry((value,), Category.BASELINE, "image", rehearsal=False, about=about)
    return hashlists.add_own_entry(entry=entry, actor=ANALYST, at=now)


def letter(name: str, now: datetime) -> None:
    draft = Draft(
        name, "notice", "notice:1", "abuse@host.example", "en", Content("Subject", "Words")
    )
    with transaction.atomic():
        queue(draft=draft, actor=ANALYST, at=now)


def fill(now: datetime) -> None:
    """Entries, an imported list with its archive, a letter that left, heads that were pushed."""
    hashlists.make_list(
        slug="drawn", name="Drawn", purpose=Purpose.TEST, source="Us", actor=ANALYST, at=now
    )
    request = ImportRequest(path=REHEARSAL / "rehearsal-list.jsonl", list_slug="drawn")
    hashlists.import_file(request=request, actor=ANALYST, at=now)
    own_entry("item:1", now)
    own_entry("item:2", now)
    letter("N-2026-000001", now)
    run_worker_round(now)


def backup_to(path: Path, now: datetime) -> Path:
    """A backup without keys; those are carried over by hand, which is quicker."""
    make_backup(target=path, passphrase=None, actor=system("test"), at=now)
    return path


def restored(place: Place, file: Path, keys: Path, *more: str | Path) -> str:
    shutil.copytree(keys, place.data / "keys")
    said = place.tocsin("restore", file, *more)
    assert said.status == 0, said.text
    return said.text


def statuses(place: Place) -> dict[str, str]:
    found: dict[str, str] = place.ask(
        "from tocsin.domain.hashlists.models import Entry\n"
        "from tocsin.domain.hashlists.queries import entry\n"
        "answer = {e.source_entry_id: entry(e.pk).status.value"
        " for e in Entry.objects.filter(hash_list__slug='own')}"
    )
    return found


def test_everything_is_back_in_an_empty_place(
    data_folder: Path, tmp_path: Path, elsewhere: Place, passphrase_file: Path, now: datetime
) -> None:
    fill(now)
    file = tmp_path / "b.tar"
    made = here(data_folder).tocsin("backup", file, "--keys-passphrase-file", passphrase_file)
    assert made.status == 0, made.text
    assert file.stat().st_mode & 0o777 == 0o600
    before = here(data_folder).files()

    said = elsewhere.tocsin("restore", file, "--keys-passphrase-file", passphrase_file)
    assert said.status == 0, said.text

    after = elsewhere.files()
    for kept in ("letters/N-2026-000001.eml", "outside/audit-heads.jsonl", "keys/seal.json"):
        assert after[kept] == before[kept]
    archives = [name for name in before if name.startswith("archive/")]
    assert archives
    assert all(after[name] == before[name] for name in archives)
    assert elsewhere.ask(
        "from tocsin.base.letters import queries\n"
        "from tocsin.domain.hashlists.queries import lists\n"
        "from tocsin.domain.matching.queries import index_state\n"
        "state = index_state()\n"
        "answer = [queries.words('<N-2026-000001@hotline.example>').text,"
        " queries.about('notice:1')[0].state.value, {x.slug: x.entries for x in lists()},"
        " state.problem, state.fingerprints['sha256'] >= 2]"
    ) == ["Words", "sent", {x.slug: x.entries for x in lists()}, None, True]


def test_no_number_given_out_since_the_backup_is_given_out_again(
    data_folder: Path, tmp_path: Path, elsewhere: Place, passphrase_file: Path, now: datetime
) -> None:
    fill(now)
    file = tmp_path / "b.tar"
    here(data_folder).tocsin("backup", file, "--keys-passphrase-file", passphrase_file)
    before = last_change_no()
    said = elsewhere.tocsin("restore", file, "--keys-passphrase-file", passphrase_file)
    assert said.status == 0, said.text
    change, item, notice = elsewhere.ask(
        "from datetime import UTC, datetime\n"
        "from django.db import transaction\n"
        "from tocsin.domain.hashlists.queries import last_change_no\n"
        "from tocsin.domain.reports.items import next_number\n"
        "from tocsin.domain.takedown.moving import next_number as next_notice\n"
        "at = datetime.now(UTC)\n"
        "with transaction.atomic():\n"
        "    answer = [last_change_no(), next_number(at), next_notice(at)]"
    )
    assert change >= before + ENTRIES_SKIPPED
    assert int(item.rpartition("-")[2]) > CASES_SKIPPED
    assert int(notice.rpartition("-")[2]) > CASES_SKIPPED


def test_the_audit_chain_goes_on_soundly_after_a_restore(
    data_folder: Path, tmp_path: Path, elsewhere: Place, now: datetime
) -> None:
    fill(now)
    file = backup_to(tmp_path / "b.tar", now)
    # After the backup the chain goes on, and its heads are pushed.
    letter("N-2026-000002", now)
    run_worker_round(now + timedelta(minutes=2))
    outside = data_folder / "outside"

    text = restored(elsewhere, file, data_folder / "keys", "--outside", outside)

    assert "heads pushed outside reached row" in text
    [lost] = (elsewhere.data / "outside").glob("audit-heads-lost-*.jsonl")
    kept = (elsewhere.data / "outside" / "audit-heads.jsonl").read_text().splitlines()
    assert [*kept, *lost.read_text().splitlines()] == (
        (outside / "audit-heads.jsonl").read_text().splitlines()
    )
    assert elsewhere.tocsin("resume").status == 0
    assert elsewhere.ask(
        "from datetime import datetime, UTC\n"
        "from tocsin.base.audit import actions, queries\n"
        "from tocsin.base.audit.models import AuditRow\n"
        "actions.seal_waiting(at=datetime.now(UTC))\n"
        "actions.sign_head(at=datetime.now(UTC))\n"
        "actions.push_heads(at=datetime.now(UTC))\n"
        "rows = AuditRow.objects.order_by('id').values_list('action', flat=True)\n"
        "answer = [queries.verify_chain().problem, *list(rows)[-2:]]"
    ) == [None, "backup.restore", "clock.resume"]


def test_the_log_of_receipts_goes_on_soundly_after_a_restore(
    data_folder: Path, tmp_path: Path, elsewhere: Place, now: datetime
) -> None:
    issuer = Issuer.from_settings()

    def given(at: datetime) -> None:
        give(issuer, at)
        issuer.flush(at)
        run_worker_round(at)

    given(now)
    file = backup_to(tmp_path / "b.tar", now)
    given(now + timedelta(minutes=2))
    outside = data_folder / "outside"
    heads = (outside / "receipt-heads.jsonl").read_text().splitlines()

    restored(elsewhere, file, data_folder / "keys", "--outside", outside)

    [lost] = (elsewhere.data / "outside").glob("receipt-heads-lost-*.jsonl")
    kept = (elsewhere.data / "outside" / "receipt-heads.jsonl").read_text().splitlines()
    assert (kept, lost.read_text().splitlines()) == (heads[:1], heads[1:])
    assert "sound" in elsewhere.tocsin("receipts", "log").text
    # Whoever holds the lost heads sees that the log is not the one they saw.
    said = elsewhere.tocsin("receipts", "log", "--heads", outside / "receipt-heads.jsonl")
    assert (said.status, "the log had 2" in said.text) == (1, True)


def test_withdrawals_pushed_since_are_made_again_before_anything_is_served(
    data_folder: Path, tmp_path: Path, elsewhere: Place, now: datetime
) -> None:
    fill(now)
    entry = own_entry("item:1", now)
    file = backup_to(tmp_path / "b.tar", now)
    hashlists.withdraw_entry(entry_id=entry, reason="was wrong", actor=ANALYST, at=now)

    text = restored(elsewhere, file, data_folder / "keys", "--outside", data_folder / "outside")

    assert "withdrawals pushed outside since: 1; counted here: 1" in text
    assert statuses(elsewhere) == {"item:1": "withdrawn", "item:2": "active"}
    assert "item:1" in (elsewhere.data / "outside" / "withdrawals.jsonl").read_text()


def test_a_line_outside_that_was_torn_is_told_and_kept(
    data_folder: Path, tmp_path: Path, elsewhere: Place, now: datetime
) -> None:
    fill(now)
    file = backup_to(tmp_path / "b.tar", now)
    hashlists.withdraw_entry(
        entry_id=own_entry("item:2", now), reason="wrong", actor=ANALYST, at=now
    )
    pushed = data_folder / "outside" / "withdrawals.jsonl"
    pushed.write_text('{"entry_id": 1, "li\n' + pushed.read_text())

    shutil.copytree(data_folder / "keys", elsewhere.data / "keys")
    said = elsewhere.tocsin("restore", file, "--outside", data_folder / "outside")

    assert said.status == 1, said.text
    assert "1 lines of what was pushed outside cannot be read" in said.text
    [kept] = (elsewhere.data / "outside").glob("unreadable-*.txt")
    assert kept.read_text() == '{"entry_id": 1, "li\n'
    assert statuses(elsewhere) == {"item:1": "active", "item:2": "withdrawn"}


def test_nothing_moves_until_somebody_resumes(
    data_folder: Path, tmp_path: Path, elsewhere: Place, now: datetime
) -> None:
    letter("N-2026-000007", now)
    file = backup_to(tmp_path / "b.tar", now)
    text = restored(elsewhere, file, data_folder / "keys")
    assert "1 letters wait" in text
    work = (
        "import threading\n"
        "from tocsin.base.clock.worker import work\n"
        "from tocsin.base.audit.models import AuditRow\n"
        "stop = threading.Event()\n"
        "threading.Timer(1.5, stop.set).start()\n"
        "work(stop)\n"
        "answer = AuditRow.objects.filter(chain_no__isnull=False).count()"
    )
    assert elsewhere.ask(work) == 0
    assert not (elsewhere.data / "letters").exists()
    assert elsewhere.tocsin("resume").text.startswith("Clocks and mail run again.")
    assert elsewhere.ask(work) > 0
    assert [path.name for path in (elsewhere.data / "letters").iterdir()] == ["N-2026-000007.eml"]
    assert elsewhere.tocsin("resume").text == "Nothing stood still.\n"


def test_a_backup_taken_while_others_write_is_of_one_moment(
    data_folder: Path, tmp_path: Path, elsewhere: Place, now: datetime
) -> None:
    fill(now)
    stop = threading.Event()
    made: list[int] = []

    def write() -> None:
        """A list and its audit row in one transaction; then the chain, its head, its push."""
        while not stop.is_set():
            slug = f"list-{len(made)}"
            made.append(
                hashlists.make_list(
                    slug=slug, name=slug, purpose=Purpose.TEST, source="Us", actor=ANALYST, at=now
                )
            )
            audit.seal_waiting(at=now)
            audit.sign_head(at=now)
            audit.push_heads(at=now)
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(made) < 10:
            stop.wait(0.01)
        at_start = len(made)
        file = backup_to(tmp_path / "b.tar", now)
        at_end = len(made)
    finally:
        stop.set()
        writer.join()
    assert at_end > at_start

    restored(elsewhere, file, data_folder / "keys")

    kept, rows, problem = elsewhere.ask(
        "from tocsin.base.audit.models import AuditRow\n"
        "from tocsin.base.audit.queries import verify_chain\n"
        "from tocsin.domain.hashlists.models import HashList\n"
        "answer = [HashList.objects.filter(slug__startswith='list-').count(),"
        " AuditRow.objects.filter(action='hashlists.make_list',"
        " facts__slug__startswith='list-').count(), verify_chain().problem]"
    )
    assert at_start <= kept <= at_end
    assert kept == rows
    assert problem is None
