"""Parties and their keys: register, issue, revoke."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.accounts import actions, queries
from tocsin.base.accounts.types import IssuedKey, Permission
from tocsin.domain.matching import actions as matching
from tocsin.domain.matching import queries as knowledge
from tocsin.domain.matching.types import NoSuchKey, NotHarmless, ShadowNeedsActions
from tocsin.doors.console.forms import HarmlessForm, KeyForm, LetGoForm, PartyForm, TermsForm
from tocsin.doors.console.permissions import StaffRequest, may

_SHADOW_NEEDS_ACTIONS = gettext_lazy("A key that hears yes or no hears no advice, also in shadow.")


@require_safe
@may(Permission.KEEP_KEYS)
def keys(request: StaffRequest) -> HttpResponse:
    """Every party and its keys."""
    return _page(request, party_form=PartyForm())


@require_POST
@may(Permission.KEEP_KEYS)
def make_party(request: StaffRequest) -> HttpResponse:
    """Register an organisation."""
    form = PartyForm(request.POST)
    if not form.is_valid():
        return _page(request, party_form=form, status=422)
    try:
        actions.make_party(
            name=form.cleaned_data["name"],
            kind=form.party_kind(),
            contact_email=form.cleaned_data["contact_email"],
            actor=request.actor,
            at=request.at,
        )
    except actions.NameTaken:
        form.add_error("name", _("There is already a party of that name."))
        return _page(request, party_form=form, status=409)
    return redirect("console:keys")


@may(Permission.KEEP_KEYS)
def issue(request: StaffRequest, party_id: int) -> HttpResponse:
    """The terms of a new key, and then its secret, once."""
    party = queries.party(party_id)
    if party is None:
        raise Http404
    form = KeyForm(request.POST or None)
    page = {"form": form, "party": party}
    if request.method != "POST" or not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "console/key_new.html", page, status=status)
    try:
        issued = matching.issue_provider_key(
            party_id=party_id,
            terms=form.terms(),
            policy=form.policy(),
            actor=request.actor,
            at=request.at,
        )
    except actions.TooManyKeys:
        form.add_error(None, _("This party has two live keys; revoke one first."))
        return render(request, "console/key_new.html", page, status=409)
    except ShadowNeedsActions:
        form.add_error("shadow", _SHADOW_NEEDS_ACTIONS)
        return render(request, "console/key_new.html", page, status=422)
    return _page(request, party_form=PartyForm(), issued=issued, party_name=party.name)


@may(Permission.KEEP_KEYS)
def terms(request: StaffRequest, key_id: str) -> HttpResponse:
    """A key's terms, beside what they may be expected to give; changed by POST."""
    if request.method != "POST":
        return _terms_page(request, key_id)
    form = TermsForm(request.POST)
    if not form.is_valid():
        return _terms_page(request, key_id, form=form, status=422)
    try:
        matching.set_terms(key_id=key_id, policy=form.policy(), actor=request.actor, at=request.at)
    except NoSuchKey:
        raise Http404 from None
    except ShadowNeedsActions:
        form.add_error("shadow", _SHADOW_NEEDS_ACTIONS)
        return _terms_page(request, key_id, form=form, status=422)
    messages.success(request, _("The terms hold from now on."))
    return redirect("console:key_terms", key_id)


@require_POST
@may(Permission.KEEP_KEYS)
def let_go_on(request: StaffRequest, key_id: str) -> HttpResponse:
    """A key that the guard stopped works again."""
    form = LetGoForm(request.POST)
    if not form.is_valid():
        return _terms_page(request, key_id, let_go_form=form, status=422)
    if matching.let_key_go_on(
        key_id=key_id, reason=form.cleaned_data["reason"], actor=request.actor, at=request.at
    ):
        messages.success(request, _("The key works as before."))
    return redirect("console:key_terms", key_id)


@require_POST
@may(Permission.KEEP_KEYS)
def add_harmless(request: StaffRequest, key_id: str) -> HttpResponse:
    """Write down what the key's party found harmless."""
    form = HarmlessForm(request.POST)
    if not form.is_valid():
        return _terms_page(request, key_id, harmless_form=form, status=422)
    try:
        matching.add_harmless(key_id=key_id, named=form.lines(), actor=request.actor, at=request.at)
    except NoSuchKey:
        raise Http404 from None
    except NotHarmless:
        form.add_error("named", _("A line is neither a reference of this key nor such a hash."))
        return _terms_page(request, key_id, harmless_form=form, status=422)
    return redirect("console:key_terms", key_id)


@require_POST
@may(Permission.KEEP_KEYS)
def remove_harmless(request: StaffRequest, key_id: str, line_id: int) -> HttpResponse:
    """The line counts no more."""
    try:
        matching.remove_harmless(key_id=key_id, line_id=line_id, actor=request.actor, at=request.at)
    except NoSuchKey:
        raise Http404 from None
    return redirect("console:key_terms", key_id)


@require_POST
@may(Permission.KEEP_KEYS)
def revoke(request: StaffRequest, key_id: str) -> HttpResponse:
    """The key stops working within a second."""
    if actions.revoke_key(key_id=key_id, actor=request.actor, at=request.at):
        messages.success(request, _("The key no longer works."))
    return redirect("console:keys")


def _terms_page(
    request: StaffRequest,
    key_id: str,
    *,
    form: TermsForm | None = None,
    let_go_form: LetGoForm | None = None,
    harmless_form: HarmlessForm | None = None,
    status: int = 200,
) -> HttpResponse:
    try:
        key = knowledge.key_view(key_id, at=request.at)
    except NoSuchKey:
        raise Http404 from None
    page = {
        "key": key,
        "form": form or TermsForm.showing(key.terms),
        "let_go_form": let_go_form or LetGoForm(),
        "harmless_form": harmless_form or HarmlessForm(),
    }
    return render(request, "console/key_terms.html", page, status=status)


def _page(
    request: StaffRequest,
    *,
    party_form: PartyForm,
    status: int = 200,
    issued: IssuedKey | None = None,
    party_name: str = "",
) -> HttpResponse:
    page = {
        "parties": queries.parties(),
        "noticed": knowledge.keys_noticed(at=request.at),
        "form": party_form,
        "issued": issued,
        "party_name": party_name,
    }
    return render(request, "console/keys.html", page, status=status)
