"""Notices to hosters, as they left, and what was answered."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.accounts.types import Permission
from tocsin.domain.takedown import actions, queries
from tocsin.domain.takedown.types import NoticeDetail, UnknownNotice
from tocsin.doors.console.forms_notices import ReplyForm
from tocsin.doors.console.numbers import page_number
from tocsin.doors.console.permissions import StaffRequest, may

NOTICES_ON_A_PAGE = 50


@require_safe
@may(Permission.SEE_NOTICES)
def notices(request: StaffRequest) -> HttpResponse:
    """Those that ask for attention first, then the newest."""
    number = page_number(request.GET.get("page"))
    found = queries.notices(limit=NOTICES_ON_A_PAGE + 1, offset=(number - 1) * NOTICES_ON_A_PAGE)
    page = {
        "notices": found[:NOTICES_ON_A_PAGE],
        "page_number": number,
        "more": len(found) > NOTICES_ON_A_PAGE,
        "stopped": queries.stopped(),
    }
    return render(request, "console/notices.html", page)


@require_safe
@may(Permission.SEE_NOTICES)
def notice(request: StaffRequest, number: str) -> HttpResponse:
    """One notice: its letters word by word, its receipts, its ladder, what was answered."""
    return _page(request, _detail(number), ReplyForm())


@require_POST
@may(Permission.ASSESS)
def reply(request: StaffRequest, number: str) -> HttpResponse:
    """Write to the hoster about a notice."""
    detail = _detail(number)
    form = ReplyForm(request.POST)
    if not form.is_valid():
        return _page(request, detail, form, 422)
    words = form.cleaned_data["words"]
    actions.reply(number=number, words=words, actor=request.actor, at=request.at)
    messages.success(request, _("The letter leaves now."))
    return redirect("console:notice", number)


@require_POST
@may(Permission.KEEP_HOSTERS)
def use_contact(request: StaffRequest, number: str, answer_id: int) -> HttpResponse:
    """Send the notice to the contact that the hoster named."""
    detail = _detail(number)
    if not any(answer.id == answer_id and answer.email for answer in detail.answers):
        raise Http404
    if actions.use_contact(answer_id=answer_id, actor=request.actor, at=request.at):
        messages.success(request, _("The notice goes to that contact now."))
    else:
        messages.error(request, _("This notice cannot be sent elsewhere any more."))
    return redirect("console:notice", number)


def _detail(number: str) -> NoticeDetail:
    try:
        return queries.notice(number)
    except UnknownNotice as error:
        raise Http404 from error


def _page(
    request: StaffRequest, detail: NoticeDetail, form: ReplyForm, status: int = 200
) -> HttpResponse:
    page = {
        "detail": detail,
        "notice": detail.notice,
        "takedown": detail.takedown,
        "form": form,
        "stopped": queries.stopped(),
    }
    return render(request, "console/notice.html", page, status=status)
