"""A real console: its own web and live processes, and Debian's chromium in front of it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.support import child_environment, in_threads

CHROMIUM = shutil.which("chromium")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
PROGRAMS = {"wsgi": "tocsin.site.wsgi:application", "asgi": "tocsin.site.asgi:application"}

Result = TypeVar("Result")


def away(call: Callable[[], Result]) -> Result:
    """Run `call` in another thread: the database does not speak where playwright's loop runs."""
    [result] = in_threads(call)
    if isinstance(result, Exception):
        raise result
    return result  # type: ignore[return-value]


@dataclass
class Console:
    """The console of one test: where it is, its browser, and what the browser complained of."""

    url: str
    browser: Browser
    complaints: list[str] = field(default_factory=list)

    def visitor(self, *, javascript: bool = True) -> Page:
        """A fresh browser window that knows nobody."""
        context: BrowserContext = self.browser.new_context(
            base_url=self.url, java_script_enabled=javascript
        )
        context.set_default_timeout(15_000)
        page = context.new_page()
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)


@pytest.fixture
def browser(transactional_db: None) -> Iterator[Browser]:
    """Chromium, gone before the database is emptied: Django refuses to work beside its loop."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield found
        found.close()


@pytest.fixture
def console(browser: Browser, data_folder: Path) -> Iterator[Console]:
    web, live = free_port(), free_port()
    environment = {
        **child_environment(data_folder),
        "TOCSIN_PORT": str(web),
        "TOCSIN_LIVE_PORT": str(live),
        "TOCSIN_DECODERS": "1",
    }
    servers = [start("wsgi", web, environment), start("asgi", live, environment)]
    try:
        wait_for(f"http://localhost:{web}/healthz")
        wait_for(f"http://localhost:{live}/live")
        shown = Console(f"http://localhost:{web}", browser)
        yield shown
        for context in browser.contexts:
            context.close()
        assert shown.complaints == []
    finally:
        for server in servers:
            server.terminate()
        for server in servers:
            server.wait(20)


def start(interface: str, port: int, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "granian", "--interface", interface, "--host", "127.0.0.1"]
    command += ["--port", str(port), "--workers", "1", "--no-ws", "--no-log", PROGRAMS[interface]]
    return subprocess.Popen(command, env=environment)


def wait_for(url: str) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own server
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"nothing answers at {url}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
