"""Reading: notices with all that left, takedowns, what stands behind a link, the proof."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db.models import Count

from tocsin.base.letters import queries as letters
from tocsin.domain.reports import queries as reports
from tocsin.domain.takedown import ladder, rules, sealed, sendlog, signing, wording
from tocsin.domain.takedown.keeping import steps, versions, where_of
from tocsin.domain.takedown.models import (
    Answer,
    Link,
    Notice,
    Office,
    Post,
    Sending,
    Stop,
    Takedown,
)
from tocsin.domain.takedown.types import (
    AnswerKind,
    AnswerView,
    Channel,
    EventView,
    LinkUnusable,
    LogVerdict,
    NoticeDetail,
    NoticeLetter,
    NoticeState,
    NoticeView,
    OfficeKind,
    OfficeView,
    PostState,
    PostView,
    Rung,
    RungView,
    Shown,
    SignedNotice,
    TakedownState,
    TakedownView,
    Timing,
    UnknownNotice,
)

__all__ = [
    "Stopped",
    "behind",
    "counts",
    "for_item",
    "is_signed",
    "is_usable",
    "key_set",
    "notice",
    "notices",
    "offices",
    "steps",
    "stopped",
    "takedowns",
    "timings",
    "verify_log",
    "versions",
    "written",
]


@dataclass(frozen=True, slots=True)
class Stopped:
    """Since when all sending stands still, by whom and why."""

    since: datetime
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Written:
    """A notice as a hoster's own list is compared with: its address is opened for that alone."""

    number: str
    url: str
    sent_at: datetime
    name: str

    def __repr__(self) -> str:
        return f"Written({self.number})"


def notices(
    limit: int = 100, offset: int = 0, state: NoticeState | None = None
) -> list[NoticeView]:
    """Notices: those that ask for attention first, then the newest."""
    found = Notice.objects.all() if state is None else Notice.objects.filter(state=state)
    ordered = found.select_related("hoster", "parent").order_by("-attention", "-id")
    return _views(ordered[offset : offset + limit])


def for_item(item_number: str) -> list[NoticeView]:
    """The notices of an item, oldest first."""
    found = Notice.objects.filter(item_number=item_number).select_related("hoster", "parent")
    return _views(found.order_by("id"))


def notice(number: str) -> NoticeDetail:
    """One notice with its letters' words, its ladder and what was answered.

    Raises UnknownNotice.
    """
    row = Notice.objects.select_related("hoster", "parent").filter(number=number).first()
    if row is None:
        raise UnknownNotice(f"There is no notice {number}.")
    return NoticeDetail(
        _view(row),
        tuple(_letters(f"notice:{row.pk}")),
        _takedown(row.takedown),
        tuple(_post(post) for post in row.posts.order_by("id")),
        _answers(row),
    )


def takedowns(item_id: int) -> list[TakedownView]:
    """The takedowns of an item, oldest first: one for each finding."""
    return [_takedown(row) for row in Takedown.objects.filter(item_id=item_id).order_by("id")]


def counts() -> dict[NoticeState, int]:
    """How many notices are in each state."""
    found = dict(Notice.objects.values_list("state").annotate(n=Count("id")))
    return {state: found.get(state, 0) for state in NoticeState}


def stopped() -> Stopped | None:
    """Since when all sending stands still; None when it does not."""
    row = Stop.objects.filter(on=True).first()
    return Stopped(row.since, row.by, row.why) if row else None


def offices() -> list[OfficeView]:
    """Partner hotlines and regulators in use, by kind and country."""
    rows = Office.objects.filter(removed_at=None).order_by("kind", "country", "id")
    return [
        OfficeView(r.pk, OfficeKind(r.kind), r.country, r.name, r.email, r.language, r.rehearsal)
        for r in rows
    ]


def is_usable(secret: str, at: datetime) -> bool:
    """Whether a link still opens; tells nothing of what is behind it."""
    return _link(secret, at) is not None


def behind(secret: str, at: datetime) -> Shown:
    """The notice behind a link, as its receiver may see it. Raises LinkUnusable."""
    link = _link(secret, at)
    if link is None:
        raise LinkUnusable("This link belongs to no notice, or its time is over.")
    row = link.notice
    case = reports.case(row.finding_id)
    to = sealed.open_addressee(row.sealed_addressee, number=row.number)
    language = row.language if row.language in wording.LANGUAGES else "en"
    tell = settings.TOCSIN_NOTICE_DIGESTS
    organisation = settings.TOCSIN_ORGANISATION
    country = {"country": organisation.country}
    withdrawn = case.corrected or row.state in (NoticeState.RECALLED, NoticeState.RECALLING)
    return Shown(
        number=row.number,
        organisation=organisation.name,
        email=organisation.email,
        url=case.url,
        whole_page=not rules.names_a_file(case.url),
        category=wording.phrases(language)[f"category-{case.category.value}"].format_map(country),
        ground=wording.ground(case, language),
        digests=rules.digests(case.fingerprints) if tell and not withdrawn else {},
        found_at=case.found_at,
        sent_at=row.sent_at,
        deadline_at=row.deadline_at,
        state=NoticeState(row.state),
        withdrawn=withdrawn,
        rehearsal=row.rehearsal,
        addressee=to.name if to else "",
        language=language,
        answers=_answers(row),
        children=tuple(
            (child.number, NoticeState(child.state)) for child in row.children.order_by("id")
        ),
    )


