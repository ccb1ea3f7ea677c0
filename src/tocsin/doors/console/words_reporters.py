"""What conversations with reporters, and what these tell, are called for who works here."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tocsin.domain.reporters.types import Pace, Site, TalkState, Theme

TALK: Mapping[str, Promise] = {
    TalkState.WAITING: _("waits for us"),
    TalkState.QUIET: _("nothing waits"),
}
PACE: Mapping[str, Promise] = {
    Pace.QUICK: _("with proof of work"),
    Pace.SLOW: _("second queue"),
}
THEME: Mapping[str, Promise] = {
    Theme.PICTURES: _("pictures or films of abuse"),
    Theme.LIVE: _("abuse that happens now"),
    Theme.DRAWN: _("drawn or computer-made"),
    Theme.CONTACT: _("somebody approaches a child"),
    Theme.MINE: _("pictures of the reporter or a child of theirs"),
    Theme.TRADE: _("somebody offers or asks for pictures"),
    Theme.OTHER: _("something else"),
}
SITE: Mapping[str, Promise] = {
    Site.WEBSITE: _("website"),
    Site.PICTURE_HOST: _("site for pictures or films"),
    Site.FORUM: _("forum"),
    Site.SOCIAL: _("social network"),
    Site.CHAT: _("chat"),
    Site.FILES: _("place for files"),
    Site.ONION: _("onion service"),
    Site.OTHER: _("something else"),
}
