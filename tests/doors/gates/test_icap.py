"""ICAP, request by request."""

from __future__ import annotations

import base64
import gzip
import hashlib
import itertools
import zlib
from collections.abc import Iterable
from dataclasses import replace
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.doors.gates.talking import QUICK, StandIn, a_desk, a_key, talk
from tocsin.domain.matching.types import (
    Action,
    AnswerStatus,
    CheckKey,
    Door,
    Outcome,
    PolicyTerms,
    Query,
)
from tocsin.doors.gates.desk import Desk
from tocsin.doors.gates.icap.session import IcapSession
from tocsin.doors.gates.types import Habits
from tocsin.doors.gates.wire import Wire

BAD = b"a listed file"
BLOCKED = {hashlib.sha256(BAD).digest(): (AnswerStatus.LISTED, Action.BLOCK)}
CLEAN = b"clean picture"
GET = b"GET /a.jpg HTTP/1.1\r\nHost: site.example\r\nAccept-Language: nl-BE,en\r\n\r\n"
TO = b"RESPMOD icap://x/respmod ICAP/1.0"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n"


def ask(*sent: bytes, desk: Desk | None = None) -> bytes:
    """What the gate says to a client that sends this and then nothing more."""

    async def serve(wire: Wire) -> None:
        await IcapSession(desk or a_desk(StandIn(listed=BLOCKED)), wire).serve()

    return talk(serve, *sent)


def chunked(data: bytes, step: int = 1 << 16, end: bytes = b"0\r\n\r\n") -> bytes:
    pieces = [data[at : at + step] for at in range(0, len(data), step)]
    return b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in pieces) + end


def respmod(data: bytes | None, head: bytes = OK, more: bytes = b"Allow: 204\r\n") -> bytes:
    """A RESPMOD of a whole response; None: one without a body."""
    body = b"null-body" if data is None else b"res-body"
    at = (len(GET), len(GET) + len(head))
    return (
        b"RESPMOD icap://127.0.0.1/respmod ICAP/1.0\r\nHost: 127.0.0.1\r\n%bEncapsulated: "
        b"req-hdr=0, res-hdr=%d, %b=%d\r\n\r\n"
        % (more, at[0], body, at[1])
        + GET
        + head
        + (b"" if data is None else chunked(data))
    )


def reqmod(data: bytes, head: bytes, more: bytes = b"Allow: 204\r\n") -> bytes:
    head = b"POST /upload HTTP/1.1\r\nHost: site.example\r\n" + head + b"\r\n\r\n"
    return (
        b"REQMOD icap://127.0.0.1/reqmod ICAP/1.0\r\n%bEncapsulated: req-hdr=0, req-body=%d\r\n\r\n"
        % (more, len(head))
        + head
        + chunked(data)
    )


def head_of(said: bytes) -> tuple[int, dict[str, str]]:
    """Status and headers of the first answer."""
    first, *lines = said.split(b"\r\n\r\n")[0].decode().split("\r\n")
    version, status, _ = first.split(" ", 2)
    assert version == "ICAP/1.0"
    headers = {n.lower(): v for n, v in (line.split(": ", 1) for line in lines)}
    return int(status), headers


def status(said: bytes) -> int:
    return head_of(said)[0]


def is_stopped(said: bytes) -> bool:
    """Whether the answer puts our page in the message's place, in every way clients look for."""
    code, headers = head_of(said)
    body = said.split(b"\r\n\r\n", 1)[1]
    stopped = body.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert stopped == ("x-infection-found" in headers) == ("x-virus-id" in headers)
    return code == 200 and stopped


def test_options_say_what_the_service_does() -> None:
    code, headers = head_of(ask(b"OPTIONS icap://127.0.0.1/respmod ICAP/1.0\r\nHost: x\r\n\r\n"))
    assert code == 200
    assert headers["methods"] == "RESPMOD"
    assert headers["allow"] == "204"
    assert headers["preview"] == "0"
    assert headers["max-connections"] == "32"
    assert headers["service"].startswith("Tocsin ")
    assert headers["encapsulated"] == "null-body=0"
    assert 0 < int(headers["options-ttl"]) <= 3600
    assert parsedate_to_datetime(headers["date"]).tzinfo is not None


