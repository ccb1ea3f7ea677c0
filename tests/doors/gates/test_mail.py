"""Mail as servers hand it to a scanner: whole."""

from __future__ import annotations

from dataclasses import replace
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.doors.gates.talking import QUICK, StandIn, a_desk
from tests.doors.gates.test_clamd import BAD, BLOCKED, CLEAN, ask, stream
from tocsin.doors.gates.clamd.mail import attachments, is_mail
from tocsin.doors.gates.desk import Desk
from tocsin.doors.gates.rules import Unreadable


def a_mail(*attached: bytes, name: str = "a.jpg") -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Ann <ann@mail.example>"
    mail["To"] = "bob@mail.example"
    mail["Subject"] = "Holiday"
    mail.set_content("See the pictures, they are gr\u00f6\u00dfer than last time.")
    mail.add_alternative("<p>See the pictures</p>", subtype="html")
    for data in attached:
        mail.add_attachment(data, maintype="image", subtype="jpeg", filename=name)
    return mail


def said_of(mail: bytes, desk: Desk | None = None) -> bytes:
    return ask(b"nINSTREAM\n" + stream(mail), desk=desk)


def test_what_hangs_on_a_mail_is_looked_at() -> None:
    assert said_of(bytes(a_mail())) == b"stream: OK\n"
    assert said_of(bytes(a_mail(CLEAN, CLEAN))) == b"stream: OK\n"
    assert said_of(bytes(a_mail(CLEAN, BAD))) == b"stream: Tocsin.Listed FOUND\n"
    assert said_of(bytes(a_mail(CLEAN, b"%PDF-1.4"))).endswith(b" ERROR\n")
    assert said_of(b"From ann Mon Mar  2\n" + bytes(a_mail(BAD))).endswith(b" FOUND\n")
    assert said_of(bytes(a_mail(BAD)).replace(b"\n", b"\r\n")).endswith(b" FOUND\n")


@pytest.mark.parametrize("gap", [b"", b"\n"])
def test_mail_comes_as_exim_writes_it(gap: bytes) -> None:
    above = b"From MAILER-DAEMON Fri Nov 27 06:48:26 2026\nX-Envelope-From: <a@mail.example>\n"
    above += b"X-Envelope-To: b@mail.example\n" + gap
    assert said_of(above + bytes(a_mail(CLEAN))) == b"stream: OK\n"
    assert said_of(above + bytes(a_mail(BAD))) == b"stream: Tocsin.Listed FOUND\n"


def test_so_is_what_hangs_on_a_mail_within_a_mail() -> None:
    outer = a_mail()
    outer.add_attachment(a_mail(CLEAN, BAD))
    assert said_of(bytes(outer)) == b"stream: Tocsin.Listed FOUND\n"


@pytest.mark.parametrize("cut", [60, 400, 700])
def test_a_mail_that_is_cut_off_is_not_checked(cut: int) -> None:
    mail = bytes(a_mail(CLEAN))
    assert said_of(mail[: len(mail) - cut]).endswith(b" ERROR\n")


def test_a_part_that_says_it_is_words_and_is_none_is_looked_at() -> None:
    mail = b"From: a\nTo: b\nContent-Type: text/plain\nContent-Transfer-Encoding: 8bit\n\n"
    assert said_of(mail + b"words") == b"stream: OK\n"
    assert said_of(mail + b"\xff\xd8\xff\xe0 \0").endswith(b" ERROR\n")


def test_a_mail_of_more_parts_than_any_has_is_not_checked() -> None:
    assert said_of(bytes(a_mail(*[CLEAN] * 501))).endswith(b" ERROR\n")


def test_words_may_be_in_any_letters() -> None:
    mail = b"From: a\nTo: b\nContent-Type: text/plain; charset=%b\n\n%b"
    for charset in ("iso-8859-1", "iso-2022-jp", "koi8-r"):
        words = "gr\u00fc\u00df" if charset == "iso-8859-1" else "\u041c\u0438\u0440"
        said = said_of(mail % (charset.encode(), words.encode(charset)))
        assert said == b"stream: OK\n", charset


def test_mails_within_mails_without_end_are_not_checked() -> None:
    head = b"From: a\nTo: b\n"
    rfc822 = head + b"Content-Type: message/rfc822\n\n" * 3_000
    forms = b"".join(
        b"Content-Type: multipart/mixed; boundary=q%d\n\n--q%d\n" % (n, n) for n in range(3_000)
    )
    for mail in (rfc822, head + forms):
        assert said_of(mail).endswith(b"broken or empty). ERROR\n")


def test_the_memory_that_cutting_takes_is_counted() -> None:
    mail = bytes(a_mail(b"clean" + bytes(300_000)))
    tight = a_desk(limits=replace(QUICK, memory_bytes=1_000_000))
    assert b"no memory" in said_of(mail, tight)
    assert tight.held_bytes == 0
    assert said_of(mail, a_desk(limits=replace(QUICK, memory_bytes=4_000_000))) == b"stream: OK\n"


@pytest.mark.parametrize(
    "data", [b"", CLEAN, b"\xff\xd8\xff", b"From: only\n\nx", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"]
)
def test_what_is_no_mail_is_not_taken_for_one(data: bytes) -> None:
    assert not is_mail(data)


@settings(max_examples=150, deadline=None)
@given(junk=st.binary(max_size=400), at=st.integers(0, 1_500), kept=st.integers(0, 40))
def test_a_changed_mail_never_passes_with_a_listed_file_whole_in_it(
    junk: bytes, at: int, kept: int
) -> None:
    mail = bytes(a_mail(BAD))
    changed = mail[:at] + junk + mail[at + kept :]
    said = said_of(changed, a_desk(StandIn(listed=BLOCKED)))
    if is_mail(changed) and said == b"stream: OK\n":
        assert BAD not in list(attachments(changed))


@settings(max_examples=150, deadline=None)
@given(tail=st.binary(max_size=400))
def test_any_bytes_behind_a_head_are_cut_up_or_refused(tail: bytes) -> None:
    head = b"From: a\nTo: b\nContent-Type: multipart/mixed; boundary=q\n\n"
    try:
        list(attachments(head + tail))
    except Unreadable:
        return
