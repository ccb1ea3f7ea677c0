"""What is published is what is opened, and nothing else is ever in service."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from tests.engine.index.lists import (
    answered,
    damage,
    ids_of,
    looked_up,
    numbered,
    policy_of,
    random_hashes,
)
from tocsin.engine.index import (
    POLICY_DTYPE,
    ExactIndex,
    IndexDamaged,
    IndexMissing,
    IndexTooNew,
    IndexTooOld,
    Manifest,
    NearIndex,
    PublishBusy,
    Published,
    open_published,
    publication,
    publish,
    published,
    replace_policy,
    verify_published,
)

HASHES = random_hashes(50, seed=61)
DIGESTS = random_hashes(50, seed=62, width_bytes=16)
AT = datetime(2026, 11, 1, 12, tzinfo=UTC)


def put(root: Path, count: int, *, change_no: int) -> int:
    """Publish the first `count` entries."""
    return publish(
        root,
        change_no=change_no,
        near=NearIndex.build(HASHES[:count], numbered(count)),
        exact={"md5": ExactIndex.build(DIGESTS[:count], numbered(count))},
        policy=policy_of(dict.fromkeys(range(1, count + 1), 1)),
        at=AT,
    )


def test_a_published_index_is_opened_whole(tmp_path: Path) -> None:
    root = tmp_path / "index"
    assert put(root, 50, change_no=7) == 1
    opened = open_published(root)
    assert answered(opened.near, HASHES[9:10], 31) == [[(0, 10)]]
    assert looked_up(opened.exact["md5"], DIGESTS[9:10]) == [[10]]
    assert opened.policy.get(ids_of(10))["status"] == 1
    assert opened.manifest == published(root) == verify_published(root)
    assert (opened.manifest.change_no, opened.manifest.policy_change_no) == (7, 7)
    assert opened.manifest.created_at == AT


def test_a_fork_and_what_it_was_made_of_see_nothing_of_one_another(tmp_path: Path) -> None:
    put(tmp_path, 50, change_no=7)
    opened = open_published(tmp_path)
    forked = opened.fork()
    forked.near.withdraw(ids_of(10))
    forked.exact["md5"].withdraw(ids_of(10))
    forked.policy.set_many(ids_of(10), np.zeros(1, POLICY_DTYPE))
    opened.near.withdraw(ids_of(11))
    assert answered(opened.near, HASHES[9:11], 31) == [[(0, 10)], []]
    assert answered(forked.near, HASHES[9:11], 31) == [[], [(0, 11)]]
    assert looked_up(opened.exact["md5"], DIGESTS[9:10]) == [[10]]
    assert looked_up(forked.exact["md5"], DIGESTS[9:10]) == [[]]
    assert opened.policy.get(ids_of(10))["status"] == 1
    assert forked.policy.get(ids_of(10))["status"] == 0


def test_the_manifest_has_the_form_that_the_docs_promise(tmp_path: Path) -> None:
    put(tmp_path, 1, change_no=7)
    told = json.loads((tmp_path / "MANIFEST.json").read_text())
    assert told["format"] == 2
    assert told["generation"] == 1
    assert told["folder"] == "generation-000000000001"
    assert set(told["files"]) == {"near.seg", "exact-md5.seg", "policy-000000000001.seg"}
    assert set(told["files"]["near.seg"]) == {"bytes", "sha256"}


def test_nothing_published_is_none_to_ask_for_and_missing_to_open(tmp_path: Path) -> None:
    assert published(tmp_path / "index") is None
    with pytest.raises(IndexMissing, match="tocsin index rebuild"):
        open_published(tmp_path / "index")
    with pytest.raises(IndexMissing):
        verify_published(tmp_path)
    with pytest.raises(IndexMissing):
        replace_policy(tmp_path, change_no=1, policy=policy_of({1: 1}))


def test_the_generation_before_stays_for_readers_and_older_ones_go(tmp_path: Path) -> None:
    for change_no in range(1, 5):
        assert put(tmp_path, change_no, change_no=change_no) == change_no
    folders = sorted(path.name for path in tmp_path.glob("generation-*"))
    assert folders == ["generation-000000000003", "generation-000000000004"]


def test_an_opened_index_goes_on_answering_after_its_files_are_gone(tmp_path: Path) -> None:
    put(tmp_path, 50, change_no=1)
    opened = open_published(tmp_path)
    for change_no in (2, 3):
        put(tmp_path, 1, change_no=change_no)
    assert not (tmp_path / opened.manifest.folder).exists()
    assert answered(opened.near, HASHES[49:], 31) == [[(0, 50)]]


def test_new_policy_leaves_the_hash_files_alone(tmp_path: Path) -> None:
    put(tmp_path, 50, change_no=3)
    hashes = tmp_path / "generation-000000000001" / "near.seg"
    before = hashes.stat()
    assert replace_policy(tmp_path, change_no=9, policy=policy_of({10: 4})) == 2
    opened = open_published(tmp_path)
    assert hashes.stat() == before
    assert opened.policy.get(ids_of(10))["status"] == 4
    assert (opened.manifest.change_no, opened.manifest.policy_change_no) == (3, 9)
    assert verify_published(tmp_path).generation == 2


def test_old_policy_files_do_not_pile_up(tmp_path: Path) -> None:
    put(tmp_path, 1, change_no=1)
    for change_no in range(2, 7):
        replace_policy(tmp_path, change_no=change_no, policy=policy_of({1: change_no}))
    names = sorted(path.name for path in tmp_path.glob("generation-*/policy-*.seg"))
    assert names == ["policy-000000000005.seg", "policy-000000000006.seg"]
    assert put(tmp_path, 2, change_no=8) == 7


def test_an_opened_publication_takes_changes_on_top(tmp_path: Path) -> None:
    put(tmp_path, 49, change_no=1)
    opened = open_published(tmp_path)
    opened.near.add(HASHES[49:], ids_of(50))
    opened.near.withdraw(ids_of(1))
    opened.policy.set(50, np.ones((), POLICY_DTYPE)[()])
    assert answered(opened.near, HASHES[[0, 49]], 31) == [[], [(0, 50)]]
    assert opened.policy.get(ids_of(50))["status"] == 1
    untouched = open_published(tmp_path)
    assert answered(untouched.near, HASHES[[0, 49]], 31) == [[(0, 1)], []]


def test_a_file_of_another_size_is_noticed_on_opening(tmp_path: Path) -> None:
    put(tmp_path, 5, change_no=1)
    for path in (tmp_path / "generation-000000000001").iterdir():
        whole = path.read_bytes()
        path.write_bytes(whole[:-1])
        with pytest.raises(IndexDamaged, match=r"size is not the one .*tocsin index rebuild"):
            open_published(tmp_path)
        path.unlink()
        with pytest.raises(IndexMissing, match=path.name):
            open_published(tmp_path)
        with pytest.raises(IndexMissing, match=path.name):
            verify_published(tmp_path)
        path.write_bytes(whole)
    assert open_published(tmp_path).manifest.generation == 1


def test_any_altered_byte_is_noticed_by_the_full_check(tmp_path: Path) -> None:
    put(tmp_path, 50, change_no=1)
    for path in (tmp_path / "generation-000000000001").iterdir():
        for at in (0, 70, path.stat().st_size // 2, path.stat().st_size - 1):
            damage(path, at)
            with pytest.raises(IndexDamaged, match="checksum"):
                verify_published(tmp_path)
            damage(path, at)
    assert verify_published(tmp_path).generation == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"format": 2}',
        '{"format": "one"}',
        '{"format": 2, "generation": 1, "change_no": 1, "policy_change_no": 1, "folder": 7}',
    ],
)
def test_a_manifest_that_makes_no_sense_is_damage(tmp_path: Path, text: str) -> None:
    put(tmp_path, 5, change_no=1)
    (tmp_path / "MANIFEST.json").write_text(text)
    with pytest.raises(IndexDamaged, match="tocsin index rebuild"):
        open_published(tmp_path)


def test_a_manifest_cannot_name_files_elsewhere(tmp_path: Path) -> None:
    put(tmp_path, 5, change_no=1)
    path = tmp_path / "MANIFEST.json"
    whole = path.read_text()
    for ours, theirs in (
        ("near.seg", "../near.seg"),
        ("exact-md5.seg", "/etc/passwd"),
        ("generation-000000000001", ".."),
    ):
        path.write_text(whole.replace(ours, theirs))
        with pytest.raises(IndexDamaged, match="names files"):
            published(tmp_path)


def test_a_newer_manifest_is_too_new_and_not_damaged(tmp_path: Path) -> None:
    (tmp_path / "MANIFEST.json").write_text('{"format": 3, "parts": []}')
    with pytest.raises(IndexTooNew, match="manifest format 3"):
        open_published(tmp_path)


def test_an_index_of_an_older_tocsin_is_refused_in_words_and_replaced(tmp_path: Path) -> None:
    put(tmp_path, 5, change_no=1)
    path = tmp_path / "MANIFEST.json"
    path.write_text(path.read_text().replace('"format": 2', '"format": 1'))
    for opening in (published, open_published, verify_published):
        with pytest.raises(IndexTooOld, match=r"format 1.*tocsin index rebuild"):
            opening(tmp_path)
    assert put(tmp_path, 50, change_no=2) == 2
    assert len(open_published(tmp_path).near) == 50
    assert [path.name for path in tmp_path.glob("generation-*")] == ["generation-000000000002"]


def test_publishing_again_repairs_a_damaged_manifest(tmp_path: Path) -> None:
    put(tmp_path, 5, change_no=1)
    (tmp_path / "MANIFEST.json").write_text("{")
    assert put(tmp_path, 50, change_no=2) == 2
    assert len(open_published(tmp_path).near) == 50


def test_two_cannot_publish_at_once_and_a_lock_left_behind_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "publishing.lock").write_text("12345")
    put(tmp_path, 5, change_no=1)
    with publication._alone(tmp_path), pytest.raises(PublishBusy):
        put(tmp_path, 6, change_no=2)
    assert put(tmp_path, 7, change_no=3) == 2


def test_a_reader_overtaken_by_two_publications_opens_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, 1, change_no=1)
    real = publication._open_parts
    overtaken: list[int] = []

    def slow(root: Path, manifest: Manifest) -> Published:
        if not overtaken:
            overtaken.append(manifest.generation)
            put(root, 2, change_no=2)
            put(root, 3, change_no=3)
        return real(root, manifest)

    monkeypatch.setattr(publication, "_open_parts", slow)
    assert open_published(tmp_path).manifest.generation == 3
    assert overtaken == [1]
