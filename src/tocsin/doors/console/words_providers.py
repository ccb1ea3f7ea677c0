"""What the console calls the states of providers who signed up by themselves."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tocsin.domain.providers.types import Application, ProviderState

PROVIDER: Mapping[str, Promise] = {
    ProviderState.TRYING: _("trying out"),
    ProviderState.PROVEN: _("domain shown"),
    ProviderState.LOST: _("proof lost"),
    ProviderState.PAUSED: _("paused"),
    ProviderState.SUSPENDED: _("suspended"),
}
APPLICATION: Mapping[str, Promise] = {
    Application.WAITING: _("applies"),
    Application.GRANTED: _("granted"),
    Application.REFUSED: _("not granted"),
}
