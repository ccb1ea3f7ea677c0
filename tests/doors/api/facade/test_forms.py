"""One file out of a form: the very bytes, or a refusal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.doors.api.facade.forms import the_one_file
from tocsin.doors.api.http import Refused

KIND = "multipart/form-data; boundary=XyZ"
HEAD = b'Content-Disposition: form-data; name="photo"; filename="a.png"'


def form(*parts: bytes) -> bytes:
    return b"".join(b"--XyZ\r\n" + part + b"\r\n" for part in parts) + b"--XyZ--\r\n"


@given(content=st.binary(max_size=2_000).filter(lambda data: b"--XyZ" not in data))
def test_the_bytes_come_out_as_they_went_in(content: bytes) -> None:
    field = b'Content-Disposition: form-data; name="seed"\r\n\r\n1'
    body = form(field, HEAD + b"\r\nContent-Type: image/png\r\n\r\n" + content)
    assert the_one_file(KIND, body) == ("photo", content)
    assert the_one_file(KIND, b"a preamble\r\n" + body + b"and an epilogue") == ("photo", content)


@given(cut=st.integers(0, 200))
def test_a_form_that_is_cut_short_anywhere_is_refused(cut: int) -> None:
    body = form(HEAD + b"\r\n\r\n" + b"x" * 60)
    whole = body.rindex(b"--XyZ--") + len(b"--XyZ--")
    with pytest.raises(Refused):
        the_one_file(KIND, body[: min(cut, whole - 1)])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        form(),
        form(b'Content-Disposition: form-data; name="a"\r\n\r\nb'),
        form(HEAD + b"\r\n\r\na", HEAD + b"\r\n\r\nb"),
        form(HEAD),
        form(b"\r\n\r\nno head"),
        form(*[b'Content-Disposition: form-data; name="a"\r\n\r\nb'] * 30),
    ],
)
def test_anything_but_one_file_is_refused(body: bytes) -> None:
    with pytest.raises(Refused):
        the_one_file(KIND, body)


@pytest.mark.parametrize(
    "kind", ["", "image/png", "multipart/form-data", 'multipart/form-data; boundary=""',
             f"multipart/form-data; boundary={'x' * 71}"]
)  # fmt: skip
def test_a_body_that_is_no_form_is_refused(kind: str) -> None:
    with pytest.raises(Refused):
        the_one_file(kind, form(HEAD + b"\r\n\r\na"))


@given(kind=st.text(max_size=60), body=st.binary(max_size=200))
def test_anything_else_is_a_refusal_and_never_a_failure(kind: str, body: bytes) -> None:
    with pytest.raises(Refused):
        the_one_file(kind, body)
