"""Figures for Prometheus: what stands on the page, and what never does."""

from __future__ import annotations

import http.client
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from tests.domain.listing import a_key, a_list, put
from tests.doors.api.asking import Client
from tocsin.base.clock.actions import set_due
from tocsin.base.clock.threads import Repeating
from tocsin.base.outbox.actions import put as put_news
from tocsin.domain.matching.actions import build_index
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.queries import EDGES_SECONDS
from tocsin.engine.media import PoolState
from tocsin.site import dispatch
from tocsin.site.cli import main
from tocsin.site.metrics import gathering, notes, noting
from tocsin.site.metrics.serving import Server
from tocsin.site.metrics.text import Family, Type, written
from tocsin.site.rehearsal.house import wait_for

LINE = re.compile(
    r'(?P<name>[a-z_]+)(\{(?P<labels>([a-z_]+="(\\.|[^"\\])*",?)*)\})? (?P<value>[^ ]+)'
)
LABEL = re.compile(r'([a-z_]+)="((?:\\.|[^"\\])*)"')


def read(page: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """The samples by name and labels, as any reader of the format takes them."""
    found = {}
    for line in page.splitlines():
        if line.startswith("#"):
            assert re.fullmatch(
                r"# (HELP [a-z_]+ [^\n]*|TYPE [a-z_]+ (counter|gauge|histogram))", line
            )
            continue
        match = LINE.fullmatch(line)
        assert match is not None, line
        labels = frozenset(LABEL.findall(match["labels"] or "")) - {("pid", str(os.getpid()))}
        found[match["name"], labels] = float(match["value"])
    return found


def of(page: str, name: str, **labels: str) -> float:
    return read(page)[name, frozenset(labels.items())]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_label_is_read_back(text: str) -> None:
    family = Family("tocsin_any", Type.GAUGE, f"Help {text}")
    family.add(1.5, said=text)
    # The format parts lines by a line feed alone.
    [_, _, line, rest] = written([family]).split("\n")
    [(_, told)] = LABEL.findall(line)
    back = re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]), told, flags=re.DOTALL)
    assert (back, rest) == (text, "")


@given(st.lists(st.integers(0, 10**9), min_size=13, max_size=13))
def test_buckets_add_up(counts: list[int]) -> None:
    family = Family("tocsin_times", Type.HISTOGRAM, "Help.")
    family.add_times(counts, EDGES_SECONDS, 1.25, door="v1")
    values = [s.value for s in family.samples if s.suffix == "_bucket"]
    assert values == sorted(values)
    assert values[-1] == sum(counts) == family.samples[-1].value


@pytest.fixture
def asked(now: datetime, monkeypatch: pytest.MonkeyPatch) -> Iterator[Checker]:
    """The checker of this process; it follows when told to, and no thread of it outlives a test."""
    build_index(at=now)
    made = Checker.from_settings()
    monkeypatch.setattr(noting, "checker", lambda: made)
    monkeypatch.setattr(dispatch, "checker", lambda: made)
    noting._refused.clear()
    yield made
    made.stop()


