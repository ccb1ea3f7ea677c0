"""A process of the public's pages alone: what it carries, and what it keeps of who comes."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.db import connection

from tests.journeys.conftest import free_port, wait_for
from tests.support import child_environment
from tocsin.domain.reporters.models import Conversation
from tocsin.site.commands import up

URLENCODED = "application/x-www-form-urlencoded"
VISITOR = "198.51.100.237"
AGENT = "needle-agent-7f3a"
REFERRER = "https://needle-referrer.example/where-i-was"

LOADED = """
import json, sys
import tocsin.site.wsgi
from django.test import Client
client = Client(HTTP_HOST="localhost", raise_request_exception=False)
answers = {path: client.get(path).status_code for path in json.loads(sys.argv[1])}
print(json.dumps({"answers": answers, "modules": sorted(sys.modules)}))
"""
ERRORS = """
from tocsin.site.wsgi import application
from django.template.loader import render_to_string
for status in (400, 404, 500):
    print(render_to_string(f"{status}.html"))
"""


@pytest.mark.django_db(transaction=True)
def test_it_carries_no_staff_code_and_answers_no_staff_address(data_folder: Path) -> None:
    there = {"/": 302, "/report": 302, "/en/": 200, "/nl/report": 200, "/fr/receipt": 200}
    not_there = ["/console/", "/account/login", "/join", "/language", "/v2/checks", "/nowhere"]
    environment = {**child_environment(data_folder), "TOCSIN_DOORS": "public"}
    done = subprocess.run(
        [sys.executable, "-c", LOADED, json.dumps([*there, *not_there])],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["answers"] == {**there, **dict.fromkeys(not_there, 404)}
    staff = re.compile(r"allauth|tocsin\.doors\.(console|provider|hoster)|tocsin\.site\.urls_staff")
    assert [name for name in told["modules"] if staff.match(name)] == []


def test_its_error_pages_lead_back_to_the_form(data_folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ERRORS],
        env={**child_environment(data_folder), "TOCSIN_DOORS": "public"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.count('<a href="/report">') == 3


@dataclass
class Alone:
    """The process, and where what it says goes to."""

    port: int
    log: Path
    process: subprocess.Popen[bytes]

    def ask(self, method: str, path: str, fields: dict[str, str] | None = None) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {
            "Host": "localhost",
            "X-Forwarded-For": VISITOR,
            "X-Real-IP": VISITOR,
            "Forwarded": f"for={VISITOR}",
            "User-Agent": AGENT,
            "Referer": REFERRER,
            "Content-Type": URLENCODED,
        }
        connection.request(method, path, urlencode(fields or {}), headers)
        answer = connection.getresponse()
        assert answer.status < 500
        return answer.read().decode()


@pytest.fixture
def alone(transactional_db: None, data_folder: Path) -> Iterator[Alone]:
    """The process just as `tocsin up` starts it."""
    port, log = free_port(), data_folder / "public.log"
    [program] = [program for program in up.programs() if program.name == "public"]
    command = list(program.command)
    command[command.index("--port") + 1] = str(port)
    environment = {
        **child_environment(data_folder),
        **program.environment,
        "TOCSIN_HTTPS": "yes",
        "TOCSIN_LOG": "json",
    }
    with log.open("wb") as file:
        process = subprocess.Popen(command, env=environment, stdout=file, stderr=file)
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz")
            yield Alone(port, log, process)
        finally:
            process.terminate()
            process.wait(20)


def kept_anywhere(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Everything that is kept: each file of the data folder, and each row of each table."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield str(path), path.read_bytes()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - our own names
            yield table, repr(cursor.fetchall()).encode()


@pytest.mark.server
def test_nothing_of_a_visitor_is_written_anywhere(alone: Alone, data_folder: Path) -> None:
    page = alone.ask("GET", "/en/report")
    [token, *_] = re.findall(r'name="token" value="([^"]+)"', page)
    fields = {"token": token, "whole": "1", "urls": "https://pictures.example/lake.jpg"}
    alone.ask("POST", "/en/report/draft", fields)
    sent = alone.ask("POST", "/en/report", fields)
    [receipt] = re.findall(r'class="receipt">([0-9 ]+)<', sent)
    talk = alone.ask("POST", "/en/receipt", {"receipt": receipt})
    [let_in] = re.findall(r'name="pass" value="([^"]+)"', talk)
    alone.ask("POST", "/en/receipt", {"pass": let_in, "words": "Is it gone?"})
    alone.ask("GET", "/en/leave")
    alone.ask("GET", "/no/such/page")
    alone.process.terminate()
    alone.process.wait(20)
    assert Conversation.objects.count() == 1

    packed = bytes(int(part) for part in VISITOR.split("."))
    needles = [VISITOR.encode(), AGENT.encode(), b"needle-referrer", receipt.encode()]
    needles += [receipt.replace(" ", "").encode(), packed.hex().encode()]
    found = [
        (name, needle)
        for name, content in kept_anywhere(data_folder)
        for needle in needles
        if needle in content
    ]
    assert found == []
