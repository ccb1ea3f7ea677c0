"""The web process: which door answers which address."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pytest_django import Settings
from structlog.testing import capture_logs

from tests.doors.api.asking import Client
from tocsin.site.dispatch import PATIENT_AT_ONCE, Decoders, Dispatch, build


def pages(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Length", "5")])
    return [b"pages"]


def broken(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    raise ZeroDivisionError("hash abcdef")


def test_the_doors_answer_their_own_addresses() -> None:
    def api(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Length", "3")])
        return [b"api"]

    client = Client(Dispatch(api=api, pages=pages))
    assert client.ask("GET", "/v2/openapi.json").body == b"api"
    assert client.post("/v1/check/md5").body == b"api"
    assert client.ask("GET", "/console/").body == b"pages"
    assert client.ask("GET", "/healthz").body == b"ok"


def test_a_door_that_is_not_open_does_not_exist() -> None:
    assert Client(Dispatch(api=None, pages=pages)).post("/v1/check/md5").status == 404
    assert Client(Dispatch(api=pages, pages=None)).ask("GET", "/console/").status == 404


def test_the_setting_names_the_open_doors(settings: Settings) -> None:
    settings.TOCSIN_DOORS = ["api"]
    client = Client(build())
    assert client.ask("GET", "/v2/openapi.json").status == 200
    assert client.ask("GET", "/console/").status == 404


def test_requests_that_wait_leave_threads_for_checks() -> None:
    may_go_on, waiting = threading.Event(), threading.Semaphore(0)

    def slow(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] in {"/v2/media", "/console/"}:
            waiting.release()
            may_go_on.wait(20)
        return pages(environ, start_response)

    client = Client(Dispatch(api=slow, pages=slow))
    with ThreadPoolExecutor(PATIENT_AT_ONCE) as uploads:
        places = ["/v2/media", "/console/"] * (PATIENT_AT_ONCE // 2)
        held = [uploads.submit(client.post, place) for place in places]
        assert all(waiting.acquire(timeout=20) for _ in held)
        assert client.post("/v1/check/md5").status == 200
        assert client.post("/v2/checks").status == 200
        assert client.ask("GET", "/healthz").body == b"ok"
        refused = client.post("/v2/reports")
        assert (refused.status, refused.code, refused.headers["Retry-After"]) == (503, "busy", "2")
        may_go_on.set()
        assert {answer.result().status for answer in held} == {200}
    assert client.post("/v2/reports").status == 200


def test_the_unexpected_is_500_without_a_word_of_what_was_sent() -> None:
    with capture_logs() as logged:
        said = Client(Dispatch(api=broken, pages=None)).post("/v2/checks", b"secret words")
    assert (said.status, said.code) == (500, "internal")
    assert logged == [
        {"event": "request_failed", "error": "ZeroDivisionError", "log_level": "error"}
    ]


def test_a_file_is_decoded_in_a_process_of_its_own(settings: Settings) -> None:
    settings.TOCSIN_DECODERS = 1
    decoders = Decoders()
    assert decoders.fingerprint(b"no picture").status == "unsupported"
    decoders.close()
