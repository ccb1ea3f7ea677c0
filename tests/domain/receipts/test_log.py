"""The log of receipts: it only grows, and what was done to it afterwards is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.domain.receipts.giving import LATER, give, keys, proven
from tests.support import in_threads, run_worker_round
from tocsin.base.audit.models import AuditRow
from tocsin.domain.receipts import actions, queries
from tocsin.domain.receipts.issuing import Issuer
from tocsin.domain.receipts.models import Batch, LogLock, SignedHead, Tile
from tocsin.domain.receipts.tree import as_text
from tocsin.domain.receipts.types import HEADS_FILE, Issued, NewBatch, NotYetInLog, ProofGone
from tocsin.engine import receipts

MINUTE = timedelta(minutes=1)


def grown(batches: int, at: datetime) -> list[Issued]:
    """That many batches of one, two, three … receipts, sealed under a head of this time."""
    issuer = Issuer.from_settings()
    issued: list[Issued] = []
    for size in range(1, batches + 1):
        issued += [give(issuer, at - MINUTE) for _ in range(size)]
        issuer.flush(at)
    run_worker_round(at)
    return issued


def problem() -> str:
    found = queries.verify_log(at=LATER).problem
    assert found is not None
    return found


@pytest.mark.django_db
def test_a_log_nobody_touched_is_sound(now: datetime) -> None:
    assert queries.verify_log(at=LATER).sound
    grown(3, now)
    actions.keep_batches([NewBatch("a" * 32, (bytes(32),))], at=now)
    verdict = queries.verify_log(at=LATER)
    assert (verdict.batches, verdict.receipts, verdict.waiting, verdict.heads) == (3, 6, 1, 1)
    assert verdict.sound


@pytest.mark.django_db
@given(st.lists(st.sampled_from(["give", "give", "flush", "seal", "head"]), max_size=24))
@hypothesis_settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_comes_in_whatever_order_everything_given_is_in_the_log(
    now: datetime, steps: list[str]
) -> None:
    issuers = [Issuer.from_settings(), Issuer.from_settings()]
    issued: list[Issued] = []
    heads: list[str] = []
    before = SignedHead.objects.count()
    for step, word in enumerate(steps):
        at = now + MINUTE * step
        if word == "give":
            issued.append(give(issuers[step % 2], now))
        elif word == "flush":
            issuers[step % 2].flush(at)
        elif word == "seal":
            actions.seal_waiting()
        elif (head := actions.sign_head(at=at)) is not None:
            heads.append(head.jws)
    for issuer in issuers:
        issuer.flush(now)
    actions.seal_waiting()
    actions.sign_head(at=now + timedelta(days=1))
    assert all(proven(one) for one in issued)
    assert queries.verify_log(at=LATER).sound
    assert SignedHead.objects.count() >= before
    for text in heads:
        old = receipts.open_head(text, keys(), now=LATER)
        told = queries.log_head(earlier_size=old.size)
        assert told.jws is not None
        assert told.path is not None
        new = receipts.open_head(told.jws, keys(), now=LATER)
        receipts.prove_consistent(old, new, told.path)


@pytest.mark.django_db
def test_no_head_is_signed_where_nothing_came(now: datetime) -> None:
    assert actions.sign_head(at=now) is None
    grown(1, now)
    assert actions.sign_head(at=now + MINUTE) is None
    assert queries.log_head().size == 1


@pytest.mark.django_db
def test_a_batch_that_commits_late_is_not_missed(now: datetime) -> None:
    grown(2, now)
    early = NewBatch("0" * 32, (bytes(32),))
    actions.keep_batches([early], at=now - timedelta(hours=1))
    assert actions.seal_waiting() == 1
    assert Batch.objects.get(pk=early.id).position == 2
    assert queries.verify_log(at=LATER).sound


@pytest.mark.django_db(transaction=True)
def test_two_sealers_at_once_give_every_place_once(now: datetime) -> None:
    batches = [NewBatch(f"{n:032x}", (n.to_bytes(32, "big"),)) for n in range(300)]
    actions.keep_batches(batches, at=now)
    sealed = in_threads(*[actions.seal_waiting] * 3)
    assert sum(one for one in sealed if isinstance(one, int)) == 300
    places = list(Batch.objects.order_by("position").values_list("position", flat=True))
    assert places == list(range(300))
    actions.sign_head(at=now)
    assert queries.verify_log(at=LATER).sound


@pytest.mark.django_db
def test_a_receipt_has_no_proof_before_its_head(now: datetime) -> None:
    grown(1, now)
    issuer = Issuer.from_settings()
    late = give(issuer, now)
    issuer.flush(now)
    for _ in range(2):
        with pytest.raises(NotYetInLog):
            queries.log_proof(late.id)
        actions.seal_waiting()


@pytest.mark.django_db
def test_heads_are_pushed_outside_once(now: datetime) -> None:
    grown(1, now)
    grown(1, now + MINUTE)
    path: Path = settings.TOCSIN_OUTSIDE / HEADS_FILE
    sizes = [json.loads(line)["size"] for line in path.read_text().splitlines()]
    assert sizes == [1, 2]
    assert queries.verify_log(at=LATER, heads_file=path).heads == 2


@pytest.mark.django_db
def test_after_two_years_proofs_are_no_longer_made_and_the_log_stays_whole(now: datetime) -> None:
    [old] = grown(1, now)
    kept = receipts.log_proof_json(queries.log_proof(old.id))
    [new] = grown(1, now + timedelta(days=400))
    run_worker_round(now + timedelta(days=732))
    with pytest.raises(ProofGone):
        queries.log_proof(old.id)
    assert proven(new).size == 2
    assert queries.verify_log(at=LATER).sound
    assert AuditRow.objects.get(action="receipts.forget").facts == {"batches": 1}
    proof = receipts.read_log_proof(json.dumps(kept))
    assert receipts.prove_logged(old.jws, proof, keys(), now=LATER)


def _change_leaves() -> None:
    Batch.objects.filter(position=1).update(leaves=Batch.objects.get(position=0).leaves)


def _change_root() -> None:
    Batch.objects.filter(position=1).update(root="0" * 64, leaves="")


def _cut_out() -> None:
    Batch.objects.filter(position=1).delete()


def _cut_off() -> None:
    Batch.objects.filter(position=2).delete()


def _cut_off_with_all_that_tells_of_it() -> None:
    Batch.objects.filter(position=2).delete()
    SignedHead.objects.all().delete()
    LogLock.objects.update(size=2)


def _change_tile() -> None:
    Tile.objects.update(hashes=as_text([bytes(32)] * 3))


def _lose_tile() -> None:
    Tile.objects.all().delete()


def _change_head() -> None:
    signed, _, signature = SignedHead.objects.get().jws.rpartition(".")
    other = "B" if signature.startswith("A") else "A"
    SignedHead.objects.update(jws=f"{signed}.{other}{signature[1:]}")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        (_change_leaves, "batch 1 was changed"),
        (_change_root, "not the one a signed head"),
        (_cut_out, "batch 1 is missing"),
        (_cut_off, "signed head says that the log had 3"),
        (_cut_off_with_all_that_tells_of_it, "signed head says that the log had 3"),
        (_change_tile, "tree is not the one"),
        (_lose_tile, "tree cannot be read"),
        (_change_head, "not as we made it"),
    ],
)
def test_tampering_is_named(now: datetime, tamper: Callable[[], None], told: str) -> None:
    grown(3, now)
    tamper()
    assert told in problem()
