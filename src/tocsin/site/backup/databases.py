"""The database of a backup: copied at one moment while others write, put back into an empty one."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from tocsin.base.clock import actions as clock
from tocsin.site.backup.types import BackupRefused, RestoreRefused

_BESIDE = ("", "-wal", "-shm")
_DEBIAN = Path("/usr/lib/postgresql")
_CLOCKS = "TABLE DATA public clock_due "
"""How pg_restore lists the rows that make workers act."""


class ProgramFailed(Exception):
    """A program of PostgreSQL is missing or complained; the text is its complaint."""


def applied_migrations() -> tuple[str, ...]:
    """Migrations the database has been through.

    Raises BackupRefused when it has no tables, or does not answer.
    """
    try:
        applied = MigrationRecorder(connection).applied_migrations()
    except DatabaseError as error:
        raise BackupRefused(f"the database does not answer: {error}.") from error
    if not applied:
        raise BackupRefused("the database has no tables yet: start it first with `tocsin up`.")
    return tuple(sorted(f"{app}.{name}" for app, name in applied))


def unknown_migrations(names: Sequence[str]) -> list[str]:
    """Those of `names` that this Tocsin does not know: a newer one made them."""
    known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    return sorted(set(names) - {f"{app}.{name}" for app, name in known or ()})


def files() -> tuple[Path, ...]:
    """Files of an SQLite database, there or not; none for PostgreSQL."""
    if connection.vendor != "sqlite":
        return ()
    name = str(connection.settings_dict["NAME"])
    return tuple(Path(f"{name}{end}") for end in _BESIDE)


def copy_to(target: Path) -> None:
    """The whole database as it is at one moment; others go on writing.

    Raises BackupRefused.
    """
    if connection.vendor == "sqlite":
        _copy_sqlite(target)
        return
    try:
        _run("pg_dump", ["--format=custom", "--no-owner", "--no-privileges", f"--file={target}"])
    except ProgramFailed as error:
        raise BackupRefused(str(error)) from error


def refuse_unless_empty() -> None:
    """Raises RestoreRefused when the database has tables, or others are working in it."""
    if connection.vendor == "sqlite":
        path = files()[0]
        tables = _sqlite_tables(path) if path.exists() else 0
    else:
        tables = _postgres_tables()
    if tables:
        raise RestoreRefused(
            f"the database is not empty ({tables} tables). A backup is put back into an empty "
            "one only: name another in TOCSIN_DATABASE_URL, or move the old one away."
        )


def put_back(staged: Path, *, at: datetime, why: str) -> None:
    """Make `staged` the database, paused before anybody can act in it.

    Raises RestoreRefused, and then the database is as empty as before.
    """
    if connection.vendor == "sqlite":
        with _connected_to(staged):
            clock.pause(why=why, at=at)
        for old in files():
            old.unlink(missing_ok=True)
        staged.replace(files()[0])
        return
    try:
        _put_postgres_back(staged, at=at, why=why)
    except (ProgramFailed, DatabaseError) as error:
        _drop_all()
        raise RestoreRefused(str(error)) from error


def _copy_sqlite(target: Path) -> None:
    name = quote(str(connection.settings_dict["NAME"]))
    try:
        with (
            closing(sqlite3.connect(f"file:{name}?mode=rw", uri=True, timeout=30)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            # All pages in one step: one read transaction, and writers go on beside it.
            source.backup(copy, pages=-1)
            # One file, nothing beside it.
            copy.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise BackupRefused(
            f"the database could not be copied to {target.parent.parent}: {error}. "
            "Make room there or choose another place."
        ) from error


def _sqlite_tables(path: Path) -> int:
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True)) as there:
            return int(there.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    except sqlite3.Error as error:
        raise RestoreRefused(f"{path} is there and is no empty database: {error}.") from error


@contextmanager
def _connected_to(path: Path) -> Iterator[None]:
    """Django's connection, for a moment, to another SQLite file."""
    usual = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = path
    try:
        yield
    except DatabaseError as error:
        raise RestoreRefused(f"the database in the backup does not open: {error}.") from error
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual


def _postgres_tables() -> int:
    try:
        _found("pg_restore")
        with connection.cursor() as cursor:
            tables = len(connection.introspection.table_names(cursor))
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            others = cursor.fetchone()[0]
    except ProgramFailed as error:
        raise RestoreRefused(str(error)) from error
    except DatabaseError as error:
        raise RestoreRefused(f"the database does not answer: {error}.") from error
    if others:
        raise RestoreRefused("another program is connected to the database. Stop it first.")
    return tables


def _put_postgres_back(staged: Path, *, at: datetime, why: str) -> None:
    """All but the clocks in one transaction, then the pause, and only then the clocks."""
    connection.close()
    listed = _run("pg_restore", ["--list", str(staged)]).splitlines()
    clocks = [line for line in listed if _CLOCKS in line]
    others = [line for line in listed if _CLOCKS not in line]
    _restore_listed(staged, others)
    clock.pause(why=why, at=at)
    connection.close()
    if clocks:
        _restore_listed(staged, clocks)


def _restore_listed(staged: Path, lines: list[str]) -> None:
    chosen = staged.with_suffix(".list")
    chosen.write_text("\n".join(lines) + "\n", "utf-8")
    options = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
    name = connection.settings_dict["NAME"]
    _run("pg_restore", [*options, f"--use-list={chosen}", f"--dbname={name}", str(staged)])


def _drop_all() -> None:
    """Take away the tables of a restore that failed; the database was empty before it."""
    connection.close()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"DROP TABLE {connection.ops.quote_name(table)} CASCADE")


def _run(program: str, arguments: list[str]) -> str:
    """What PostgreSQL's own program says; raises ProgramFailed with its complaint."""
    done = subprocess.run(
        [_found(program), *arguments],
        env=_login(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ProgramFailed(f"{program} failed: {' '.join(done.stderr.split())[-400:]}")
    return done.stdout


def _found(program: str) -> str:
    on_path = shutil.which(program)
    if on_path is not None:
        return on_path
    installed = list(_DEBIAN.glob(f"*/bin/{program}"))
    if not installed:
        raise ProgramFailed(f"{program} is not installed (Debian's package: postgresql-client).")
    return str(max(installed, key=lambda path: float(path.parts[-3])))


def _login() -> dict[str, str]:
    """Where PostgreSQL's programs find the database; the password stays off the command line."""
    told = connection.settings_dict
    wanted = {
        "PGHOST": told["HOST"],
        "PGPORT": told["PORT"],
        "PGUSER": told["USER"],
        "PGPASSWORD": told["PASSWORD"],
        "PGDATABASE": told["NAME"],
    }
    return {**os.environ, "LC_ALL": "C", **{name: str(v) for name, v in wanted.items() if v}}