def test_the_istag_changes_with_the_lists_the_terms_and_the_habits() -> None:
    def tag(desk: Desk) -> str:
        _, headers = head_of(ask(b"OPTIONS icap://x/avscan ICAP/1.0\r\n\r\n", desk=desk))
        return headers["istag"]

    tags = [
        tag(a_desk(StandIn())),
        tag(a_desk(StandIn(version=813))),
        tag(a_desk(StandIn(a_key(PolicyTerms(min_sources=2))))),
        tag(a_desk(StandIn(), habits=Habits(lets_review_pass=True))),
        tag(a_desk(StandIn(None))),
    ]
    assert len(set(tags)) == len(tags)
    assert all(word[0] == word[-1] == '"' and len(word) <= 34 for word in tags)
    assert tag(a_desk(StandIn())) == tags[0]


def test_a_listed_response_is_replaced_and_a_clean_one_passes() -> None:
    said = ask(respmod(BAD))
    assert is_stopped(said)
    _, headers = head_of(said)
    assert headers["x-infection-found"] == "Type=0; Resolution=2; Threat=Tocsin.Listed;"
    assert headers["x-virus-id"] == "Tocsin.Listed"
    assert headers["x-tocsin-reference"] == "k1.ref"
    assert headers["x-tocsin-check"].encode() in said.split(b"</html>")[0].split(b"<body>")[1]
    assert status(ask(respmod(CLEAN))) == 204


def test_without_allow_204_a_clean_message_comes_back_as_it_was() -> None:
    said = ask(respmod(CLEAN, more=b""))
    code, headers = head_of(said)
    assert code == 200
    assert headers["encapsulated"] == f"req-hdr=0, res-hdr={len(GET)}, res-body={len(GET + OK)}"
    assert said.split(b"\r\n\r\n", 1)[1] == GET + OK + chunked(CLEAN)


def test_a_message_without_a_body_passes() -> None:
    checker = StandIn()
    assert status(ask(respmod(None), desk=a_desk(checker))) == 204
    said = ask(respmod(None, more=b""), desk=a_desk(checker))
    assert head_of(said)[1]["encapsulated"].endswith(f"null-body={len(GET + OK)}")
    assert said.endswith(GET + OK)
    assert checker.asked == []


@pytest.mark.parametrize("preview", [0, 4])
@pytest.mark.parametrize("data", [BAD, CLEAN])
def test_after_a_preview_the_rest_is_asked_for(preview: int, data: bytes) -> None:
    head = respmod(None, more=b"Preview: %d\r\n" % preview).replace(b"null-body", b"res-body")
    said = ask(head + chunked(data[:preview]), chunked(data[preview:]))
    first, rest = said.split(b"\r\n\r\n", 1)
    assert first == b"ICAP/1.0 100 Continue"
    assert is_stopped(rest) is (data is BAD)
    if data is CLEAN:  # 204 was not allowed outside the preview
        assert rest.endswith(chunked(CLEAN))


@pytest.mark.parametrize("data", [BAD, CLEAN])
def test_a_preview_that_is_all_there_is_is_answered_at_once(data: bytes) -> None:
    head = respmod(None, more=b"Preview: 1024\r\n").replace(b"null-body", b"res-body")
    said = ask(head + chunked(data, end=b"0; ieof\r\n\r\n"))
    assert is_stopped(said) is (data is BAD)
    assert data is BAD or status(said) == 204


def test_what_is_announced_as_too_large_is_still_read_away() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 2147483648\r\n\r\n"
    more = b"Preview: 0\r\nAllow: 204\r\n"
    start = respmod(None, head, more).replace(b"null-body", b"res-body") + chunked(b"")
    desk = a_desk(limits=replace(QUICK, most_bytes=1_000))
    said = ask(start, chunked(bytes(5_000)), desk=desk)
    first, rest = said.split(b"\r\n\r\n", 1)
    assert first == b"ICAP/1.0 100 Continue"
    assert is_stopped(rest)


class InShadow(StandIn):
    """A checker that advises nothing."""

    def _outcome(self, key: CheckKey, query: Query) -> Outcome:
        return replace(super()._outcome(key, query), action=Action.NONE)


