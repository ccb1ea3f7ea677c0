"""A small WSGI application behind the screen."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from werkzeug.wrappers import Request

from tests.client.faulty import KEY, QUICK, Faulty, Says
from tests.client.middleware.uploads import FORM, FREE, LISTED, NEAR, Part, form, photo
from tocsin.client import Answer, Client, Decision, OutagePolicy, Why
from tocsin.client.middleware import Checked, Handling, Refusal, Screen, UploadStopped, WsgiScreen
from tocsin.client.middleware.wsgi import Environ, StartResponse

pytestmark = pytest.mark.server


@dataclass
class App:
    """An application that reads a form with a framework and keeps the files it was given."""

    kept: list[bytes] = field(default_factory=list)
    verdicts: list[Checked] = field(default_factory=list)
    calls: int = 0

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        self.calls += 1
        request = Request(environ)
        self.kept += [one.read() for _, one in request.files.items(multi=True)]
        self.verdicts = environ.get("tocsin.verdicts", [])
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [f"kept {len(self.kept)}, {request.form.get('title')}".encode()]


@dataclass(frozen=True)
class Said:
    status: int
    headers: dict[str, str]
    body: bytes


def ask(app: Any, body: bytes, content_type: str = FORM, **environ: Any) -> Said:
    told: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
        told.append((status, headers))
        return written.append

    written: list[bytes] = []
    whole = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        **environ,
    }
    answer = app(whole, start_response)
    # Some servers look at the status before they ask for the first piece.
    assert len(told) == 1
    try:
        given = b"".join(answer)
    finally:
        if hasattr(answer, "close"):
            answer.close()
    [(status, headers)] = told
    return Said(int(status[:3]), dict(headers), b"".join(written) + given)


@pytest.fixture
def app() -> App:
    return App()


@pytest.fixture
def screen(client: Client) -> Screen[Client]:
    return Screen(client)


def test_a_picture_that_is_on_no_list_reaches_the_application_unchanged(
    app: App, screen: Screen[Client], server: Faulty
) -> None:
    body = form(Part("title", "é".encode()), photo(FREE), photo(b"", "none"))
    said = ask(WsgiScreen(app, screen), body)
    assert (said.status, said.body.decode()) == (200, "kept 2, é")
    assert app.kept == [FREE, b""]
    [checked] = app.verdicts
    assert (checked.verdict.answer, checked.upload.field) == (Answer.NOT_LISTED, "photo")
    assert len(server.asked) == 1


@pytest.mark.parametrize("picture", [LISTED, NEAR])
def test_what_was_found_is_451_and_the_application_never_has_the_file(
    app: App, screen: Screen[Client], picture: bytes
) -> None:
    said = ask(WsgiScreen(app, screen), form(photo(FREE), photo(picture), photo(FREE)))
    assert said.status == 451
    assert app.kept == []
    assert said.headers["Cache-Control"] == "no-store"


def test_a_service_that_is_away_is_503_and_says_when_to_come_again(
    app: App, screen: Screen[Client], server: Faulty
) -> None:
    server.answer = lambda asked: Says(500, b"")
    said = ask(WsgiScreen(app, screen), form(photo(FREE)))
    assert (said.status, said.headers["Retry-After"]) == (503, "30")
    assert app.kept == []


def test_what_no_program_can_look_at_is_422(app: App, screen: Screen[Client]) -> None:
    assert ask(WsgiScreen(app, screen), form(photo(b"no picture"))).status == 422
    assert app.kept == []


def test_marked_uploads_reach_the_application_with_their_verdicts(
    app: App, screen: Screen[Client]
) -> None:
    marking = replace(screen, handling=Handling.MARK)
    said = ask(WsgiScreen(app, marking), form(photo(LISTED), photo(FREE)))
    assert said.status == 200
    assert app.kept == [LISTED, FREE]
    assert [one.verdict.decision for one in app.verdicts] == [Decision.BLOCK, Decision.ALLOW]


def test_a_body_that_is_a_picture_is_checked_too(screen: Screen[Client]) -> None:
    got: list[bytes] = []

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        got.append(environ["wsgi.input"].read())
        start_response("204 No Content", [])
        return []

    assert ask(WsgiScreen(app, screen), FREE, "image/png").status == 204
    assert ask(WsgiScreen(app, screen), LISTED, "image/png").status == 451
    assert ask(WsgiScreen(app, screen), LISTED, "application/octet-stream").status == 451
    assert got == [FREE]


def test_other_requests_pass_untouched(app: App, screen: Screen[Client], server: Faulty) -> None:
    said = ask(WsgiScreen(app, screen), b"title=x", "application/x-www-form-urlencoded")
    assert (said.status, said.body) == (200, b"kept 0, x")
    assert ask(WsgiScreen(app, screen), b"{}", "application/json").status == 200
    assert server.asked == []


def test_a_form_that_could_be_read_in_two_ways_is_400(app: App, screen: Screen[Client]) -> None:
    assert ask(WsgiScreen(app, screen), form(photo(FREE)) + form(photo(LISTED))).status == 400
    assert ask(WsgiScreen(app, screen), form(photo(FREE)), "multipart/form-data").status == 400
    assert ask(WsgiScreen(app, screen), b"", "multipart/mixed; boundary=x").status == 415
    packed = ask(WsgiScreen(app, screen), b"x", HTTP_CONTENT_ENCODING="gzip")
    assert packed.status == 415
    assert app.kept == []


def test_an_upload_that_breaks_off_is_not_whole(app: App, screen: Screen[Client]) -> None:
    body = form(photo(LISTED))
    said = ask(WsgiScreen(app, screen), body[: len(body) // 2], CONTENT_LENGTH=str(len(body)))
    assert said.status == 400
    assert app.kept == []


def test_an_application_that_swallows_the_stop_is_not_heard(screen: Screen[Client]) -> None:
    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        with suppress(Exception):
            environ["wsgi.input"].read()
        start_response("200 OK", [])
        return [b"thank you"]

    said = ask(WsgiScreen(app, screen), form(photo(LISTED)))
    assert said.status == 451
    assert b"thank you" not in said.body


def test_an_application_may_read_while_it_answers(screen: Screen[Client]) -> None:
    def app(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
        body = environ["wsgi.input"]
        assert body.readline().startswith(b"------")
        lines = list(body)
        start_response("200 OK", [])
        yield str(len(lines)).encode()

    assert ask(WsgiScreen(app, screen), form(photo(FREE))).status == 200
    assert ask(WsgiScreen(app, screen), form(photo(LISTED))).status == 451


def test_the_old_way_to_write_an_answer_works(screen: Screen[Client]) -> None:
    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        write = start_response("200 OK", [])
        environ["wsgi.input"].read()
        write(b"one ")
        return [b"two"]

    assert ask(WsgiScreen(app, screen), form(photo(FREE))).body == b"one two"
    assert ask(WsgiScreen(app, screen), form(photo(LISTED))).status == 451


def test_a_failure_of_the_application_is_its_own(screen: Screen[Client]) -> None:
    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        raise KeyError("theirs")

    with pytest.raises(KeyError, match="theirs"):
        ask(WsgiScreen(app, screen), form(photo(FREE)))


def test_hooks_choose_name_answer_and_hear(app: App, screen: Screen[Client]) -> None:
    heard: list[Checked] = []
    hooked = replace(
        screen,
        wants=lambda upload: upload.field == "photo",
        upload_id=lambda upload: f"mine-{upload.filename}",
        refusal=lambda checked: Refusal(400, "Bad content"),
        told=heard.append,
    )
    passed = ask(WsgiScreen(app, hooked), form(photo(LISTED, "other"), photo(FREE)))
    refused = ask(WsgiScreen(app, hooked), form(photo(LISTED)))
    assert passed.status == 200
    assert (refused.status, refused.body) == (400, b"Bad content\n")
    assert [one.verdict.id for one in heard] == ["mine-IMG_1.png"] * 2


def test_a_large_file_flows_on_but_never_ends_unless_it_may(app: App, server: Faulty) -> None:
    settings = replace(QUICK, most_upload_bytes=1_000)
    with Client(
        server.url,
        KEY,
        outage=OutagePolicy.CLOSED,
        settings=settings,
    ) as small:
        said = ask(WsgiScreen(app, Screen(small)), form(photo(LISTED * 3)))
        assert (said.status, app.kept) == (422, [])
        marking = WsgiScreen(app, Screen(small, handling=Handling.MARK))
        assert ask(marking, form(photo(LISTED))).status == 200
    assert app.kept == [LISTED]
    # Its digests are known even so.
    assert app.verdicts[0].verdict.answer is Answer.LISTED


def test_uploads_beyond_the_room_are_unknown_and_give_it_back(app: App, server: Faulty) -> None:
    settings = replace(QUICK, most_upload_bytes=len(FREE), most_held_bytes=len(FREE))
    with Client(server.url, KEY, outage=OutagePolicy.CLOSED, settings=settings) as tight:
        screened = WsgiScreen(app, Screen(tight))
        with tight.intake() as other:
            other.feed(b"x" * 100)
            assert ask(screened, form(photo(FREE))).status == 503
            verdict = tight.check_bytes(FREE)
            assert (verdict.answer, verdict.why) == (Answer.UNKNOWN, Why.BUSY)
            assert verdict.decision is Decision.BLOCK
        assert ask(screened, form(photo(FREE))).status == 200
        assert ask(screened, form(photo(LISTED))).status == 451
        assert ask(screened, form(photo(FREE))).status == 200


def test_what_has_failed_once_does_not_look_like_an_end(screen: Screen[Client]) -> None:
    def broken(upload: object) -> str:
        raise KeyError("no id")

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        with pytest.raises(KeyError):
            environ["wsgi.input"].read()
        return [bytes(environ["wsgi.input"].read())]

    with pytest.raises(UploadStopped):
        ask(WsgiScreen(app, replace(screen, upload_id=broken)), form(photo(FREE)))
