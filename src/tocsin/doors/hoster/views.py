"""A notice behind its link, what is said to it, and whether a notice is ours."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from tocsin.domain.takedown import actions, queries
from tocsin.domain.takedown.types import AnswerRefused, LinkUnusable, Shown, Taken, TooManyAnswers
from tocsin.doors.hoster import telling
from tocsin.doors.hoster.forms import AnswerForm, SignedForm, WrongJson, said_in
from tocsin.doors.hoster.visitors import is_too_much, language_of, private, wants_json

# No cookie says who comes here: the secret in the address is all there is, so there is nothing
# that another site could make a browser send along.


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def notice(request: HttpRequest, secret: str) -> HttpResponse:
    """What is behind a link: GET asks whether to show it, POST shows it or takes an answer."""
    at = datetime.now(UTC)
    if wants_json(request):
        return private(_by_machine(request, secret, at))
    with translation.override(language_of(request)):
        return private(_by_hand(request, secret, at))


@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    """The public keys that our signatures of notices are checked with."""
    return JsonResponse(queries.key_set())


@csrf_exempt
@require_http_methods(["GET", "POST"])
def signed(request: HttpRequest) -> HttpResponse:
    """Whether a signed notice is ours."""
    with translation.override(language_of(request)):
        form = SignedForm(request.POST or None)
        page: dict[str, Any] = {"form": form}
        if request.method == "POST" and is_too_much(request, ""):
            return private(render(request, "hoster/too_much.html", status=429))
        if form.is_valid():
            page["verdict"] = queries.is_signed(form.cleaned_data["text"])
        status = 422 if form.is_bound and not form.is_valid() else 200
        return private(render(request, "hoster/signed.html", page, status=status))


def _by_hand(request: HttpRequest, secret: str, at: datetime) -> HttpResponse:
    if request.method != "POST":
        if not queries.is_usable(secret, at):
            return render(request, "hoster/over.html", status=410)
        return render(request, "hoster/ask.html")
    if is_too_much(request, secret):
        return render(request, "hoster/too_much.html", status=429)
    try:
        if "kind" not in request.POST and "answer" not in request.POST:
            actions.note_opened(secret=secret, at=at)
            return _page(request, secret, at, AnswerForm())
        return _answer(request, secret, at)
    except LinkUnusable:
        return render(request, "hoster/over.html", status=410)


def _answer(request: HttpRequest, secret: str, at: datetime) -> HttpResponse:
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, secret, at, form, status=422)
    try:
        taken = actions.say(secret=secret, said=form.said(), by_machine=False, at=at)
    except AnswerRefused as refusal:
        form.say(refusal.field)
        return _page(request, secret, at, form, status=422)
    except TooManyAnswers:
        return render(request, "hoster/too_much.html", status=429)
    return _page(request, secret, at, AnswerForm(), taken=taken)


def _page(
    request: HttpRequest,
    secret: str,
    at: datetime,
    form: AnswerForm,
    *,
    status: int = 200,
    taken: Taken | None = None,
) -> HttpResponse:
    shown = queries.behind(secret, at)
    page = {
        "notice": shown,
        "state": telling.STATES[shown.state],
        "answers": telling.answers(shown),
        "children": telling.children(shown),
        "form": form,
        "taken": taken,
        "child_link": _link(request, taken),
    }
    return render(request, "hoster/notice.html", page, status=status)


def _by_machine(request: HttpRequest, secret: str, at: datetime) -> HttpResponse:
    try:
        if is_too_much(request, secret):
            raise TooManyAnswers("Too much at once.")
        if request.method != "POST":
            return JsonResponse(_told(queries.behind(secret, at)))
        taken = actions.say(secret=secret, said=said_in(request.body), by_machine=True, at=at)
    except LinkUnusable:
        return JsonResponse({"error": "no_such_link"}, status=410)
    except TooManyAnswers:
        return JsonResponse({"error": "too_much"}, status=429)
    except (WrongJson, AnswerRefused) as wrong:
        return JsonResponse(_wrong(wrong), status=422)
    link = _link(request, taken)
    body = {"taken": taken.kind.value, "state": taken.state.value}
    return JsonResponse({**body, **({"pass_on_link": link} if link else {})})


def _wrong(wrong: WrongJson | AnswerRefused) -> dict[str, str]:
    if isinstance(wrong, AnswerRefused):
        return {"error": "refused", "field": wrong.field, "words": str(wrong)}
    return {"error": "wrong_body", "words": str(wrong)}


def _told(shown: Shown) -> dict[str, object]:
    return {
        "notice": shown.number,
        "organisation": {"name": shown.organisation, "email": shown.email},
        "state": shown.state.value,
        "withdrawn": shown.withdrawn,
        "rehearsal": shown.rehearsal,
        "url": shown.url,
        "request": "remove_page" if shown.whole_page else "remove_file",
        "category": shown.category,
        "ground": shown.ground,
        "digests": dict(shown.digests),
        "found_at": shown.found_at,
        "sent_at": shown.sent_at,
        "act_before": shown.deadline_at,
        "answers": [{"answer": each.kind.value, "at": each.at} for each in shown.answers],
        "passed_on": [{"notice": number, "state": state} for number, state in shown.children],
    }


def _link(request: HttpRequest, taken: Taken | None) -> str:
    if taken is None or not taken.child_secret:
        return ""
    return request.build_absolute_uri(reverse("hoster:notice", args=[taken.child_secret]))
