"""The file that an import writes for every line it refused, with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from tocsin.domain.hashlists.lines import UnusableFile
from tocsin.domain.hashlists.types import Refusal


@contextmanager
def refusal_file(path: Path | None, lines_done: int) -> Iterator[TextIO | None]:
    """The file for refused lines; of an earlier try it keeps what came before line `lines_done`."""
    if path is None:
        yield None
        return
    # Only what goes wrong with this file is told as its fault: not what is read and written beside.
    with _report_trouble(path):
        kept = _kept_refusals(path, lines_done) if lines_done else []
        file = path.open("w", encoding="utf-8")
    try:
        with _report_trouble(path):
            file.writelines(["line\treason\n", *kept])
        yield file
    except BaseException:
        with suppress(OSError):
            file.close()
        raise
    with _report_trouble(path):
        file.close()


def write_refusals(file: TextIO | None, refused: list[Refusal]) -> None:
    """Add refused lines to the file, if one is wanted; raises UnusableFile."""
    if file is not None and refused:
        with _report_trouble(Path(file.name)):
            file.writelines(f"{r.line}\t{r.reason}\n" for r in refused)
            file.flush()


@contextmanager
def _report_trouble(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnusableFile(f"{path} cannot be written: {error.strerror or error}.") from error


def _kept_refusals(path: Path, lines_done: int) -> list[str]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as file:
        return [
            row
            for row in file
            if row.partition("\t")[0].isdigit() and int(row.partition("\t")[0]) <= lines_done
        ]
