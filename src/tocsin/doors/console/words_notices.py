"""What the ladder, its rungs and what hosters answer are called on the pages."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tocsin.domain.takedown.types import (
    AnswerKind,
    NoticeState,
    OfficeKind,
    PostState,
    Rung,
    TakedownState,
    Where,
)

Words = Mapping[str, Promise]

NOTICE: Words = {
    NoticeState.WAITING_FOR_CONTACT: _("no contact known"),
    NoticeState.QUEUED: _("about to leave"),
    NoticeState.SENT: _("sent"),
    NoticeState.DEAD: _("cannot be delivered"),
    NoticeState.DONE: _("asks nothing more"),
    NoticeState.RECALLING: _("being recalled"),
    NoticeState.RECALLED: _("recalled"),
    NoticeState.CANCELLED: _("cancelled"),
}
TAKEDOWN: Words = {
    TakedownState.CLIMBING: _("being asked for"),
    TakedownState.HELD: _("silence, as the police asked"),
    TakedownState.DISPUTED: _("disputed, somebody looks"),
    TakedownState.REMOVED: _("seen to be gone"),
    TakedownState.CLOSED: _("gone, watch over"),
    TakedownState.ENDED: _("finding corrected"),
}
RUNG: Words = {
    Rung.HOTLINE: _("partner hotline"),
    Rung.HOSTER: _("hoster"),
    Rung.SITE_OWNER: _("owner of the site"),
    Rung.UPSTREAM: _("network"),
    Rung.REGISTRAR: _("registrar"),
    Rung.REGULATOR: _("regulator"),
    Rung.RESELLER: _("passed on by the hoster"),
}
WHERE: Words = {
    Where.HOME: _("in our country"),
    Where.ABROAD: _("abroad"),
    Where.HANDED_OVER: _("abroad, handed over to a partner"),
}
ANSWER: Words = {
    AnswerKind.ACKNOWLEDGE: _("they have it and act"),
    AnswerKind.REMOVED: _("they say it is gone"),
    AnswerKind.NOT_OURS: _("not theirs"),
    AnswerKind.MOVED: _("moved to another hoster"),
    AnswerKind.DISPUTE: _("they disagree"),
    AnswerKind.BETTER_CONTACT: _("another address is right"),
    AnswerKind.PASS_ON: _("passed on"),
    AnswerKind.QUESTION: _("a question"),
}
OUTCOME: Words = {
    "upheld": _("they were right"),
    "dismissed": _("the finding stands"),
    "moot": _("corrected by another way"),
}
POST: Words = {
    PostState.WAITING: _("on its way"),
    PostState.TAKEN: _("taken"),
    PostState.GIVEN_UP: _("not taken, sent by mail"),
    PostState.CANCELLED: _("cancelled"),
}
OFFICE: Words = {
    OfficeKind.HOTLINE: _("partner hotline"),
    OfficeKind.REGULATOR: _("regulator"),
}
CHANNEL: Words = {"mail": _("mail"), "machine": _("by machine")}
EVENT: Words = {
    "all_begin": _("takedown begun"),
    "all_hold": _("the police asked for silence"),
    "all_release": _("the police let it go"),
    "all_still_held": _("still held after a week"),
    "all_dispute": _("the ladder waits for a second look"),
    "all_go_on": _("the ladder goes on"),
    "all_removed": _("seen to be gone"),
    "all_back": _("it is back"),
    "all_moved": _("moved to another server"),
    "all_watch_over": _("the watch is over"),
    "all_end": _("the finding was corrected"),
    "all_nobody": _("nobody known to tell"),
    "make": _("notice made"),
    "queue": _("about to leave"),
    "sent": _("sent"),
    "left": _("another letter left"),
    "remind": _("reminded"),
    "give_up": _("given up on"),
    "came_back": _("came back"),
    "post_given_up": _("not taken by machine"),
    "hold_back": _("kept back"),
    "redirect": _("sent to another contact"),
    "delivered": _("put into the mailbox"),
    "opened": _("the link was opened"),
    "answered": _("answered"),
    "dispute_decided": _("the dispute is decided"),
    "reply": _("we wrote back"),
    "close": _("nothing more is asked"),
    "reopen": _("asked for again"),
    "wait_again": _("asked for again"),
    "press": _("asks for attention"),
    "cancel": _("cancelled"),
    "recall": _("being recalled"),
    "recalled": _("recalled"),
    "left_anyway": _("left while it was cancelled"),
}
GROUPS: Mapping[str, Words] = {
    "notice": NOTICE,
    "takedown": TAKEDOWN,
    "rung": RUNG,
    "where": WHERE,
    "hosters_answer": ANSWER,
    "dispute_outcome": OUTCOME,
    "post": POST,
    "office": OFFICE,
    "channel": CHANNEL,
    "takedown_event": EVENT,
}
