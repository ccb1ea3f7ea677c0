"""`tocsin backup FILE`: everything this installation holds, in one file."""

from __future__ import annotations

import argparse
import signal
from datetime import UTC, datetime
from pathlib import Path

from tocsin.site.commands import Stop

HELP = "Write everything but the index into one file, while the system runs."
NEEDS_DATABASE = True

SHORTEST_PASSPHRASE = 12


def arguments(parser: argparse.ArgumentParser) -> None:
    """The file, and what becomes of the keys: one of two, so that nobody forgets them."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a file that is not there yet")
    keys = parser.add_mutually_exclusive_group(required=True)
    keys.add_argument(
        "--keys-passphrase-file",
        type=Path,
        metavar="F",
        help="put the keys in as well, sealed with age under the passphrase in F",
    )
    keys.add_argument(
        "--without-keys", action="store_true", help="leave the keys out; they are kept elsewhere"
    )


def run(options: argparse.Namespace) -> int:
    """Make it; 0, or Stop and no half file."""
    from tocsin.base.audit.types import system
    from tocsin.site.backup.making import make_backup
    from tocsin.site.backup.types import BackupRefused

    passphrase = None
    if options.keys_passphrase_file is not None:
        passphrase = read_passphrase(options.keys_passphrase_file)
        if len(passphrase) < SHORTEST_PASSPHRASE:
            raise Stop(f"the passphrase needs {SHORTEST_PASSPHRASE} characters or more.")
    # A timer that stops us ends us as Ctrl-C does, so that no half file stays.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        report = make_backup(
            target=options.file.resolve(),
            passphrase=passphrase,
            actor=system("command line"),
            at=datetime.now(UTC),
        )
    except BackupRefused as error:
        raise Stop(f"no backup: {error}") from error
    print(f"{report.file}: {report.members} files, {report.size / 1e6:.1f} MB.")
    for path in report.left_out:
        print(f"  left out, for Tocsin did not make it: {path}")
    if report.with_keys:
        print("The keys are in it, sealed. Keep the passphrase elsewhere.")
    else:
        print("The keys are NOT in it. Keep a copy of the keys folder elsewhere: without the")
        print("keys a backup cannot be restored.")
    return 0


def read_passphrase(path: Path) -> str:
    """The passphrase in a file, without the line's end; raises Stop."""
    try:
        return path.read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Stop(f"{path}, which should hold the passphrase, cannot be read.") from error
