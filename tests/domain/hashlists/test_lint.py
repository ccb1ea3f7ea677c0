from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.domain.hashlists.known_sets import know, listed
from tests.domain.hashlists.lists import ACTOR, ANALYST, bring, entry, make, value, write
from tocsin.base.audit.models import AuditRow
from tocsin.domain.hashlists import actions, known, lint, queries
from tocsin.domain.hashlists.models import Entry, ImportRun, LintNote, LintPass, Quarantine
from tocsin.domain.hashlists.types import (
    OWN_LIST,
    Category,
    ChangeKind,
    Decision,
    EntryStatus,
    FingerprintValue,
    ImportReport,
    ImportRequest,
    Kind,
    LintReason,
    OwnEntry,
    Purpose,
    QuarantineState,
    RunState,
)

pytestmark = pytest.mark.django_db

ACTIVE, SET_ASIDE = EntryStatus.ACTIVE, EntryStatus.QUARANTINED


def statuses() -> dict[str, EntryStatus]:
    """Of the newest version of each entry."""
    rows = Entry.objects.order_by("version").values_list("source_entry_id", "status")
    return {name: EntryStatus.of(number) for name, number in rows}


def reasons() -> dict[str, tuple[LintReason, str]]:
    """Why each entry waits, and by which set."""
    rows = Quarantine.objects.filter(state=QuarantineState.WAITING)
    told = rows.values_list("entry__source_entry_id", "reason", "known_set")
    return {name: (LintReason(reason), by) for name, reason, by in told}


def lint_now(at: datetime, slug: str | None = None) -> tuple[int, int, int]:
    """Entries looked at, set aside and noted by a lint over the live lists."""
    done = lint.lint_list(slug, actor=ACTOR, clock=lambda: at)
    return done.looked, done.quarantined, done.noted


def lint_live(at: datetime) -> tuple[int, int, int]:
    """The same by the worker's own round, which goes over what changed only."""
    done = lint.lint_live(actor=ACTOR, clock=lambda: at)
    return done.looked, done.quarantined, done.noted


def release(name: str, at: datetime) -> None:
    """A manager lets the entry match again."""
    row = Quarantine.objects.get(entry__source_entry_id=name, state=QuarantineState.WAITING)
    actions.decide(
        number=row.pk, decision=Decision.RELEASE, words="looked at it", actor=ANALYST, at=at
    )


def staged(path: Path, at: datetime) -> ImportReport:
    return bring(path, at, release=False)


# At import


def test_what_is_known_to_be_benign_comes_in_but_does_not_count(
    tmp_path: Path, now: datetime
) -> None:
    make(now)
    know("icon", "logo")
    path = write(
        tmp_path / "list", listed("a", sha256="icon"), listed("b", sha1="logo"), entry("c")
    )

    report = bring(path, now)

    assert (report.added, report.quarantined, report.state) == (3, 2, RunState.RELEASED)
    assert statuses() == {"a": SET_ASIDE, "b": SET_ASIDE, "c": ACTIVE}
    assert reasons() == {
        "a": (LintReason.KNOWN_SHA256, "office"),
        "b": (LintReason.KNOWN_SHA1, "office"),
    }
    assert Quarantine.objects.first().source == "wordpress 6.1"  # type: ignore[union-attr]


def test_a_known_good_md5_never_cancels_a_sha_that_is_not_known(
    tmp_path: Path, now: datetime
) -> None:
    make(now)
    know("icon")
    path = write(
        tmp_path / "list",
        listed("forged", md5="icon", sha1="the real picture"),
        listed("alone", md5="icon"),
    )

    report = bring(path, now)

    assert report.quarantined == 1
    assert statuses() == {"forged": ACTIVE, "alone": SET_ASIDE}
    assert reasons() == {"alone": (LintReason.KNOWN_MD5, "office")}
    note = LintNote.objects.get()
    assert (note.entry.source_entry_id, note.reason) == ("forged", LintReason.MD5_TWIN)


def test_an_edited_copy_of_a_known_picture_is_set_aside_by_its_pdq(
    tmp_path: Path, now: datetime
) -> None:
    make(now)
    know("wallpaper", pdqs=True)
    near = bytearray.fromhex(value("wallpaper", 32))
    near[0] ^= 0b1111
    record = entry("a", fingerprints=[{"algo": "pdq", "value": near.hex(), "quality": 90}])

    bring(write(tmp_path / "list", record, entry("b")), now)

    waiting = queries.quarantined()
    assert [(one.reason, one.bits, one.source) for one in waiting] == [
        (LintReason.KNOWN_NEAR, 4, "wordpress 6.1")
    ]


