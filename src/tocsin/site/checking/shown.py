"""What a person or a program sees: lines, a table, a bar. Never a hash, never a picture."""

from __future__ import annotations

import base64
import json
import os
import time
from collections import Counter
from collections.abc import Sequence
from typing import TextIO

from tocsin.site.checking.types import FOUND, STATUSES, UNREADABLE, Result
from tocsin.site.checking.walking import Passed

_BAR_EACH_SECONDS = 0.2
_BAR_WIDTH = 30


def printable(path: str) -> str:
    """A path that is safe to print: control characters and odd bytes as escapes.

    A file name may hold a terminal's own commands, or bytes that are no text.
    """
    shown = path.encode("utf-8", "backslashreplace").decode()
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in shown)


def as_json(result: Result) -> str:
    """One line of JSON. `path_base64` is there when the name is not UTF-8."""
    known = result.known
    told: dict[str, object] = {
        "path": result.path.encode("utf-8", "backslashreplace").decode(),
        "status": result.status,
        "action": (known.action or None) if known else "hold",
        "size_bytes": result.size_bytes,
        "kind": known.kind if known else None,
        "category": known.category if known else None,
        "sources": known.sources if known else None,
        "reference": known.reference if known else None,
    }
    if known is not None and known.film_share is not None:
        told["film_share"] = round(known.film_share, 2)
    if result.reason is not None:
        told["reason"] = result.reason
    try:
        result.path.encode("utf-8")
    except UnicodeEncodeError:
        told["path_base64"] = base64.b64encode(os.fsencode(result.path)).decode("ascii")
    return json.dumps(told, ensure_ascii=False)


def as_line(result: Result) -> str | None:
    """A line for people about what needs one: found, or unreadable. None for the rest."""
    if result.known is None:
        return f"{UNREADABLE:<12} {printable(result.path)}: {result.reason}"
    if result.status not in FOUND:
        return None
    known = result.known
    details = [f"action {known.action}"] if known.action else []
    if known.kind:
        details.append(f"{known.kind} match")
    if known.category:
        details.append(f"category {known.category}")
    if known.sources is not None:
        details.append(f"sources {known.sources}")
    if known.film_share is not None:
        details.append(f"{known.film_share:.0%} of the film")
    if known.reference:
        details.append(f"reference {known.reference}")
    if result.reason is not None:
        details.append(result.reason)
    told = f"  ({', '.join(details)})" if details else ""
    return f"{known.status:<12} {printable(result.path)}{told}"


class Tally:
    """Counts by argument and status."""

    def __init__(self, roots: Sequence[str]) -> None:
        self._roots = roots
        self._counts: list[Counter[str]] = [Counter() for _ in roots]

    def add(self, result: Result) -> None:
        self._counts[result.root][result.status] += 1

    def of(self, *statuses: str) -> int:
        """How many files ended with one of these."""
        return sum(counts[status] for counts in self._counts for status in statuses)

    @property
    def files(self) -> int:
        return sum(sum(counts.values()) for counts in self._counts)

    def table(self, passed: Passed) -> str:
        """A row for each argument, a column for each status that occurred."""
        shown = ["listed", "near", "held", "not_listed"]
        shown += [s for s in STATUSES if s not in shown and self.of(s)]
        head = ["files", *(status.replace("_", " ") for status in shown), ""]
        rows = [head]
        for root, counts in zip(self._roots, self._counts, strict=True):
            rows.append([str(sum(counts.values())), *_cells(counts, shown), printable(root)])
        if len(self._roots) > 1:
            whole = sum(self._counts, Counter[str]())
            rows.append([str(self.files), *_cells(whole, shown), "together"])
        lines = [_aligned(row, rows) for row in rows]
        if passed.links or passed.not_files:
            lines.append(
                f"Passed over: {passed.links} links (what they point to is checked where it lies), "
                f"{passed.not_files} that are no files."
            )
        return "\n".join(lines)


def _cells(counts: Counter[str], shown: Sequence[str]) -> list[str]:
    return [str(counts[status]) for status in shown]


def _aligned(row: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(other[i]) for other in rows) for i in range(len(row) - 1)]
    cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=False)]
    return "  ".join([*cells, row[-1]]).rstrip()


class Bar:
    """A bar on a terminal; writes nothing to anything else."""

    def __init__(self, out: TextIO, total: int | None) -> None:
        self._out = out
        self._on = out.isatty()
        self._total = total
        self._started = time.monotonic()
        self._drawn = 0.0

    def show(self, done: int) -> None:
        """Draw the bar, five times a second at most."""
        now = time.monotonic()
        if not self._on or now - self._drawn < _BAR_EACH_SECONDS:
            return
        self._drawn = now
        rate = done / max(now - self._started, 0.001)
        self._out.write(f"\r{self._body(done)}  {rate:.0f} files/s\x1b[K")
        self._out.flush()

    def clear(self) -> None:
        """Make room for a line."""
        if self._on and self._drawn:
            self._out.write("\r\x1b[K")
            self._out.flush()
            self._drawn = 0.0

    def _body(self, done: int) -> str:
        if not self._total:
            return f"{done} files"
        full = min(_BAR_WIDTH, _BAR_WIDTH * done // self._total)
        return f"[{'#' * full}{'.' * (_BAR_WIDTH - full)}] {done} of {self._total}"
