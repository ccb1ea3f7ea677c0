"""Every address Django answers, by the doors that are open. A process without the console answers
none of the staff's, and one with the public's door alone does not even load what they need."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView
from django.views.i18n import set_language

_DOORS = set(settings.TOCSIN_DOORS)
_FOR_ALL = [path("language", set_language, name="set_language")]


def _front() -> list[URLPattern | URLResolver]:
    """What answers at the very front: the staff's page, else the public's, else the providers'."""
    if "console" in _DOORS:
        return [path("", include("tocsin.site.urls_staff"))]
    door = "public:choose" if "public" in _DOORS else "provider:join"
    return [path("", RedirectView.as_view(pattern_name=door), name="front")]


urlpatterns = [
    # The public's pages take their language from the address: nothing is kept of a choice.
    *([] if {"public"} == _DOORS else _FOR_ALL),
    *_front(),
    *([path("", include("tocsin.doors.provider.urls"))] if "provider" in _DOORS else []),
    *([path("", include("tocsin.doors.hoster.urls"))] if "hoster" in _DOORS else []),
    *([path("", include("tocsin.doors.public.urls"))] if "public" in _DOORS else []),
]
