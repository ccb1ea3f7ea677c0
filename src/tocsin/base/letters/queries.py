"""Reading: letters about something, their words, and the dead ones."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.base.letters.actions import content_of
from tocsin.base.letters.models import Letter
from tocsin.base.letters.rules import without_addresses
from tocsin.base.letters.types import Content, LetterState, LetterView

__all__ = [
    "about",
    "dead",
    "left",
    "letter",
    "waiting",
    "without_addresses",
    "words",
    "words_if_kept",
]


def about(subject: str) -> list[LetterView]:
    """Letters about one subject, oldest first."""
    return [_view(letter) for letter in Letter.objects.filter(about=subject).order_by("id")]


def dead() -> list[LetterView]:
    """Letters given up on, oldest first."""
    return [_view(x) for x in Letter.objects.filter(state=LetterState.DEAD).order_by("id")]


def waiting() -> int:
    """How many letters have not left yet."""
    return Letter.objects.filter(state=LetterState.WAITING).count()


def words(message_id: str) -> Content:
    """What the receiver reads; raises Letter.DoesNotExist."""
    return content_of(Letter.objects.get(message_id=message_id))


def words_if_kept(message_id: str) -> Content | None:
    """What the receiver read, None for a letter that is forgotten by now."""
    letter = Letter.objects.filter(message_id=message_id).exclude(sealed_content="").first()
    return content_of(letter) if letter else None


def letter(message_id: str) -> LetterView | None:
    """The letter of that id, None when there is none."""
    found = Letter.objects.filter(message_id=message_id).first()
    return _view(found) if found else None


def left(message_ids: Iterable[str]) -> set[str]:
    """Which of these letters have left, whether they came back later or not."""
    states = [LetterState.SENT, LetterState.BOUNCED]
    rows = Letter.objects.filter(message_id__in=list(message_ids), state__in=states)
    return set(rows.values_list("message_id", flat=True))


def _view(letter: Letter) -> LetterView:
    return LetterView(
        id=letter.pk,
        message_id=letter.message_id,
        purpose=letter.purpose,
        about=letter.about,
        to=letter.to,
        language=letter.language,
        state=LetterState(letter.state),
        attempts=letter.attempts,
        last_error=letter.last_error,
        transport=letter.transport,
        receipt=letter.receipt,
        created_at=letter.created_at,
        sent_at=letter.sent_at,
        delivered_at=letter.delivered_at,
        bounced_at=letter.bounced_at,
        bounce_status=letter.bounce_status,
    )
