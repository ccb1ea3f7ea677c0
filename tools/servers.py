"""The real servers that tests run against: where they are, and a PostgreSQL of our own."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_STARTS_WITHIN_SECONDS = 30.0
_STOPS_WITHIN_SECONDS = 15.0
# A test database is thrown away: it need not survive a power cut.
_CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")


class DoesNotStart(Exception):
    """PostgreSQL did not come up; the text is the end of its log."""


def chromium() -> str | None:
    """Debian's chromium, or None."""
    return shutil.which("chromium")


def node() -> str | None:
    """Debian's node, or None."""
    return shutil.which("node")


def postgres_programs() -> Path | None:
    """The folder with `initdb` and `postgres`: Debian's newest, else that on PATH, else None."""
    versions = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if _whole(path)]
    if versions:
        return max(versions, key=lambda path: float(path.parent.name))
    found = shutil.which("postgres")
    if found is None:
        return None
    folder = Path(found).resolve().parent
    return folder if _whole(folder) else None


def _whole(folder: Path) -> bool:
    return (folder / "initdb").exists() and (folder / "postgres").exists()


@contextmanager
def temporary_postgres(programs: Path) -> Iterator[str]:
    """A PostgreSQL of our own in a temporary folder; gives its URL, and leaves nothing behind.

    It listens on a free loopback port with a random password. Raises DoesNotStart.
    """
    folder = Path(tempfile.mkdtemp(prefix="tocsin-pg-"))
    password = secrets.token_urlsafe(16)
    user = _owner_of_servers(folder)
    try:
        _make_cluster(programs, folder, password, user)
        process, port = _start(programs, folder, user)
        try:
            yield f"postgresql://tocsin:{password}@127.0.0.1:{port}/tocsin"
        finally:
            _stop(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _owner_of_servers(folder: Path) -> str | None:
    """PostgreSQL refuses root: the user it runs as instead. None when we are not root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    user = "postgres" if "postgres" in known else "nobody"
    shutil.chown(folder, user)
    return user


def _make_cluster(programs: Path, folder: Path, password: str, user: str | None) -> None:
    secret = folder / "password"
    secret.write_text(password, "ascii")
    if user:
        shutil.chown(secret, user)
    made = subprocess.run(
        [
            programs / "initdb",
            f"--pgdata={folder / 'data'}",
            f"--pwfile={secret}",
            "--username=tocsin",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        user=user,
    )
    if made.returncode != 0:
        raise DoesNotStart(made.stderr[-2_000:])


def _start(programs: Path, folder: Path, user: str | None) -> tuple[subprocess.Popen[bytes], int]:
    port = _free_port()
    options = ["-D", str(folder / "data"), "-p", str(port), "-h", "127.0.0.1", "-k", str(folder)]
    settings = [word for setting in _CARELESS for word in ("-c", setting)]
    log_path = folder / "log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [programs / "postgres", *options, *settings],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            user=user,
            # Ctrl-C goes to the tests; they end first, then we stop the server.
            start_new_session=True,
        )
    deadline = time.monotonic() + _STARTS_WITHIN_SECONDS
    while not _is_ready(folder / "data" / "postmaster.pid"):
        if process.poll() is not None or time.monotonic() > deadline:
            _stop(process)
            raise DoesNotStart(log_path.read_text("utf-8", "replace")[-2_000:])
        time.sleep(0.05)
    return process, port


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Fast shutdown; immediate when that takes too long. Both by the server's own process id."""
    for order in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(order)
        try:
            process.wait(_STOPS_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            continue


def _is_ready(pid_file: Path) -> bool:
    """What `pg_ctl` looks at: a server that listens may still refuse everybody ("starting up")."""
    try:
        return pid_file.read_text("utf-8").splitlines()[7].strip() == "ready"
    except (OSError, IndexError):
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
