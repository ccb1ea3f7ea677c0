"""What is done with what was found: told, moved aside, handed to a command. Never deleted."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tocsin.domain.matching.types import Action, AnswerStatus
from tocsin.site.checking.archives import outer
from tocsin.site.checking.types import FOUND, Result

HOOK_SECONDS: Final = 60.0


class CannotAct(Exception):
    """The folder or the command cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Done:
    """Where the file lies now, None where it was not moved; and what went wrong, in words."""

    moved_to: str | None = None
    trouble: str | None = None


class Acting:
    """Moves aside what is to be blocked, and calls a command for everything found.

    The command gets the path as its last argument, no shell, and status and action as a line of
    JSON on its standard input. Raises CannotAct for what could never work.
    """

    def __init__(
        self, roots: list[str], *, move_to: Path | None = None, on_hit: str | None = None
    ) -> None:
        self._move_to = None if move_to is None else _folder(move_to, roots)
        self._command = shlex.split(on_hit) if on_hit else []
        if on_hit is not None and not self._command:
            raise CannotAct("--on-hit takes a command.")

    def act(self, result: Result) -> Done:
        """Do what was asked for with one file; what goes wrong is told and stops nothing."""
        if result.status not in FOUND:
            return Done()
        path, moved, trouble = outer(result.path), None, None
        if self._move_to is not None and _is_blocked(result):
            try:
                moved = path = _moved(path, self._move_to)
            except OSError as error:
                trouble = f"not moved: {(error.strerror or 'unknown').lower()}"
        if self._command:
            trouble = self._call(path, result) or trouble
        return Done(moved, trouble)

    def _call(self, path: str, result: Result) -> str | None:
        action = result.known.action if result.known else ""
        told = json.dumps({"status": result.status, "action": action or None})
        try:
            ended = subprocess.run(
                [*self._command, path],
                input=f"{told}\n".encode("ascii"),
                stdout=subprocess.DEVNULL,
                timeout=HOOK_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"the command took longer than {HOOK_SECONDS:.0f} s"
        except OSError as error:
            return f"the command cannot be called: {(error.strerror or 'unknown').lower()}"
        return f"the command ended with {ended.returncode}" if ended.returncode else None


def _is_blocked(result: Result) -> bool:
    """Keys that hear yes or no only are told no action: they hear `listed` where it is to block."""
    action = result.known.action if result.known else ""
    return action == Action.BLOCK.value or (
        not action and result.status == AnswerStatus.LISTED.value
    )


def _moved(path: str, folder: Path) -> str:
    """Under its own name, or with a number where that is taken: nothing is written over."""
    name = os.path.basename(path)  # noqa: PTH119 - surrogate escapes
    for number in range(10_000):
        target = str(folder / (f"{number}-{name}" if number else name))
        try:
            # A second name first, which fails where there is one, as a rename does not.
            os.link(path, target, follow_symlinks=False)
        except FileExistsError:
            continue
        os.unlink(path)  # noqa: PTH108 - surrogate escapes
        return target
    raise FileExistsError(0, "ten thousand of that name are there")


def _folder(move_to: Path, roots: list[str]) -> Path:
    folder = move_to.resolve()
    if not folder.is_dir():
        raise CannotAct(f"--move-to: there is no folder {folder}.")
    for root in roots:
        top = Path(root).resolve()
        if folder == top or top in folder.parents:
            raise CannotAct(f"--move-to: {folder} lies in {top}, which is watched.")
        if os.stat(top).st_dev != os.stat(folder).st_dev:  # noqa: PTH116
            raise CannotAct(f"--move-to: {folder} lies on another file system than {top}.")
    return folder
