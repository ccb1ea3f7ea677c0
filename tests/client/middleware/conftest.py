from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest

from tests.client.faulty import QUICK, Asked, Faulty, Says, a_client, answered, result
from tests.client.middleware.uploads import LISTED, NEAR
from tocsin.client import Client, OutagePolicy


def known(asked: Asked) -> Says:
    """What a server answers that has two pictures on its list."""
    found = {hashlib.sha256(LISTED).hexdigest(): "listed", hashlib.sha256(NEAR).hexdigest(): "near"}
    results = [result(item, found.get(item["sha256"], "not_listed")) for item in asked.items]
    return Says(told=answered(results))


@pytest.fixture(scope="module")
def one_server() -> Iterator[Faulty]:
    running = Faulty()
    yield running
    running.close()


@pytest.fixture(scope="module")
def one_client(one_server: Faulty) -> Iterator[Client]:
    """One for all, as its decoders take their time to start."""
    with a_client(one_server.url, OutagePolicy.CLOSED, QUICK) as client:
        yield client


@pytest.fixture
def server(one_server: Faulty) -> Faulty:
    """It knows two pictures, and answers in time, until a test says otherwise."""
    one_server.answer = known
    one_server.asked.clear()
    return one_server


@pytest.fixture
def client(server: Faulty, one_client: Client) -> Client:
    return one_client
