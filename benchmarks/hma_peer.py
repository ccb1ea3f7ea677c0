"""Meta's Hasher-Matcher-Actioner as its own container runs it, over a PostgreSQL of our own.

Its packages come from `requirements/hma.txt` into an environment of their own, its code from a
checkout. One gunicorn worker has all its roles and its background tasks at the intervals it has by
default: the index is built each 60 s if something is new, and looked for each 30 s.
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt
import psycopg

from benchmarks.peers import environment
from benchmarks.processes import free_port, serving
from benchmarks.service import Serving

HOW_TO_GET = (
    "git clone --depth 1 --branch hma-v1.1.7 https://github.com/facebook/ThreatExchange\n"
    "python -m benchmarks.hma --hma ThreatExchange/hasher-matcher-actioner"
)
BANK = "BENCHMARK"
BUILD_EACH_SECONDS, LOOK_EACH_SECONDS = 60, 30
_CONFIGURATION = """
from OpenMediaMatch.storage.postgres.impl import DefaultOMMStore
from threatexchange.content_type.photo import PhotoContent
from threatexchange.signal_type.pdq.signal import PdqSignal

DATABASE_URI = {uri!r}
PRODUCTION = True
ROLE_HASHER = ROLE_MATCHER = ROLE_CURATOR = True
UI_ENABLED = False
TASK_FETCHER = False
TASK_INDEXER = TASK_INDEX_CACHE = True
TASK_INDEXER_INTERVAL_SECONDS = {build}
TASK_INDEX_CACHE_INTERVAL_SECONDS = {look}
STORAGE_IFACE_INSTANCE = DefaultOMMStore(signal_types=[PdqSignal], content_types=[PhotoContent])
"""
_NUMBER = "SELECT setval(pg_get_serial_sequence('bank_content', 'id'), {count})"

Bytes = npt.NDArray[np.uint8]


class Hma:
    """One installation: `source` is the folder of the checkout, `folder` what it may write to."""

    def __init__(self, source: Path, folder: Path, database: str) -> None:
        self._python = environment("hma") / "bin" / "python"
        self._source = source / "src"
        self._folder = folder
        self._database = database
        self.version = (source / "version.txt").read_text("utf-8").strip()
        self.log = folder / "hma.log"
        configuration = folder / "configuration.py"
        parts = urlsplit(database)
        uri = f"postgresql+psycopg2://{parts.netloc}{parts.path}"
        configuration.write_text(
            _CONFIGURATION.format(uri=uri, build=BUILD_EACH_SECONDS, look=LOOK_EACH_SECONDS),
            "utf-8",
        )
        self._environment = {
            **{name: text for name, text in os.environ.items() if not name.startswith("TOCSIN_")},
            "OMM_CONFIG": str(configuration),
            "PYTHONPATH": str(self._source),
            "OMP_NUM_THREADS": "1",
            "HOME": str(folder),
            "TMPDIR": str(folder),
        }

    def prepare(self) -> None:
        """Its tables."""
        migrations = self._source / "OpenMediaMatch" / "migrations"
        self._flask("db", "upgrade", "--directory", str(migrations), MIGRATION_COMMAND="1")

    def fill(self, hashes: Bytes) -> None:
        """A bank with a content for each hash: content `n + 1` has the n-th."""
        with psycopg.connect(self._database) as connection:
            connection.execute(
                "INSERT INTO bank (id, name, enabled_ratio) VALUES (1, %s, 1)", [BANK]
            )
            connection.execute(
                "INSERT INTO bank_content (id, bank_id, disable_until_ts)"
                " SELECT n, 1, 1 FROM generate_series(1, %s) AS n",
                [len(hashes)],
            )
            rows = "COPY content_signal (content_id, signal_type, signal_val) FROM STDIN"
            with connection.cursor().copy(rows) as copy:
                for number, value in enumerate(hashes, 1):
                    copy.write_row((number, "pdq", value.tobytes().hex()))
            connection.execute(_NUMBER.format(count=len(hashes)))

    def build(self) -> dict[str, float]:
        """Build its index from its database, in a process of its own; seconds and peak bytes."""
        began, before = time.monotonic(), _children_cpu_seconds()
        self._flask("build_indices")
        return {
            "build_seconds": time.monotonic() - began,
            "build_cpu_seconds": _children_cpu_seconds() - before,
            "build_peak_bytes": float(
                resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
            ),
        }

    @contextmanager
    def serving(self, core: int | None) -> Iterator[Serving]:
        """One gunicorn worker, as its Dockerfile starts it."""
        port = free_port()
        gunicorn = [str(self._python), "-m", "gunicorn", "--bind", f"127.0.0.1:{port}"]
        command = [*gunicorn, "OpenMediaMatch.app:create_app()"]
        with serving(command, port, self.log, core=core, environment=self._environment) as pid:
            yield Serving(port, pid)

    def packages(self) -> dict[str, str]:
        """Versions of what its look-ups run on."""
        listing = subprocess.run(
            [self._python, "-m", "pip", "list", "--format=freeze"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        wanted = ("threatexchange", "faiss-cpu", "numpy", "flask", "gunicorn")
        found = dict(re.findall(r"^([\w-]+)==(\S+)$", listing, re.MULTILINE))
        return {"hma": self.version, **{name: found.get(name, "") for name in wanted}}

    def _flask(self, *arguments: str, **more: str) -> None:
        done = subprocess.run(
            [self._python, "-m", "flask", "--app", "OpenMediaMatch.app", *arguments],
            env={**self._environment, **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            text=True,
        )
        if done.returncode != 0:
            raise SystemExit(f"HMA: flask {arguments[0]} failed:\n{done.stderr[-2_000:]}")


def _children_cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
