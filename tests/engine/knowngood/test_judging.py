"""One judgement for the lint and for who tries a set."""

from __future__ import annotations

import hashlib

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tocsin.engine.knowngood import Digest
from tocsin.engine.knowngood.judging import Blanks, Doubt, Finding, Ids, Judge
from tocsin.engine.knowngood.rules import outweighed, outweighed_all
from tocsin.engine.knowngood.types import KINDS, WIDTH_BYTES

ALL = Digest.MD5 | Digest.SHA1 | Digest.SHA256
bits = st.integers(0, 7).map(Digest)


class Few:
    """A set of a few digests."""

    name = "few"

    def __init__(self, digests: dict[Digest, NDArray[np.uint8]], keeps: Digest) -> None:
        self.keeps = keeps
        self._known = {kind: {row.tobytes() for row in rows} for kind, rows in digests.items()}

    def find(
        self, kind: Digest, values: NDArray[np.uint8]
    ) -> tuple[NDArray[np.intp], NDArray[np.uint32]]:
        at = [n for n, row in enumerate(values) if row.tobytes() in self._known[kind]]
        return np.array(at, np.intp), np.zeros(len(at), np.uint32)

    def nearest(self, pdqs: NDArray[np.uint8]) -> None:
        return None

    def source(self, number: int) -> str:
        return "made up"


@settings(deadline=None)
@given(st.data())
def test_judging_many_at_once_says_what_judging_each_alone_does(data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 1_000)))
    count = data.draw(st.integers(1, 12))
    ids = np.arange(1, count + 1) * 3
    known_bytes = {kind: rng.integers(0, 256, (4, WIDTH_BYTES[kind]), np.uint8) for kind in KINDS}
    sets = (Few(known_bytes, Digest.NONE), Few(known_bytes, Digest.SHA256), Blanks())
    prints = []
    for kind in KINDS:
        of = rng.choice(ids, rng.integers(0, 2 * count))
        values = rng.integers(0, 256, (len(of), WIDTH_BYTES[kind]), np.uint8)
        meets = rng.random(len(of)) < 0.5
        values[meets] = known_bytes[kind][rng.integers(0, 4, meets.sum())]
        prints.append((kind, of, values))

    def told(chosen: Ids) -> list[Finding]:
        judge = Judge(sets, chosen)
        for kind, of, values in prints:
            judge.take_digests(kind, of, values)
        return list(judge.findings())

    assert told(ids) == [found for one in ids for found in told(np.array([one]))]


def one_of(word: int) -> dict[Digest, NDArray[np.uint8]]:
    return {kind: np.full((1, WIDTH_BYTES[kind]), word, np.uint8) for kind in KINDS}


def judged(*sets: Few, md5: int, sha1: int | None = None, sha256: int | None = None) -> Judge:
    """A judge that was shown one entry, number 1, with these digests."""
    judge = Judge(sets, np.array([1]))
    for kind, word in zip(KINDS, (md5, sha1, sha256), strict=True):
        if word is not None:
            judge.take_digests(kind, np.array([1]), one_of(word)[kind])
    return judge


def test_each_set_says_what_it_knows_and_none_hides_another() -> None:
    weak, strong = Few(one_of(1), ALL), Few(one_of(2), ALL)
    strong.name = "many"

    found = list(judged(weak, strong, md5=1, sha1=2, sha256=2).findings())

    assert [(one.known_set, one.doubt, one.note) for one in found] == [
        ("few", Doubt.MD5_TWIN, True),
        ("many", Doubt.KNOWN_SHA256, False),
    ]


def test_a_known_good_md5_beside_another_sha_is_outweighed() -> None:
    few = Few(one_of(1), ALL)

    [one] = judged(few, md5=1, sha1=2).outweighed()
    assert (one.entry_id, one.kinds, one.number) == (1, Digest.MD5, 0)
    [one] = judged(few, md5=1, sha1=1, sha256=2).outweighed()
    assert one.kinds == Digest.MD5 | Digest.SHA1
    assert list(judged(few, md5=1).outweighed()) == []
    assert list(judged(few, md5=2, sha1=1).outweighed()) == []
    assert list(judged(few, md5=2, sha1=2, sha256=1).outweighed()) == []
    [one] = judged(few, md5=1, sha1=2, sha256=1).outweighed()
    assert one.kinds == Digest.MD5


def test_a_sha256_that_begins_as_a_known_one_is_noted_where_the_set_knows_better() -> None:
    every, one = Few(one_of(1), ALL), Few(one_of(1), Digest.SHA256)
    one.name = "one"

    found = list(judged(every, one, md5=2, sha1=2, sha256=1).findings())

    assert [(said.known_set, said.doubt, said.note) for said in found] == [
        ("few", Doubt.SHA256_TWIN, True),
        ("one", Doubt.KNOWN_SHA256, False),
    ]


def test_the_whole_sha256_of_nothing_holds_back_whatever_stands_beside_it() -> None:
    judge = Judge((Blanks(),), np.array([1]))
    empty = np.frombuffer(hashlib.sha256(b"").digest(), np.uint8)[None]
    judge.take_digests(Digest.SHA256, np.array([1]), empty)
    judge.take_digests(Digest.SHA1, np.array([1]), np.full((1, 20), 7, np.uint8))

    [found] = judge.findings()
    assert (found.doubt, found.note) == (Doubt.BLANK_FILE, False)


def test_what_is_too_small_is_doubted() -> None:
    judge = Judge((), np.array([1, 2, 3]))
    judge.take_sizes(np.array([1, 2, 3]), np.array([1, 0, 2], np.uint8))

    assert [(one.entry_id, one.doubt) for one in judge.findings()] == [
        (1, Doubt.FEW_BYTES),
        (3, Doubt.FEW_PIXELS),
    ]


@given(has=bits, hit=bits, against=bits)
def test_outweighed_digests_never_leave_an_entry_silent(
    has: Digest, hit: Digest, against: Digest
) -> None:
    told = outweighed(has=has, hit=hit, contradicted=against)

    assert told & ~(has & hit) == Digest.NONE
    assert not told or has & ~told
    codes = [np.array([bits], np.uint8) for bits in (has, hit, against)]
    assert outweighed_all(*codes)[0] == told