def test_a_body_beyond_the_limit_is_read_away_and_not_passed() -> None:
    desk = a_desk(limits=replace(QUICK, most_bytes=1_000))
    said = ask(respmod(bytes(5_000)) + respmod(CLEAN), desk=desk)
    assert is_stopped(said)
    assert said.count(b"ICAP/1.0 204") == 1  # the connection goes on
    shadow = InShadow()
    small = a_desk(shadow, limits=replace(QUICK, most_bytes=1_000))
    assert status(ask(respmod(bytes(5_000)), desk=small)) == 204
    assert status(ask(respmod(bytes(5_000), more=b""), desk=small)) == 503


def test_what_cannot_be_checked_is_stopped_with_another_page() -> None:
    said = ask(respmod(b"%PDF-1.4"))
    assert is_stopped(said)
    assert head_of(said)[1]["x-infection-found"].startswith("Type=2;")
    assert head_of(said)[1]["x-virus-id"] == "Tocsin.Unchecked"


def test_without_lists_a_message_is_refused_and_the_connection_ends() -> None:
    desk = a_desk(StandIn(problem="no index"))
    said = ask(respmod(CLEAN) + respmod(CLEAN), desk=desk)
    code, headers = head_of(said)
    assert (code, headers["connection"]) == (503, "close")
    assert said.count(b"ICAP/1.0 ") == 1


def test_requests_may_be_sent_one_behind_the_other() -> None:
    said = ask(respmod(CLEAN) + respmod(BAD) + respmod(CLEAN))
    assert said.count(b"ICAP/1.0 204") == 2
    assert said.count(b"ICAP/1.0 200") == 1
    assert ask(respmod(CLEAN, more=b"Allow: 204\r\nConnection: close\r\n") * 2).count(b"ICAP/") == 1


def form(*parts: tuple[bytes, bytes], boundary: bytes = b"xYz") -> bytes:
    """A form of heads and bodies."""
    cut = b"".join(b"--%b\r\n%b\r\n\r\n%b\r\n" % (boundary, head, data) for head, data in parts)
    return cut + b"--%b--\r\n" % boundary


FORM = b"Content-Type: multipart/form-data; boundary=xYz"
FILE = b'Content-Disposition: form-data; name="f"; filename="a.jpg"\r\nContent-Type: image/jpeg'
FIELD = b'Content-Disposition: form-data; name="title"'


def upload(*parts: tuple[bytes, bytes]) -> bytes:
    return ask(reqmod(form(*parts), FORM))


def test_each_file_of_a_form_is_looked_at() -> None:
    field = (FIELD, b"My holiday, \xc3\xa9t\xc3\xa9")
    assert status(upload(field, (FILE, CLEAN), (FILE, CLEAN))) == 204
    assert is_stopped(upload(field, (FILE, CLEAN), (FILE, BAD)))
    assert is_stopped(upload((FILE, BAD)))
    # An empty place for a file, as browsers send it.
    assert status(upload(field, (FILE.replace(b"a.jpg", b""), b""))) == 204
    # One that says it is a field and is none, also where other files pass.
    assert is_stopped(upload((FIELD, b"\xff\xd8\xff\xe0\0")))
    lenient = a_desk(StandIn(), habits=Habits(lets_other_files_pass=True))
    assert is_stopped(ask(reqmod(form((FIELD, b"\0 of no kind")), FORM), desk=lenient))
    assert status(ask(reqmod(form((FILE, b"\0 of no kind")), FORM), desk=lenient)) == 204
    assert is_stopped(ask(reqmod(BAD, b"Content-Type: image/jpeg")))


def test_a_file_written_as_base64_is_looked_at_as_what_it_is() -> None:
    head = FILE + b"\r\nContent-Transfer-Encoding: base64"
    assert is_stopped(upload((head, base64.encodebytes(BAD))))
    assert status(upload((head, base64.encodebytes(CLEAN)))) == 204
    assert is_stopped(upload((head, CLEAN)))  # not base64 at all
    assert is_stopped(upload((FILE + b"\r\nContent-Transfer-Encoding: quoted-printable", CLEAN)))


@pytest.mark.parametrize(
    "body",
    [
        b"no form at all",
        form((FILE, CLEAN))[:-9],
        form((FILE, CLEAN)).replace(b"\r\n", b"\n"),
        form((FILE, CLEAN + b"\n--xYz\n"), (FILE, CLEAN)),
        form((FILE, CLEAN)) + form((FILE, CLEAN)),
        form((FILE + b"\r\nContent-Type: text/plain", CLEAN)),
        form((b"Content-Type: multipart/mixed; boundary=q", CLEAN)),
        form(*[(FILE, CLEAN)] * 501),
    ],
)
def test_a_form_that_may_be_cut_in_two_ways_is_stopped(body: bytes) -> None:
    assert is_stopped(ask(reqmod(body, FORM)))


