"""A provider's own page, and what it does there."""

from __future__ import annotations

import io
import threading
import zipfile
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.accounts.types import IssuedKey
from tocsin.base.audit.types import Actor
from tocsin.domain.providers import actions, queries
from tocsin.domain.providers.types import ProviderView
from tocsin.doors.provider.forms import ApplyForm
from tocsin.doors.provider.showing import page_of
from tocsin.doors.provider.visitors import few_posts, known

LOOKS_AT_ONCE = 4
# A domain may answer slowly on purpose; other pages must not wait for that.
_looking = threading.BoundedSemaphore(LOOKS_AT_ONCE)


@require_safe
@known
def page(request: HttpRequest, provider: ProviderView, at: datetime) -> HttpResponse:
    """Keys, proof, traffic."""
    return _shown(request, provider, at)


@require_POST
@few_posts("prove", most=60, each_seconds=3600)
@known
def prove(request: HttpRequest, provider: ProviderView, at: datetime) -> HttpResponse:
    """Look for the proof now."""
    if not _looking.acquire(blocking=False):
        messages.warning(request, _("Many domains are being looked at. Try again in a minute."))
        return redirect("provider:page")
    try:
        found = actions.look_for_proof(
            provider_id=provider.id,
            looker=actions.Looker(),
            actor=Actor("provider", str(provider.id)),
            at=at,
        )
    except actions.TooSoon:
        messages.warning(request, _("We looked a moment ago. Try again in 15 seconds."))
        return redirect("provider:page")
    finally:
        _looking.release()
    if found:
        messages.success(request, _("The proof is there: the domain is yours."))
    else:
        messages.error(
            request,
            _("The proof was found neither in the DNS nor in the file. New records take a while."),
        )
    return redirect("provider:page")


@require_POST
@known
def try_key(request: HttpRequest, provider: ProviderView, at: datetime) -> HttpResponse:
    """A new key of the test lists, shown once."""
    try:
        issued = actions.make_try_key(provider_id=provider.id, at=at)
    except (actions.NotSo, actions.TooManyKeys, actions.TooManyKeysToday) as error:
        return _no_key(request, error)
    return _shown(request, provider, at, issued=issued)


@require_POST
@known
def live_key(request: HttpRequest, provider: ProviderView, at: datetime) -> HttpResponse:
    """A new key of lists that count, shown once."""
    try:
        issued = actions.make_live_key(provider_id=provider.id, at=at)
    except (actions.NotSo, actions.TooManyKeys, actions.TooManyKeysToday) as error:
        return _no_key(request, error)
    return _shown(request, provider, at, issued=issued)


@require_POST
@known
def revoke(request: HttpRequest, provider: ProviderView, at: datetime, key_id: str) -> HttpResponse:
    """A key stops within a second."""
    try:
        actions.revoke(provider_id=provider.id, key_id=key_id, at=at)
    except actions.NotTheirKey as error:
        raise Http404 from error
    messages.success(request, _("The key is revoked."))
    return redirect("provider:page")


@require_POST
@known
def apply(request: HttpRequest, provider: ProviderView, at: datetime) -> HttpResponse:
    """Ask to be vetted."""
    form = ApplyForm(request.POST)
    if not form.is_valid():
        return _shown(request, provider, at, form=form, status=422)
    try:
        actions.apply(provider_id=provider.id, words=form.cleaned_data["words"], at=at)
    except actions.NotSo:
        messages.error(request, _("Show your domain first."))
    else:
        messages.success(request, _("We have your application and answer by e-mail."))
    return redirect("provider:page")


@require_safe
@known
def canaries(request: HttpRequest, provider: ProviderView, at: datetime) -> HttpResponse:
    """The canary and a variant of it, to be checked each day."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in queries.canaries().items():
            archive.writestr(name, data)
    headers = {"Content-Disposition": 'attachment; filename="tocsin-canaries.zip"'}
    return HttpResponse(packed.getvalue(), "application/zip", headers=headers)


def _no_key(request: HttpRequest, error: Exception) -> HttpResponse:
    said = {
        actions.TooManyKeys: _("You have two live keys; revoke one first."),
        actions.TooManyKeysToday: _("You made many keys today. Make the next one tomorrow."),
    }
    messages.error(request, said.get(type(error), _("Show your domain first.")))
    return redirect("provider:page")


def _shown(
    request: HttpRequest,
    provider: ProviderView,
    at: datetime,
    *,
    issued: IssuedKey | None = None,
    form: ApplyForm | None = None,
    status: int = 200,
) -> HttpResponse:
    page = page_of(provider, base_url=request.build_absolute_uri("/").rstrip("/"), at=at)
    page |= {"issued": issued, "form": form or ApplyForm()}
    return render(request, "provider/page.html", page, status=status)
