"""Reading: what a receipt opens, and the desk's conversations."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count, F

from tocsin.domain.rechecks import queries as rechecks
from tocsin.domain.rechecks.types import ClosedBy
from tocsin.domain.reporters import rules, sealed, talks
from tocsin.domain.reporters.models import Conversation, Message
from tocsin.domain.reporters.types import (
    Completeness,
    Line,
    NoSuchReceipt,
    NoSuchTalk,
    Pace,
    PlainState,
    PlainTalk,
    Side,
    TalkPage,
    TalkRow,
    TalkState,
    TalkView,
    Told,
)
from tocsin.domain.reports import queries as reports
from tocsin.domain.reports.types import UnknownItem

HOUR = timedelta(hours=1)


def completeness(told: Told) -> Completeness:
    """How much of what helps a form has."""
    return rules.completeness(told)


def unusable_lines(told: Told) -> tuple[str, ...]:
    """Lines of the first field that are no address; they are kept as text."""
    return rules.addresses(told.urls).texts


def in_fours(receipt: str) -> str:
    """A receipt as it is shown: `1234 5678 9012 3456`."""
    return rules.in_fours(receipt)


def sent_in_the_last_hour(at: datetime) -> int:
    """How many forms came in within the hour before `at`."""
    return Conversation.objects.filter(sent_at__gt=at - HOUR).count()


def find(receipt: str) -> int:
    """The number of the conversation that a receipt opens, as typed; raises NoSuchReceipt.

    Slow on purpose, whether it is found or not.
    """
    digits = rules.receipt_digits(receipt)
    if digits is None:
        raise NoSuchReceipt
    found = Conversation.objects.filter(receipt_hash=sealed.receipt_hash(digits)).first()
    if found is None:
        raise NoSuchReceipt
    return found.pk


def plain_talk(talk_id: int) -> PlainTalk:
    """What a reporter sees; raises NoSuchTalk."""
    talk = _talk(talk_id)
    return PlainTalk(
        sent_at=talk.sent_at,
        items=tuple(_plain(number) for number in _items(talk)),
        lines=tuple(_line(message, named=False) for message in talk.messages.order_by("id")),
        read_by_desk=talk.state == TalkState.QUIET,
    )


def page(*, waiting_only: bool = False, limit: int = 50, offset: int = 0) -> TalkPage:
    """The desk's conversations: those that wait first, longest first; then the newest.

    Of those that wait alone, the ones that came by the usual queue stand before the slow ones, so
    that a flood of words does not hide a reporter who waits.
    """
    everything = Conversation.objects.all()
    waiting = everything.filter(state=TalkState.WAITING)
    found = (waiting if waiting_only else everything).annotate(
        n_items=Count("reports", distinct=True), n_messages=Count("messages", distinct=True)
    )
    longest = F("waits_since").asc(nulls_last=True)
    ordered = found.order_by(*(["pace"] if waiting_only else []), longest, "-last_at", "-id")
    rows = tuple(_row(talk) for talk in ordered[offset : offset + limit])
    total = waiting.count() if waiting_only else everything.count()
    return TalkPage(rows, total, waiting.count())


def waiting() -> int:
    """How many conversations wait for somebody."""
    return Conversation.objects.filter(state=TalkState.WAITING).count()


def talk(talk_id: int) -> TalkView:
    """A conversation opened for the desk; raises NoSuchTalk."""
    row = _talk(talk_id)
    told = sealed.open_told(row.sealed_told, context=talks.context(row))
    return TalkView(
        row=_row(row),
        told=told,
        texts=rules.addresses(told.urls).texts,
        items=tuple(_items(row)),
        lines=tuple(_line(message, named=True) for message in row.messages.order_by("id")),
        has_receipt=bool(row.receipt_hash),
    )


def about(item_number: str, *, limit: int = 20) -> tuple[TalkRow, ...]:
    """The conversations in which an item was reported, newest first."""
    found = Conversation.objects.filter(reports__item_number=item_number).distinct()
    return tuple(_row(talk) for talk in found.order_by("-last_at")[:limit])


def _talk(talk_id: int) -> Conversation:
    row = Conversation.objects.filter(pk=talk_id).first()
    if row is None:
        raise NoSuchTalk(f"There is no conversation {talk_id}.")
    return row


def _items(talk: Conversation) -> list[str]:
    """Numbers of the items, in the order in which they were told of, each once."""
    numbers = talk.reports.order_by("id").values_list("item_number", flat=True)
    return list(dict.fromkeys(numbers))


def _plain(number: str) -> PlainState:
    try:
        item_id, state = reports.stands(number)
    except UnknownItem:
        return PlainState.LOOKED_AT
    stays = rechecks.stays(item_id)
    removed = bool(stays) and stays[-1].closed_by is ClosedBy.REMOVED
    return rules.plain(state, removed=removed)


def _line(message: Message, *, named: bool) -> Line:
    return Line(
        at=message.at,
        side=Side(message.side),
        words=sealed.open_text(message.sealed_words, context=f"message:{message.pk}"),
        by=reports.names().get(message.by, message.by) if named else "",
    )


def _row(talk: Conversation) -> TalkRow:
    counted = vars(talk)  # what `page` had counted along with the rows
    n_items, n_messages = counted.get("n_items"), counted.get("n_messages")
    return TalkRow(
        id=talk.pk,
        state=TalkState(talk.state),
        pace=Pace(talk.pace),
        language=talk.language,
        sent_at=talk.sent_at,
        last_at=talk.last_at,
        waits_since=talk.waits_since,
        items=talk.reports.count() if n_items is None else n_items,
        messages=talk.messages.count() if n_messages is None else n_messages,
        set_aside=talk.set_aside,
        left=talk.left,
    )
