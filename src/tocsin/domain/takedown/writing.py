"""Writing what leaves: the letter or the sending of a notice, its link, its place in the proof."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings

from tocsin.base.audit.types import Json
from tocsin.base.clock.actions import set_due
from tocsin.base.letters import actions as letters
from tocsin.base.letters.types import Content
from tocsin.domain.reports.types import Case
from tocsin.domain.takedown import attached, moving, rules, sealed, wording
from tocsin.domain.takedown.attached import Papers
from tocsin.domain.takedown.models import Link, Notice, Post, Sending, SendLogRow
from tocsin.domain.takedown.types import Addressee, Channel, PostState, Rung
from tocsin.domain.takedown.wording import Sheet

NOTICE = "notice"
REMINDER = "notice-reminder"
WITHDRAWAL = "notice-withdrawal"
REPLY = "notice-reply"
PURPOSES = frozenset({NOTICE, REMINDER, WITHDRAWAL, REPLY})

LINK_BYTES = 32


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is sent about a notice: to whom, under which name, as which round of its kind."""

    notice: Notice
    to: Addressee
    purpose: str
    name: str
    round: int = 0
    words: str = ""


def send_first(notice: Notice, case: Case, to: Addressee, at: datetime) -> None:
    """Queue a notice's first message to the place that stands in it, in the caller's transaction.

    One that was kept back there before leaves under the id it had.
    """
    known = Sending.objects.filter(
        finding_id=notice.finding_id, place=notice.place, purpose=NOTICE, round=0
    ).first()
    if known is not None:
        notice.message_id = known.message_id
        _let_go(known, at)
        return
    notice.tries += 1
    name = notice.number if notice.tries == 1 else f"{notice.number}.{notice.tries}"
    notice.message_id = _send(Parcel(notice, to, NOTICE, name), case, at)


def send_reminder(notice: Notice, case: Case, to: Addressee, at: datetime) -> None:
    """Queue the next reminder, in the caller's transaction."""
    notice.reminders += 1
    notice.last_reminded_at = at
    name = f"{notice.number}.r{notice.reminders}"
    _send(Parcel(notice, to, REMINDER, name, round=notice.reminders), case, at)


def send_withdrawal(notice: Notice, case: Case, to: Addressee, at: datetime) -> None:
    """Queue the letter that takes a notice back, in the caller's transaction."""
    _send(Parcel(notice, to, WITHDRAWAL, f"{notice.number}.withdrawal"), case, at)


def send_withdrawal_by_mail(notice: Notice, case: Case, to: Addressee, at: datetime) -> None:
    """The same where the hoster's own address did not take it, in the caller's transaction."""
    by_mail = replace(to, channel=Channel.MAIL)
    name = f"{notice.number}.withdrawal.2"
    _send(Parcel(notice, by_mail, WITHDRAWAL, name, round=1), case, at)


def send_reply(notice: Notice, case: Case, parcel_words: str, to: Addressee, at: datetime) -> None:
    """Queue a person's words to a hoster, by mail, in the caller's transaction."""
    number = Sending.objects.filter(notice=notice, purpose=REPLY).count() + 1
    name = f"{notice.number}.a{number}"
    _send(Parcel(notice, to, REPLY, name, round=number, words=parcel_words), case, at)


def new_link(notice: Notice, at: datetime) -> str:
    """A new secret for a notice's page; only its digest is kept."""
    secret = secrets.token_urlsafe(LINK_BYTES)
    Link.objects.create(
        notice=notice,
        digest=sealed.secret_digest(secret),
        made_at=at,
        expires_at=at + rules.LINK_LIVES,
    )
    return secret


def _send(parcel: Parcel, case: Case, at: datetime) -> str:
    """Write it down and queue it; its message id. The link in it is made anew each time."""
    notice = parcel.notice
    message_id = f"<{parcel.name}@{settings.TOCSIN_ORGANISATION.domain}>"
    Sending.objects.create(
        notice=notice,
        finding_id=notice.finding_id,
        place=notice.place,
        purpose=parcel.purpose,
        round=parcel.round,
        message_id=message_id,
        made_at=at,
    )
    papers = _papers(parcel, case, at)
    by_machine = parcel.to.channel is Channel.MACHINE and parcel.purpose != REPLY
    if by_machine and parcel.to.hoster_id is not None:
        _post(parcel, papers, message_id, parcel.to.hoster_id, at)
    else:
        _write(parcel, papers, at)
    return message_id


