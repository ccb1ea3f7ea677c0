"""The Synapse module against doubles of what Synapse gives a module."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.client.faulty import Faulty, Says
from tests.client.middleware.conftest import one_client, one_server, server
from tests.client.middleware.uploads import FREE, LISTED, NEAR, cut
from tocsin.client import Decision, OutagePolicy
from tocsin.client.synapse import TocsinMediaCheck, WrongConfig

__all__ = ["one_client", "one_server", "server"]

pytestmark = pytest.mark.server
NOT_SPAM = "NOT_SPAM"
FORBIDDEN = "M_FORBIDDEN"


@pytest.fixture(autouse=True)
def synapse(monkeypatch: pytest.MonkeyPatch) -> None:
    """The two names that the module takes from Synapse."""
    api, errors = ModuleType("synapse.module_api"), ModuleType("synapse.module_api.errors")
    api.NOT_SPAM = NOT_SPAM  # type: ignore[attr-defined]
    errors.Codes = type("Codes", (), {"FORBIDDEN": FORBIDDEN})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "synapse", ModuleType("synapse"))
    monkeypatch.setitem(sys.modules, "synapse.module_api", api)
    monkeypatch.setitem(sys.modules, "synapse.module_api.errors", errors)


@dataclass
class Api:
    """Synapse's side."""

    callbacks: dict[str, Any] = field(default_factory=dict)

    def register_spam_checker_callbacks(self, **callbacks: object) -> None:
        self.callbacks |= callbacks

    async def defer_to_thread(self, f: Callable[..., Any], *args: object, **kwargs: object) -> Any:
        return await asyncio.to_thread(f, *args, **kwargs)


@dataclass
class File:
    """A file that Synapse has on its disk."""

    data: bytes

    async def write_chunks_to(self, callback: Callable[[bytes], object]) -> None:
        for piece in cut(self.data, 16_384):
            callback(piece)
            await asyncio.sleep(0)


@dataclass
class Info:
    file_id: str = "GerZNDnDZVjsOtardLuwfIBg"
    thumbnail: object | None = None


@pytest.fixture
def config(server: Faulty, tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "key").write_text("k-test.c2VjcmV0\n")
    return {
        "server": server.url,
        "key_file": str(tmp_path / "key"),
        "outage": "hold",
        "deadline_seconds": 3,
    }


@pytest.fixture
def module(config: dict[str, Any]) -> Iterator[TocsinMediaCheck]:
    made = TocsinMediaCheck(TocsinMediaCheck.parse_config(config), Api())
    yield made
    made.client.close()


def asked(module: TocsinMediaCheck, data: bytes, info: Info | None = None) -> Any:
    check = module._api.callbacks["check_media_file_for_spam"]  # type: ignore[attr-defined]
    return asyncio.run(check(File(data), info or Info()))


def test_it_refuses_what_was_found_and_passes_the_rest(
    module: TocsinMediaCheck, server: Faulty
) -> None:
    assert asked(module, FREE) == NOT_SPAM
    assert asked(module, LISTED) == FORBIDDEN
    assert asked(module, NEAR) == FORBIDDEN
    assert asked(module, b"encrypted from end to end") == NOT_SPAM
    assert asked(module, b"") == NOT_SPAM
    assert server.asked[0].items[0]["id"] == Info().file_id


def test_thumbnails_are_made_of_what_was_checked(module: TocsinMediaCheck, server: Faulty) -> None:
    assert asked(module, LISTED, Info(thumbnail=object())) == NOT_SPAM
    assert server.asked == []


def test_a_service_that_is_away_lets_nothing_in(module: TocsinMediaCheck, server: Faulty) -> None:
    server.answer = lambda asked: Says(500, b"")
    assert asked(module, FREE) == FORBIDDEN


def test_open_and_recheck_lets_in_and_writes_down(
    config: dict[str, Any], server: Faulty, tmp_path: Path
) -> None:
    server.answer = lambda asked: Says(500, b"")
    more = {"outage": "open-and-recheck", "recheck_file": str(tmp_path / "queue")}
    module = TocsinMediaCheck(TocsinMediaCheck.parse_config({**config, **more}), Api())
    assert asked(module, FREE) == NOT_SPAM
    module.client.close()
    assert b"GerZNDnDZVjsOtardLuwfIBg" in (tmp_path / "queue").read_bytes()


def test_the_configuration_is_read(config: dict[str, Any]) -> None:
    read = TocsinMediaCheck.parse_config(config)
    assert (read.outage, read.unsupported) == (OutagePolicy.HOLD, Decision.ALLOW)
    assert "c2VjcmV0" not in repr(read)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"outage": None}, "outage is needed"),
        ({"outage": "maybe"}, "maybe"),
        ({"outage": "open-and-recheck"}, "recheck_file"),
        ({"recheck_file": "x"}, "recheck_file"),
        ({"key_file": "/nowhere"}, "cannot be read"),
        ({"unsupported": "eat"}, "eat"),
        ({"servre": "x"}, "servre"),
    ],
)
def test_a_wrong_configuration_is_said_so(
    config: dict[str, Any], wrong: dict[str, Any], said: str
) -> None:
    with pytest.raises(WrongConfig, match=said):
        TocsinMediaCheck.parse_config({**config, **wrong})
