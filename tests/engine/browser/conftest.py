"""A page of our own in Debian's chromium, served from loopback, that holds the module."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tocsin.engine.browser import NAME, source
from tools.servers import chromium

ELSEWHERE = "plain.example"
"""A host that chromium finds on loopback and does not take for a secure one."""

# Nothing but the module and the test's own file may load: no inline script, no blob, no eval.
POLICY = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1",
)
WORKER = f"""
import {{ fingerprint }} from './{NAME}'
onmessage = async ({{ data }}) => postMessage(await fingerprint(data))
"""
IN_PAGE = f"""async () => {{
  const {{ fingerprint }} = await import('/{NAME}')
  return fingerprint(await (await fetch('/picture')).blob())
}}"""
IN_WORKER = """async () => {
  const worker = new Worker('/worker.js', { type: 'module' })
  worker.postMessage(await (await fetch('/picture')).blob())
  return new Promise((done, failed) => {
    worker.onmessage = ({ data }) => done(data)
    worker.onerror = ({ message }) => failed(new Error(message))
  })
}"""


@dataclass
class Site:
    """What the loopback server gives: an empty page, the module, a worker, and one picture."""

    port: int = 0
    picture: bytes = b""
    asked: list[str] = field(default_factory=list)

    def answer(self, path: str) -> tuple[str, bytes]:
        self.asked.append(path)
        return {
            "/": ("text/html", b"<!doctype html><title>fingerprints</title>"),
            f"/{NAME}": ("text/javascript", source()),
            "/worker.js": ("text/javascript", WORKER.encode()),
        }.get(path, ("application/octet-stream", self.picture))


@dataclass
class Chromium:
    """One chromium and the site that its pages come from."""

    browser: Browser
    site: Site
    usual: Page | None = None

    def page(self, host: str = "127.0.0.1") -> Page:
        """A new page of the site."""
        page = self.browser.new_page()
        page.goto(f"http://{host}:{self.site.port}/")
        return page

    def fingerprint(self, data: bytes, page: Page | None = None, how: str = IN_PAGE) -> Found:
        """What the module says of these bytes; raises playwright's Error with what it throws.

        Without a page of its own, a test shares one with those before and after it.
        """
        self.site.picture = data
        if self.usual is None:
            self.usual = self.page()
        found: Found = (page or self.usual).evaluate(how)
        return found


Found = dict[str, Any]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    served = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, body = served.answer(self.path)
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Security-Policy", POLICY)
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: a test's output is not a log."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served.port = server.server_port
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield served
        server.shutdown()


@pytest.fixture(scope="module")
def chrome(site: Site) -> Iterator[Chromium]:
    program = chromium()
    if program is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(QUIET))
        yield Chromium(browser, site)
        browser.close()