def is_signed(text: str) -> SignedNotice:
    """Whether a signed notice is ours, and one that we have sent. Any text may come."""
    told = signing.read_jws(text)
    if told is None:
        return SignedNotice(signed=False, known=False)
    number = str(told.get("notice", ""))[:16]
    known = Notice.objects.filter(number=number).exclude(sent_at=None).exists()
    return SignedNotice(signed=True, known=known, number=number)


def key_set() -> dict[str, object]:
    """Our public keys for notices, as a JWK set."""
    return dict(signing.key_set())


def timings(since: datetime, until: datetime) -> Iterator[Timing]:
    """When what happened, of notices decided in [since, until), in order; for figures."""
    rows = Notice.objects.filter(takedown__made_at__gte=since, takedown__made_at__lt=until)
    for row in rows.select_related("takedown").order_by("id").iterator(2_000):
        yield Timing(
            number=row.number,
            item_id=row.item_id,
            finding_id=row.finding_id,
            rung=Rung(row.rung),
            hoster_id=row.hoster_id,
            country=row.takedown.country,
            decided_at=row.takedown.made_at,
            sent_at=row.sent_at,
            delivered_at=row.delivered_at,
            answered_at=row.answered_at,
            answer=AnswerKind(row.answer) if row.answer else None,
            reminders=row.reminders,
            rehearsal=row.rehearsal,
        )


def written(hoster_id: int | None = None) -> Iterator[Written]:
    """Notices that have left, to one hoster or to all, oldest first, for `reconcile`."""
    rows = Notice.objects.exclude(sent_at=None)
    if hoster_id is not None:
        rows = rows.filter(hoster_id=hoster_id)
    for row in rows.order_by("id").iterator(500):
        to = sealed.open_addressee(row.sealed_addressee, number=row.number)
        url = reports.case(row.finding_id).url
        if row.sent_at is not None:
            yield Written(row.number, url, row.sent_at, to.name if to else "")


def verify_log(heads_file: Path | None = None) -> LogVerdict:
    """Walk the send log; the first thing wrong is named, or nothing is."""
    return sendlog.verify_log(heads_file)


def sendings(number: str) -> list[str]:
    """The message ids of all that was sent about a notice, in order."""
    rows = Sending.objects.filter(notice__number=number).order_by("id")
    return list(rows.values_list("message_id", flat=True))


def _link(secret: str, at: datetime) -> Link | None:
    rows = Link.objects.select_related("notice").filter(digest=sealed.secret_digest(secret))
    return rows.filter(expires_at__gt=at, ended_at=None).first()


def _takedown(row: Takedown) -> TakedownView:
    place, known = where_of(row), steps()
    views = _views(
        Notice.objects.filter(takedown=row).select_related("hoster", "parent").order_by("id")
    )
    rungs = [
        RungView(
            step.rung,
            ladder.due_at(known, step.rung, place, row.since),
            tuple(view for view in views if view.rung is step.rung),
        )
        for step in known
    ]
    passed_on = tuple(view for view in views if view.rung is Rung.RESELLER)
    if passed_on:
        rungs.append(RungView(Rung.RESELLER, None, passed_on))
    return TakedownView(
        finding_id=row.finding_id,
        item_id=row.item_id,
        item_number=row.item_number,
        state=TakedownState(row.state),
        where=place,
        country=row.country,
        since=row.since,
        next_at=row.next_at,
        removed_at=row.removed_at,
        rungs=tuple(rung for rung in rungs if rung.due_at is not None or rung.notices),
        events=tuple(EventView(e.at, e.kind, e.notice, e.facts) for e in row.events.order_by("id")),
    )


def _answers(row: Notice) -> tuple[AnswerView, ...]:
    return tuple(_answer(answer) for answer in row.answers.order_by("id"))


def _answer(row: Answer) -> AnswerView:
    words, name, email = sealed.open_said(row.sealed_words, answer_id=row.pk)
    return AnswerView(
        id=row.pk,
        kind=AnswerKind(row.kind),
        words=words,
        name=name,
        email=email,
        at=row.at,
        by_machine=row.by_machine,
        appeal=row.appeal,
        outcome=row.outcome,
        decided_at=row.decided_at,
    )


def _post(row: Post) -> PostView:
    return PostView(row.pk, PostState(row.state), row.attempts, row.said, row.made_at, row.taken_at)


def _letters(about: str) -> Iterable[NoticeLetter]:
    for letter in letters.about(about):
        words = letters.words(letter.message_id)
        yield NoticeLetter(letter, words.subject, words.text, words.attachments)


def _views(rows: Iterable[Notice]) -> list[NoticeView]:
    return [_view(row) for row in rows]


def _view(row: Notice) -> NoticeView:
    to = sealed.open_addressee(row.sealed_addressee, number=row.number)
    return NoticeView(
        number=row.number,
        item_number=row.item_number,
        state=NoticeState(row.state),
        hoster_name=to.name if to else (row.hoster.name if row.hoster else None),
        to=to.email if to else (row.hoster.abuse_email if row.hoster else None),
        language=row.language,
        created_at=row.created_at,
        sent_at=row.sent_at,
        receipt=row.receipt,
        deadline_at=row.deadline_at,
        attention=row.attention,
        machine_readable=row.xarf_report_id is not None,
        rehearsal=row.rehearsal,
        rung=Rung(row.rung),
        confirmed=row.confirmed,
        source=to.source if to else "",
        confidence=to.confidence if to else 1.0,
        channel=Channel(row.channel),
        reminders=row.reminders,
        delivered_at=row.delivered_at,
        opened_at=row.opened_at,
        answer=AnswerKind(row.answer) if row.answer else None,
        parent=row.parent.number if row.parent else None,
    )
