"""Mails are commands of senders on file, proven by what our own mail server found."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from tests.domain.desk import SYSTEM, picture, report
from tests.domain.intake.scenes import AUTHSERV, SENDER, mail, sender
from tests.domain.test_nothing_in_the_clear import every_text_in_the_database
from tocsin.domain.intake import actions, queries, rules
from tocsin.domain.intake.models import Line
from tocsin.domain.intake.types import (
    Command,
    FormTerms,
    LineState,
    Proof,
    SenderRefused,
    SenderTerms,
    Way,
    Why,
)
from tocsin.domain.reports import queries as desk

URL = "https://host.example/p/1"


@pytest.fixture(autouse=True)
def ours(settings: Settings) -> None:
    settings.TOCSIN_INTAKE_AUTHSERV = AUTHSERV


@pytest.mark.django_db
def test_a_mail_of_a_proven_sender_is_taken_in_line_by_line(now: datetime) -> None:
    sender(now, source="helpwanted")
    view = actions.take_in_mail(
        raw=mail("..INPUT", f"{URL};https://ref.example/;seen today\nnonsense here\n"), at=now
    )
    assert (view.way, view.proof, view.why, view.lines) == (Way.MAIL, Proof.DKIM, Why.NONE, 2)
    first, second = queries.lines(view.id)
    assert (first.state, second.state) == (LineState.KEPT, LineState.REFUSED)
    assert first.record.source == "helpwanted"
    assert "seen today" in desk.item(first.item_number).reports[0].words


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("subject", "command", "source"),
    [
        ("..INPUT", Command.REPORT, ""),
        ("  ..input ", Command.REPORT, ""),
        ("..INPUT-SOURCE Stop it now", Command.REPORT, "Stop it now"),
        ("..CONTENTREMOVED", Command.SAID_REMOVED, ""),
        ("..CONTENTUNAVAILABLE", Command.SAID_UNAVAILABLE, ""),
    ],
)
def test_the_subject_is_the_command(
    now: datetime, subject: str, command: Command, source: str
) -> None:
    sender(now, may_say_gone=True)
    report(now, URL)
    view = actions.take_in_mail(raw=mail(subject, URL), at=now)
    assert (view.command, view.source, view.why) == (command, source, Why.NONE)
    assert Line.objects.get().state in {LineState.KEPT, LineState.STATED}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("subject", "changes", "why"),
    [
        ("Lunch?", {}, Why.UNKNOWN_COMMAND),
        ("..INPUT-SOURCE", {}, Why.UNKNOWN_COMMAND),
        ("..SET_MAINTENANCE", {}, Why.UNKNOWN_COMMAND),
        ("..CONTENTREMOVED", {}, Why.NOT_ALLOWED),
        ("..INPUT", {"frm": "stranger@else.example"}, Why.NOT_ON_FILE),
        ("..INPUT", {"results": ""}, Why.NOT_PROVEN),
        ("..INPUT", {"results": f"{AUTHSERV}; dkim=fail header.d=partner.example"}, Why.NOT_PROVEN),
        ("..INPUT", {"results": f"{AUTHSERV}; dkim=pass header.d=else.example"}, Why.NOT_PROVEN),
        ("..INPUT", {"results": f"{AUTHSERV}; dkim=pass header.d=example"}, Why.NOT_PROVEN),
        ("..INPUT", {"results": "mx.else.example; dmarc=pass header.from=partner.example"},
         Why.NOT_PROVEN),
        ("..INPUT", {"results": f"{AUTHSERV}; spf=pass smtp.mailfrom=partner.example"},
         Why.NOT_PROVEN),
    ],
)  # fmt: skip
def test_what_is_refused_is_written_down_without_its_words(
    now: datetime, subject: str, changes: dict[str, str], why: Why
) -> None:
    sender(now)
    raw = mail(subject, URL, **changes)  # type: ignore[arg-type]
    view = actions.take_in_mail(raw=raw, at=now)
    assert (view.why, view.lines) == (why, 0)
    assert not desk.queue().rows


@pytest.mark.django_db
def test_an_empty_mail_one_of_html_alone_and_one_too_large(now: datetime) -> None:
    sender(now)
    page = EmailMessage()
    page["From"], page["Subject"] = SENDER, "..INPUT"
    page["Authentication-Results"] = f"{AUTHSERV}; dmarc=pass header.from=partner.example"
    page.set_content("<p>x</p>", subtype="html")
    whys = [
        actions.take_in_mail(raw=raw, at=now).why
        for raw in (mail("..INPUT", "\n"), page.as_bytes(), b"x" * (rules.MOST_MAIL_BYTES + 1))
    ]
    assert whys == [Why.EMPTY, Why.NO_TEXT, Why.TOO_LARGE]


@pytest.mark.django_db
def test_what_hangs_on_a_mail_is_never_read_nor_kept(now: datetime) -> None:
    sender(now)
    message = EmailMessage()
    message["Authentication-Results"] = f"{AUTHSERV}; dkim=pass header.d=partner.example"
    message["From"], message["Subject"] = SENDER, "..INPUT"
    message.set_content(URL)
    message.add_attachment(picture("a hill")[0].value * 50, maintype="image", subtype="png",
                           filename="needle-in-a-name.png")  # fmt: skip
    view = actions.take_in_mail(raw=message.as_bytes(), at=now)
    assert view.counts == {LineState.KEPT: 1}
    found = every_text_in_the_database()
    assert "needle-in-a-name" not in found
    assert picture("a hill")[0].value.hex() not in found
    assert "host.example" not in found
    assert SENDER not in found.replace(f'"address": "{SENDER}"', "")


@pytest.mark.django_db
def test_the_same_mail_twice_is_one(now: datetime) -> None:
    sender(now)
    raw = mail("..INPUT", URL)
    assert not actions.take_in_mail(raw=raw, at=now).again
    assert actions.take_in_mail(raw=raw, at=now).again
    assert desk.queue().rows[0].report_count == 1


@pytest.mark.django_db
def test_a_web_form_comes_as_a_flat_list_and_its_own_fields_are_kept(now: datetime) -> None:
    sender(now)
    form = FormTerms("site", "Webform report", "webform", {"url": "adres"})
    actions.add_form(terms=form, actor=SYSTEM, at=now)
    body = f"adres: {URL}\nnote: a note\ncolour of the page: blue\n"
    view = actions.take_in_mail(raw=mail("Webform report 12", body), at=now)
    [line] = queries.lines(view.id)
    assert (line.state, view.source) == (LineState.KEPT, "webform")
    words = desk.item(line.item_number).reports[0].words
    assert "a note" in words
    assert "colour of the page: blue" in words


@pytest.mark.django_db
def test_a_form_without_an_address_waits_for_a_person(now: datetime) -> None:
    sender(now)
    actions.add_form(terms=FormTerms("site", "Webform"), actor=SYSTEM, at=now)
    view = actions.take_in_mail(raw=mail("Webform", "note: somebody told me of it"), at=now)
    [line] = queries.for_a_person()
    assert view.counts == {LineState.FOR_A_PERSON: 1}
    assert line.record.note == "somebody told me of it"


@pytest.mark.django_db
def test_a_sender_that_needs_no_proof_is_taken_at_its_word_and_that_is_told(now: datetime) -> None:
    sender(now, needs_proof=False)
    view = actions.take_in_mail(raw=mail("..INPUT", URL, results=""), at=now)
    assert (view.proof, view.counts) == (Proof.FROM_LINE, {LineState.KEPT: 1})


@pytest.mark.django_db
def test_senders_come_and_go(now: datetime) -> None:
    number = sender(now)
    with pytest.raises(SenderRefused):
        sender(now)
    with pytest.raises(SenderRefused):
        sender(now, "not an address")
    assert [one.terms.address for one in queries.senders()] == [SENDER]
    assert actions.remove_sender(sender_id=number, actor=SYSTEM, at=now)
    assert not actions.remove_sender(sender_id=number, actor=SYSTEM, at=now)
    assert queries.sender_of(SENDER) is None
    sender(now, SENDER.upper())


def test_only_the_topmost_header_of_our_own_server_is_believed() -> None:
    forged = f"{AUTHSERV}; dkim=pass header.d=partner.example"
    true = f"{AUTHSERV} 1; dkim=none; spf=pass"
    found = rules.proof_in([true, forged], ours=AUTHSERV, from_domain="partner.example")
    assert found is Proof.FROM_LINE
    other = "mx.else.example; dkim=pass header.d=partner.example"
    found = rules.proof_in([other, forged], ours=AUTHSERV, from_domain="partner.example")
    assert found is Proof.DKIM
    assert rules.proof_in([forged], ours="", from_domain="partner.example") is Proof.FROM_LINE


def test_comments_in_the_header_prove_nothing() -> None:
    header = f"{AUTHSERV}; dkim=fail (not (dkim=pass header.d=partner.example; x)) header.d=x.y"
    found = rules.proof_in([header], ours=AUTHSERV, from_domain="partner.example")
    assert found is Proof.FROM_LINE


@given(st.text(max_size=300))
def test_no_header_breaks_the_reader(text: str) -> None:
    rules.proof_in([f"{AUTHSERV}; {text}", text], ours=AUTHSERV, from_domain="a.example")
    rules.command_in(text)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "raw",
    [b"", b"\xff\xfe", b"From: a@b.example, c@d.example\n\nx", b"From: \n\n",
     b"Content-Type: multipart/mixed; boundary=x\nFrom: desk@partner.example\n\n--x\n",
     (b"From: desk@partner.example\nContent-Type: text/plain; charset=no-such\nSubject: ..INPUT\n\n"
     b"https://a.example/\xe9")],
)  # fmt: skip
def test_broken_mails_break_nothing(now: datetime, raw: bytes) -> None:
    actions.add_sender(
        terms=SenderTerms(SENDER, "Partner", needs_proof=False), actor=SYSTEM, at=now
    )
    actions.take_in_mail(raw=raw, at=now)
