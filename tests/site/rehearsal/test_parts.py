"""The parts of the rehearsal by themselves: browser, authenticator, hoster, mail, failing."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from tocsin.site.cli import main
from tocsin.site.rehearsal import chain
from tocsin.site.rehearsal.hoster import OWN_VISIT, Hoster
from tocsin.site.rehearsal.house import wait_for
from tocsin.site.rehearsal.mail import Letters, read_notice
from tocsin.site.rehearsal.people import _PICTURE, one_time_code
from tocsin.site.rehearsal.play import Failed, Play, in_time, must
from tocsin.site.rehearsal.web import Browser, ask

PAGE = b"""<form action="/search"><input type="hidden" name="q" value="1"></form>
<form method="post" action=""><input type="hidden" name="token" value="t&amp;1">
<input type="text" name="name"></form>"""


class Console(BaseHTTPRequestHandler):
    """A page with two forms; sending the second one leads on, with a cookie."""

    def do_GET(self) -> None:
        self._answer(200, self.headers.get("Cookie", "").encode() or PAGE)

    def do_POST(self) -> None:
        sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        cookie = "-".join(value for values in sent.values() for value in values)
        self._answer(302, b"", ("Location", "/done"), ("Set-Cookie", f"sent={cookie}; HttpOnly"))

    def _answer(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def console() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Console)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def hoster(tmp_path: Path) -> Iterator[Hoster]:
    hoster = Hoster(tmp_path)
    yield hoster
    hoster.close()


@pytest.mark.server
def test_a_browser_fills_in_a_form_keeps_cookies_and_is_led_on(console: str) -> None:
    browser = Browser(console)
    page = browser.open("/form")
    assert [form.fields for form in page.forms] == [{"q": "1"}, {"token": "t&1"}]
    done = browser.send(page, "/form", name="x")
    assert (done.status, done.path, done.text) == (200, "/done", "sent=t&1-x")
    with pytest.raises(Failed, match="no form"):
        browser.send(page, "/elsewhere")


@pytest.mark.server
def test_nobody_at_an_address_is_a_failure_in_words() -> None:
    with pytest.raises(Failed, match="gave no answer"):
        ask("GET", "http://127.0.0.1:9/")


@pytest.mark.parametrize(
    ("at", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_the_authenticator_shows_what_rfc_6238_says(at: int, code: str) -> None:
    assert one_time_code(base64.b32encode(b"12345678901234567890").decode(), at) == code


def test_a_picture_on_a_page_is_noticed_and_our_own_drawing_is_not() -> None:
    assert _PICTURE.search('<img class="x" src="http://host/a.jpg">')
    assert _PICTURE.search("<video controls>")
    assert not _PICTURE.search('<img class="bell" src="/static/console/bell.svg" alt="">')


@pytest.mark.server
def test_the_hoster_serves_removes_and_counts_who_came_uncalled(hoster: Hoster) -> None:
    url = hoster.host("a.jpg", b"picture")
    own = {OWN_VISIT: "yes"}
    assert ask("GET", url, headers=own).body == b"picture"
    assert hoster.strangers == 0
    hoster.remove(url)
    assert ask("GET", url, headers=own).status == 404
    ask("GET", url)
    assert hoster.strangers == 1


def notice(text: str, subject: str = "[REHEARSAL] Notice") -> EmailMessage:
    letter = EmailMessage()
    letter["To"], letter["Subject"] = "abuse@host.example", subject
    letter["Message-ID"], letter["Date"] = "<1@x.example>", "Tue, 03 Mar 2026 10:00:00 +0000"
    letter.set_content(text)
    return letter


@pytest.mark.server
def test_letters_are_found_by_the_address_they_name(hoster: Hoster, tmp_path: Path) -> None:
    (tmp_path / "1.eml").write_bytes(notice("see\n    http://h.example/a.jpg\n").as_bytes())
    (tmp_path / "2.part").write_bytes(b"half a letter")
    letters = Letters(hoster)
    assert len(letters.about("http://h.example/a.jpg")) == 1
    assert letters.about("http://h.example/b.jpg") == []


@pytest.mark.parametrize(
    ("letter", "missing"),
    [
        (notice("x", subject="Notice"), "rehearsal"),
        (notice("\n(a) x\n(b) y\n(c) z\n"), r"element \(d\)"),
        (notice("\n(a) x\n(b) y\n(c) z\n(d) w\n"), "no address"),
        (notice("\n(a) x\n(b) y\n    http://h.example/a\n(c) z\n(d) w\n"), "for machines"),
    ],
)
def test_what_a_notice_lacks_is_named(letter: EmailMessage, missing: str) -> None:
    with pytest.raises(Failed, match=missing):
        read_notice(letter, to="abuse@host.example")


def test_a_notice_that_carries_a_picture_is_refused() -> None:
    letter = notice("\n(a) x\n(b) y\n(c) z\n(d) w\n")
    letter.add_attachment(b"x", maintype="image", subtype="jpeg", filename="a.jpg")
    with pytest.raises(Failed, match="image/jpeg"):
        read_notice(letter, to="abuse@host.example")


def test_a_step_that_fails_is_marked_and_one_that_does_not_is_timed() -> None:
    said: list[str] = []
    play = Play(said.append)
    with play.step("first") as step:
        step.note("seen")
    with pytest.raises(Failed), play.step("second"):
        must(False, "it did not come out")
    assert said[0].startswith("  ✓ first: seen (")
    assert said[1] == "  ✗ second"
    assert play.steps == 1


def test_what_comes_too_late_or_never_is_a_failure() -> None:
    assert in_time(0.2, 1.0, "it came") == "it came after 200 ms"
    with pytest.raises(Failed, match=r"took 1\.5 s"):
        in_time(1.5, 1.0, "it")
    with pytest.raises(Failed, match="did not happen"):
        in_time(wait_for(lambda: False, 0.01), 1.0, "it")


def test_a_rehearsal_that_fails_is_status_1_and_leaves_no_folder(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[Path] = []

    def fails(folder: Path, play: Play) -> None:
        seen.append(folder)
        (folder / "left").touch()
        raise Failed("the notice did not arrive.")

    monkeypatch.setattr(chain, "rehearse", fails)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    assert main(["rehearse"]) == 1
    assert "failed: the notice did not arrive." in capsys.readouterr().out
    assert not seen[0].exists()
