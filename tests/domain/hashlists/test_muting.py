"""A benign file's digest on an entry of another file does not match."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.domain.hashlists.known_sets import know, know_whole, listed
from tests.domain.hashlists.lists import ACTOR, ANALYST, bring, entry, make, value, write
from tocsin.base.audit.models import AuditRow
from tocsin.domain.hashlists import actions, known, lint, queries
from tocsin.domain.hashlists.models import Entry, MutedPrint
from tocsin.domain.hashlists.types import (
    WIDTHS,
    Category,
    ChangeKind,
    Decision,
    EntryStatus,
    FingerprintValue,
    Kind,
    OwnEntry,
    Purpose,
)
from tocsin.engine.knowngood import Digest

pytestmark = pytest.mark.django_db


def go_over(at: datetime) -> int:
    """How many entries a lint over the live lists muted in part, or not any more."""
    return lint.lint_live(actor=ACTOR, clock=lambda: at).muted


def published() -> dict[Kind, set[tuple[int, bytes]]]:
    """What an index that is built now gets, which must be what single looks give too."""
    rows: dict[Kind, set[tuple[int, bytes]]] = {}
    with queries.index_snapshot() as taken:
        list(taken.policies())
        for kind in (Kind.MD5, Kind.SHA1, Kind.SHA256):
            rows[kind] = {
                (int(number), found.tobytes())
                for part in taken.fingerprints(kind)
                for number, found in zip(part.ids, part.values, strict=True)
            }
    single: dict[Kind, set[tuple[int, bytes]]] = {kind: set() for kind in rows}
    for one in queries.indexable(Entry.objects.values_list("pk", flat=True)):
        for found in one.fingerprints:
            if one.visible and found.kind in single:
                single[found.kind].add((one.entry_id, found.value))
    assert single == rows
    return rows


def kinds_of(own_id: str) -> set[Kind]:
    """The kinds by which the newest version of an entry matches."""
    newest = Entry.objects.filter(source_entry_id=own_id).latest("version").pk
    return {kind for kind, rows in published().items() if newest in {pk for pk, _ in rows}}


def twin(own_id: str = "a") -> dict[str, object]:
    """An entry of a picture that has the MD5 of an icon."""
    return listed(own_id, md5="icon", sha1="the real picture")


def test_the_md5_of_a_benign_file_does_not_match_and_the_sha_goes_on(
    tmp_path: Path, now: datetime
) -> None:
    make(now)
    know("icon")

    report = bring(write(tmp_path / "list", twin(), entry("b")), now)

    assert report.quarantined == 0
    assert kinds_of("a") == {Kind.SHA1}
    assert kinds_of("b") == {Kind.MD5, Kind.SHA1}
    (muted,) = queries.muted_of(Entry.objects.get(source_entry_id="a").pk)
    assert (muted.kind, muted.known_set, muted.source) == ("MD5", "office", "wordpress 6.1")
    facts = AuditRow.objects.get(action="hashlists.mute").facts
    assert (facts["muted"], facts["match_again"]) == (1, 0)


def test_a_sha1_beside_another_sha256_is_muted_as_well(tmp_path: Path, now: datetime) -> None:
    make(now)
    know_whole("icon")
    record = listed("a", md5="icon", sha1="icon", sha256="the real picture")

    bring(write(tmp_path / "list", record), now)

    assert kinds_of("a") == {Kind.SHA256}


def test_of_two_digests_of_a_kind_only_the_known_one_is_muted(
    tmp_path: Path, now: datetime
) -> None:
    make(now)
    know("icon")
    prints = [
        {"algo": "md5", "value": value("icon", 16)},
        {"algo": "md5", "value": value("other", 16)},
        {"algo": "sha1", "value": value("the real picture", 20)},
    ]
    bring(write(tmp_path / "list", entry("a", fingerprints=prints)), now)

    pk = Entry.objects.get().pk
    assert published()[Kind.MD5] == {(pk, bytes.fromhex(value("other", WIDTHS[Kind.MD5])))}


def test_it_survives_being_imported_again_and_every_night(tmp_path: Path, now: datetime) -> None:
    make(now)
    know("icon")
    path = write(tmp_path / "list", twin())
    bring(path, now)

    bring(path, now + timedelta(days=1))
    assert kinds_of("a") == {Kind.SHA1}
    bring(write(tmp_path / "two", twin() | {"classifications": []}), now + timedelta(days=2))
    assert Entry.objects.count() == 2
    assert kinds_of("a") == {Kind.SHA1}

    assert go_over(now + timedelta(days=3)) == 0
    assert kinds_of("a") == {Kind.SHA1}


def test_a_live_entry_is_muted_by_a_new_set_and_matches_again_without_it(
    tmp_path: Path, now: datetime
) -> None:
    make(now)
    bring(write(tmp_path / "list", twin()), now)
    pk = Entry.objects.get().pk
    before = queries.last_change_no()
    know("icon")

    assert go_over(now) == 1
    assert kinds_of("a") == {Kind.SHA1}
    know("something else")
    assert go_over(now) == 1
    assert kinds_of("a") == {Kind.MD5, Kind.SHA1}

    changes = queries.changes_after(before, 10)
    assert [(c.kind, c.entry_id) for c in changes] == [(ChangeKind.ADD, pk)] * 2


def test_it_stays_muted_while_one_set_says_so(tmp_path: Path, now: datetime) -> None:
    make(now)
    know("icon")
    know("icon", name="police")
    bring(write(tmp_path / "list", twin()), now)
    assert MutedPrint.objects.count() == 2

    know("something else")
    go_over(now)
    assert kinds_of("a") == {Kind.SHA1}
    know("something else", name="police")
    go_over(now)
    assert kinds_of("a") == {Kind.MD5, Kind.SHA1}


def test_what_a_damaged_set_said_stands_and_what_one_that_is_gone_said_does_not(
    tmp_path: Path, now: datetime
) -> None:
    make(now)
    know("icon")
    bring(write(tmp_path / "list", twin()), now)
    folder = known.folder_of_sets() / "office"
    (folder / "manifest.json").write_text("{")
    actions.go_on_without_set(name="office", words="disk broke", actor=ANALYST, at=now)

    go_over(now)
    assert kinds_of("a") == {Kind.SHA1}

    shutil.rmtree(folder)
    with pytest.raises(actions.WrongSet, match="office is gone"):
        go_over(now)
    assert kinds_of("a") == {Kind.SHA1}  # as after a restore, until the sets are put back
    actions.go_on_without_set(name="office", words="not ours any more", actor=ANALYST, at=now)
    go_over(now)
    assert kinds_of("a") == {Kind.MD5, Kind.SHA1}


def test_a_list_of_harmless_files_mutes_too(tmp_path: Path, now: datetime) -> None:
    make(now)
    make(now, slug="fine", purpose=Purpose.BENIGN_ALLOW)
    bring(write(tmp_path / "list", twin()), now)
    allowed = listed("ok", md5="icon", sha1="icon") | {"list_purpose": "benign_allow"}
    bring(write(tmp_path / "fine", allowed), now, list_slug="fine")

    go_over(now)

    assert kinds_of("a") == {Kind.SHA1}


def test_an_entry_set_aside_by_its_pdq_keeps_the_mute_when_a_person_lets_it_out(
    tmp_path: Path, now: datetime
) -> None:
    make(now)
    know("icon", pdqs=True)
    bring(write(tmp_path / "list", listed("a", md5="icon", sha1="another", pdq="icon")), now)
    assert Entry.objects.get().status == EntryStatus.QUARANTINED.number
    (waits,) = queries.quarantined()

    actions.decide(
        number=waits.number, decision=Decision.RELEASE, words="no icon", actor=ANALYST, at=now
    )

    assert Entry.objects.get().status == EntryStatus.ACTIVE.number
    assert kinds_of("a") == {Kind.SHA1}


def test_on_our_own_list_the_benign_digest_is_muted_and_the_entry_goes_on(now: datetime) -> None:
    know("icon", kinds=(Digest.MD5, Digest.SHA1))
    prints = (
        FingerprintValue(Kind.MD5, bytes.fromhex(value("icon", 16))),
        FingerprintValue(Kind.SHA256, bytes.fromhex(value("picture", 32))),
    )
    actions.add_own_entry(
        entry=OwnEntry(prints, Category.A1, "image", False, "item:1"), actor=ANALYST, at=now
    )

    go_over(now)

    assert kinds_of("item:1") == {Kind.SHA256}
