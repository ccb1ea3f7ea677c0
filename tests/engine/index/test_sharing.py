"""Several processes and several threads over one index."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from threading import Event, Thread

import numpy as np

from tests.engine.index.lists import flipped, ids_of, numbered, policy_of, random_hashes
from tests.engine.index.test_publication import put
from tocsin.engine.index import NearIndex, open_published, publish, published

READER = """
import sys
from pathlib import Path
import numpy as np
from tocsin.engine.index import open_published
opened = open_published(Path(sys.argv[1]))
hashes = np.frombuffer(sys.stdin.buffer.read(), np.uint8).reshape(-1, 32)
print(*opened.near.query(hashes).ids.tolist())
"""
PUBLISHER = """
import sys
from pathlib import Path
from tests.engine.index.test_publication import put
from tocsin.engine.index import PublishBusy
done = busy = 0
while done < 8:
    try:
        put(Path(sys.argv[1]), int(sys.argv[2]), change_no=int(sys.argv[2]))
        done += 1
    except PublishBusy:
        busy += 1
"""


def test_two_processes_read_the_same_files(tmp_path: Path) -> None:
    hashes = random_hashes(6_000, seed=71)
    publish(
        tmp_path,
        change_no=1,
        near=NearIndex.build(hashes, numbered(6_000)),
        exact={},
        policy=policy_of({}),
    )
    asked = flipped(hashes[:3], [0, 10, 31], seed=72).tobytes()
    with _started(READER, str(tmp_path)) as one, _started(READER, str(tmp_path)) as other:
        for reader in (one, other):
            out, _ = reader.communicate(asked, 60)
            assert out.decode().split() == ["1", "2", "3"]
            assert reader.returncode == 0


def test_two_publishers_at_once_never_spoil_the_index(tmp_path: Path) -> None:
    put(tmp_path, 3, change_no=3)
    seen = set()
    root = str(tmp_path)
    with _started(PUBLISHER, root, "10") as one, _started(PUBLISHER, root, "20") as other:
        while one.poll() is None or other.poll() is None:
            opened = open_published(tmp_path)
            assert len(opened.near) == opened.manifest.change_no
            seen.add(opened.manifest.generation)
    assert one.returncode == other.returncode == 0
    last = published(tmp_path)
    assert last is not None
    assert last.generation == 17
    assert len(seen) > 1


def test_threads_that_ask_while_one_changes_see_one_moment_each() -> None:
    fixed = random_hashes(5_000, seed=73)
    moving = random_hashes(40, seed=74)
    index = NearIndex.build(fixed, numbered(5_000))
    stop, wrong = Event(), []

    def ask() -> None:
        while not stop.is_set():
            offsets, ids, _ = index.query(np.concatenate((fixed[:8], moving)))
            found = np.diff(offsets)[8:].tolist()
            # All forty come and go in one step, so a query sees all of them or none.
            if ids[:8].tolist() != list(range(1, 9)) or sum(found) not in {0, 40}:
                wrong.append(found)

    readers = [Thread(target=ask) for _ in range(4)]
    for reader in readers:
        reader.start()
    for _ in range(60):
        index.add(moving, np.full(40, 9_999, np.uint64))
        index.withdraw(ids_of(9_999))
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert len(index) == 5_000


def test_writers_in_several_threads_lose_no_change() -> None:
    hashes = random_hashes(200, seed=75)
    index = NearIndex.build(hashes[:0], ids_of())

    def write(first: int) -> None:
        for i in range(first, 200, 4):
            index.add(hashes[i : i + 1], ids_of(i + 1))

    writers = [Thread(target=write, args=(first,)) for first in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert index.query(hashes).ids.tolist() == numbered(200).tolist()


def _started(program: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )
