"""Every door, asked by a client that is not ours, while its house is in trouble.

The server is down, its index is missing, or it answers a second late: no client may take that for
"clean". Each is shown once that it does say "clean" of a picture that is on no list.
"""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.client.faulty import QUICK
from tests.client.middleware import django_site
from tests.client.middleware.test_asgi import App as AsgiForms
from tests.client.middleware.test_django import send as send_to_django
from tests.client.middleware.test_django import site
from tests.client.middleware.test_wsgi import App as WsgiForms
from tests.client.middleware.uploads import FORM, cut, form, photo
from tests.client.test_real_synapse import PYTHON as SYNAPSE
from tests.client.test_real_synapse import Homeserver, registered, wait_for, written
from tests.client.test_webhook import APP as PICTRS_APP
from tests.doors.api.conftest import Issue, checker, issue, issuer
from tests.doors.api.facade.asking_foreign import PYTHON, asked_by, b64
from tests.doors.api.facade.conftest import Lost, door, listed, picture, without_index
from tests.doors.api.facade.serving import nobody, serving
from tests.doors.api.facade.test_arachnid import sdk
from tests.doors.api.test_media import landscape
from tests.doors.gates import test_clamd_clients as clamd
from tests.doors.gates import test_icap_clients as icap
from tests.doors.gates.opened import Opened
from tests.doors.gates.talking import StandIn, a_desk
from tests.doors.gates.test_clamd import BAD, BLOCKED, CLEAN
from tests.house.source import ROOT
from tocsin.base.accounts.types import IssuedKey
from tocsin.client import AsyncClient, Client, Decision, Key, OutagePolicy
from tocsin.client.middleware import AsgiScreen, Screen, WsgiScreen
from tocsin.client.middleware import django as plugged
from tocsin.doors.api.door import ApiDoor
from tocsin.doors.api.http import StartResponse, WsgiApp
from tocsin.engine.fingerprints import Fingerprints

__all__ = [
    "checker", "door", "issue", "issuer", "listed", "picture", "site", "without_index",
]  # fmt: skip
pytestmark = [pytest.mark.server, pytest.mark.django_db]

LATE_SECONDS = 1.0
# Decoders may start slowly where a machine has much else to do; that is no answer of the house.
PATIENT = replace(QUICK, deadline_seconds=60.0)


class House(StrEnum):
    """How the house stands."""

    WELL = "well"
    DOWN = "down"
    NO_INDEX = "without an index"
    LATE = "a second late"


class Said(StrEnum):
    """What whoever reads the client's answer takes it for."""

    CLEAN = "clean"
    FOUND = "found"
    TROUBLE = "trouble"


@dataclass(frozen=True)
class World:
    """Where the house is to be found, as it stands, with a key that it knows; and two pictures."""

    house: House
    base: str
    key: IssuedKey
    bad: bytes
    good: bytes
    folder: Path
    app: WsgiApp | None = None

    @property
    def client_key(self) -> Key:
        return Key(self.key.key_id, self.key.secret)

    @contextmanager
    def gate(self) -> Iterator[tuple[int, int]]:
        """The ports of clamd's protocol and of ICAP; gates know `BAD` and `CLEAN`."""
        if self.house is House.DOWN:
            yield clamd.a_port_where_nobody_listens(), clamd.a_port_where_nobody_listens()
            return
        if self.house is House.NO_INDEX:
            desk = a_desk(StandIn(problem="no index"))
        elif self.house is House.LATE:
            desk = a_desk(StandIn(listed=BLOCKED), fingerprint=clamd.late_by_a_second)
        else:
            desk = a_desk(StandIn(listed=BLOCKED))
        with Opened(desk) as opened:
            yield opened.clamd_port, opened.icap_port


Reads = Callable[[World, bool], Said]
"""How a client asks about the listed picture (True) or the other, and what it makes of it."""


def command(*words: str | Path) -> str | None:
    """What a program printed; None where it ended as in an error."""
    done = subprocess.run([*map(str, words)], check=False, capture_output=True, timeout=60)
    return done.stdout.decode("latin-1") if done.returncode == 0 else None


def sha1(world: World, is_listed: bool) -> str:
    data = world.bad if is_listed else world.good
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def curl_v1(world: World, is_listed: bool) -> Said:
    said = command(
        "curl", "-sS", "--fail", "-u", f"{world.key.key_id}:{world.key.secret}",
        "-d", sha1(world, is_listed), f"{world.base}/v1/check/sha1",
    )  # fmt: skip
    return {"true": Said.FOUND, "false": Said.CLEAN}.get(said or "", Said.TROUBLE)


def curl_v2(world: World, is_listed: bool) -> Said:
    items = json.dumps({"items": [{"id": "u", "sha1": sha1(world, is_listed)}]})
    said = command(
        "curl", "-sS", "--fail", "-H", f"Authorization: Bearer {world.key.bearer}",
        "-H", "Content-Type: application/json", "-d", items, f"{world.base}/v2/checks",
    )  # fmt: skip
    return Said.TROUBLE if said is None else of_status(json.loads(said))


def curl_media(world: World, is_listed: bool) -> Said:
    file = world.folder / "upload.png"
    file.write_bytes(world.bad if is_listed else world.good)
    said = command(
        "curl", "-sS", "--fail", "-H", f"Authorization: Bearer {world.key.bearer}",
        "--data-binary", f"@{file}", f"{world.base}/v2/media",
    )  # fmt: skip
    return Said.TROUBLE if said is None else of_status(json.loads(said))


def of_status(answer: Any) -> Said:
    """As a careless reader of `/v2` takes it: what is not `not_listed` is something."""
    [result] = answer["results"]
    return Said.CLEAN if result["status"] == "not_listed" else Said.FOUND


def our_client(world: World, is_listed: bool) -> Said:
    with Client(world.base, world.client_key, outage=OutagePolicy.HOLD, settings=PATIENT) as client:
        verdict = client.check_bytes(world.bad if is_listed else world.good, id="u")
    if verdict.decision is Decision.ALLOW:
        return Said.CLEAN
    return Said.FOUND if verdict.decision is Decision.BLOCK else Said.TROUBLE


def arachnid(world: World, is_listed: bool) -> Said:
    data = world.bad if is_listed else world.good
    [told] = sdk(world.base, world.key, {"what": "bytes", "contents": b64(data)})
    if "raised" in told:
        return Said.TROUBLE
    return Said.FOUND if told["known"] else Said.CLEAN


def photodna(world: World, is_listed: bool) -> Said:
    file = {"place": "Match", "file": b64(world.bad if is_listed else world.good)}
    [told] = asked_by("photodna", world.base, world.key.bearer, file)
    return Said.TROUBLE if "raised" in told else Said.CLEAN if told["clean"] else Said.FOUND


def hma(world: World, is_listed: bool) -> Said:
    data = b64(world.bad if is_listed else world.good)
    file = {"place": "m/lookup", "field": "photo", "file": data}
    [told] = asked_by("hma", world.base, world.key.bearer, file)
    return Said.TROUBLE if "raised" in told else Said.CLEAN if told["clean"] else Said.FOUND


def gate_file(world: World, is_listed: bool) -> Path:
    file = world.folder / "upload.jpg"
    file.write_bytes(BAD if is_listed else CLEAN)
    return file


def clamdscan(world: World, is_listed: bool) -> Said:
    with world.gate() as (port, _):
        scan = clamd.ClamdScan(world.folder, f"TCPSocket {port}", "TCPAddr 127.0.0.1")
        code, _ = scan("--stream", gate_file(world, is_listed))
    return {0: Said.CLEAN, 1: Said.FOUND}.get(code, Said.TROUBLE)


def pyclamd(world: World, is_listed: bool) -> Said:
    with world.gate() as (port, _):
        said = clamd.pyclamd(port, gate_file(world, is_listed))
    if said == "None":
        return Said.CLEAN
    return Said.FOUND if said.startswith("FOUND") else Said.TROUBLE


def c_icap_client(world: World, is_listed: bool) -> Said:
    with world.gate() as (_, port):
        said = icap.ask_about(port, gate_file(world, is_listed))
    if icap.is_clean(said):
        return Said.CLEAN
    return Said.FOUND if "X-Virus-ID: Tocsin.Listed" in said else Said.TROUBLE


def squid(world: World, is_listed: bool) -> Said:
    with (
        http_site() as origin,
        world.gate() as (_, port),
        icap.squid(world.folder, port) as proxy,
    ):
        code, body = icap.through(proxy, origin, "/bad.jpg" if is_listed else "/clean.jpg")
    if BAD in body or CLEAN in body:
        return Said.CLEAN
    return Said.FOUND if code == http.client.FORBIDDEN else Said.TROUBLE


@contextmanager
def http_site() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), icap.Site) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join(20)


def of_http(status: int) -> Said:
    if status < http.client.MULTIPLE_CHOICES:
        return Said.CLEAN
    return Said.FOUND if status == http.client.UNAVAILABLE_FOR_LEGAL_REASONS else Said.TROUBLE


def wsgi_middleware(world: World, is_listed: bool) -> Said:
    file = world.folder / "upload.png"
    file.write_bytes(world.bad if is_listed else world.good)
    with a_client_of(world) as client, serving(WsgiScreen(WsgiForms(), Screen(client))) as app:
        code = command(
            "curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-F", f"photo=@{file}", app
        )
    return of_http(int(code or 599))


def asgi_middleware(world: World, is_listed: bool) -> Said:
    body = form(photo(world.bad if is_listed else world.good))

    async def upload() -> int:
        async with AsyncClient(
            world.base, world.client_key, outage=OutagePolicy.HOLD, settings=PATIENT
        ) as client:
            transport = httpx.ASGITransport(AsgiScreen(AsgiForms(), Screen(client)))
            async with httpx.AsyncClient(transport=transport, base_url="http://app") as browser:
                answer = await browser.post("/", content=body, headers={"content-type": FORM})
                return answer.status_code

    return of_http(asyncio.run(upload()))


def django_middleware(world: World, is_listed: bool) -> Said:
    with a_client_of(world) as client:
        django_site.screens.append(Screen(client))
        plugged._screen.cache_clear()
        return of_http(send_to_django(world.bad if is_listed else world.good).status_code)


@contextmanager
def a_client_of(world: World) -> Iterator[Client]:
    with Client(world.base, world.client_key, outage=OutagePolicy.HOLD, settings=PATIENT) as client:
        yield client


DOORS: dict[str, Reads] = {
    "/v1, curl": curl_v1,
    "/v2/checks, curl": curl_v2,
    "/v2/media, curl": curl_media,
    "/v2, our client": our_client,
    "Arachnid Shield, its SDK": arachnid,
    "PhotoDNA Cloud, requests": photodna,
    "HMA, requests": hma,
    "clamd, clamdscan": clamdscan,
    "clamd, pyclamd": pyclamd,
    "ICAP, c-icap-client": c_icap_client,
    "ICAP, Squid": squid,
    "middleware, WSGI": wsgi_middleware,
    "middleware, ASGI": asgi_middleware,
    "middleware, Django": django_middleware,
}
MISSING = {
    "/v1, curl": shutil.which("curl") is None,
    "/v2/checks, curl": shutil.which("curl") is None,
    "/v2/media, curl": shutil.which("curl") is None,
    "middleware, WSGI": shutil.which("curl") is None,
    "Arachnid Shield, its SDK": PYTHON is None,
    "PhotoDNA Cloud, requests": PYTHON is None,
    "HMA, requests": PYTHON is None,
    "clamd, clamdscan": clamd.CLAMDSCAN is None,
    "clamd, pyclamd": clamd.PYTHON is None,
    "ICAP, c-icap-client": icap.CLIENT is None,
    "ICAP, Squid": icap.SQUID is None,
}


