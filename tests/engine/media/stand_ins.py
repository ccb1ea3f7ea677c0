"""Workers and zygotes of our own making, put in the real ones' place."""

import sys
from pathlib import Path

import pytest

_SCRIPT = """
import os, sys, threading, time
from tocsin.engine.media import Containment, confinement, frames, worker, zygote

{before}

def serve(line, zygote_pid):
    confinement.die_with(zygote_pid)
    say, hear = line.sendall, line.recv
    say(frames.ready_frame(Containment(True, True, True, True)))
    {after_ready}

if {instead}:
    worker.serve = serve
    zygote.load_decoders = lambda: None
zygote.main(int(sys.argv[1]))
"""


def put_worker(patch: pytest.MonkeyPatch, folder: Path, after_ready: str) -> None:
    """A worker that says it is ready and then runs this line, in which it has `say` and `hear`."""
    _put(patch, folder, _SCRIPT.format(before="", after_ready=after_ready, instead=True))


def put_zygote(patch: pytest.MonkeyPatch, folder: Path, before: str) -> None:
    """The real zygote and worker, after this line has run."""
    _put(patch, folder, _SCRIPT.format(before=before, after_ready="", instead=False))


def _put(patch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    path = folder / "zygote.py"
    path.write_text(script)
    command = (sys.executable, str(path))
    patch.setattr("tocsin.engine.media.pool.ZYGOTE_COMMAND", command)
