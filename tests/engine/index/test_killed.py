"""A publishing process that is really killed (SIGKILL) at each of its writes.

One process forks a child for each step: the child publishes and kills itself in the middle of the
step-th change to the disk, until a child survives. After each death the parent opens what is in
service, as any server on the machine would.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import json, os, signal, sys
from pathlib import Path

from tests.engine.index.lists import answered, policy_of
from tests.engine.index.test_publication import HASHES, put
from tests.engine.index.test_publication_faults import CALLS
from tocsin.engine.index import open_published, replace_policy, verify_published


def publish_larger(root):
    put(root, 50, change_no=2)


def change_policy(root):
    replace_policy(root, change_no=2, policy=policy_of(dict.fromkeys(range(1, 6), 2)))


def die_at(step):
    made = 0

    def deadly(name):
        real = getattr(os, name)

        def call(*given, **options):
            nonlocal made
            if name != "open" or given[1] & os.O_CREAT:
                made += 1
                if made == step:
                    if name == "write":
                        real(given[0], given[1][: len(given[1]) // 2])
                    os.kill(os.getpid(), signal.SIGKILL)
            return real(*given, **options)

        return call

    for name in CALLS:
        setattr(os, name, deadly(name))


def served(root):
    opened = open_published(root)
    assert verify_published(root) == opened.manifest
    count = len(opened.near)
    assert answered(opened.near, HASHES[count - 1 : count], 31) == [[(0, count)]]
    return opened.manifest.policy_change_no


change, folder = {"larger": publish_larger, "policy": change_policy}[sys.argv[1]], Path(sys.argv[2])
deaths, numbers = 0, []
while True:
    root = folder / str(deaths)
    put(root, 5, change_no=1)
    child = os.fork()
    if not child:
        die_at(deaths + 1)
        change(root)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    numbers.append(served(root))
    if not os.WIFSIGNALED(status):
        assert os.WEXITSTATUS(status) == 0
        break
    assert os.WTERMSIG(status) == signal.SIGKILL
    deaths += 1
    change(root)
    assert served(root) == 2
    assert not (root / "unfinished").exists()
print(json.dumps({"deaths": deaths, "numbers": numbers}))
"""


@pytest.mark.parametrize("change", ["larger", "policy"])
def test_a_writer_killed_at_any_write_leaves_the_old_index_or_the_new_one(
    change: str, tmp_path: Path
) -> None:
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM, change, str(tmp_path)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert told.returncode == 0, told.stderr.decode()
    result = json.loads(told.stdout)
    numbers = result["numbers"]
    assert result["deaths"] > 9
    # The old index answers after every death until the manifest was replaced, the new one after.
    assert numbers == sorted(numbers)
    assert (numbers[0], numbers[-1]) == (1, 2)
