"""The PostgreSQL of our own: it comes up, answers, and leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tools import servers

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(servers.postgres_programs() is None, reason="PostgreSQL is not installed"),
]

INTERRUPTED = """
import signal, sys, time
from tools.servers import postgres_programs, temporary_postgres
from tools.test import _stop
signal.signal(signal.SIGTERM, _stop)
# Whoever started the tests in the background may have had Ctrl-C ignored, and children inherit it.
signal.signal(signal.SIGINT, signal.default_int_handler)
with temporary_postgres(postgres_programs()) as url:
    print(url, flush=True)
    time.sleep(60)
"""


def programs() -> Path:
    found = servers.postgres_programs()
    assert found is not None
    return found


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder for temporary files that PostgreSQL's own user may enter, unlike pytest's."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def is_up(url: str) -> bool:
    try:
        with psycopg.connect(
            url.removesuffix("tocsin") + "postgres", connect_timeout=3
        ) as connection:
            return connection.execute("select 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def test_it_answers_with_its_password_only_and_goes_away() -> None:
    with servers.temporary_postgres(programs()) as url:
        assert is_up(url)
        user, _, place = url.partition("@")
        assert not is_up(f"{user.rpartition(':')[0]}:wrong@{place}")
    assert not is_up(url)


@pytest.mark.parametrize("order", [signal.SIGINT, signal.SIGTERM])
def test_it_goes_away_too_when_the_tests_are_interrupted(
    order: signal.Signals, temporary: Path
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        was_up = is_up(url)
        process.send_signal(order)
        status = process.wait(30)
    assert was_up, url
    assert status != 0
    assert not is_up(url)
    assert list(temporary.iterdir()) == []


def test_programs_that_do_not_start_are_told_with_their_words(temporary: Path) -> None:
    for name in ("initdb", "postgres"):
        (temporary / name).write_text("#!/bin/sh\necho no such luck >&2\nexit 3\n")
        (temporary / name).chmod(0o755)
    cluster = servers.temporary_postgres(temporary)
    with pytest.raises(servers.DoesNotStart, match="no such luck"):
        cluster.__enter__()
