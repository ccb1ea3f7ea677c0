"""The states, kinds and words of notices: what the tables in `rules` and `ladder` are made of."""

from __future__ import annotations

from enum import StrEnum


class NoticeState(StrEnum):
    WAITING_FOR_CONTACT = "waiting_for_contact"
    QUEUED = "queued"
    SENT = "sent"
    DEAD = "dead"
    DONE = "done"  # nothing more is asked of this place: it is gone, or was never theirs
    RECALLING = "recalling"
    RECALLED = "recalled"
    CANCELLED = "cancelled"


class TakedownState(StrEnum):
    """How far the getting-rid of one item is."""

    CLIMBING = "climbing"  # notices and reminders go out as the ladder says
    HELD = "held"  # the police have asked that nobody be told
    DISPUTED = "disputed"  # a hoster disputes the finding: somebody looks, for a day at most
    REMOVED = "removed"  # seen to be gone; watched
    CLOSED = "closed"  # gone, and the watch is over
    ENDED = "ended"  # the finding was wrong


class Rung(StrEnum):
    """Who is told, in the order of the ladder."""

    HOTLINE = "hotline"  # the partner in the country where it is
    HOSTER = "hoster"
    SITE_OWNER = "site_owner"
    UPSTREAM = "upstream"
    REGISTRAR = "registrar"
    REGULATOR = "regulator"  # a file on a notice that was not followed
    RESELLER = "reseller"  # no rung of its own: whom the hoster has passed the notice on to


class Where(StrEnum):
    """What the country of the server means for the ladder."""

    HOME = "home"
    ABROAD = "abroad"  # and nobody there to hand it to
    HANDED_OVER = "handed_over"  # abroad, and a partner hotline there has it


class Channel(StrEnum):
    MAIL = "mail"
    MACHINE = "machine"  # signed JSON to the hoster's own address for notices


class AnswerKind(StrEnum):
    """What a hoster can say to a notice."""

    ACKNOWLEDGE = "acknowledge"
    REMOVED = "removed"
    NOT_OURS = "not_ours"
    MOVED = "moved"
    DISPUTE = "dispute"
    BETTER_CONTACT = "better_contact"
    PASS_ON = "pass_on"  # noqa: S105 - no password
    QUESTION = "question"


class OfficeKind(StrEnum):
    HOTLINE = "hotline"
    REGULATOR = "regulator"


class PostState(StrEnum):
    """A notice on its way to a hoster's own address for notices."""

    WAITING = "waiting"
    TAKEN = "taken"
    GIVEN_UP = "given_up"
    CANCELLED = "cancelled"
