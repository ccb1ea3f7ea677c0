"""Messages with reporters: read, answer, enter an address, and set bad faith aside."""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.accounts.types import Permission
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.domain.reporters import actions, queries
from tocsin.domain.reporters.types import NoSuchReceipt, NoSuchTalk, NotSo
from tocsin.doors.console.forms_reporters import AddressForm, AnswerForm, BadFaithForm, ReceiptForm
from tocsin.doors.console.numbers import page_number
from tocsin.doors.console.permissions import StaffRequest, may
from tocsin.engine.addresses import UnusableAddress

ON_A_PAGE = 50


@require_safe
@may(Permission.TAKE_IN)
def talks(request: StaffRequest) -> HttpResponse:
    """Those that wait for somebody first, longest first."""
    number = page_number(request.GET.get("page"))
    waiting_only = request.GET.get("state") != "all"
    found = queries.page(
        waiting_only=waiting_only, limit=ON_A_PAGE, offset=(number - 1) * ON_A_PAGE
    )
    page = {
        "found": found,
        "waiting_only": waiting_only,
        "extra": "" if waiting_only else "all",
        "page_number": number,
        "more": found.total > number * ON_A_PAGE,
    }
    return render(request, "console/reporters.html", page | {"find_form": ReceiptForm()})


@require_POST
@may(Permission.TAKE_IN)
def find(request: StaffRequest) -> HttpResponse:
    """The conversation of a receipt that somebody tells us, such as by telephone."""
    form = ReceiptForm(request.POST)
    try:
        talk_id = queries.find(form.cleaned_data["receipt"] if form.is_valid() else "")
    except NoSuchReceipt:
        messages.error(request, _("There is no such receipt: it has 16 digits."))
        return redirect("console:reporters")
    return redirect("console:reporter", talk_id=talk_id)


@require_safe
@may(Permission.TAKE_IN)
def talk(request: StaffRequest, talk_id: int) -> HttpResponse:
    """One conversation: what was told, what was written since."""
    return _page(request, talk_id)


@require_POST
@may(Permission.TAKE_IN)
def answer(request: StaffRequest, talk_id: int) -> HttpResponse:
    """Write to the reporter."""
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, talk_id, answer_form=form, status=422)
    words = form.cleaned_data["words"]
    return _done(
        request,
        talk_id,
        lambda: actions.answer(talk_id=talk_id, words=words, actor=request.actor, at=request.at),
        _("The answer is there for the reporter."),
    )


@require_POST
@may(Permission.TAKE_IN)
def settle(request: StaffRequest, talk_id: int) -> HttpResponse:
    """No answer is needed."""
    return _done(
        request,
        talk_id,
        lambda: actions.settle(talk_id=talk_id, actor=request.actor, at=request.at),
        _("Nothing waits there any more."),
    )


@require_POST
@may(Permission.TAKE_IN)
def enter_address(request: StaffRequest, talk_id: int) -> HttpResponse:
    """An address stands in the words: it becomes an item."""
    form = AddressForm(request.POST)
    if not form.is_valid():
        return _page(request, talk_id, address_form=form, status=422)
    url = form.cleaned_data["url"]
    try:
        number = actions.enter_address(talk_id=talk_id, url=url, actor=request.actor, at=request.at)
    except NoSuchTalk as error:
        raise Http404 from error
    except UnusableAddress as error:
        form.add_error("url", str(error))
        return _page(request, talk_id, address_form=form, status=422)
    messages.success(request, _("Reported as %(number)s.") % {"number": number})
    return redirect("console:reporter", talk_id=talk_id)


@require_POST
@may(Permission.TAKE_IN)
def set_aside(request: StaffRequest, talk_id: int) -> HttpResponse:
    """All reports of this sending were made in bad faith."""
    form = BadFaithForm(request.POST)
    if not form.is_valid():
        return _page(request, talk_id, bad_faith_form=form, status=422)
    why = form.cleaned_data["why"]
    return _done(
        request,
        talk_id,
        lambda: actions.set_aside(talk_id=talk_id, why=why, actor=request.actor, at=request.at),
        _("Its reports press no item any more."),
    )


@require_POST
@may(Permission.TAKE_IN)
def put_back(request: StaffRequest, talk_id: int) -> HttpResponse:
    """They were not."""
    return _done(
        request,
        talk_id,
        lambda: actions.put_back(talk_id=talk_id, actor=request.actor, at=request.at),
        _("Its reports count again."),
    )


def _done(request: StaffRequest, talk_id: int, act: Callable[[], None], said: str) -> HttpResponse:
    try:
        act()
    except NoSuchTalk as error:
        raise Http404 from error
    except (NotSo, MoveRefused):
        messages.info(request, _("Somebody has done so already."))
    else:
        messages.success(request, said)
    return redirect("console:reporter", talk_id=talk_id)


def _page(
    request: StaffRequest,
    talk_id: int,
    *,
    answer_form: forms.Form | None = None,
    address_form: forms.Form | None = None,
    bad_faith_form: forms.Form | None = None,
    status: int = 200,
) -> HttpResponse:
    try:
        found = queries.talk(talk_id)
    except NoSuchTalk as error:
        raise Http404 from error
    page = {
        "talk": found,
        "answer_form": answer_form or AnswerForm(),
        "address_form": address_form or AddressForm(),
        "bad_faith_form": bad_faith_form or BadFaithForm(),
    }
    return render(request, "console/reporter.html", page, status=status)
