"""`tocsin receipts`, as typed by somebody who has files and our public keys and nothing else."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.domain.receipts.giving import give
from tests.engine.receipts.signing import AT, SALT, Log, Signer, items, receipt_of
from tests.support import run_worker_round
from tocsin.domain.receipts.issuing import Issuer
from tocsin.domain.receipts.models import Batch
from tocsin.engine import receipts
from tocsin.site.cli import main

OURS = Signer()
TOLD = items(3)
TEXT = OURS.receipt(receipt_of(TOLD))
LOG = Log(OURS, [TEXT], 2, 5)
RESULTS = [
    {"id": one.client_id, "status": one.status, "action": one.action or None, "receipt_index": n}
    for n, one in enumerate(TOLD)
]
REQUEST = {
    "items": [
        {"id": f"upload-{n}", "md5": f"{n:032X}", "url": "https://x.example"} for n in range(3)
    ]
}


def key_set(*signers: Signer) -> dict[str, Any]:
    raw = {s.kid: (receipts.to_text(s.public.raw), AT.isoformat()) for s in signers}
    return receipts.key_set(raw)


@dataclass(frozen=True)
class Desk:
    """A folder of files, and what the command said of them."""

    folder: Path
    capsys: pytest.CaptureFixture[str]

    def put(self, name: str, value: object) -> str:
        path = self.folder / name
        path.write_text(value if isinstance(value, str) else json.dumps(value), "utf-8")
        return str(path)

    def answer(self, **changed: object) -> str:
        receipt = {"id": "x", "jws": TEXT, "salt": receipts.to_text(SALT)}
        whole = {"list_version": 812, "results": RESULTS, "receipt": receipt, **changed}
        return self.put("answer.json", whole)

    def keys(self, *signers: Signer) -> list[str]:
        return ["--keys", self.put("keys.json", key_set(*(signers or (OURS,))))]

    def run(self, *words: str) -> tuple[int, str]:
        status = main(["receipts", *words])
        said = self.capsys.readouterr()
        return status, said.out + said.err


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


def test_everything_that_is_given_is_proven_line_by_line(desk: Desk) -> None:
    proof = desk.put("proof.json", receipts.log_proof_json(LOG.proof(0)))
    request = desk.put("request.json", REQUEST)
    status, said = desk.run(
        "verify", desk.answer(), "--request", request, "--proof", proof, *desk.keys()
    )
    assert status == 0
    lines = said.splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["proven", "it", "proven", "proven"]
    assert "version 812" in lines[2]
    assert "outage policy hold" in lines[2]
    assert "all 3 items" in lines[3]
    assert "5 batches" in lines[4]


def test_what_was_not_given_is_said_to_be_not_shown(desk: Desk) -> None:
    bare = desk.put("receipt.jws", f"{TEXT}\n")
    status, said = desk.run("verify", bare, desk.answer(), *desk.keys())
    assert status == 0
    assert said.count("not shown") == 4
    assert "NOT PROVEN" not in said


def test_one_item_is_shown_without_the_others(desk: Desk) -> None:
    request = desk.put("request.json", REQUEST)
    status, said = desk.run(
        "item", desk.answer(), "--request", request, "--id", "upload-1", *desk.keys()
    )
    assert status == 0
    assert "upload-2" not in said
    status, said = desk.run("verify", desk.put("one.json", said), *desk.keys())
    assert status == 0
    assert f"md5={1:032x}" in said
    assert "not_listed (block)" in said
    status, said = desk.run(
        "item", desk.answer(), "--request", request, "--id", "nobody", *desk.keys()
    )
    assert (status, "0 items" in said) == (1, True)


def _changed(place: int) -> str:
    other = "A" if TEXT[place] != "A" else "B"
    return TEXT[:place] + other + TEXT[place + 1 :]


def _with_header(**header: object) -> str:
    part = receipts.to_text(json.dumps(header).encode())
    return ".".join([part, *TEXT.split(".")[1:]])


WRONG: dict[str, tuple[Callable[[], str], str]] = {
    "cut": (lambda: TEXT[:-20], "cut"),
    "cut before the signature": (lambda: TEXT.rpartition(".")[0], "2 parts"),
    "empty": (lambda: "", "1 parts"),
    "a changed byte": (lambda: _changed(300), "text was changed"),
    "a changed signature": (lambda: _changed(len(TEXT) - 40), "does not hold"),
    "not signed": (lambda: _with_header(alg="none", kid="k1", typ="tocsin-receipt"), "'none'"),
    "a shared secret": (
        lambda: _with_header(alg="HS256", kid="k1", typ="tocsin-receipt"),
        "'HS256'",
    ),
    "a time to come": (
        lambda: OURS.receipt(receipt_of(TOLD, at=datetime(2999, 1, 1, tzinfo=UTC))),
        "not come yet",
    ),
    "a time before the key": (
        lambda: OURS.receipt(receipt_of(TOLD, at=AT - timedelta(days=1))),
        "cannot have signed",
    ),
    "a key nobody gave": (lambda: Signer("k9").receipt(receipt_of(TOLD)), "'k9'"),
    "a key of others": (lambda: Signer(seed=5).receipt(receipt_of(TOLD)), "another organisation"),
    "a head": (lambda: OURS.head(LOG.head()), "tocsin-receipt-head"),
    "JSON that was cut": (lambda: '{"receipt": {"jws": "', "no JSON"),
    "an answer without a receipt": (lambda: '{"results": []}', "no receipt in the file"),
    "half a character": (lambda: '{"receipt": {"jws": "\\ud800", "salt": "a"}}', "no JSON"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_in_a_sentence(desk: Desk, case: str) -> None:
    make, word = WRONG[case]
    status, said = desk.run("verify", desk.put("receipt.jws", make()), *desk.keys())
    assert status == 1
    [line] = said.splitlines()[1:]
    assert line.startswith("  NOT PROVEN")
    assert word in line
    assert line.endswith(".")


def test_one_wrong_file_among_right_ones_is_enough(desk: Desk) -> None:
    wrong = desk.put("wrong.jws", _changed(300))
    status, said = desk.run("verify", desk.answer(), wrong, desk.answer(), *desk.keys())
    assert status == 1
    assert said.count("NOT PROVEN") == 1


@pytest.mark.parametrize(
    ("request_", "word"),
    [
        ({"items": REQUEST["items"][:2]}, "2 items"),
        ({"items": REQUEST["items"][::-1]}, "order"),
        ({"items": [*REQUEST["items"][:2], {"id": "upload-2", "md5": "00" * 16}]}, "differs"),
        ({"items": "none"}, "items"),
        ([], "no JSON object"),
        ({"items": [*REQUEST["items"][:2], {"id": "upload-2", "pdq_quality": 1e999}]}, "quality"),
    ],
)
def test_a_request_that_is_another_proves_no_item(desk: Desk, request_: object, word: str) -> None:
    status, said = desk.run(
        "verify", desk.answer(), "--request", desk.put("r.json", request_), *desk.keys()
    )
    assert status == 1
    assert word in said


def test_results_in_another_order_than_the_receipt_are_put_in_its_order(desk: Desk) -> None:
    request = desk.put("r.json", {"items": REQUEST["items"][::-1]})
    answer = desk.answer(results=RESULTS[::-1])
    assert desk.run("verify", answer, "--request", request, *desk.keys())[0] == 0
    answer = desk.answer(results=[RESULTS[0], RESULTS[0], RESULTS[2]])
    request = desk.put("r.json", {"items": [REQUEST["items"][n] for n in (0, 0, 2)]})
    status, said = desk.run("verify", answer, "--request", request, *desk.keys())
    assert (status, "once" in said) == (1, True)


def test_a_proof_of_another_log_does_not_count(desk: Desk) -> None:
    forged = Log(Signer(seed=8), [TEXT], 2, 5).proof(0)
    proof = desk.put("p.json", receipts.log_proof_json(forged))
    status, said = desk.run("verify", desk.answer(), "--proof", proof, *desk.keys())
    assert status == 1
    assert "does not hold" in said


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("--keys", "", "no JSON"),
        ("--keys", '{"keys": []}', "no Ed25519 key"),
        ("--keys", '{"keys": [{"kty": "oct", "kid": "k1", "k": "AAAA"}]}', "secret key"),
        ("--keys", json.dumps({"keys": key_set(OURS)["keys"] * 2}), "two keys alike"),
        ("--keys", '{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k1"}]}', "damaged"),
        ("--proof", "{}", "--proof"),
        ("--proof", '{"batch": {}, "log": {"path": [1]}}', "--proof"),
    ],
)
def test_keys_and_proofs_that_cannot_be_read_stop_the_command(
    desk: Desk, name: str, content: str, word: str
) -> None:
    given = [*desk.keys(), name, desk.put("given", content)]
    status, said = desk.run("verify", desk.answer(), *given)
    assert status == 2
    assert word in said


def test_files_that_are_not_there_or_no_text_stop_the_command(desk: Desk, tmp_path: Path) -> None:
    status, said = desk.run("verify", str(tmp_path / "nothing"), *desk.keys())
    assert (status, "cannot be read" in said) == (2, True)
    (tmp_path / "picture").write_bytes(b"\xff\xd8\xff\xe0")
    status, said = desk.run("verify", str(tmp_path / "picture"), *desk.keys())
    assert (status, "no text" in said) == (2, True)
    two = [desk.answer(), desk.answer(), "--request", desk.put("r", REQUEST)]
    status, said = desk.run("verify", *two, *desk.keys())
    assert (status, "one file" in said) == (2, True)


def test_a_later_head_is_shown_to_go_on_from_an_earlier_one(desk: Desk) -> None:
    path = receipts.consistency_path(3, 5, receipts.nodes_of(LOG.leaves()))
    since = {"from": 3, "path": receipts.path_json(path)}
    later = {"size": 5, "head": OURS.head(LOG.head()), "consistency": since}
    earlier = desk.put("earlier", OURS.head(LOG.head(3)))
    status, said = desk.run("heads", earlier, desk.put("later", later), *desk.keys())
    assert (status, "all 3" in said) == (0, True)
    without = desk.put("without", {**later, "consistency": None})
    status, said = desk.run("heads", earlier, without, *desk.keys())
    assert (status, "from=3" in said) == (1, True)
    other = desk.put("other", OURS.head(Log(OURS, [TEXT], 0, 5).head(3)))
    status, said = desk.run("heads", other, desk.put("later", later), *desk.keys())
    assert (status, "rewritten" in said) == (1, True)


def test_verifying_leaves_no_trace_and_needs_no_tocsin(desk: Desk, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tocsin.site.cli", "receipts", "verify", desk.answer()]
    bare = {name: value for name, value in os.environ.items() if "TOCSIN" not in name}
    bare.pop("DJANGO_SETTINGS_MODULE", None)
    given = [*command, *desk.keys()]
    before = sorted(tmp_path.rglob("*"))
    done = subprocess.run(given, cwd=tmp_path, env=bare, check=False, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.django_db
def test_our_own_keys_and_log(desk: Desk, now: datetime) -> None:
    issuer = Issuer.from_settings()
    issued = give(issuer, datetime.now(UTC))
    issuer.flush(now)
    run_worker_round(now)
    status, said = desk.run("keys")
    keys = ["--keys", desk.put("ours.json", said)]
    assert status == 0
    assert desk.run("verify", desk.put("a", issued.jws), *keys)[0] == 0
    status, said = desk.run("log")
    assert (status, "1 batches of 1 receipts" in said, "sound" in said) == (0, True, True)
    leaves = base64.b64encode(bytes(32)).decode()
    Batch.objects.update(leaves=leaves)
    status, said = desk.run("log")
    assert (status, "BROKEN: batch 0 was changed" in said) == (1, True)
    assert desk.run("log", "--heads", str(desk.folder / "none"))[0] == 2
