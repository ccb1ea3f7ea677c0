"""Forms are read in one way only, in whatever pieces they come."""

from __future__ import annotations

import itertools

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.client.middleware.uploads import BOUNDARY, Part, form
from tocsin.client.middleware.forms import (
    Begins,
    Content,
    Ends,
    FormReader,
    Malformed,
    Passing,
    RawReader,
    Reader,
    WrongKind,
    boundary_of,
)


def read(reader: Reader, pieces: list[bytes]) -> tuple[bytes, list[tuple[str, bytes]]]:
    """All bytes as they came out, and every file with its field."""
    out = b""
    files: list[tuple[str, bytes]] = []
    whole: list[bool] = []
    events = [event for piece in pieces for event in reader.feed(piece)]
    for event in [*events, *reader.end()]:
        if isinstance(event, Passing):
            out += event.data
        elif isinstance(event, Begins):
            files.append((event.head.name, b""))
        elif isinstance(event, Content):
            out += event.data
            files[-1] = (files[-1][0], files[-1][1] + event.data)
        else:
            assert isinstance(event, Ends)
            whole.append(True)
    assert len(whole) == len(files)
    return out, files


def pieces_of(body: bytes, cuts: list[int]) -> list[bytes]:
    ends = sorted({c % (len(body) + 1) for c in cuts} | {0, len(body)})
    return [body[a:b] for a, b in itertools.pairwise(ends)]


contents = st.binary(max_size=200) | st.text("\r\n-" + BOUNDARY[:3], max_size=60).map(str.encode)
parts = st.builds(
    Part,
    name=st.text("abcé_", min_size=1, max_size=8),
    content=contents.filter(lambda content: BOUNDARY.encode() not in content),
    filename=st.none() | st.sampled_from(["", "a.jpg", "ü.png", "a;b.gif"]),
)


@given(st.lists(parts, min_size=1, max_size=5), st.lists(st.integers(0, 2_000), max_size=8))
@settings(deadline=None)
def test_every_byte_comes_out_once_and_every_file_whole(told: list[Part], cuts: list[int]) -> None:
    body = form(*told)
    out, files = read(FormReader(BOUNDARY), pieces_of(body, cuts))
    assert out == body
    assert files == [(part.name, part.content) for part in told if part.filename is not None]


def test_a_form_may_come_byte_by_byte() -> None:
    body = form(Part("title", b"x"), Part("photo", b"\r\n--y", "a.png"))
    out, files = read(FormReader(BOUNDARY), [body[n : n + 1] for n in range(len(body))])
    assert (out, files) == (body, [("photo", b"\r\n--y")])


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=6))
@settings(deadline=None)
def test_a_body_that_is_a_file_is_that_file(body: bytes, cuts: list[int]) -> None:
    out, files = read(RawReader("image/png"), pieces_of(body, cuts))
    assert out == body
    assert files == ([("", body)] if body else [])


def test_it_reads_what_a_library_in_wide_use_writes() -> None:
    files = {"picture": ("é.png", b"\r\n--not really", "image/png")}
    request = httpx.Request("POST", "https://x.example", data={"title": "é"}, files=files)
    body = request.read()
    out, found = read(FormReader(boundary_of(request.headers["content-type"])), [body])
    assert out == body
    assert found == [("picture", b"\r\n--not really")]


HEAD = 'Content-Disposition: form-data; name="a"; filename="b"'


def with_head(*lines: str, glue: str = "\r\n") -> bytes:
    return f"--{BOUNDARY}\r\n{glue.join(lines)}\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x" + form(Part("a", b"x", "b")),
        form(Part("a", b"x", "b"))[:-9],
        form(Part("a", b"x", "b")) + b"more",
        form(Part("a", b"x", "b")) + form(Part("a", b"x", "b")),
        form(Part("a", f"y\n--{BOUNDARY}\nz".encode(), "b")),
        form(Part("a", f"--{BOUNDARY}".encode(), "b")),
        form(Part("a", b"x", "b")).replace(BOUNDARY.encode(), BOUNDARY.encode() + b" ", 1),
        with_head(HEAD, "X: y", glue="\n"),
        with_head(HEAD, " folded"),
        with_head(HEAD, HEAD),
        with_head(HEAD, "Content-Type : image/png"),
        with_head(HEAD, "no header"),
        with_head(HEAD + "\x00"),
        with_head(HEAD, "X: " + "y" * 9_000),
        with_head(HEAD, "Content-Type: a/b", "content-type: c/d"),
        f"--{BOUNDARY}\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode(),
        form(*[Part("a", b"")] * 1_001),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        read(FormReader(BOUNDARY), [body])
    with pytest.raises(Malformed):
        read(FormReader(BOUNDARY), [body[n : n + 1] for n in range(len(body))])


@pytest.mark.parametrize("how", ["base64", "Quoted-Printable", "x-uuencode"])
def test_a_file_that_is_written_as_text_is_refused(how: str) -> None:
    with pytest.raises(WrongKind):
        read(FormReader(BOUNDARY), [with_head(HEAD, f"Content-Transfer-Encoding: {how}")])
    read(FormReader(BOUNDARY), [with_head(HEAD, "Content-Transfer-Encoding: binary")])


def test_parts_in_a_part_are_refused() -> None:
    with pytest.raises(WrongKind):
        read(FormReader(BOUNDARY), [with_head(HEAD, "Content-Type: multipart/mixed; boundary=y")])


@pytest.mark.parametrize(
    "named", ['filename="x"', "FileName=x", "filename*=UTF-8''x.png", "filename*0=x", "filename"]
)
def test_what_looks_like_a_file_name_makes_a_file(named: str) -> None:
    body = with_head(f'Content-Disposition: form-data; name="a"; {named}')
    assert len(read(FormReader(BOUNDARY), [body])[1]) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=a; boundary=b",
        "multipart/form-data; boundary=a; boundary*=b",
        f"multipart/form-data; boundary={'a' * 71}",
        "multipart/form-data; boundary=é",
    ],
)
def test_a_form_has_one_boundary(wrong: str) -> None:
    with pytest.raises(Malformed):
        boundary_of(wrong)


def test_other_multiparts_are_not_forms() -> None:
    with pytest.raises(WrongKind):
        boundary_of("multipart/mixed; boundary=a")
    assert boundary_of('Multipart/Form-Data; charset=utf-8; boundary="a b"') == "a b"
