from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tests.domain.hashlists.lists import ANALYST, bring, counts, entry, make, value, write
from tocsin.base.audit import queries as audit
from tocsin.base.audit.actions import seal_waiting
from tocsin.base.audit.models import AuditRow
from tocsin.domain.hashlists import actions, importing, queries
from tocsin.domain.hashlists.models import Entry, Fingerprint, ImportRun
from tocsin.domain.hashlists.types import (
    OWN_LIST,
    ChangeKind,
    EntryStatus,
    Kind,
    Purpose,
    RunState,
)

pytestmark = pytest.mark.django_db


def visible() -> set[str]:
    """Source ids of entries that count."""
    with queries.index_snapshot() as snapshot:
        ids = [int(i) for batch in snapshot.policies() for i in batch.ids]
    return set(Entry.objects.filter(pk__in=ids).values_list("source_entry_id", flat=True))


def test_an_import_brings_entries_and_their_fingerprints(tmp_path: Path, now: datetime) -> None:
    make(now)

    report = bring(write(tmp_path / "list", entry("a"), entry("b")), now)

    assert counts(report) == (2, 0, 0, 0, 0)
    assert report.state is RunState.RELEASED
    assert visible() == {"a", "b"}
    row = Entry.objects.get(source_entry_id="a")
    kept = Fingerprint.objects.filter(entry=row).order_by("kind")
    assert [(f.kind, bytes(f.value).hex(), f.quality) for f in kept] == [
        (Kind.MD5, value("a", 16), None),
        (Kind.SHA1, value("a", 20), None),
        (Kind.PDQ, value("a", 32), 90),
    ]


def test_importing_the_same_file_again_changes_nothing(tmp_path: Path, now: datetime) -> None:
    make(now)
    path = write(tmp_path / "list", entry("a"), entry("b"), entry("a", status="disputed"))
    bring(path, now)
    changes = queries.last_change_no()

    report = bring(path, now)

    assert counts(report) == (0, 0, 2, 0, 1)
    assert queries.last_change_no() == changes
    assert Entry.objects.count() == 2
    assert bring(path, now).changed == 0


def test_lines_cut_into_many_batches_give_the_same_as_one(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "ROWS_AT_ONCE", {"sqlite": 5, "postgresql": 5})
    make(now)
    records = [entry(f"e{n}") for n in range(20)]
    again = entry("e3", status="disputed")

    report = bring(write(tmp_path / "list", *records, entry("e1"), again), now)
    second = bring(write(tmp_path / "list", *records, entry("e1"), again), now)

    assert counts(report) == (20, 0, 0, 1, 1)
    assert counts(second) == (0, 0, 20, 1, 1)
    assert report.first_refusals[0].line == 22
    assert queries.run_entry_ids(report.run_id or 0, 100) == sorted(
        Entry.objects.values_list("pk", flat=True)
    )
    assert queries.run_entry_ids(report.run_id or 0, 19) is None


def test_a_changed_record_is_a_new_version_and_replaces_the_old_one(
    tmp_path: Path, now: datetime
) -> None:
    make(now)
    bring(write(tmp_path / "list", entry("a"), entry("b")), now)
    old = Entry.objects.get(source_entry_id="a")

    report = bring(
        write(tmp_path / "list", entry("a", tags=["x"]), entry("b", status="disputed")), now
    )

    assert counts(report) == (0, 1, 1, 0, 0)  # tags are kept in the archive only
    versions = Entry.objects.filter(source_entry_id="b").order_by("version")
    assert [(v.version, v.status) for v in versions] == [
        (1, EntryStatus.ACTIVE.number),
        (2, EntryStatus.DISPUTED.number),
    ]
    older, newer = queries.indexable([versions[0].pk, versions[1].pk])
    assert (older.visible, newer.visible) == (False, True)
    assert queries.run_replaced_ids(report.run_id or 0, 10) == [versions[0].pk]
    assert Entry.objects.get(pk=old.pk).replaced_by_run is None


def test_a_tombstone_takes_the_entry_away(tmp_path: Path, now: datetime) -> None:
    make(now)
    bring(write(tmp_path / "list", entry("a"), entry("b")), now)
    old = Entry.objects.get(source_entry_id="a")

    report = bring(
        write(tmp_path / "list", entry("a", tombstone=True, fingerprints=[]), entry("b")), now
    )

    assert counts(report) == (0, 1, 1, 0, 0)
    assert visible() == {"b"}
    assert queries.run_withdrawn_ids(report.run_id or 0) == [old.pk]


@pytest.mark.parametrize("rows_at_once", [2, 2_000])
def test_a_tombstone_behind_its_own_entry_counts_and_no_later_line_undoes_it(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch, rows_at_once: int
) -> None:
    rows = {"sqlite": rows_at_once, "postgresql": rows_at_once}
    monkeypatch.setattr(importing, "ROWS_AT_ONCE", rows)
    make(now)
    bring(write(tmp_path / "list", entry("old")), now)
    gone = entry("a", tombstone=True, fingerprints=[])
    path = write(
        tmp_path / "list",
        entry("old"),
        entry("a"),
        entry("b"),
        gone,
        entry("a"),
        gone,
        entry("old", status="withdrawn"),
    )

    tried = bring(path, now, dry_run=True)
    report = bring(path, now)

    assert visible() == {"b"}
    assert counts(tried) == counts(report) == (2, 2, 1, 1, 1)
    assert [r.line for r in report.first_refusals] == [5]


