"""What is read of processes: of a family whole, and of one that is gone nothing."""

from __future__ import annotations

import os
import subprocess
import sys

from benchmarks.processes import cpu_seconds, family, memory, memory_of_one

# A child that starts another, works a little, says so, and waits to be told to end.
_PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=sys.stdin)
sum(range(3_000_000))
print(child.pid, flush=True)
child.wait()
"""


def test_a_family_is_a_process_and_all_that_descend_from_it() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        try:
            assert family(process.pid) == [process.pid, child]
            assert cpu_seconds(process.pid) > 0
            held = memory(process.pid)
            assert held.rss > memory_of_one(child).rss > 0
            assert held.rss >= held.pss > 0
        finally:
            process.communicate("\n")


def test_of_a_process_that_is_gone_there_is_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert memory_of_one(process.pid).rss == 0
    assert os.getpid() in family(os.getpid())
