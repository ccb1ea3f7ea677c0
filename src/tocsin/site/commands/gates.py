"""`tocsin gates`: clamd's protocol and ICAP, for programs that can ask a virus scanner."""

from __future__ import annotations

import argparse
import asyncio
import signal
from typing import TYPE_CHECKING

from tocsin.site.commands import Stop

if TYPE_CHECKING:
    from tocsin.doors.gates.desk import Fingerprinter

HELP = "Open the gates (clamd, ICAP) that the settings name; `tocsin up` does so by itself."
NEEDS_DATABASE = True


def arguments(parser: argparse.ArgumentParser) -> None:
    """Takes none."""


def run(options: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C."""
    from tocsin.domain.matching.queries import checker
    from tocsin.doors.gates.places import Taken
    from tocsin.engine.index import warm_up
    from tocsin.site import dumps, gating
    from tocsin.site.dispatch import Decoders
    from tocsin.site.metrics import noting

    if not gating.are_wanted():
        raise Stop("set TOCSIN_GATE_CLAMD or TOCSIN_GATE_ICAP to where a gate is to listen.")
    wrong = gating.problems()
    if wrong:
        raise Stop("\n".join(f"{problem.words} {problem.hint}" for problem in wrong))
    # Files are in this process's memory before a decoder has them.
    dumps.leave_none()
    decoders = Decoders()
    warm_up()  # or the first client would wait for it
    noting.for_process("gates", decoders.state)()
    checker()  # begins to follow the lists; a gate whose lists are away opens all the same
    try:
        asyncio.run(_serve(decoders.fingerprint))
    except Taken as error:
        raise Stop(f"{error}.") from error
    finally:
        checker().stop()
        decoders.close()
    return 0


async def _serve(fingerprint: Fingerprinter) -> None:
    from tocsin.doors.gates.serving import serve
    from tocsin.site import gating

    until = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, until.set)
    await serve(gating.build(fingerprint), until)
