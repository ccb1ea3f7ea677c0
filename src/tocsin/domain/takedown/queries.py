"""Reading: the table of notices, and one notice with the letters as they left."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Count

from tocsin.base.letters import queries as letters
from tocsin.domain.takedown.models import Notice
from tocsin.domain.takedown.types import (
    NoticeDetail,
    NoticeLetter,
    NoticeState,
    NoticeView,
    UnknownNotice,
)


def notices(
    limit: int = 100, offset: int = 0, state: NoticeState | None = None
) -> list[NoticeView]:
    """Notices: those that ask for attention first, then the newest."""
    found = Notice.objects.all() if state is None else Notice.objects.filter(state=state)
    ordered = found.select_related("hoster").order_by("-attention", "-id")
    return _views(ordered[offset : offset + limit])


def for_item(item_number: str) -> list[NoticeView]:
    """The notices of an item, oldest first."""
    found = Notice.objects.filter(item_number=item_number).select_related("hoster")
    return _views(found.order_by("id"))


def notice(number: str) -> NoticeDetail:
    """One notice with its letters' words; raises UnknownNotice."""
    row = Notice.objects.select_related("hoster").filter(number=number).first()
    if row is None:
        raise UnknownNotice(f"There is no notice {number}.")
    return NoticeDetail(_view(row), tuple(_letters(f"notice:{row.pk}")))


def counts() -> dict[NoticeState, int]:
    """How many notices are in each state."""
    found = dict(Notice.objects.values_list("state").annotate(n=Count("id")))
    return {state: found.get(state, 0) for state in NoticeState}


def _letters(about: str) -> Iterable[NoticeLetter]:
    for letter in letters.about(about):
        words = letters.words(letter.message_id)
        yield NoticeLetter(letter, words.subject, words.text, words.attachments)


def _views(rows: Iterable[Notice]) -> list[NoticeView]:
    return [_view(row) for row in rows]


def _view(row: Notice) -> NoticeView:
    return NoticeView(
        number=row.number,
        item_number=row.item_number,
        state=NoticeState(row.state),
        hoster_name=row.hoster.name if row.hoster else None,
        to=row.hoster.abuse_email if row.hoster else None,
        language=row.language,
        created_at=row.created_at,
        sent_at=row.sent_at,
        receipt=row.receipt,
        deadline_at=row.deadline_at,
        attention=row.attention,
        machine_readable=row.xarf_report_id is not None,
        rehearsal=row.rehearsal,
    )