@pytest.mark.parametrize(
    "head",
    [
        FORM + b"\r\nContent-Type: image/jpeg",
        b"Content-Type: multipart/form-data",
        b"Content-Type: multipart/form-data; boundary=xYz; boundary=abc",
        b"Content-Encoding: br",
        b"Content-Encoding: gzip, gzip",
        b"Content-Range: bytes 0-9/100",
        b"Content-Type: application/offset+octet-stream",
    ],
)
def test_a_head_that_hides_what_follows_stops_the_message(head: bytes) -> None:
    assert is_stopped(ask(reqmod(form((FILE, CLEAN)) if FORM in head else CLEAN, head)))
    lenient = a_desk(StandIn(), habits=Habits(lets_other_files_pass=True))
    assert is_stopped(ask(reqmod(b"\x01\x02 the middle of a file", head), desk=lenient))


def test_a_part_of_a_response_is_not_clean_by_itself() -> None:
    head = b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-9/99\r\n\r\n"
    assert is_stopped(ask(respmod(CLEAN, head)))


def bare_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        (b"gzip", gzip.compress),
        (b"x-gzip", lambda d: gzip.compress(d[:3]) + gzip.compress(d[3:])),
        (b"deflate", zlib.compress),
        (b"deflate", bare_deflate),
        (b"identity", lambda d: d),
    ],
)
def test_packed_bodies_are_unpacked(name: bytes, pack: object) -> None:
    assert callable(pack)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: " + name + b"\r\n\r\n"
    assert is_stopped(ask(respmod(pack(BAD), head)))
    assert status(ask(respmod(pack(CLEAN), head))) == 204
    if name != b"identity":
        assert is_stopped(ask(respmod(pack(CLEAN)[:-2], head)))


def test_a_body_that_unpacks_to_more_than_is_taken_is_stopped() -> None:
    desk = a_desk(limits=replace(QUICK, most_bytes=100_000))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"
    assert is_stopped(ask(respmod(gzip.compress(bytes(10_000_000)), head), desk=desk))
    assert desk.held_bytes == 0


def test_the_page_speaks_the_browsers_language_and_says_nothing_of_the_file() -> None:
    assert b'lang="nl"' in ask(respmod(BAD))
    assert b'lang="en"' in ask(reqmod(BAD, b"Accept-Language: tlh"))


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"RESPMOD icap://x/nowhere ICAP/1.0\r\nEncapsulated: null-body=0\r\n\r\n", 404),
        (b"REQMOD icap://x/respmod ICAP/1.0\r\nEncapsulated: null-body=0\r\n\r\n", 405),
        (b"DANCE icap://x/respmod ICAP/1.0\r\n\r\n", 501),
        (b"OPTIONS icap://x/respmod ICAP/2.0\r\n\r\n", 505),
        (b"GET / HTTP/1.1\r\n\r\n", 505),
        (b"nonsense\r\n\r\n", 400),
        (TO + b"\r\n\r\n", 400),
        (b"RESPMOD icap://[/respmod ICAP/1.0\r\nEncapsulated: null-body=0\r\n\r\n", 400),
        (TO + b"\r\nEncapsulated: res-body=5\r\n\r\n", 400),
        (TO + b"\r\nEncapsulated: req-body=0\r\n\r\n", 400),
        (TO + b"\r\nEncapsulated: res-hdr=0, null-body=99999999\r\n\r\n", 400),
        (TO + b"\r\nEncapsulated: res-hdr=0, res-body=4\r\n\r\nabcd", 400),
        (TO + b"\r\nPreview: x\r\nEncapsulated: null-body=0\r\n\r\n", 400),
        (TO + b"\r\nno header\r\n\r\n", 400),
        (respmod(None).replace(b"null-body", b"res-body") + b"xyz\r\n", 400),
        (respmod(None).replace(b"null-body", b"res-body") + b"5\r\nabcdefgh", 400),
        (b"x" * 100_000, 400),
        (respmod(BAD)[:-5], 400),
        (b"OPTIONS icap", 400),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_a_status_and_ends_the_connection(
    sent: bytes, code: int
) -> None:
    said, headers = head_of(ask(sent))
    assert (said, headers["connection"]) == (code, "close")
    assert headers["x-tocsin-problem"]


