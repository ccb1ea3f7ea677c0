"""What would follow from what is being filled in, before anything is recorded."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tocsin.base.accounts.types import Permission
from tocsin.domain.hashlists.types import Category
from tocsin.doors.console import observed_words
from tocsin.doors.console.observing import ObservedForm
from tocsin.doors.console.permissions import StaffRequest, may


@require_safe
@may(Permission.ASSESS)
def follows(request: StaffRequest) -> HttpResponse:
    """Codes and the law's words for half a form: nothing is kept, and no item is named."""
    form = ObservedForm(request.GET)
    if not form.is_valid():
        return render(request, "console/_follows.html", {"filled": False})
    asked = request.GET.get("category", "")
    category = Category(asked) if asked in set(Category) else Category.UNKNOWN
    reading = observed_words.reading(
        form.observed(), observed_words.of_category(category), category, request.at.date()
    )
    return render(request, "console/_follows.html", {"filled": True, "reading": reading})
