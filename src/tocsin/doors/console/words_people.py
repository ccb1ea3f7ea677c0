"""What roles and permissions are called on the pages."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tocsin.base.accounts.types import Permission, Role

ROLE: Mapping[str, Promise] = {
    Role.INTAKE: _("intake"),
    Role.ANALYST: _("analyst"),
    Role.SECOND_REVIEWER: _("second reviewer"),
    Role.QUALITY: _("quality"),
    Role.MANAGER: _("manager"),
    Role.POLICE_LIAISON: _("police liaison"),
    Role.AUDITOR: _("auditor"),
    Role.REGULATOR: _("regulator"),
    Role.ADMINISTRATOR: _("administrator"),
}
PERMISSION: Mapping[str, Promise] = {
    Permission.ENTER: _("log in"),
    Permission.SEE_ITEMS: _("see items"),
    Permission.TAKE_IN: _("take in reports and answer reporters"),
    Permission.ASSESS: _("record findings"),
    Permission.REVIEW: _("review findings of others"),
    Permission.VIEW: _("look at what is reported"),
    Permission.HANDLE_POLICE: _("deal with the police"),
    Permission.SEE_QUALITY: _("see how well decisions agree"),
    Permission.KEEP_DESK: _("set up the desk"),
    Permission.SEE_FIGURES: _("read figures"),
    Permission.SEE_AUDIT: _("read what was done"),
    Permission.CORRECT: _("correct findings"),
    Permission.SEE_NOTICES: _("see notices"),
    Permission.SEE_LISTS: _("see lists"),
    Permission.KEEP_HOSTERS: _("keep the table of hosters"),
    Permission.KEEP_PROVIDERS: _("vouch for providers"),
    Permission.KEEP_PEOPLE: _("keep the people who log in"),
    Permission.KEEP_KEYS: _("keep keys"),
    Permission.SEE_SYSTEM: _("see how the system is doing"),
}