@pytest.mark.parametrize("data", [BAD, CLEAN, b"%PDF", b""])
def test_file_shares_are_answered_in_the_way_they_look_for(data: bytes) -> None:
    """As files_antivirus of Nextcloud and ownCloud asks, which send no type and one request."""
    head = b"PUT / HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n"
    said = ask(
        b"REQMOD icap://127.0.0.1/avscan ICAP/1.0\r\nAllow: 204\r\nHost: 127.0.0.1\r\n"
        b"User-Agent: NC-ICAP-CLIENT/0.5.0\r\nConnection: close\r\n"
        b"Encapsulated: req-hdr=0, req-body=%d\r\n\r\n" % len(head) + head,
        *(b"%x\r\n%b\r\n" % (len(data), data), b"0\r\n\r\n"),
    )
    code, headers = head_of(said)
    taken_for_found = "x-infection-found" in headers and b" 403 Forbidden" in said
    assert (code, taken_for_found) == ((200, True) if data in {BAD, b"%PDF"} else (204, False))


def test_what_breaks_here_is_said_to_have_and_ends_the_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("tocsin.doors.gates.icap.session.look_into", broken)
    assert status(ask(respmod(CLEAN) + respmod(CLEAN))) == 500


def test_a_client_that_says_nothing_is_told_nothing() -> None:
    assert ask(b"") == b""


def test_looks_are_counted_for_the_door() -> None:
    checker = StandIn(listed=BLOCKED)
    ask(reqmod(form((FILE, CLEAN), (FILE, BAD), (FILE, CLEAN)), FORM), desk=a_desk(checker))
    assert checker.doors == [Door.ICAP, Door.ICAP]  # it ends with the first that is found


def pieces(data: bytes, cuts: Iterable[int]) -> list[bytes]:
    places = [0, *sorted(at % (len(data) + 1) for at in cuts), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(places)]


@settings(max_examples=100, deadline=None)
@given(cuts=st.lists(st.integers(0, 10_000), max_size=8))
def test_a_request_may_come_in_any_pieces(cuts: list[int]) -> None:
    assert is_stopped(ask(*pieces(reqmod(form((FILE, BAD)), FORM), cuts)))
    assert status(ask(*pieces(reqmod(form((FILE, CLEAN)), FORM), cuts))) == 204


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_request_that_is_cut_or_changed_anywhere_never_lets_a_listed_file_pass(
    data: st.DataObject,
) -> None:
    whole = respmod(BAD)
    at = data.draw(st.integers(0, len(whole) - len(chunked(BAD)) - 1))
    junk = data.draw(st.binary(max_size=6))
    kept = data.draw(st.integers(0, 4))
    said = ask(whole[:at] + junk + whole[at + kept :])
    # Unless it became a message without a body, or an empty one, it is stopped or refused.
    if b" 204 " in said.split(b"\r\n")[0]:
        assert b"null-body" in whole[:at] + junk + whole[at + kept :]
    truncated = ask(whole[:at])
    assert b"ICAP/1.0 204" not in truncated


@settings(max_examples=150, deadline=None)
@given(sent=st.lists(st.binary(max_size=300), max_size=6))
def test_random_bytes_end_in_a_refusal(sent: list[bytes]) -> None:
    said = ask(*sent)
    assert said == b"" or status(said) in {400, 405, 501, 505, 404}


@settings(max_examples=200, deadline=None)
@given(
    junk=st.lists(
        st.sampled_from([b"--xYz", b"\r\n", b"--", FILE, b"\r\n\r\n", BAD, b"a"]), max_size=12
    )
)
def test_no_form_around_a_listed_file_lets_it_pass_as_part_of_one(junk: list[bytes]) -> None:
    said = ask(reqmod(b"".join(junk), FORM))
    if status(said) == 204:
        # Then it was no file for any reader: not in the form, or words in a field.
        assert FILE + b"\r\n\r\n" + BAD not in b"".join(
            junk
        ) or b"--xYz\r\n" + FILE not in b"".join(junk)