def test_a_source_may_bring_its_own_tombstone_back_to_life(tmp_path: Path, now: datetime) -> None:
    make(now)
    for record in (entry("a"), entry("a", status="deleted"), entry("a", comments="it is back")):
        bring(write(tmp_path / "list", record), now)

    assert visible() == {"a"}
    assert Entry.objects.get(source_entry_id="a", version=3).held is False


def test_what_we_withdrew_comes_back_held_when_its_source_changes_it(
    tmp_path: Path, now: datetime
) -> None:
    make(now)
    bring(write(tmp_path / "list", entry("a")), now)
    old = Entry.objects.get(source_entry_id="a")
    actions.withdraw_entry(entry_id=old.pk, reason="wrong", actor=ANALYST, at=now)
    assert visible() == set()

    assert bring(write(tmp_path / "list", entry("a")), now).unchanged == 1
    assert visible() == set()
    bring(write(tmp_path / "list", entry("a", classifications=[])), now)

    assert visible() == {"a"}
    assert Entry.objects.get(source_entry_id="a", version=2).held is True


def test_what_is_staged_is_invisible_until_it_is_released(tmp_path: Path, now: datetime) -> None:
    make(now)
    bring(write(tmp_path / "list", entry("a")), now)
    before = queries.last_change_no()

    report = bring(
        write(tmp_path / "list", entry("a", status="deleted"), entry("b")), now, release=False
    )

    assert report.state is RunState.READY
    assert visible() == {"a"}
    assert queries.last_change_no() == before
    run_id = report.run_id or 0
    assert actions.release(run_id=run_id, actor=ANALYST, at=now) == before + 1
    assert visible() == {"b"}
    change = queries.changes_after(before, 10)
    assert [(c.kind, c.run_id) for c in change] == [(ChangeKind.RELEASE, run_id)]
    assert actions.release(run_id=run_id, actor=ANALYST, at=now) is None


def test_a_discarded_import_is_never_seen_and_can_be_brought_again(
    tmp_path: Path, now: datetime
) -> None:
    make(now)
    bring(write(tmp_path / "list", entry("a")), now)
    changed = write(tmp_path / "list", entry("a", status="disputed"), entry("b"))
    report = bring(changed, now, release=False)

    assert actions.discard(run_id=report.run_id or 0, actor=ANALYST, at=now)
    assert not actions.discard(run_id=report.run_id or 0, actor=ANALYST, at=now)

    assert visible() == {"a"}
    with pytest.raises(actions.NotReady):
        actions.release(run_id=report.run_id or 0, actor=ANALYST, at=now)
    assert counts(bring(changed, now)) == (1, 1, 0, 0, 0)
    assert visible() == {"a", "b"}
    assert Entry.objects.get(source_entry_id="a", version=3).status == EntryStatus.DISPUTED.number


def test_refused_lines_are_told_with_number_and_reason_and_the_rest_comes_in(
    tmp_path: Path, now: datetime
) -> None:
    make(now)
    path = write(
        tmp_path / "list",
        "",
        entry("a"),
        "no json",
        entry("b", fingerprints=[{"algo": "md5", "value": "abc"}]),
        entry("a", status="disputed"),
        "   ",
        entry("a"),
        entry("c"),
    )
    told = tmp_path / "refused.tsv"

    report = bring(path, now, report_path=told)

    assert counts(report) == (2, 0, 0, 1, 3)
    assert report.lines == 8
    assert [(r.line, r.reason) for r in report.first_refusals] == [
        (3, "it is not one JSON object"),
        (4, "md5 must be 32 hexadecimal digits"),
        (5, "it contradicts an earlier line about the same entry"),
    ]
    assert told.read_text().splitlines() == [
        "line\treason",
        "3\tit is not one JSON object",
        "4\tmd5 must be 32 hexadecimal digits",
        "5\tit contradicts an earlier line about the same entry",
    ]


def test_a_dry_run_tells_the_same_and_writes_nothing(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "ROWS_AT_ONCE", {"sqlite": 5, "postgresql": 5})
    make(now)
    bring(write(tmp_path / "list", entry("a"), entry("b")), now)
    path = write(
        tmp_path / "list",
        entry("a"),
        entry("b", status="disputed"),
        *[entry(f"n{n}") for n in range(9)],
        "rubbish",
        entry("n1"),
        entry("n2", status="disputed"),
        entry("a", status="disputed"),
        entry("n1"),
    )
    rows = Entry.objects.count(), ImportRun.objects.count(), AuditRow.objects.count()

    tried = bring(path, now, dry_run=True, report_path=tmp_path / "tried")

    assert (Entry.objects.count(), ImportRun.objects.count(), AuditRow.objects.count()) == rows
    done = bring(path, now, report_path=tmp_path / "done")
    assert counts(tried) == counts(done) == (9, 1, 1, 2, 3)
    assert tried.first_refusals == done.first_refusals
    assert tried.lines == done.lines
    same = [sorted((tmp_path / name).read_text().splitlines()) for name in ("tried", "done")]
    assert same[0] == same[1]


