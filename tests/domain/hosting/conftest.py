from __future__ import annotations

import json
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.domain.hosting.outside import RIPE, ROUTING, Outside
from tocsin.domain.hosting import bootstrap


@pytest.fixture
def outside(tmp_path: Path, settings: Settings) -> Outside:
    """A recorded outside that nothing is in yet, whose registries know the numbers for examples."""
    told = json.loads(bootstrap.SHIPPED.read_text("utf-8"))
    told["services"]["asn"].append([["64496-64511"], RIPE])
    (settings.TOCSIN_DATA / "registries.json").write_text(json.dumps(told), "utf-8")
    settings.TOCSIN_HOSTING_RECORDED = tmp_path / "recorded"
    settings.TOCSIN_ROUTING_URL = ROUTING
    return Outside(tmp_path / "recorded")
