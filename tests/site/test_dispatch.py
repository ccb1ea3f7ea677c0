"""The web process: which door answers which address."""

from __future__ import annotations

from typing import Any

from pytest_django import Settings
from structlog.testing import capture_logs

from tests.doors.api.asking import Client
from tocsin.site.dispatch import Decoders, Dispatch, build


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
