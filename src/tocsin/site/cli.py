"""The `tocsin` command: `tocsin COMMAND …`, each in its own module under `commands/`."""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import sys
import traceback
from collections.abc import Sequence
from typing import Protocol, cast

import structlog

from tocsin.base.secrets import KeyringDamaged
from tocsin.site import commands
from tocsin.site.commands import Stop
from tocsin.site.environment import WrongSetting
from tocsin.site.logs import where

log = structlog.get_logger()

# Nobody sits before these: what they say goes to a log that is kept.
LONG_RUNNING = {"up", "worker", "gates", "metrics", "watch"}


class Command(Protocol):
    """A module under `commands/`: how to say it, and what it does.

    `run` returns the exit status: 0 done (or nothing found), 1 found or refused, 2 error.
    """

    HELP: str
    NEEDS_DATABASE: bool

    def arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, options: argparse.Namespace) -> int: ...


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    # What we write (database, letters, keys) is for this account alone.
    os.umask(0o077)
    parser, known = _parser()
    options = parser.parse_args(argv)
    command = known[options.command]
    try:
        if command.NEEDS_DATABASE:
            set_up_django()
        return command.run(options)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    except (Stop, WrongSetting, KeyringDamaged) as error:
        print(f"tocsin {options.command}: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # Whoever read what we print has gone (`| head`); Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
    except Exception as error:
        # Python's own exit status for this is 1, which means "found" or "broken" here.
        _tell_of(error, options.command)
        raise SystemExit(2) from error


def _tell_of(error: Exception, command: str) -> None:
    # Where and what kind, never its words: they may hold an address, a fingerprint or a key.
    if command in LONG_RUNNING:
        log.error("command_broke", command=command, error=type(error).__name__, where=where(error))
    else:
        print("".join(traceback.format_tb(error.__traceback__)), end="", file=sys.stderr)
        print(f"tocsin {command}: {type(error).__name__}", file=sys.stderr)


def _parser() -> tuple[argparse.ArgumentParser, dict[str, Command]]:
    parser = argparse.ArgumentParser(prog="tocsin", description=__doc__)
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    known: dict[str, Command] = {}
    for module in pkgutil.iter_modules(commands.__path__):
        name = module.name.replace("_", "-")
        loaded = importlib.import_module(f"tocsin.site.commands.{module.name}")
        command = cast("Command", loaded)
        command.arguments(subparsers.add_parser(name, help=command.HELP, description=command.HELP))
        known[name] = command
    return parser, known


def set_up_django() -> None:
    """Load the settings and the rooms; for a command that finds out late that it needs them."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tocsin.site.settings")
    import django

    django.setup(set_prefix=False)


if __name__ == "__main__":
    sys.exit(main())
