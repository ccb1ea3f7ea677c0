"""`tocsin hosting` prints the chain that it found, and what it was before."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from tests.domain.hosting.outside import ROUTING, Outside
from tocsin.site.cli import main

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def outside(tmp_path: Path, settings: Settings) -> Outside:
    settings.TOCSIN_HOSTING_RECORDED = tmp_path / "recorded"
    settings.TOCSIN_ROUTING_URL = ROUTING
    made = Outside(tmp_path / "recorded")
    made.rented_server()
    return made


def test_the_chain_is_printed_with_source_and_confidence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["hosting", "find", "shop.host-a.com"]) == 0
    told = capsys.readouterr().out
    assert "192.0.2.0/28 NL, announced by AS64500 CARRIER-AS Carrier" in told
    assert "reseller   SMALL-RESELLER NL: abuse@reseller.example (rdap_network, 80%)" in told
    assert main(["hosting", "history", "shop.host-a.com"]) == 0
    assert "LARGE-HOSTER" in capsys.readouterr().out


def test_what_is_not_known_is_said_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hosting", "find", "nobody.example"]) == 1
    assert "spelled right" in capsys.readouterr().out
    assert main(["hosting", "history", "nobody.example"]) == 1
    assert "tocsin hosting find" in capsys.readouterr().out


def test_lists_that_cannot_be_fetched_leave_the_old_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["hosting", "refresh"]) == 2
    assert "stay in use" in capsys.readouterr().err


def test_newer_lists_are_kept_and_told(
    outside: Outside, capsys: pytest.CaptureFixture[str], settings: Settings
) -> None:
    for part, keys in (
        ("ipv4", ["192.0.0.0/8"]),
        ("ipv6", ["2001:db8::/32"]),
        ("asn", ["64496-64511"]),
        ("dns", ["com"]),
    ):
        told = {"publication": "2026-11-01", "services": [[keys, ["https://rdap.new.example/"]]]}
        outside.answer(f"https://data.iana.org/rdap/{part}.json", told)
    assert main(["hosting", "refresh"]) == 0
    assert "asn   published 2026-11-01" in capsys.readouterr().out
    assert (settings.TOCSIN_DATA / "registries.json").exists()