@pytest.mark.parametrize(
    ("fingerprints", "reason"),
    [
        ([{"algo": "md5", "value": "d41d8cd98f00b204e9800998ecf8427e"}], LintReason.BLANK_FILE),
        ([{"algo": "sha1", "value": "00" * 20}], LintReason.BLANK_FILE),
        ([{"algo": "pdq", "value": "ff" * 32, "quality": 80}], LintReason.VOID_PDQ),
        ([{"algo": "pdq", "value": "aa55" * 16, "quality": 80}], LintReason.PATTERNED_PDQ),
        ([{"algo": "pdq", "value": value("x", 32), "quality": 20}], LintReason.FLAT_PDQ),
    ],
)
def test_what_says_too_little_is_set_aside_without_any_set(
    tmp_path: Path, now: datetime, fingerprints: list[dict[str, object]], reason: LintReason
) -> None:
    make(now)

    bring(write(tmp_path / "list", entry("a", fingerprints=fingerprints)), now)

    assert {name: why for name, (why, _) in reasons().items()} == {"a": reason}


def test_a_flat_pdq_does_not_take_away_the_digest_beside_it(tmp_path: Path, now: datetime) -> None:
    make(now)
    dark = {"algo": "pdq", "value": value("x", 32), "quality": 20}
    photodna = {"algo": "photodna", "value": value("x", 144)}
    path = write(
        tmp_path / "list",
        entry("with sha1", fingerprints=[dark, {"algo": "sha1", "value": value("x", 20)}]),
        entry("with photodna", fingerprints=[dark, photodna]),
        entry("video", media_type="video", fingerprints=[dark]),
    )

    report = bring(path, now)

    assert report.quarantined == 0


def test_tombstones_and_lists_of_harmless_files_are_left_alone(
    tmp_path: Path, now: datetime
) -> None:
    make(now)
    make(now, slug="fine", purpose=Purpose.BENIGN_ALLOW)
    know("icon")
    record = listed("a", sha1="icon")

    gone = bring(write(tmp_path / "gone", record | {"status": "deleted"}), now)
    fine = bring(
        write(tmp_path / "fine", record | {"list_purpose": "benign_allow"}), now, list_slug="fine"
    )

    assert (gone.quarantined, fine.quarantined) == (0, 0)


def test_a_list_of_harmless_files_holds_back_what_other_lists_say(
    tmp_path: Path, now: datetime
) -> None:
    make(now)
    make(now, slug="fine", purpose=Purpose.BENIGN_ALLOW)
    allowed = listed("ok", md5="meme", sha1="meme") | {"list_purpose": "benign_allow"}
    bring(write(tmp_path / "fine", allowed), now, list_slug="fine")

    bring(write(tmp_path / "list", listed("a", sha1="meme"), entry("b")), now)

    assert reasons() == {"a": (LintReason.KNOWN_SHA1, "lists of harmless files")}
    assert queries.quarantined()[0].source == "fine"


