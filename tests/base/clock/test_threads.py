"""Threads that go on whatever happens, and what a process has one of."""

from __future__ import annotations

import os
import threading

import pytest

from tocsin.base.clock.threads import OnePerProcess, Repeating

SOON = 20.0


@pytest.mark.django_db
def test_a_thread_goes_on_after_a_failure_until_it_is_stopped() -> None:
    turns: list[int] = []
    enough = threading.Event()

    def work() -> None:
        turns.append(1)
        if len(turns) == 3:
            enough.set()
        raise OSError("gone")

    repeating = Repeating()
    repeating.start("test-turns", work, 0.001)
    assert enough.wait(SOON)
    [thread] = [one for one in threading.enumerate() if one.name == "test-turns"]
    repeating.stop()
    thread.join(SOON)
    assert not thread.is_alive()


def test_a_process_has_one_however_many_ask_at_once() -> None:
    made: list[int] = []
    asked = threading.Barrier(4)

    def make() -> int:
        made.append(1)
        return len(made)

    one = OnePerProcess(make)

    def ask() -> None:
        asked.wait()
        assert one() == 1

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SOON)
    assert made == [1]


def test_a_child_makes_its_own() -> None:
    one = OnePerProcess(os.getpid)
    assert one() == os.getpid()
    child = os.fork()
    if child == 0:
        os._exit(0 if one() == os.getpid() else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert one() == os.getpid()