def test_every_batch_leaves_an_audit_row_with_its_merkle_root(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "ROWS_AT_ONCE", {"sqlite": 5, "postgresql": 5})
    make(now)

    report = bring(write(tmp_path / "list", *[entry(f"e{n}") for n in range(6)]), now)

    rows = audit.history(f"import:{report.run_id}")
    assert [row.action for row in rows] == [
        "hashlists.import",
        *["hashlists.import_batch"] * 3,
        "hashlists.import_done",
        "hashlists.release",
    ]
    roots = {row.facts["merkle_root"] for row in rows if row.action == "hashlists.import_batch"}
    assert len(roots) == 3
    seal_waiting(at=now)
    assert audit.verify_chain().sound


def test_byte_order_marks_and_windows_line_ends_are_fine(tmp_path: Path, now: datetime) -> None:
    make(now)
    path = write(tmp_path / "list", entry("a"), entry("b"))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))

    assert counts(bring(path, now)) == (2, 0, 0, 0, 0)


def test_a_line_in_another_encoding_is_refused_naming_line_and_byte(
    tmp_path: Path, now: datetime
) -> None:
    make(now)
    path = write(tmp_path / "list", entry("a"), entry("b", comments="caf_"))
    path.write_bytes(path.read_bytes().replace(b"caf_", b"caf\xe9"))

    report = bring(path, now)

    assert report.first_refusals[0].line == 2
    assert report.first_refusals[0].reason.endswith("of the line is not UTF-8")
    assert report.added == 1


def test_an_empty_file_brings_nothing(tmp_path: Path, now: datetime) -> None:
    make(now)

    report = bring(write(tmp_path / "list"), now)

    assert counts(report) == (0, 0, 0, 0, 0)
    assert queries.last_change_no() == 0


def test_columns_come_in_through_a_mapping(tmp_path: Path, now: datetime) -> None:
    make(now)
    mapping = tmp_path / "mapping.json"
    mapping.write_text('{"columns": {"md5": "MD5"}, "ignore": ["Words"]}')
    path = write(
        tmp_path / "list.csv",
        "MD5,Words",
        f'{value("a", 16)},"over',
        'two lines"',
        f"{value('b', 16).upper()},x",
        f"{value('b', 16)},the same picture",
        "short,x",
    )

    report = bring(path, now, mapping_path=mapping)

    assert counts(report) == (2, 0, 0, 1, 1)
    assert [(r.line, r.reason) for r in report.first_refusals] == [
        (6, "md5 must be 32 hexadecimal digits")
    ]
    assert all(sid.startswith("h:") for sid in visible())


def test_another_mapping_is_another_import(tmp_path: Path, now: datetime) -> None:
    make(now)
    path = write(tmp_path / "list.csv", "MD5,Words", f"{value('a', 16)},x")
    mapping = tmp_path / "mapping.json"
    mapping.write_text('{"columns": {"md5": "MD5"}, "ignore": ["Words"]}')
    bring(path, now, mapping_path=mapping, release=False)
    mapping.write_text('{"columns": {"md5": "MD5"}, "id": "Words"}')

    with pytest.raises(actions.ImportInProgress, match="same file and mapping"):
        bring(path, now, mapping_path=mapping)


def test_a_list_that_is_not_there_or_is_our_own_takes_no_import(
    tmp_path: Path, now: datetime
) -> None:
    path = write(tmp_path / "list", entry("a"))
    with pytest.raises(actions.NoSuchList):
        bring(path, now)

    make(now, slug=OWN_LIST, purpose=Purpose.ILLEGAL)
    with pytest.raises(actions.NotImportable):
        bring(path, now, list_slug=OWN_LIST)


def test_members_of_one_list_may_use_the_same_id(tmp_path: Path, now: datetime) -> None:
    make(now)
    sources = [{"list_id": "x", "format": "native", "member_id": m} for m in ("m1", "m2", None)]

    report = bring(write(tmp_path / "list", *[entry("a", source=s) for s in sources]), now)

    assert counts(report) == (3, 0, 0, 0, 0)
    assert set(Entry.objects.values_list("member", flat=True)) == {"m1", "m2", ""}


def test_a_report_that_cannot_be_written_stops_before_anything_comes_in(
    tmp_path: Path, now: datetime
) -> None:
    make(now)

    with pytest.raises(actions.UnusableFile, match="cannot be written"):
        bring(write(tmp_path / "list", entry("a")), now, report_path=tmp_path / "no" / "folder")

    assert Entry.objects.count() == 0
