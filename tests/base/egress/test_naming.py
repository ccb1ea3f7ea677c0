"""What name servers say of a name is told, and nothing else is taken for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.base.egress.name_server import Zone, name_server
from tocsin.base.egress import NameServers, TooSlow, Unreachable, naming

pytestmark = pytest.mark.server


@pytest.fixture
def zone() -> Iterator[Zone]:
    with name_server() as made:
        yield made


def texts(zone: Zone, name: str = "_tocsin.host.example") -> list[str]:
    return NameServers(["127.0.0.1"], zone.port).texts(name)


def test_all_records_are_told_and_strings_put_together(zone: Zone) -> None:
    zone.texts["_tocsin.host.example"] = [[b"v=spf1 -all"], [b"tocsin-", b"proof=1"]]
    assert sorted(texts(zone)) == ["tocsin-proof=1", "v=spf1 -all"]


def test_a_name_without_records_says_nothing(zone: Zone) -> None:
    zone.texts["_tocsin.host.example"] = []
    assert texts(zone) == []
    assert texts(zone, "_tocsin.nobody.example") == []


def test_what_is_no_text_is_left_out(zone: Zone) -> None:
    zone.texts["_tocsin.host.example"] = [[b"\xff\xfe"], [b"plain"], [b""]]
    assert texts(zone) == ["plain"]


def test_a_failing_server_is_not_an_empty_answer(zone: Zone) -> None:
    zone.refused.add("_tocsin.host.example")
    with pytest.raises(Unreachable):
        texts(zone)


def test_a_silent_server_is_not_waited_for(zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(naming, "_SECONDS", 0.2)
    zone.silent.add("_tocsin.host.example")
    with pytest.raises(TooSlow):
        texts(zone)


@pytest.mark.parametrize("name", ["a" * 64 + ".example", "..", "x." * 200 + "example"])
def test_a_name_that_is_none_is_not_asked_for(zone: Zone, name: str) -> None:
    with pytest.raises(Unreachable):
        texts(zone, name)


def test_addresses_of_both_kinds_and_the_name_it_stands_for(zone: Zone) -> None:
    zone.records = {
        ("a.host.example", "A"): ["192.0.2.1"],
        ("a.host.example", "AAAA"): ["2001:db8::1"],
        ("b.host.example", "CNAME"): ["D1.CDN.example."],
    }
    names = NameServers(["127.0.0.1"], zone.port)
    assert names.addresses("a.host.example") == ["192.0.2.1", "2001:db8::1"]
    assert names.alias("b.host.example") == "d1.cdn.example"
    assert names.alias("a.host.example") is None
    assert names.addresses("nobody.example") == []
