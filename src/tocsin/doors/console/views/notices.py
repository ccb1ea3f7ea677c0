"""Notices to hosters, as they left."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tocsin.base.accounts.types import Permission
from tocsin.domain.takedown import queries
from tocsin.domain.takedown.types import UnknownNotice
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
    }
    return render(request, "console/notices.html", page)


@require_safe
@may(Permission.SEE_NOTICES)
def notice(request: StaffRequest, number: str) -> HttpResponse:
    """One notice: its letters word by word, its receipt, its machine-readable part."""
    try:
        detail = queries.notice(number)
    except UnknownNotice as error:
        raise Http404 from error
    return render(request, "console/notice.html", {"detail": detail, "notice": detail.notice})
