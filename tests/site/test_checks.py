"""The numbered checks on settings, seen before anything starts."""

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from tocsin.base.letters.transports import Smtp
from tocsin.base.letters.types import Organisation
from tocsin.site import first_start
from tocsin.site.environment import WrongSetting


@pytest.fixture(autouse=True)
def _loopback_only(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]  # tests add a host of their own


def _found() -> list[str | None]:
    return [found.id for found in run_checks(tags=["tocsin"])]


def test_the_settings_of_a_fresh_installation_are_in_order() -> None:
    assert _found() == []


def test_a_door_that_does_not_exist_is_refused(settings: Settings) -> None:
    settings.TOCSIN_DOORS = ["api", "window"]
    assert _found() == ["tocsin.E001"]


def test_mail_never_leaves_in_the_name_of_the_example_organisation(
    settings: Settings,
) -> None:
    settings.TOCSIN_MAIL = Smtp("mail.example", 587, "starttls")
    assert _found() == ["tocsin.E002"]
    settings.TOCSIN_ORGANISATION = Organisation("Real", "a@real.org", "real.org", "NL")
    assert _found() == []


def test_pages_for_other_machines_without_tls_are_warned_of(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["desk.example"]
    assert _found() == ["tocsin.W001"]


def test_a_start_with_wrong_settings_says_which_and_does_not_go_on(
    settings: Settings,
) -> None:
    settings.TOCSIN_DOORS = ["window"]
    with pytest.raises(WrongSetting, match="E001"):
        first_start.check_settings(print)


def test_a_warning_is_said_and_the_start_goes_on(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["desk.example"]
    said: list[str] = []
    first_start.check_settings(said.append)
    assert len(said) == 1
    assert "TOCSIN_HTTPS" in said[0]


def test_decoders_that_are_not_held_in_are_warned_of_where_the_api_is_open(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.site.checks.why_not_contained", lambda: "no filter here")
    assert _found() == ["tocsin.W002"]
    assert "no filter here" in str(run_checks(tags=["tocsin"])[0])
    settings.TOCSIN_DOORS = ["console"]
    assert _found() == []


def test_a_facade_that_does_not_exist_is_refused(settings: Settings) -> None:
    settings.TOCSIN_FACADES = ["hma", "window"]
    assert _found() == ["tocsin.E010"]


def test_who_is_asked_about_hosting_must_have_an_address(settings: Settings) -> None:
    settings.TOCSIN_ROUTING_URL = "stat.example"
    assert _found() == ["tocsin.E020"]
    settings.TOCSIN_ROUTING_URL = ""
    assert _found() == []


def test_half_a_case_at_cloudflare_is_refused(settings: Settings) -> None:
    told = {"url": "https://trust.example", "case": "1", "client_id": "i", "client_secret": ""}
    settings.TOCSIN_CLOUDFLARE_ORIGIN = told
    assert _found() == ["tocsin.E021"]
    settings.TOCSIN_CLOUDFLARE_ORIGIN = {**told, "client_secret": "s"}
    assert _found() == []