def _papers(parcel: Parcel, case: Case, at: datetime) -> Papers:
    notice, base = parcel.notice, settings.TOCSIN_HOSTER_URL
    notice.xarf_report_id = notice.xarf_report_id or uuid4()
    history = tuple(_history(notice)) if parcel.to.rung is Rung.REGULATOR else ()
    withdrawn = parcel.purpose == WITHDRAWAL
    sheet = Sheet(
        number=notice.number,
        organisation=settings.TOCSIN_ORGANISATION,
        to=parcel.to,
        tell_digests=settings.TOCSIN_NOTICE_DIGESTS and not withdrawn,
        link=f"{base}/notice/{new_link(notice, at)}" if base and not withdrawn else "",
        verify=f"{base}/notice/signed" if base else "",
        round=parcel.round,
        sent_at=notice.sent_at,
        words=parcel.words,
        history="\n".join(_line(told) for told in history),
    )
    return Papers(case, sheet, notice.xarf_report_id, parcel.purpose, at, history)


def _content(parcel: Parcel, papers: Papers) -> Content:
    case, sheet = papers.case, papers.sheet
    if parcel.purpose == WITHDRAWAL:
        return wording.withdrawal(case, sheet)
    if parcel.purpose == REPLY:
        return wording.reply(case, sheet)
    parts = attached.attachments(papers)
    if not any(part.filename == "xarf.json" for part in parts):
        parcel.notice.xarf_report_id = None
    write = wording.reminder if parcel.purpose == REMINDER else wording.notice
    return write(case, sheet, parts)


def _write(parcel: Parcel, papers: Papers, at: datetime) -> None:
    notice = parcel.notice
    draft = letters.Draft(
        name=parcel.name,
        purpose=parcel.purpose,
        about=moving.about(notice),
        to=parcel.to.email,
        language=parcel.to.language,
        content=_content(parcel, papers),
        rehearsal=notice.rehearsal,
        references="" if parcel.purpose == NOTICE else notice.message_id,
    )
    letters.queue(draft=draft, actor=moving.US, at=at)


def _post(parcel: Parcel, papers: Papers, message_id: str, hoster_id: int, at: datetime) -> None:
    post = Post.objects.create(
        notice=parcel.notice,
        message_id=message_id,
        purpose=parcel.purpose,
        hoster_id_then=hoster_id,
        sealed_body=sealed.close_body(attached.body(papers), message_id=message_id),
        state=rules.POST.first,
        made_at=at,
        next_try_at=at,
    )
    _wind_post(post, at)


def _let_go(sending: Sending, at: datetime) -> None:
    """Let what was kept back leave under its own id."""
    letters.let_go(message_id=sending.message_id, actor=moving.US, at=at)
    back = Post.objects.filter(
        message_id=sending.message_id, state__in=rules.POST.sources("let_go")
    )
    for post in back.select_for_update():
        post.state = rules.POST.target("let_go", PostState(post.state))
        post.attempts, post.next_try_at = 0, at
        post.save()
        _wind_post(post, at)


def _wind_post(post: Post, at: datetime) -> None:
    waiting = rules.POST.waiting[PostState.WAITING]
    set_due(kind=waiting.then, subject=str(post.pk), due_at=at + waiting.within)


def _history(notice: Notice) -> list[dict[str, Json]]:
    """Who was told of the item, when, and what was heard of it, as a regulator reads it."""
    told: list[dict[str, Json]] = []
    for other in Notice.objects.filter(takedown_id=notice.takedown_id).order_by("id"):
        if other.pk == notice.pk or other.sent_at is None:
            continue
        to = sealed.open_addressee(other.sealed_addressee, number=other.number)
        rows = SendLogRow.objects.filter(notice=other.number, chain_no__isnull=False)
        told.append(
            {
                "notice": other.number,
                "role": other.rung,
                "name": to.name if to else "",
                "country": to.country if to else "",
                "sent_at": _short(other.sent_at),
                "reminders": other.reminders,
                "answer": other.answer,
                "answered_at": _short(other.answered_at) if other.answered_at else None,
                "send_log": [f"{r.chain_no}:{r.row_hash}" for r in rows.order_by("chain_no")],
            }
        )
    return told


def _line(told: dict[str, Json]) -> str:
    parts = [told["sent_at"], told["notice"], told["role"], told["name"], told["country"]]
    answered = f"{told['answer'] or '-'}, +{told['reminders']}"
    return "    " + "  ".join(str(part) for part in [*parts, answered] if part)


def _short(at: datetime) -> str:
    return (at - timedelta(microseconds=at.microsecond)).isoformat()
