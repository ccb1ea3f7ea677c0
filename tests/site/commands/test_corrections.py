"""`tocsin corrections`: what is behind, and letting it go on."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.domain.corrections.scenes import ACTOR, a_list, provider, put, told, withdraw, work
from tocsin.domain.corrections import actions
from tocsin.domain.corrections.models import Endpoint
from tocsin.domain.corrections.types import EndpointState
from tocsin.site.cli import main

pytestmark = pytest.mark.django_db


def test_a_webhook_given_up_on_is_shown_and_goes_on(
    now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    one = provider(now)
    entry = put(now, a_list(now), "logo")
    told(now, one, entry)
    withdraw(now, entry)
    work(now)
    actions.set_endpoint(party_id=one.party_id, url="https://x.example/", actor=ACTOR, at=now)
    Endpoint.objects.update(
        state=EndpointState.DEAD, attempts=16, last_error="status 503", sent_no=1
    )
    assert main(["corrections", "resend", "Big Cloud", "--after", "0"]) == 0
    endpoint = Endpoint.objects.get()
    assert (endpoint.state, endpoint.sent_no, endpoint.attempts) == ("proven", 0, 0)
    assert main(["corrections", "show"]) == 0
    assert "1 behind" in capsys.readouterr().out


def test_what_cannot_be_sent_again_is_said(
    now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    provider(now)
    assert main(["corrections", "resend", "Nobody"]) != 0
    assert "no party Nobody" in capsys.readouterr().err
    assert main(["corrections", "resend", "Big Cloud"]) != 0
    assert "no webhook" in capsys.readouterr().err
