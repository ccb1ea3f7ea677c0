"""`tocsin keys` and `tocsin index`, as typed."""

from __future__ import annotations

import errno
import os
from datetime import UTC, datetime

import pytest

from tests.domain.listing import a_list, put
from tocsin.base.accounts.queries import live_keys, party_names
from tocsin.base.accounts.types import OutagePolicy
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.types import ListsSeen
from tocsin.site.cli import main

pytestmark = pytest.mark.django_db
ISSUE = ["keys", "issue", "--party", "Big Cloud", "--tier", "detail"]
ISSUE += ["--outage-policy", "open-and-recheck", "--private-delta", "no"]


def test_a_key_is_issued_shown_once_and_works(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ISSUE, "--test", "--min-sources", "2", "--radius", "20"]) == 0
    shown = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()[:3])
    mine, at = Checker.from_settings(), datetime.now(UTC)
    mine.keys.refresh(at=at)
    key_id, _, secret = shown["bearer"].partition(".")
    key = mine.keys.authenticate(key_id, secret, at=at)
    assert key is not None
    assert (key.terms.lists, key.terms.min_sources) == (ListsSeen.TEST, 2)
    assert key.terms.near_radius_bits == 20
    assert key.terms.outage_policy is OutagePolicy.OPEN_AND_RECHECK
    assert not key.may_compare_unseen
    assert list(party_names().values()) == ["Big Cloud"]
    assert main(["keys", "list"]) == 0
    listed = capsys.readouterr().out
    assert key_id in listed
    assert secret not in listed


def test_no_key_is_issued_without_saying_what_happens_in_an_outage(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["keys", "issue", "--party", "Big Cloud"])
    assert "--outage-policy" in capsys.readouterr().err
    assert live_keys(at=datetime.now(UTC)) == {}


def test_a_party_has_two_live_keys_at_most_and_the_text_says_what_to_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert [main(ISSUE) for _ in range(3)] == [0, 0, 2]
    assert "revoke one first" in capsys.readouterr().err
    key_id = next(iter(live_keys(at=datetime.now(UTC))))
    assert main(["keys", "revoke", key_id]) == 0
    assert key_id not in live_keys(at=datetime.now(UTC))
    assert main(["keys", "revoke", key_id]) == 2


@pytest.mark.parametrize("wrong", [["--radius", "61"], ["--min-sources", "0"], ["--burst", "0"]])
def test_terms_no_key_may_have_are_refused_in_words(
    wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*ISSUE, *wrong]) == 2
    assert capsys.readouterr().err.strip()
    assert live_keys(at=datetime.now(UTC)) == {}


def test_the_index_is_built_and_told_of(capsys: pytest.CaptureFixture[str], now: datetime) -> None:
    put(now, a_list(now), "beach")
    assert main(["index", "status"]) == 1
    assert "tocsin index rebuild" in capsys.readouterr().out
    assert main(["index", "rebuild"]) == 0
    assert main(["index", "status"]) == 0
    shown = capsys.readouterr().out
    assert "generation 1" in shown
    assert "holds changes up to 1 of 1" in shown


def test_a_full_disk_is_told_in_words(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int, data: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("tocsin.engine.index.durable.os.write", full)
        assert main(["index", "rebuild"]) == 2
    assert "space" in capsys.readouterr().err
    assert os.write is not full