@contextmanager
def served() -> Iterator[int]:
    with Server(0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.port
        finally:
            server.shutdown()
            thread.join()


def got(port: int, path: str = "/metrics") -> tuple[int, str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.getheader("Content-Type", ""), answer.read().decode()


def note_this_process(settings: Settings, at: datetime) -> None:
    told = PoolState(4, 2, 1, 3), {"SIGKILL": 5}
    folder = settings.TOCSIN_DATA / notes.FOLDER
    notes.write(folder, noting.note_of("web", lambda: told, at))


@pytest.mark.server
@pytest.mark.django_db(transaction=True)
def test_a_page_tells_how_the_house_is_doing(settings: Settings, asked: Checker) -> None:
    at = datetime.now(UTC)
    put(at, a_list(at), "beach")
    issued = a_key(at, party="Very Secret Cloud")
    asked.follow(at)
    client = Client(dispatch.build())
    item = {"items": [{"id": "u", "md5": "0" * 32}]}
    assert client.with_bearer(issued).post_json("/v2/checks", item).status == 200
    assert client.post_json("/v2/checks", item, HTTP_AUTHORIZATION="Bearer a.b").status == 401
    put_news(topic="nobody.listens", payload={}, at=at - timedelta(minutes=2))
    note_this_process(settings, at)

    with served() as port:
        status, kind, text = got(port)
        assert got(port, "/anything")[0] == 404

    assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
    web = {"program": "web"}
    assert of(text, "tocsin_checks_total", **web, door="v2-checks", answer="not_listed") == 1
    assert of(text, "tocsin_check_seconds_count", **web, door="v2-checks") == 1
    assert of(text, "tocsin_check_seconds_bucket", **web, door="v2-checks", le="+Inf") == 1
    assert of(text, "tocsin_refused_requests_total", **web, code="unknown_key") == 1
    assert of(text, "tocsin_lists_version", **web) == of(text, "tocsin_lists_last_change")
    assert 0 <= of(text, "tocsin_lists_age_seconds", **web) < 60
    assert of(text, "tocsin_index_generation", **web) == 1
    assert of(text, "tocsin_index_built_timestamp_seconds") > 0
    assert of(text, "tocsin_decoders", **web, state="busy") == 2
    assert of(text, "tocsin_decoders", **web, state="not_started") == 1
    assert of(text, "tocsin_decoder_files_waiting", **web) == 3
    assert of(text, "tocsin_decoder_deaths_total", **web, how="SIGKILL") == 5
    assert of(text, "tocsin_outbox_messages", state="waiting") == 1
    assert of(text, "tocsin_outbox_messages", state="dead") == 0
    assert of(text, "tocsin_clock_late") == 1
    assert of(text, "tocsin_clock_lag_seconds") >= 120
    assert of(text, "tocsin_database_up") == 1
    assert "Secret" not in text
    assert issued.key_id not in text


@pytest.mark.django_db(transaction=True)
def test_providers_are_named_only_where_that_is_wished(
    settings: Settings, asked: Checker, capsys: pytest.CaptureFixture[str]
) -> None:
    at = datetime.now(UTC)
    issued = a_key(at, party='Big "Cloud"\\')
    asked.follow(at)
    item = {"items": [{"id": "u", "md5": "0" * 32}]}
    Client(dispatch.build()).with_bearer(issued).post_json("/v2/checks", item)
    asked.flush()

    assert main(["metrics", "--once"]) == 0
    assert "provider" not in capsys.readouterr().out

    settings.TOCSIN_METRICS_PROVIDERS = True
    assert main(["metrics", "--once"]) == 0
    told = capsys.readouterr().out
    assert r'{provider="Big \"Cloud\"\\",answer="not_listed"} 1' in told


@pytest.mark.django_db(transaction=True)
def test_with_the_database_away_the_processes_are_told_of_all_the_same(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, asked: Checker
) -> None:
    at = datetime.now(UTC)
    note_this_process(settings, at)

    def away(at: datetime) -> list[Family]:
        raise DatabaseError

    monkeypatch.setattr(gathering, "_asked", away)
    text = written(gathering.families(at=at))

    assert of(text, "tocsin_database_up") == 0
    assert of(text, "tocsin_decoders", program="web", state="idle") == 1
    assert "tocsin_outbox" not in text


@pytest.mark.django_db(transaction=True)
def test_of_processes_that_are_gone_or_stand_still_nothing_is_told(
    asked: Checker, tmp_path: Path, now: datetime
) -> None:
    living = noting.note_of("web", lambda: None, now)
    notes.write(tmp_path, living)
    # No process has this number: it is beyond what the kernel gives out.
    (tmp_path / "web-4194399.json").write_bytes(
        (tmp_path / f"web-{living.pid}.json")
        .read_bytes()
        .replace(f'"pid":{living.pid}'.encode(), b'"pid":4194399')
    )
    (tmp_path / "torn.json").write_text('{"program"')

    assert [note.pid for note in notes.read(tmp_path, at=now)] == [living.pid]
    assert not (tmp_path / "web-4194399.json").exists()
    assert list(notes.read(tmp_path, at=now + timedelta(minutes=1))) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("asked")
def test_a_process_writes_its_note_from_its_first_request_on(settings: Settings) -> None:
    settings.TOCSIN_METRICS_PORT = 1
    folder = settings.TOCSIN_DATA / notes.FOLDER
    begin = noting.for_process("web", lambda: None)
    assert not folder.exists()

    thread = begin()
    assert begin() is thread
    assert isinstance(thread, Repeating)
    try:
        assert wait_for(lambda: list(folder.glob("*.json")) != [], 30) is not None
    finally:
        thread.stop()
        for one in threading.enumerate():
            if one.name == "vitals":
                one.join(30)
    [note] = notes.read(folder, at=datetime.now(UTC))
    assert (note.program, note.pid) == ("web", os.getpid())


def test_nothing_is_written_where_no_figures_are_wanted(settings: Settings) -> None:
    settings.TOCSIN_METRICS_PORT = 0
    noting.for_process("web", lambda: None)()
    assert not (settings.TOCSIN_DATA / notes.FOLDER).exists()


@pytest.mark.django_db
def test_a_thing_that_is_not_due_yet_is_not_late(now: datetime) -> None:
    from tocsin.base.clock.queries import longest_late

    set_due(kind="k", subject="1", due_at=now + timedelta(seconds=1))
    assert longest_late(at=now) == timedelta(0)
    assert longest_late(at=now + timedelta(seconds=3)) == timedelta(seconds=2)
