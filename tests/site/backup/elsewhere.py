"""Another, empty place for a backup to come back into, and the command line that works there."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from django.db import connection

from tests.support import child_environment

PASSPHRASE = "correct horse battery staple"


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended and what it said."""

    status: int
    text: str


@dataclass(frozen=True, slots=True)
class Place:
    """A data folder with its database."""

    data: Path
    environment: dict[str, str]

    def tocsin(self, *arguments: str | Path) -> Said:
        """Run the command line there, as an administrator would."""
        done = self._run("-m", "tocsin.site.cli", *map(str, arguments))
        return Said(done.returncode, done.stdout + done.stderr)

    def tocsin_on_a_small_disk(self, kilobytes: int, *arguments: str | Path) -> Said:
        """The same where no file can grow past so much."""
        limited = f'ulimit -f {2 * kilobytes}; exec "$0" "$@"'
        command = [sys.executable, "-m", "tocsin.site.cli", *map(str, arguments)]
        done = self._start(["sh", "-c", limited, *command])
        return Said(done.returncode, done.stdout + done.stderr)

    def ask(self, code: str) -> Any:
        """What `answer` is after `code` has run there, with Django set up."""
        start = "import django, json\ndjango.setup()\n"
        done = self._run("-c", f"{start}{code}\nprint(json.dumps(answer))")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def files(self) -> dict[str, bytes]:
        """Every file of the folder but the key that any start of the command line makes."""
        return {
            str(path.relative_to(self.data)): path.read_bytes()
            for path in sorted(self.data.rglob("*"))
            if path.is_file() and path.name != "django.json"
        }

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._start([sys.executable, *arguments])

    def _start(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )


def here(data_folder: Path) -> Place:
    """This test's own installation."""
    return Place(data_folder, child_environment(data_folder))


@contextmanager
def empty_place(folder: Path) -> Iterator[Place]:
    """An empty folder and an empty database of the kind the tests run on; gone afterwards."""
    folder.mkdir()
    environment = child_environment(folder)
    if connection.vendor == "sqlite":
        del environment["TOCSIN_DATABASE_URL"]
        yield Place(folder, environment)
        return
    name = f"tocsin_elsewhere_{uuid4().hex[:12]}"
    told = connection.settings_dict
    login = f"{quote(told['USER'])}:{quote(told['PASSWORD'])}"
    environment["TOCSIN_DATABASE_URL"] = (
        f"postgresql://{login}@{told['HOST']}:{told['PORT']}/{name}"
    )
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    try:
        yield Place(folder, environment)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