def late(app: WsgiApp) -> WsgiApp:
    """The same, a second late."""

    def answer(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        time.sleep(LATE_SECONDS)
        return app(environ, start_response)

    return answer


@pytest.fixture(params=list(House), ids=lambda house: house.value)
def world(
    request: pytest.FixtureRequest,
    door: ApiDoor,
    issue: Issue,
    listed: Fingerprints,
    picture: bytes,
    tmp_path: Path,
) -> Iterator[World]:
    """The house as it stands."""
    house: House = request.param
    app: WsgiApp = door
    if house is House.NO_INDEX:
        lost: Lost = request.getfixturevalue("without_index")
        app, key = lost.door, lost.key
    else:
        key = issue()
        app = late(door) if house is House.LATE else door
    if house is House.DOWN:
        yield World(house, nobody(), key, picture, landscape(7), tmp_path)
        return
    with serving(app) as base:
        yield World(house, base, key, picture, landscape(7), tmp_path, app)


@pytest.mark.parametrize("name", DOORS)
def test_no_client_of_a_house_in_trouble_hears_clean(name: str, world: World) -> None:
    if MISSING.get(name):
        pytest.skip(f"the client of {name} is not here")
    asks = DOORS[name]
    said = asks(world, True)
    expected = Said.FOUND if world.house in {House.WELL, House.LATE} else Said.TROUBLE
    assert said is expected
    if world.house is House.WELL:
        # What it is asked about otherwise could be told of by a client that never says "clean".
        assert asks(world, False) is Said.CLEAN


class Line:
    """A port that stays the same while the house behind it changes, for programs that are slow to
    start: it asks with the key that the house knows, whatever they ask with; nobody listens at it
    while the house is down."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def leads_to(self, world: World) -> Iterator[None]:
        """Requests of the block go to that house."""
        if world.house is House.DOWN:
            yield
            return
        with serving(self._handed_on(world), port=self.port):
            yield

    def _handed_on(self, world: World) -> WsgiApp:
        assert world.app is not None
        app = world.app

        def answer(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
            environ["HTTP_AUTHORIZATION"] = f"Bearer {world.key.bearer}"
            return app(environ, start_response)

        return answer


@pytest.fixture(scope="module")
def line() -> Line:
    return Line()


@pytest.fixture(scope="module")
def validation(line: Line, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a validation webhook under granian, as pict-rs is given it."""
    folder = tmp_path_factory.mktemp("webhook")
    (folder / "key").write_text("k-test.c2VjcmV0\n")
    (folder / "validation.py").write_text(
        PICTRS_APP.format(url=line.url, key=str(folder / "key")).replace(
            # Its own memory of failures would speak of the house as it stood before.
            "tries=1",
            "tries=1, breaker_failures=1_000",
        )
    )
    port = clamd.a_port_where_nobody_listens()
    granian = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
    process = subprocess.Popen(
        [*granian, "--port", str(port), "--no-access-log", "--no-ws", "validation:app"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, str(folder)])},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        icap._wait_for(port)
        yield f"http://127.0.0.1:{port}/s3cret"
    finally:
        process.terminate()
        process.wait(20)


def test_pict_rs_keeps_no_file_while_the_house_is_in_trouble(
    validation: str, line: Line, world: World
) -> None:
    def kept(data: bytes) -> bool:
        """As pict-rs asks, chunked, and takes any 2xx for yes."""
        pieces = iter(cut(data, 5_000))
        answer = httpx.post(
            validation, content=pieces, headers={"content-type": "image/png"}, timeout=60
        )
        return answer.is_success

    with line.leads_to(world):
        assert not kept(world.bad)
        assert kept(world.good) is (world.house in {House.WELL, House.LATE})


def test_pict_rs_keeps_no_file_while_the_webhook_itself_is_down(picture: bytes) -> None:
    with pytest.raises(httpx.ConnectError):
        httpx.post(nobody(), content=picture)


@pytest.fixture(scope="module")
def homeserver(line: Line, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homeserver]:
    """A real Synapse with our module, which asks at the line."""
    if SYNAPSE is None:
        pytest.skip("no Synapse: python -m tools.synapse makes it")
    folder = tmp_path_factory.mktemp("synapse")
    port = clamd.a_port_where_nobody_listens()
    config = written(folder, port, line.url)
    ways = [str(SYNAPSE), "-m", "synapse.app.homeserver", "-c", str(config)]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src")}
    subprocess.run([*ways, "--generate-keys"], cwd=folder, env=environment, check=True)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ways, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(url, process, folder / "log")
        yield Homeserver(url, registered(url), folder / "media")
    finally:
        process.terminate()
        process.wait(30)


def test_synapse_stores_no_file_while_the_house_is_in_trouble(
    homeserver: Homeserver, line: Line, world: World
) -> None:
    with line.leads_to(world):
        assert homeserver.upload(world.bad).status_code == http.client.BAD_REQUEST
        good = homeserver.upload(world.good).status_code
    assert (good == http.client.OK) is (world.house in {House.WELL, House.LATE})
    assert not homeserver.holds(world.bad)
