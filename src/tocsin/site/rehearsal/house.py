"""A whole Tocsin in a temporary folder, started as a user would: `tocsin up --rehearsal`."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tocsin.site.rehearsal.play import Failed
from tocsin.site.supervisor import die_with_parent

HOST: Final = "127.0.0.1"
READY: Final = "Ctrl-C stops everything."
READY_WITHIN_SECONDS: Final = 120.0
STOPS_WITHIN_SECONDS: Final = 20.0
_LINK: Final = re.compile(r"^ +(\w+) +http://\S+(/console/welcome/\S+)$", re.MULTILINE)
_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Opened:
    """What `up` told: the way to each person's first log-in, and the provider's key."""

    links: Mapping[str, str]
    key: str


class House:
    """The processes of one rehearsal. `folder` holds everything they write; `more` are settings."""

    def __init__(self, folder: Path, more: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self._more = dict(more or {})
        self.data = folder / "data"
        self.log = folder / "log.txt"
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        for name in ("home", "tmp"):
            (folder / name).mkdir(mode=0o700, exist_ok=True)

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"

    def start(self) -> Opened:
        """Start everything and wait until it answers. Raises Failed with the last log lines."""
        for _ in range(_TRIES):
            self.port, live = _free_ports()
            self._process = self._run_up(live)
            if self._wait_until_ready():
                return self._opened()
        raise Failed(f"Tocsin did not start:\n{self._last_lines()}")

    def stop(self) -> int:
        """Ask it to stop, as Ctrl-C would; its exit status. Raises Failed when it does not."""
        if self._process is None:
            return 0
        self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(STOPS_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            raise Failed("Tocsin did not stop within 20 seconds of being asked to.") from None

    def kill(self) -> None:
        """End whatever is left; the children follow their supervisor."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOPS_WITHIN_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def kill_hard(self) -> None:
        """SIGKILL to the supervisor, as when memory runs out."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def command(
        self, *arguments: str, more: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a `tocsin` command in this house, with more settings if need be."""
        return subprocess.run(
            [sys.executable, "-m", "tocsin.site.cli", *arguments],
            env=self.environment() | dict(more or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            text=True,
        )

    def running(self) -> list[int]:
        """Process ids of everything that runs in this house's name, this process aside."""
        mark = f"TOCSIN_DATA={self.data}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                environment = (entry / "environ").read_bytes()
            except OSError:
                continue
            if mark in environment.split(b"\0"):
                found.append(int(entry.name))
        return found

    def _run_up(self, live_port: int) -> subprocess.Popen[bytes]:
        ports = {"TOCSIN_PORT": str(self.port), "TOCSIN_LIVE_PORT": str(live_port)}
        with self.log.open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tocsin.site.cli", "up", "--rehearsal"],
                env=self.environment() | ports,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - one thread still: we start first
            )

    def environment(self) -> dict[str, str]:
        """What its processes are started with."""
        # Whatever is set for the installation beside us is none of the rehearsal's business.
        ours = ("TOCSIN_", "DJANGO_")
        kept = {name: text for name, text in os.environ.items() if not name.startswith(ours)}
        return kept | {
            "HOME": str(self.folder / "home"),
            "XDG_STATE_HOME": str(self.folder / "home" / "state"),
            "TMPDIR": str(self.folder / "tmp"),
            "TOCSIN_DATA": str(self.data),
            "TOCSIN_LOG": "json",
            **self._more,
        }

    def _wait_until_ready(self) -> bool:
        """False when it ended by itself, as it does when somebody took its port meanwhile."""
        process = self._process
        ready = wait_for(
            lambda: READY in self._told() or (process is not None and process.poll() is not None),
            READY_WITHIN_SECONDS,
        )
        return ready is not None and READY in self._told()

    def _opened(self) -> Opened:
        links = dict(_LINK.findall(self._told()))
        key = (self.data / "rehearsal-key.txt").read_text("ascii").strip()
        return Opened(links, key)

    def _told(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def _last_lines(self) -> str:
        return "\n".join(self._told().splitlines()[-15:])


def wait_for(come: Callable[[], bool], within_seconds: float) -> float | None:
    """Seconds until `come` was true, asked twenty times a second; None when it was not in time."""
    started = time.monotonic()
    while True:
        if come():
            return time.monotonic() - started
        if time.monotonic() - started > within_seconds:
            return None
        time.sleep(0.05)


def _free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        for probe in (first, second):
            probe.bind((HOST, 0))
        return first.getsockname()[1], second.getsockname()[1]
