"""Key files: made once, private, rotated without losing what older keys made."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from tocsin.base.secrets import KeyringDamaged, Keyrings


def test_a_key_file_is_made_at_first_use_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    Keyrings(tmp_path / "keys").ring("seal")
    file = tmp_path / "keys" / "seal.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [path.name for path in file.parent.iterdir()] == ["seal.json"]


def test_two_processes_that_start_at_once_get_one_key(tmp_path: Path) -> None:
    rings = [Keyrings(tmp_path / "keys") for _ in range(8)]
    found: list[bytes] = []
    start = threading.Barrier(len(rings))

    def first_use(keyrings: Keyrings) -> None:
        start.wait()
        found.append(keyrings.ring("seal").active.material)

    threads = [threading.Thread(target=first_use, args=(keyrings,)) for keyrings in rings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_rotation_adds_a_newer_key_and_keeps_the_older_one(tmp_path: Path) -> None:
    keyrings = Keyrings(tmp_path)
    first = keyrings.ring("seal").active
    second = keyrings.rotate("seal")
    ring = keyrings.ring("seal")
    assert ring.active == second
    assert ring.first == first
    assert ring.find("k1") == first
    assert ring.find("k9") is None


def test_a_key_that_another_process_added_is_seen_at_the_next_use(tmp_path: Path) -> None:
    ours = Keyrings(tmp_path)
    assert ours.ring("seal").active.id == "k1"
    Keyrings(tmp_path).rotate("seal")
    assert ours.ring("seal").active.id == "k2"


def test_a_key_file_that_went_away_does_not_make_a_running_process_forget(tmp_path: Path) -> None:
    keyrings = Keyrings(tmp_path)
    key = keyrings.ring("seal").active
    (tmp_path / "seal.json").unlink()
    assert keyrings.ring("seal").active == key


@pytest.mark.parametrize("text", ["", "{}", '{"keys": []}', '{"keys": [{"id": "k1"}]}', "[1, 2"])
def test_a_damaged_key_file_is_named_and_never_replaced(tmp_path: Path, text: str) -> None:
    file = tmp_path / "seal.json"
    file.write_text(text)
    with pytest.raises(KeyringDamaged, match=r"seal\.json"):
        Keyrings(tmp_path).ring("seal")
    assert file.read_text() == text


def test_a_mounted_key_file_is_used_where_it_lies_and_never_made(tmp_path: Path) -> None:
    mounted = tmp_path / "mounted.json"
    keyrings = Keyrings(tmp_path / "keys", {"seal": mounted})
    with pytest.raises(KeyringDamaged):
        keyrings.ring("seal")
    assert not mounted.exists()
    Keyrings(tmp_path).ring("seal")
    (tmp_path / "seal.json").rename(mounted)
    assert keyrings.ring("seal").active.id == "k1"


@pytest.mark.parametrize("name", ["", "../etc", "Seal", "a/b", "x" * 40])
def test_a_purpose_that_is_no_plain_word_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a key purpose"):
        Keyrings(tmp_path).ring(name)


def test_a_key_never_shows_itself(tmp_path: Path) -> None:
    ring = Keyrings(tmp_path).ring("seal")
    assert repr(ring.active) == "Key(k1)"
    assert ring.active.material.hex() not in repr(ring)
    assert repr(ring.active.material) not in repr(ring)
