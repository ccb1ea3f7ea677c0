"""A real Synapse on loopback, with our module: what it refuses is not stored.

Needs the environment that `python -m tools.synapse` makes.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.client.faulty import Faulty, Says
from tests.client.middleware.conftest import one_server, server
from tests.client.middleware.uploads import FREE, LISTED
from tests.house.source import ROOT
from tools.synapse import synapse_python

__all__ = ["one_server", "server"]

PYTHON = synapse_python()
pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(PYTHON is None, reason="no Synapse: python -m tools.synapse makes it"),
]
SECRET = "for this test alone"


@dataclass(frozen=True)
class Homeserver:
    """A running Synapse, and a user on it."""

    url: str
    token: str
    store: Path

    def upload(self, data: bytes, kind: str = "image/png") -> httpx.Response:
        return httpx.post(
            f"{self.url}/_matrix/media/v3/upload?filename=picture.png",
            content=data,
            headers={"authorization": f"Bearer {self.token}", "content-type": kind},
            timeout=120,
        )

    def holds(self, data: bytes) -> bool:
        """Whether the media store has a file with these bytes."""
        return any(path.read_bytes() == data for path in self.store.rglob("*") if path.is_file())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def written(folder: Path, port: int, tocsin: str) -> Path:
    """The configuration; JSON is YAML."""
    (folder / "tocsin.key").write_text("k-test.c2VjcmV0\n")
    config = {
        "server_name": "matrix.example",
        "listeners": [
            {
                "port": port,
                "bind_addresses": ["127.0.0.1"],
                "type": "http",
                "tls": False,
                "resources": [{"names": ["client"]}],
            }
        ],
        "database": {"name": "sqlite3", "args": {"database": str(folder / "homeserver.db")}},
        "media_store_path": str(folder / "media"),
        "signing_key_path": str(folder / "signing.key"),
        "pid_file": str(folder / "pid"),
        "report_stats": False,
        "trusted_key_servers": [],
        "registration_shared_secret": SECRET,
        "modules": [
            {
                "module": "tocsin.client.synapse.TocsinMediaCheck",
                "config": {
                    "server": tocsin,
                    "key_file": str(folder / "tocsin.key"),
                    "outage": "hold",
                    "deadline_seconds": 5,
                },
            }
        ],
    }
    path = folder / "homeserver.yaml"
    path.write_text(json.dumps(config))
    return path


@pytest.fixture(scope="module")
def homeserver(
    one_server: Faulty, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Homeserver]:
    folder = tmp_path_factory.mktemp("synapse")
    port = free_port()
    config = written(folder, port, one_server.url)
    command = [str(PYTHON), "-m", "synapse.app.homeserver", "-c", str(config)]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src")}
    subprocess.run([*command, "--generate-keys"], cwd=folder, env=environment, check=True)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(url, process, folder / "log")
        yield Homeserver(url, registered(url), folder / "media")
    finally:
        process.terminate()
        process.wait(30)


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/_matrix/client/versions", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail(f"Synapse did not start: {log.read_text('utf-8', 'replace')[-2_000:]}")


def registered(url: str) -> str:
    """The token of a new user."""
    at = f"{url}/_synapse/admin/v1/register"
    nonce = httpx.get(at, timeout=60).json()["nonce"]
    told = b"\x00".join([nonce.encode(), b"anna", b"w0rd-of-anna", b"notadmin"])
    user = {
        "nonce": nonce,
        "username": "anna",
        "password": "w0rd-of-anna",
        "admin": False,
        "mac": hmac.new(SECRET.encode(), told, hashlib.sha1).hexdigest(),
    }
    return str(httpx.post(at, json=user, timeout=60).json()["access_token"])


def test_a_listed_picture_is_refused_and_not_stored(homeserver: Homeserver, server: Faulty) -> None:
    free, listed = homeserver.upload(FREE), homeserver.upload(LISTED)
    assert (free.status_code, listed.status_code) == (200, 400)
    assert free.json()["content_uri"].startswith("mxc://matrix.example/")
    # Synapse tells nobody why.
    assert listed.json()["error"] == "Bad content"
    assert homeserver.holds(FREE)
    assert not homeserver.holds(LISTED)
    ids = [asked.items[0]["id"] for asked in server.asked]
    assert free.json()["content_uri"].endswith(ids[0])


def test_what_is_encrypted_from_end_to_end_goes_in(homeserver: Homeserver, server: Faulty) -> None:
    data = hashlib.shake_256(b"sealed").digest(5_000)
    assert homeserver.upload(data, "application/octet-stream").status_code == 200


def test_a_service_that_is_away_lets_nothing_in(homeserver: Homeserver, server: Faulty) -> None:
    server.answer = lambda asked: Says(500, b"")
    said = homeserver.upload(FREE + b"\x00")
    assert (said.status_code, said.json()["error"]) == (400, "Bad content")
    server.answer = lambda asked: None
    assert homeserver.upload(FREE + b"\x01").status_code == 400
