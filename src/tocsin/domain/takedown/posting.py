"""Sending to hosters' own addresses for notices: signed, outside any transaction, until taken.

A hoster's server that does not take it within ten minutes is written to by mail.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F, Q

from tocsin.base.clock.actions import cancel
from tocsin.base.egress import PUBLIC, Answer, Egress, EgressError, Policy, configured_peer
from tocsin.base.letters.queries import without_addresses
from tocsin.domain.hosters import queries as hosters
from tocsin.domain.hosters.types import Endpoint
from tocsin.domain.reports import queries as reports
from tocsin.domain.takedown import moving, notices, rules, sealed, sendlog, signing, writing
from tocsin.domain.takedown.models import Notice, Post
from tocsin.domain.takedown.types import NoticeState, PostState

log = structlog.get_logger()

LEASE = timedelta(seconds=30)
POLICY = PUBLIC.limited_to(max_bytes=64_000, deadline_seconds=8.0, max_redirects=0)
MOST_SAID = 200


@dataclass(frozen=True, slots=True)
class Line:
    """Our way to strangers, and a clock: who waits long must not sign with a time long gone."""

    egress: Egress
    now: Callable[[], datetime]


def due(*, at: datetime) -> list[int]:
    """Sendings that should be tried now and that nobody tries, who waits longest first."""
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=at)
    rows = Post.objects.filter(free, state=PostState.WAITING, next_try_at__lte=at)
    return list(rows.order_by("next_try_at", "pk").values_list("pk", flat=True)[:100])


def post(pk: int, line: Line) -> bool:
    """Try one sending; whether it was taken. False too when somebody else tries it now."""
    at = line.now()
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=at)
    rows = Post.objects.filter(free, pk=pk, state=PostState.WAITING, next_try_at__lte=at)
    if not rows.update(leased_until=at + LEASE):
        return False
    row = Post.objects.select_related("notice").get(pk=pk)
    endpoint = hosters.endpoint(row.hoster_id_then)
    if endpoint is None:
        give_up(str(pk), at)
        return False
    body = sealed.open_body(row.sealed_body, message_id=row.message_id)
    said = _try(row, endpoint, body, line)
    if isinstance(said, Answer):
        _note_taken(pk, body, said, line.now())
        return True
    Post.objects.filter(pk=pk, state=PostState.WAITING).update(
        attempts=F("attempts") + 1,
        said=said,
        next_try_at=line.now() + rules.wait_before_post(row.attempts + 1),
        leased_until=None,
    )
    log.warning("notice_not_posted", post_id=pk, attempts=row.attempts + 1)
    return False


def give_up(subject: str, at: datetime) -> None:
    """The hoster's server has not taken it in time: the notice goes on by mail."""
    known = Post.objects.values_list("notice_id", flat=True).filter(pk=subject).first()
    if known is None:
        return
    with transaction.atomic():
        notice = moving.locked(known)
        row = Post.objects.select_for_update().get(pk=subject)
        if row.state != PostState.WAITING:
            return
        row.state = rules.POST.target("give_up", PostState.WAITING)
        row.leased_until = None
        row.save()
        moving.note(notice, "post_given_up", at, attempts=row.attempts)
        line = sendlog.Line(notice.number, sendlog.DEAD, row.message_id, notice.place, "", row.said)
        sendlog.append(line, at=at)
        if row.purpose == writing.WITHDRAWAL:
            _withdraw_by_mail(notice, at)
        elif notice.state == NoticeState.QUEUED:
            notices.give_up(notice, "give_up", at)
        elif notice.state == NoticeState.SENT:
            notices.give_up(notice, "came_back", at)


def _try(row: Post, endpoint: Endpoint, body: bytes, line: Line) -> Answer | str:
    """The answer of a server that took it, else a fixed word on why it did not."""
    headers = {
        "content-type": "application/json",
        **signing.headers(row.message_id.strip("<>"), body, line.now()),
    }
    if endpoint.bearer:
        headers["authorization"] = f"Bearer {endpoint.bearer}"
    try:
        answer = line.egress.request(
            "POST",
            endpoint.url,
            policy=_policy(row.notice, endpoint),
            content=body,
            headers=headers,
        )
    except EgressError as error:
        return f"{type(error).__name__}: {error.reason}"
    return answer if 200 <= answer.status < 300 else f"status {answer.status}"


def _policy(notice: Notice, endpoint: Endpoint) -> Policy:
    if notice.rehearsal:
        # On loopback: `hosters` takes no other address for a rehearsal's hoster.
        return configured_peer(endpoint.url).limited_to(
            max_bytes=64_000, deadline_seconds=8.0, max_redirects=0
        )
    return POLICY


def _note_taken(pk: int, body: bytes, answer: Answer, at: datetime) -> None:
    notice_id = Post.objects.values_list("notice_id", flat=True).get(pk=pk)
    with transaction.atomic():
        notice = moving.locked(notice_id)
        row = Post.objects.select_for_update().get(pk=pk)
        if row.state not in rules.POST.sources("taken"):
            return
        row.state = rules.POST.target("taken", PostState(row.state))
        row.said, row.taken_at = acknowledged(answer), at
        row.attempts, row.leased_until = row.attempts + 1, None
        row.save()
        cancel(kind=rules.POST.waiting[PostState.WAITING].then, subject=str(pk))
        digest = sendlog.hash_of_body(body)
        line = sendlog.Line(
            notice.number, sendlog.TAKEN, row.message_id, notice.place, digest, row.said
        )
        left = notices.Left(row.message_id, row.purpose, row.said, at, line)
        notices.note_left(notice, left, at)
    log.info("notice_posted", post_id=pk)


def acknowledged(answer: Answer) -> str:
    """What the other side said on taking it: the status, and its own number for it, if any."""
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError):
        told = None
    given = told if isinstance(told, dict) else {}
    named = [given[name] for name in ("receipt", "id", "ticket", "reference") if name in given]
    number = named[0] if named and isinstance(named[0], str | int) else ""
    text = f"status {answer.status} {number}"
    return without_addresses(text)[:MOST_SAID].strip()


def _withdraw_by_mail(notice: Notice, at: datetime) -> None:
    to = notices.addressee_of(notice)
    if to is not None:
        writing.send_withdrawal_by_mail(notice, reports.case(notice.finding_id), to, at)
