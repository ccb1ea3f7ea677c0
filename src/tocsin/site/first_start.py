"""What a fresh installation needs before its processes start; a second start finds it done."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tocsin.base.accounts import actions as accounts
from tocsin.base.accounts import queries as people
from tocsin.base.accounts.actions import KeyTerms
from tocsin.base.accounts.types import PartyKind, Role, Tier
from tocsin.base.audit.types import system
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists import queries as lists
from tocsin.domain.hashlists.types import ImportRequest, Purpose
from tocsin.domain.matching import actions as matching
from tocsin.domain.matching.types import ListsSeen, PolicyTerms
from tocsin.site import checks as _registers_our_checks  # noqa: F401
from tocsin.site.environment import WrongSetting

REHEARSAL = Path(__file__).parent / "rehearsal"
REHEARSAL_LIST = "rehearsal"
REHEARSAL_PARTY = "Rehearsal provider"
KEY_FILE = "rehearsal-key.txt"
FIRST_ADMINISTRATOR = "admin"
REHEARSAL_PEOPLE = {"analyst": Role.ANALYST, "manager": Role.MANAGER}

ACTOR = system("first-start")

Say = Callable[[str], None]


@dataclass(slots=True)
class Prepared:
    """What was made: the secret of each new person's one-time link, and the rehearsal's key.

    `not_in_yet` are people made at an earlier start who have no password to this day.
    """

    links: dict[str, str] = field(default_factory=dict)
    not_in_yet: list[str] = field(default_factory=list)
    rehearsal_key: str | None = None


def prepare(*, rehearsal: bool, say: Say) -> Prepared:
    """Bring folders, tables, the first administrator and (if asked) the rehearsal into being."""
    prepared = Prepared()
    check_settings(say)
    _make_folders()
    compiling = _compile_search()
    with _step("database", say):
        _migrate()
    with _step("first administrator", say):
        _invite(prepared, {FIRST_ADMINISTRATOR: Role.ADMINISTRATOR})
    if rehearsal:
        with _step("rehearsal: an analyst, a manager, a list of drawn pictures, a key", say):
            _invite(prepared, REHEARSAL_PEOPLE)
            _load_rehearsal_list()
            prepared.rehearsal_key = _rehearsal_key()
    with _step("search: compiled for this processor", say):
        compiling.wait()
    if compiling.returncode:
        say("  warning: the near search is not compiled and many times slower (docs/running.md)")
    connection.close()
    return prepared


def check_settings(say: Say) -> None:
    """Say every warning about the settings; raises WrongSetting when one cannot be used."""
    wrong = []
    for found in run_checks(tags=["tocsin"]):
        text = f"{found.msg} {found.hint or ''} ({found.id})"
        if found.is_serious():
            wrong.append(text)
        else:
            say(f"  warning: {text}")
    if wrong:
        raise WrongSetting("\n".join(wrong))


def _compile_search() -> subprocess.Popen[bytes]:
    """Have the near search compiled, and kept, before a web process needs it: seconds, once.

    By another process: this one only looks after others and needs no compiler in its memory.
    """
    program = "import sys; from tocsin.engine.index import warm_up; sys.exit(not warm_up())"
    return subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL)


def _make_folders() -> None:
    for folder in (settings.TOCSIN_DATA, settings.TOCSIN_OUTSIDE):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def _migrate() -> None:
    executor = MigrationExecutor(connection)
    _refuse_another_version(executor)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False)


def _refuse_another_version(executor: MigrationExecutor) -> None:
    """Tables that another version made may lack columns: better no start than wrong answers."""
    ours = {config.label for config in apps.get_app_configs() if config.name[:7] == "tocsin."}
    known = executor.loader.disk_migrations or {}
    unknown = [key for key in executor.loader.applied_migrations if key not in known]
    if any(app in ours for app, _name in unknown):
        raise WrongSetting(
            "The database was made by another version of Tocsin, which this one cannot bring up to "
            "date. Start that version again, or set this one up anew with an empty data folder "
            "(TOCSIN_DATA) and an empty database."
        )


def _invite(prepared: Prepared, wanted: dict[str, Role]) -> None:
    there = people.people()
    taken = {person.username for person in there} | {person.role for person in there}
    prepared.not_in_yet += [
        person.username
        for person in there
        if person.username in wanted and not person.has_usable_password()
    ]
    for username, role in wanted.items():
        if username in taken or role in taken:
            continue
        prepared.links[username] = accounts.invite(
            username=username, role=role, language="en", actor=ACTOR, at=datetime.now(UTC)
        )


def _load_rehearsal_list() -> None:
    if any(known.slug == REHEARSAL_LIST for known in lists.lists()):
        return
    at = datetime.now(UTC)
    hashlists.make_list(
        slug=REHEARSAL_LIST,
        name="Rehearsal: drawn landscapes",
        purpose=Purpose.TEST,
        source="Tocsin rehearsal",
        actor=ACTOR,
        at=at,
    )
    request = ImportRequest(path=REHEARSAL / "rehearsal-list.jsonl", list_slug=REHEARSAL_LIST)
    hashlists.import_file(request=request, actor=ACTOR, at=at)


def _rehearsal_key() -> str:
    """The test key; kept in a file of the data folder, since it opens drawn pictures only."""
    kept = settings.TOCSIN_DATA / KEY_FILE
    if kept.exists():
        return str(kept.read_text("ascii").strip())
    at = datetime.now(UTC)
    known = next((p for p in people.parties() if p.name == REHEARSAL_PARTY), None)
    if known is None:
        party = accounts.make_party(
            name=REHEARSAL_PARTY, kind=PartyKind.PROVIDER, contact_email="", actor=ACTOR, at=at
        )
    else:
        party = known.pk
        # The file is gone (a restore leaves it out), so nobody has the secrets of these.
        for key in known.keys.all():
            accounts.revoke_key(key_id=key.key_id, actor=ACTOR, at=at)
    issued = matching.issue_provider_key(
        party_id=party,
        terms=KeyTerms(tier=Tier.DETAIL),
        policy=PolicyTerms(lists=ListsSeen.TEST),
        actor=ACTOR,
        at=at,
    )
    kept.touch(mode=0o600)
    kept.write_text(f"{issued.bearer}\n", "ascii")
    return issued.bearer


@contextmanager
def _step(name: str, say: Say) -> Iterator[None]:
    started = time.monotonic()
    yield
    say(f"  {name}: ready ({time.monotonic() - started:.1f} s)")
