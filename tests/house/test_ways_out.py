"""One room reads the environment, one calls other machines, one sends mail."""

from __future__ import annotations

import ast

import pytest

from tests.house.source import calls, imported, modules

# module -> who may import it, and why they may.
MAY_IMPORT: dict[str, set[str]] = {
    "urllib.request": set(),
    "http.client": {
        "site/commands/up.py",  # asks its own web process whether it is up
        "site/rehearsal/web.py",  # plays the provider and the analyst, on loopback
    },
    "smtplib": {"base/letters/transports.py"},
    "imaplib": {"domain/intake/mailbox.py"},
    "ftplib": set(),
    "dns.resolver": {"base/egress/naming.py"},
    "requests": set(),
    "aiohttp": set(),
    "httpx": {
        # The client runs at providers, who have no egress of ours; the house does not call by it,
        # but for `tocsin check --server`, which is a provider's command.
        "client/asynchronous.py",
        "client/keys.py",
        "client/line.py",
        "client/synchronous.py",
    },
}
MAY_CONNECT = {
    "base/egress/connecting.py",
    "doors/gates/chain.py",  # a virus scanner on this machine; a check of the settings sees to that
}
CONNECTS = {
    "socket.create_connection",
    "socket.socket.connect",
    "asyncio.open_connection",
    "asyncio.open_unix_connection",
}
MAY_READ_ENVIRONMENT = {
    "site/environment.py",
    "site/cli.py",  # names the settings for Django
    "site/wsgi.py",
    "site/asgi.py",
    "site/supervisor.py",  # hands it on to its children
    "site/rehearsal/house.py",  # hands it on to the house that is rehearsed
    "site/backup/databases.py",  # hands it on to pg_dump and pg_restore
    "site/asking.py",  # `--data` before the settings are read
    "site/commands/sweep.py",  # tells Daft and Ray not to call home
    "engine/media/process.py",  # a decoder gets next to nothing of it
}


@pytest.mark.parametrize("way_out", MAY_IMPORT)
def test_every_way_out_has_one_room(way_out: str) -> None:
    who = {name for name, tree in modules().items() if way_out in imported(tree)}
    assert who <= MAY_IMPORT[way_out]


def test_only_egress_connects_to_other_machines() -> None:
    who = {
        name
        for name, tree in modules().items()
        for call in calls(tree)
        if ast.unparse(call.func) in CONNECTS
    }
    assert who <= MAY_CONNECT


def test_the_environment_is_read_once() -> None:
    who = {
        name
        for name, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.environ", "os.getenv"}
    }
    assert who <= MAY_READ_ENVIRONMENT


def test_the_time_is_taken_at_the_door_not_in_a_room_that_decides_or_writes() -> None:
    clocks = {"datetime.now", "timezone.now", "datetime.utcnow", "time.time", "date.today"}
    who = {
        name
        for name, tree in modules().items()
        if name.endswith(("/rules.py", "/actions.py"))
        for call in calls(tree)
        if ast.unparse(call.func) in clocks
    }
    assert who == set()
