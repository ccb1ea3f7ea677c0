"""What referrals and holds are called on the pages."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tocsin.domain.referrals.types import HoldKind, PoliceAnswer, Reason, ReferralState

REFERRAL: Mapping[str, Promise] = {
    ReferralState.WAITING_FOR_KEY: _("waits for a key or an address"),
    ReferralState.QUEUED: _("being sent"),
    ReferralState.SENT: _("sent"),
    ReferralState.UNDELIVERED: _("not delivered"),
    ReferralState.ACKNOWLEDGED: _("acknowledged"),
    ReferralState.ANSWERED: _("answered"),
    ReferralState.CANCELLED: _("cancelled"),
    ReferralState.CORRECTED: _("corrected"),
}
REASON: Mapping[str, Promise] = {
    Reason.FIRST_POLICE: _("the police first"),
    Reason.ROUTINE: _("routine"),
    Reason.NEW_MATERIAL: _("new material: a child may have to be found"),
    Reason.HAPPENING_NOW: _("it happens now"),
    Reason.THREAT_TO_LIFE: _("threat to life"),
    Reason.ASKED_FOR: _("they asked for it"),
}
ANSWER: Mapping[str, Promise] = {
    PoliceAnswer.NO_OBJECTION: _("no objection"),
    PoliceAnswer.KNOWN: _("there is a case already"),
    PoliceAnswer.LEAVE_IN_PLACE: _("leave it in place"),
    PoliceAnswer.TAKEN_OVER: _("they have taken it over"),
    PoliceAnswer.NOT_OURS: _("not theirs"),
}
HOLD: Mapping[str, Promise] = {
    HoldKind.LEAVE_IN_PLACE: _("leave in place: no notice leaves"),
    HoldKind.PRESERVE: _("preserve: forget nothing of it"),
}
