"""Asking a server only about what is new: the client, and `tocsin check --retro --server`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from tests.client.faulty import QUICK
from tests.client.test_with_the_house import our_key
from tests.domain.listing import a_list, asked, digest, put
from tocsin.base.accounts.types import IssuedKey
from tocsin.client import CallFailed, CallRefused, Client, Key, OutagePolicy, Question
from tocsin.domain.hashlists.types import Kind
from tocsin.domain.matching.checker import Checker
from tocsin.engine.fingerprints import Fingerprints, Status
from tocsin.engine.fingerprints.types import Origin, PdqHash, PictureHashes
from tocsin.site.checking.journal import Journal
from tocsin.site.checking.retro import Retro
from tocsin.site.checking.server import ServerLists
from tocsin.site.checking.types import File, Looked

pytestmark = [pytest.mark.server, pytest.mark.django_db(transaction=True)]

Issue = Callable[..., IssuedKey]
NAMES = ("beach", "hill", "lake")


@pytest.fixture
def key(issue: Issue, checker: Checker, now: datetime) -> IssuedKey:
    put(now, a_list(now), "beach")
    checker.follow(now)
    return issue()


@pytest.fixture
def client(house: str, key: IssuedKey) -> Iterator[Client]:
    with Client(house, our_key(key), outage=OutagePolicy.CLOSED, settings=QUICK) as made:
        yield made


def question(name: str) -> Question:
    return Question(id=name, md5=digest(Kind.MD5, name))


def test_the_client_hears_what_is_new_and_none_for_the_rest(
    client: Client, checker: Checker, now: datetime
) -> None:
    news = client.check_since([question(name) for name in NAMES], 0)
    assert [v.status if v is not None else None for v in news.verdicts] == ["listed", None, None]
    put(now, a_list(now, "second"), "hill")
    checker.follow(now)
    news = client.check_since([question(name) for name in NAMES], news.list_version)
    assert [v.status if v is not None else None for v in news.verdicts] == [None, "listed", None]
    assert news.list_version == 2


def test_in_several_batches_the_oldest_version_counts(house: str, key: IssuedKey) -> None:
    settings = replace(QUICK, most_items=1)
    with Client(house, our_key(key), outage=OutagePolicy.HOLD, settings=settings) as client:
        news = client.check_since([question(name) for name in NAMES], 0)
    assert (len(news.verdicts), news.list_version) == (3, 1)


def test_what_cannot_be_asked_raises(client: Client) -> None:
    with pytest.raises(CallRefused) as refused:
        client.check_since([question("a")], 99)
    assert refused.value.code == "no_such_version"
    away = Client(
        "http://127.0.0.1:9", our_key_of_nobody(), outage=OutagePolicy.HOLD, settings=QUICK
    )
    with away, pytest.raises(CallFailed):
        away.check_since([question("a")], 0)


def our_key_of_nobody() -> Key:
    from tests.client.faulty import KEY

    return KEY


def looked(name: str) -> Looked:
    query = asked(name)
    pdq = PdqHash(query.pdq or b"", 90)
    prints = Fingerprints(
        Status.OK,
        1,
        query.md5 or b"",
        query.sha1 or b"",
        query.sha256 or b"",
        pictures=(PictureHashes(Origin.PICTURE, 0, 100, 100, pdq),),
    )
    return Looked(File(f"/pictures/{name}.jpg", 0, 1, 1), prints)


def test_retro_asks_a_server_only_about_what_is_new(
    house: str, key: IssuedKey, checker: Checker, now: datetime, tmp_path: Path
) -> None:
    lists = ServerLists(house, f"{key.key_id}.{key.secret}", settings=QUICK)
    files = [looked(name) for name in NAMES]
    with Journal(tmp_path / "prints", lists.name) as journal:
        journal.keep(zip(files, lists.ask(files), strict=True))
        put(now, a_list(now, "second"), "hill")
        checker.follow(now)
        retro = Retro(lists=lists, journal=journal)
        told = {result.path: result.status for result in retro.results()}
        assert retro.broken_off is None
        # Found before, and still: no news. The other was not, and is not.
        assert told == {"/pictures/hill.jpg": "listed", "/pictures/lake.jpg": "not_listed"}
        kept = {
            k.looked.file.path: (k.status, k.version) for b in journal.older_than(None) for k in b
        }
        assert kept["/pictures/beach.jpg"] == ("listed", 2)
        assert kept["/pictures/hill.jpg"] == ("listed", 2)
        assert kept["/pictures/lake.jpg"] == ("not_listed", 2)


def test_where_a_server_has_forgotten_retro_asks_in_full(
    house: str,
    key: IssuedKey,
    checker: Checker,
    now: datetime,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tocsin.domain.matching import live_lists

    monkeypatch.setattr(live_lists, "MOST_CHANGED", 0)
    lists = ServerLists(house, f"{key.key_id}.{key.secret}", settings=QUICK)
    files = [looked(name) for name in NAMES]
    with Journal(tmp_path / "prints", lists.name) as journal:
        journal.keep(zip(files, lists.ask(files), strict=True))
        put(now, a_list(now, "second"), "hill")
        checker.follow(now)
        told = [r.status for r in Retro(lists=lists, journal=journal).results()]
    assert told == ["listed", "not_listed"]