def test_an_import_killed_before_the_lint_cannot_be_released(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(now)
    know("icon")
    path = write(tmp_path / "list", listed("a", sha1="icon"), entry("b"))

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(lint, "lint_run", killed)
        with pytest.raises(KeyboardInterrupt):
            bring(path, now)
    run = ImportRun.objects.get()
    assert run.state == RunState.RUNNING
    with pytest.raises(actions.NotReady):
        actions.release(run_id=run.pk, actor=ACTOR, at=now)

    report = bring(path, now)

    assert (report.resumed, report.quarantined, report.state) == (True, 1, RunState.RELEASED)
    assert statuses() == {"a": SET_ASIDE, "b": ACTIVE}


def test_a_lint_killed_half_way_goes_on_where_it_stopped(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lint, "IDS_AT_ONCE", 2)
    make(now)
    know(*(f"icon {n}" for n in range(6)))
    path = write(tmp_path / "list", *(listed(f"e{n}", sha1=f"icon {n}") for n in range(6)))
    parts = []

    def tell(progress: object) -> None:
        if getattr(progress, "linted", 0):
            parts.append(progress)
            if len(parts) == 2:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        actions.import_file(request=ImportRequest(path, "test"), actor=ACTOR, at=now, progress=tell)
    assert ImportRun.objects.get().quarantined == 4

    report = bring(path, now)

    assert report.quarantined == 6
    assert set(statuses().values()) == {SET_ASIDE}
    assert Quarantine.objects.count() == 6


def test_a_lint_gone_on_with_by_other_sets_begins_anew(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lint, "IDS_AT_ONCE", 1)
    make(now)
    path = write(tmp_path / "list", listed("a", sha1="icon"), entry("b"))

    def stop(progress: object) -> None:
        if getattr(progress, "linted", 0):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        actions.import_file(request=ImportRequest(path, "test"), actor=ACTOR, at=now, progress=stop)
    know("icon")

    assert bring(path, now).quarantined == 1


def test_a_set_that_changes_while_an_import_is_linted_is_asked_as_well(
    tmp_path: Path, now: datetime
) -> None:
    make(now)
    path = write(tmp_path / "list", listed("a", sha1="icon"), entry("b"))

    def change(progress: object) -> None:
        if getattr(progress, "linted", 0):
            know("icon")
            lint_live(now)

    actions.import_file(request=ImportRequest(path, "test"), actor=ACTOR, at=now, progress=change)

    assert statuses() == {"a": SET_ASIDE, "b": ACTIVE}


def test_what_an_older_version_staged_is_gone_over_before_it_is_released(
    tmp_path: Path, now: datetime
) -> None:
    make(now)
    report = staged(write(tmp_path / "list", listed("a", sha1="icon")), now)
    ImportRun.objects.update(linted_at=None, linted_to=None, lint_version="")
    know("icon")

    actions.release(run_id=report.run_id or 0, actor=ACTOR, at=now)

    assert statuses() == {"a": SET_ASIDE}
    assert ImportRun.objects.get().quarantined == 1


def test_a_set_that_is_damaged_stops_the_import_in_words(tmp_path: Path, now: datetime) -> None:
    make(now)
    know("icon")
    (known.folder_of_sets() / "office" / "manifest.json").write_text("{")

    with pytest.raises(actions.WrongSet, match="office"):
        bring(write(tmp_path / "list", entry("a")), now)

    assert ImportRun.objects.get().state == RunState.RUNNING


def test_giving_up_an_import_leaves_nothing_to_decide(tmp_path: Path, now: datetime) -> None:
    make(now)
    know("icon")
    report = staged(write(tmp_path / "list", listed("a", sha1="icon")), now)
    assert len(queries.quarantined()) == 1

    actions.discard(run_id=report.run_id or 0, actor=ACTOR, at=now)

    assert queries.quarantined() == []


def test_the_audit_tells_how_many_and_why_and_no_fingerprint(tmp_path: Path, now: datetime) -> None:
    make(now)
    know("icon", "logo")

    bring(write(tmp_path / "list", listed("a", sha1="icon"), listed("b", sha256="logo")), now)

    row = AuditRow.objects.get(action="hashlists.quarantine")
    assert row.facts["entries"] == 2
    assert row.facts["reasons"] == {"known_sha1": 1, "known_sha256": 1}
    assert len(row.facts["merkle_root"]) == 64


# A changed version of what waits


def test_a_changed_version_of_what_waits_stays_in_quarantine(tmp_path: Path, now: datetime) -> None:
    make(now)
    know("icon")
    bring(write(tmp_path / "one", listed("a", sha1="icon")), now)

    later = now + timedelta(days=1)
    bring(write(tmp_path / "two", listed("a", sha1="another file")), later)

    assert statuses() == {"a": SET_ASIDE}
    newest = Entry.objects.get(version=2)
    waiting = queries.quarantined()
    assert [one.entry_id for one in waiting] == [newest.pk]
    assert waiting[0].at < later  # its clock does not begin anew
    assert [one.state for one in queries.decided()] == [QuarantineState.MOOT]


def test_a_tombstone_takes_away_what_waits(tmp_path: Path, now: datetime) -> None:
    make(now)
    know("icon")
    record = listed("a", sha1="icon")
    bring(write(tmp_path / "one", record), now)

    bring(write(tmp_path / "two", record | {"status": "deleted"}), now)

    assert statuses() == {"a": EntryStatus.DELETED}
    assert queries.quarantined() == []


def test_a_new_version_let_out_before_its_release_is_not_set_aside_by_it(
    tmp_path: Path, now: datetime
) -> None:
    make(now)
    know("icon")
    bring(write(tmp_path / "one", listed("a", sha1="icon")), now)
    report = staged(write(tmp_path / "two", listed("a", sha1="icon", md5="more")), now)
    newer = Quarantine.objects.get(entry__version=2)
    actions.decide(number=newer.pk, decision=Decision.RELEASE, words="seen", actor=ANALYST, at=now)

    actions.release(run_id=report.run_id or 0, actor=ACTOR, at=now)

    assert statuses() == {"a": ACTIVE}
    assert queries.quarantined() == []


# Over the live lists


def test_a_new_set_sets_aside_what_counted_until_now(tmp_path: Path, now: datetime) -> None:
    make(now)
    bring(write(tmp_path / "list", listed("a", sha1="icon"), entry("b")), now)
    before = queries.last_change_no()
    know("icon")

    assert lint_live(now) == (2, 1, 0)

    assert statuses() == {"a": SET_ASIDE, "b": ACTIVE}
    changes = queries.changes_after(before, 10)
    assert [(c.kind, c.entry_id) for c in changes] == [
        (ChangeKind.POLICY, Entry.objects.get(source_entry_id="a").pk)
    ]


def test_only_what_changed_is_gone_over_again(tmp_path: Path, now: datetime) -> None:
    make(now)
    bring(write(tmp_path / "one", entry("a"), entry("b")), now)
    assert lint_live(now)[0] == 0  # its own lint asked the same sets
    know("icon")
    assert lint_live(now)[0] == 2
    assert lint_live(now)[0] == 0

    bring(write(tmp_path / "two", entry("a"), entry("b"), entry("c")), now)
    assert lint_live(now)[0] == 0

    assert lint_now(now, "test")[0] == 3


def test_what_a_person_let_out_is_not_set_aside_again_for_the_same_reason(
    tmp_path: Path, now: datetime
) -> None:
    make(now)
    know("icon")
    bring(write(tmp_path / "one", listed("a", sha1="icon")), now)
    release("a", now)

    assert lint_now(now)[1] == 0
    # Nor when the source changes a word about the same file.
    changed = listed("a", sha1="icon") | {"classifications": []}
    assert bring(write(tmp_path / "two", changed), now).changed == 1
    assert statuses() == {"a": ACTIVE}
    # For a stronger reason it is.
    know("icon", name="police")
    bring(write(tmp_path / "three", listed("a", sha1="icon", sha256="icon")), now)
    assert statuses() == {"a": SET_ASIDE}


def test_an_entry_of_our_own_is_noted_and_keeps_matching(now: datetime) -> None:
    know("icon")
    prints = (FingerprintValue(Kind.SHA1, bytes.fromhex(value("icon", 20))),)
    entry_id = actions.add_own_entry(
        entry=OwnEntry(prints, Category.A1, "image", False, "item:1"), actor=ANALYST, at=now
    )
    assert lint.due(at=now, zone=now.tzinfo)  # type: ignore[arg-type]

    assert lint_live(now) == (1, 0, 1)

    assert Entry.objects.get(hash_list__slug=OWN_LIST).status == ACTIVE.number
    assert [note.reason for note in queries.notes_of(entry_id)] == [LintReason.KNOWN_SHA1]
    assert lint_now(now) == (1, 0, 0)


def test_the_lint_is_due_at_night_and_when_a_set_changed(tmp_path: Path, now: datetime) -> None:
    zone = now.tzinfo
    assert zone is not None
    make(now)
    bring(write(tmp_path / "one", entry("a")), now)
    assert lint.due(at=now, zone=zone)
    lint_live(now)

    assert not lint.due(at=now + timedelta(hours=15), zone=zone)
    assert lint.due(at=now + timedelta(hours=17), zone=zone)
    know("icon")
    assert lint.due(at=now, zone=zone)


def test_a_lint_over_the_live_lists_goes_on_where_it_stopped(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lint, "IDS_AT_ONCE", 2)
    make(now)
    bring(write(tmp_path / "one", *(entry(f"e{n}") for n in range(6))), now)
    know("icon")

    def stop(done: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lint.lint_live(actor=ACTOR, clock=lambda: now, tell=stop)
    assert LintPass.objects.get().finished_at is None
    assert lint.due(at=now, zone=now.tzinfo)  # type: ignore[arg-type]

    assert lint_live(now)[0] == 4


def test_two_do_not_go_over_the_live_lists_at_once(now: datetime) -> None:
    def meanwhile(at: datetime) -> None:
        with pytest.raises(actions.LintUnderWay):
            lint_live(at)

    lint_live(now)
    LintPass.objects.update(holder="another", held_until=now + lint.HOLD)
    meanwhile(now)

    assert lint_live(now + lint.HOLD * 2) == (0, 0, 0)


def test_withdrawing_an_entry_that_waits_ends_the_waiting(tmp_path: Path, now: datetime) -> None:
    make(now)
    know("icon")
    bring(write(tmp_path / "one", listed("a", sha1="icon")), now)
    row = Entry.objects.get()

    actions.withdraw_entry(entry_id=row.pk, reason="wrong", actor=ANALYST, at=now)

    assert queries.quarantined() == []
    assert [one.state for one in queries.decided()] == [QuarantineState.MOOT]
