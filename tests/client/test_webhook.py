"""The validation webhook, called as pict-rs calls it, through a real server."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.client.faulty import Faulty, Says
from tests.client.middleware.conftest import client, one_client, one_server, server
from tests.client.middleware.test_wsgi import ask
from tests.client.middleware.uploads import FORM, FREE, LISTED, cut, form, photo
from tocsin.client import Client
from tocsin.client.middleware import Handling, Screen
from tocsin.client.webhook import ValidationWebhook

__all__ = ["client", "one_client", "one_server", "server"]

pytestmark = pytest.mark.server

APP = """
from tocsin.client import Client, Key, OutagePolicy, Settings
from tocsin.client.middleware import Screen
from tocsin.client.webhook import ValidationWebhook

client = Client(
    {url!r}, Key.from_file({key!r}), outage=OutagePolicy.HOLD,
    settings=Settings(tries=1, decoders=1),
)
app = ValidationWebhook(Screen(client), secret="s3cret")
"""


@pytest.fixture
def webhook(server: Faulty, tmp_path: Path) -> Iterator[str]:
    """The address of a webhook under granian, which hands on chunked bodies."""
    (tmp_path / "key").write_text("k-test.c2VjcmV0\n")
    app = tmp_path / "validation.py"
    app.write_text(APP.format(url=server.url, key=str(tmp_path / "key")))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    granian = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
    process = subprocess.Popen(
        [*granian, "--port", str(port), "--no-access-log", "--no-ws", "validation:app"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, str(tmp_path)])},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}/s3cret"
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the webhook did not answer within a minute")


def post(url: str, data: bytes, kind: str = "image/png") -> int:
    """As pict-rs does: chunked, the file's own type, and nothing else."""
    answer = httpx.post(
        url, content=iter(cut(data, 5_000)), headers={"content-type": kind}, timeout=60
    )
    return answer.status_code


def test_as_pict_rs_calls_it(webhook: str, server: Faulty) -> None:
    assert post(webhook, FREE) == 204
    assert post(webhook, LISTED) == 451
    assert post(webhook, LISTED, "video/mp4") == 451
    assert post(webhook.replace("s3cret", "guess"), FREE) == 404
    server.answer = lambda asked: Says(500, b"")
    assert post(webhook, FREE) == 503


def test_forms_other_methods_and_nothing(client: Client) -> None:
    app = ValidationWebhook(Screen(client))
    assert ask(app, form(photo(FREE))).status == 204
    assert ask(app, form(photo(LISTED)), FORM).status == 451
    assert ask(app, b"no picture", "").status == 422
    assert ask(app, b"", "image/png").status == 400
    assert ask(app, b"", REQUEST_METHOD="GET").status == 405
    assert ask(app, FREE, PATH_INFO="/other").status == 404


def test_a_webhook_never_only_marks(client: Client) -> None:
    with pytest.raises(ValueError, match="yes or no"):
        ValidationWebhook(Screen(client, handling=Handling.MARK))
