"""`tocsin up`: everything on this machine, under one supervisor, until Ctrl-C."""

from __future__ import annotations

import argparse
import http.client
import shlex
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.site.commands import Stop

if TYPE_CHECKING:
    from tocsin.site.first_start import Prepared
    from tocsin.site.supervisor import Program, Supervisor

HELP = "Start everything on this machine: pages, API, live stream, worker."
NEEDS_DATABASE = True

HOST = "127.0.0.1"
READY_WITHIN_SECONDS = 60.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """`--rehearsal` adds an analyst, a manager, a list of drawn pictures and a test key."""
    parser.add_argument(
        "--rehearsal",
        action="store_true",
        help="also load what a rehearsal needs: people, a list of drawn pictures, a test key",
    )


def run(options: argparse.Namespace) -> int:
    """Prepare, start, look after; 0 after a clean stop."""
    from django.conf import settings

    from tocsin.site.first_start import prepare
    from tocsin.site.supervisor import Supervisor

    if set(settings.TOCSIN_DOORS) == {"public"}:
        return _public_alone()
    started = time.monotonic()
    for port in _ports():
        _refuse_taken(port)
    _say("Tocsin starts.")
    prepared = prepare(rehearsal=options.rehearsal, say=_say)
    supervisor = Supervisor(programs())
    supervisor.start()
    try:
        if _wait_until_ready(supervisor, settings.TOCSIN_PORT):
            _say(f"  processes: ready ({time.monotonic() - started:.1f} s in all)")
            is_public = "public" in settings.TOCSIN_DOORS
            public_port = settings.TOCSIN_PUBLIC_PORT if is_public else None
            _say(_welcome(prepared, settings.TOCSIN_PORT, public_port))
    finally:
        # Looks after the programs until told to stop; at once when it was told already.
        supervisor.run()
    _say("Tocsin has stopped.")
    return 0


def _public_alone() -> int:
    """The public's pages on a machine of their own; another one keeps the tables and the clocks."""
    from django.conf import settings

    from tocsin.site.supervisor import Supervisor

    _refuse_taken(settings.TOCSIN_PUBLIC_PORT)
    _say(f"The public's pages are at http://{HOST}:{settings.TOCSIN_PUBLIC_PORT}")
    supervisor = Supervisor([program for program in programs() if program.name == "public"])
    supervisor.start()
    supervisor.run()
    return 0


def _ports() -> list[int]:
    """Every port that the programs listen on."""
    from django.conf import settings

    public = [settings.TOCSIN_PUBLIC_PORT] if "public" in settings.TOCSIN_DOORS else []
    metrics = [settings.TOCSIN_METRICS_PORT] if settings.TOCSIN_METRICS_PORT else []
    return [settings.TOCSIN_PORT, settings.TOCSIN_LIVE_PORT, *public, *metrics]


def programs() -> list[Program]:
    """The processes of one machine. The public's pages are always one of their own."""
    from django.conf import settings

    from tocsin.site import gating
    from tocsin.site.dispatch import THREADS
    from tocsin.site.supervisor import Program

    # A server worker that is told to stop while it still starts forgets it: it is killed in time.
    granian = (
        *(sys.executable, "-m", "granian", "--host", HOST, "--no-ws", "--no-access-log"),
        *("--respawn-failed-workers", "--workers-kill-timeout", "5", "--log-level", "error"),
    )
    wsgi = (*granian, "--interface", "wsgi", "--blocking-threads", str(THREADS))
    web = (
        *wsgi,
        *("--port", str(settings.TOCSIN_PORT), "--workers", str(settings.TOCSIN_WEB_WORKERS)),
        *("--backpressure", "64"),
        "tocsin.site.wsgi:application",
    )
    public_pages = (
        *wsgi,
        *("--port", str(settings.TOCSIN_PUBLIC_PORT), "--workers", "1", "--backpressure", "64"),
        "tocsin.site.wsgi:application",
    )
    public = Program("public", public_pages, {"TOCSIN_DOORS": "public"})
    others = {"TOCSIN_DOORS": ",".join(door for door in settings.TOCSIN_DOORS if door != "public")}
    live = (
        *granian,
        *("--interface", "asginl", "--port", str(settings.TOCSIN_LIVE_PORT)),
        "tocsin.site.asgi:application",
    )
    ours = ["worker"]
    ours += ["gates"] if gating.are_wanted() else []
    ours += ["metrics"] if settings.TOCSIN_METRICS_PORT else []
    return [
        Program("web", web, others),
        Program("live", live),
        *([public] if "public" in settings.TOCSIN_DOORS else []),
        *(Program(name, (sys.executable, "-m", "tocsin.site.cli", name)) for name in ours),
    ]


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise Stop(
                f"port {port} is taken: another Tocsin, or another program, listens there. "
                "Stop it, or choose another with TOCSIN_PORT=9000."
            ) from error


def _wait_until_ready(supervisor: Supervisor, port: int) -> bool:
    """True when the pages answer; False when stopped before. Raises Stop after a minute."""
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while not supervisor.stopping:
        supervisor.tick()
        if _answers(port):
            return True
        if time.monotonic() > deadline:
            supervisor.stop()
            raise Stop("the pages did not answer within a minute; see the log lines above.")
    return False


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _welcome(prepared: Prepared, port: int, public_port: int | None = None) -> str:
    from tocsin.site.first_start import REHEARSAL

    base = f"http://{HOST}:{port}"
    lines = ["", f"Tocsin is at {base}", ""]
    if public_port is not None:
        lines += [f"The public's report form is at http://{HOST}:{public_port}/report", ""]
    if prepared.links:
        lines.append("One-time links (48 hours, each works once; you choose a password there):")
        lines += [
            f"  {username:<8} {base}/console/welcome/{secret}"
            for username, secret in prepared.links.items()
        ]
        lines.append("")
    renew = _tocsin("people renew-link")
    for username in prepared.not_in_yet:
        lines.append(f"{username} has not been in yet; a new link: {renew} {username}")
    if prepared.rehearsal_key:
        lines += _three_things(base, prepared.rehearsal_key, REHEARSAL / "uploads")
    lines.append("Ctrl-C stops everything.")
    return "\n".join(lines)


def _three_things(base: str, key: str, uploads: Path) -> list[str]:
    return [
        "Three things to try, in another terminal:",
        "  1. Ask whether an upload is known (this one is):",
        f"       curl -s {base}/v2/media \\",
        f"         -H 'Authorization: Bearer {key}' \\",
        f"         --data-binary @{_short(uploads / 'exact' / 'harbour.jpg')}",
        "  2. Check a whole folder against the same lists:",
        f"       {_tocsin('check --lists test')} {_short(uploads)}",
        "  3. See the whole chain run, from an upload to the notice and back:",
        f"       {_tocsin('rehearse')}",
        "",
    ]


def _tocsin(command: str) -> str:
    """A command to type in another terminal, where nothing knows of our data folder."""
    from django.conf import settings

    data = settings.TOCSIN_DATA
    usual = data == Path("data").resolve()
    named = "" if usual else f"TOCSIN_DATA={shlex.quote(_short(data))} "
    return f"{named}.venv/bin/tocsin {command}"


def _short(path: Path) -> str:
    """The path as seen from here, where that is shorter."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _say(text: str) -> None:
    print(text, flush=True)
