"""What was pushed outside: read when a copy comes back, and made to fit the copy.

A copy is older than what was pushed. Withdrawals since are made again. Heads since tell how many
audit rows, and batches of receipts, were lost; they are kept in files of their own, since the chain
and the log grow anew from here.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tocsin.base.audit.actions import HEADS_FILE
from tocsin.domain.hashlists.types import WITHDRAWALS_FILE
from tocsin.domain.receipts.types import HEADS_FILE as RECEIPT_HEADS_FILE
from tocsin.site.backup.types import RestoreRefused

_WITHDRAWAL = {"list", "member", "source_entry_id", "version"}


@dataclass(frozen=True, slots=True)
class Pushed:
    """Lines of the three files, in their order, no line twice; and those that nobody can read.

    A line is torn when a machine loses its power while writing it.
    """

    withdrawals: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    receipt_heads: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()

    @property
    def reached(self) -> int:
        """The number of the last audit row that a head speaks of; 0 without heads."""
        return max(map(_chain_no, self.heads), default=0)

    def and_then(self, later: Pushed) -> Pushed:
        """Everything in either, no line twice."""
        return Pushed(
            tuple(dict.fromkeys(self.withdrawals + later.withdrawals)),
            tuple(sorted(dict.fromkeys(self.heads + later.heads), key=_chain_no)),
            tuple(sorted(dict.fromkeys(self.receipt_heads + later.receipt_heads), key=_size)),
            tuple(dict.fromkeys(self.unreadable + later.unreadable)),
        )

    def since(self, before: Pushed) -> list[str]:
        """Withdrawals that `before` does not have."""
        known = set(before.withdrawals)
        return [line for line in self.withdrawals if line not in known]


@dataclass(frozen=True, slots=True)
class Reached:
    """How far the copy's own heads came: the last audit row, and the size of the receipts' log."""

    audit_row: int
    receipt_batches: int


def read(folders: Iterable[Path]) -> Pushed:
    """What lies in these folders, together; raises RestoreRefused when a file does not open."""
    found = Pushed()
    for folder in folders:
        withdrawals, torn = _lines(folder / WITHDRAWALS_FILE, _is_withdrawal)
        heads, broken = _lines(folder / HEADS_FILE, _counts(_chain_no))
        receipt_heads, cut = _lines(folder / RECEIPT_HEADS_FILE, _counts(_size))
        found = found.and_then(Pushed(withdrawals, heads, receipt_heads, torn + broken + cut))
    return found


def settle(*, pushed: Pushed, copied: Path, target: Path, reached: Reached, at: datetime) -> None:
    """Write into `target` what the restored system has pushed, with all that is known of it.

    Heads past the copy's own last are kept aside, as are lines nobody can read; `copied` is the
    folder as it was when the backup was made: its other files come back from it.
    """
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    stamp = f"{at:%Y%m%dT%H%M%S}"
    if pushed.unreadable:
        _write(target / f"unreadable-{stamp}.txt", pushed.unreadable)
    for name, lines, number, last in (
        (HEADS_FILE, pushed.heads, _chain_no, reached.audit_row),
        (RECEIPT_HEADS_FILE, pushed.receipt_heads, _size, reached.receipt_batches),
    ):
        if lost := [line for line in lines if number(line) > last]:
            _write(target / f"{Path(name).stem}-lost-{stamp}.jsonl", lost)
        _write(target / name, [line for line in lines if number(line) <= last])
    _write(target / WITHDRAWALS_FILE, pushed.withdrawals)
    for path in sorted(copied.glob("*")):
        if not (target / path.name).exists():
            shutil.copyfile(path, target / path.name)


def _write(path: Path, lines: Iterable[str]) -> None:
    unfinished = path.with_suffix(".part")
    with unfinished.open("w", encoding="utf-8", errors="surrogateescape") as file:
        file.writelines(f"{line}\n" for line in lines)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def _lines(path: Path, fits: Callable[[str], bool]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Lines that fit, and lines that do not; none when there is no such file."""
    if not path.exists():
        return (), ()
    try:
        text = path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError as error:
        raise RestoreRefused(f"{path} cannot be read: {error.strerror}.") from error
    lines = [line for line in text.split("\n") if line]
    return tuple(filter(fits, lines)), tuple(line for line in lines if not fits(line))


def _is_withdrawal(line: str) -> bool:
    try:
        told = json.loads(line)
        return set(told) >= _WITHDRAWAL and isinstance(told["version"], int)
    except (ValueError, TypeError):
        return False


def _counts(number: Callable[[str], int]) -> Callable[[str], bool]:
    """Whether a line tells a number above nothing."""

    def counts(line: str) -> bool:
        try:
            return number(line) > 0
        except (ValueError, KeyError, TypeError):
            return False

    return counts


def _chain_no(line: str) -> int:
    return int(json.loads(line)["chain_no"])


def _size(line: str) -> int:
    return int(json.loads(line)["size"])
