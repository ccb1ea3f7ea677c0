"""`tocsin receipts`: verify receipts offline, show one item of one, our keys, and the log."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.site.commands import Stop

if TYPE_CHECKING:
    from tocsin.engine.receipts import Keys

HELP = "Verify receipts with public keys alone, show one item, our keys, or go over the log."
NEEDS_DATABASE = False  # whoever verifies has files, and no Tocsin of their own

PROVEN, NOT_PROVEN = 0, 1
MOST_BYTES = 64_000_000


def arguments(parser: argparse.ArgumentParser) -> None:
    """`verify`, `item` and `heads` need files alone; `keys` and `log` are for who issues."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    verify = acts.add_parser("verify", help="say of each file what it proves; 0 if all of it")
    verify.add_argument("files", nargs="+", type=Path, metavar="FILE", help="an answer as it came")
    _takes_keys(verify)
    verify.add_argument("--request", type=Path, metavar="FILE", help="what was sent, for its items")
    verify.add_argument(
        "--proof",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="what /v2/receipts/…/proof answered; once for each receipt",
    )
    item = acts.add_parser("item", help="print the proof of one item, without the others")
    item.add_argument("file", type=Path, metavar="FILE", help="an answer as it came")
    item.add_argument("--request", type=Path, required=True, metavar="FILE", help="what was sent")
    item.add_argument("--id", required=True, metavar="ID", help="the item's own id")
    _takes_keys(item)
    heads = acts.add_parser("heads", help="is the log of a later head that of an earlier one?")
    heads.add_argument("earlier", type=Path, metavar="EARLIER", help="a head kept before")
    heads.add_argument(
        "later", type=Path, metavar="LATER", help="what /v2/receipts/head?from=SIZE answered"
    )
    _takes_keys(heads)
    acts.add_parser("keys", help="print our public keys, for those who verify")
    log = acts.add_parser("log", help="go over our whole log; name the first thing wrong")
    log.add_argument(
        "--heads",
        type=Path,
        metavar="FILE",
        help="heads kept outside this machine (default: our own copy of what was pushed)",
    )


def run(options: argparse.Namespace) -> int:
    """0 proven or sound, 1 not, 2 when there is nothing to read."""
    return {"verify": _verify, "item": _item, "heads": _heads, "keys": _keys, "log": _log}[
        options.act
    ](options)


def _takes_keys(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--keys",
        type=Path,
        required=True,
        metavar="FILE",
        help="public keys: what /v2/receipts/keys answers, or `tocsin receipts keys` prints",
    )


def _verify(options: argparse.Namespace) -> int:
    from tocsin.engine.receipts import NotProven, read_log_proof
    from tocsin.site.receipts import Beside, verified

    if options.request is not None and len(options.files) > 1:
        raise Stop("--request goes with one file: the items of one receipt were sent in it.")
    try:
        proofs = [read_log_proof(_text(path)) for path in options.proof]
    except NotProven as error:
        raise Stop(f"--proof: {error}") from error
    request = None if options.request is None else _text(options.request)
    beside = Beside(_public(options.keys), request, {one.receipt_id: one for one in proofs})
    all_proven = True
    for path in options.files:
        print(path)
        for line in verified(_text(path), beside, now=datetime.now(UTC)):
            print(f"  {line.mark:<12}{line.sentence}")
            all_proven &= line.holds
    return PROVEN if all_proven else NOT_PROVEN


def _item(options: argparse.Namespace) -> int:
    from tocsin.engine.receipts import NotProven, item_proof_json
    from tocsin.site.receipts import Beside, shown_alone

    beside = Beside(_public(options.keys), _text(options.request), {})
    try:
        proof = shown_alone(_text(options.file), beside, options.id, now=datetime.now(UTC))
    except NotProven as error:
        print(f"NOT PROVEN  {error}")
        return NOT_PROVEN
    print(json.dumps(item_proof_json(proof), indent=1))
    return PROVEN


def _heads(options: argparse.Namespace) -> int:
    from tocsin.engine import receipts

    keys, now = _public(options.keys), datetime.now(UTC)
    try:
        old = receipts.open_head(receipts.read_head(_text(options.earlier)).jws, keys, now=now)
        told = receipts.read_head(_text(options.later))
        new = receipts.open_head(told.jws, keys, now=now)
        if old.size < new.size and told.earlier_size != old.size:
            raise receipts.NotProven(
                f"The later file has no path from {old.size} batches: ask "
                f"/v2/receipts/head?from={old.size} for it."
            )
        receipts.prove_consistent(old, new, told.path if old.size < new.size else ())
    except receipts.NotProven as error:
        print(f"NOT PROVEN  {error}")
        return NOT_PROVEN
    print(f"proven      the log of {new.size} batches begins with all {old.size} of the earlier")
    return PROVEN


def _keys(options: argparse.Namespace) -> int:
    from tocsin.site.cli import set_up_django

    set_up_django()
    from tocsin.domain.receipts.queries import key_set

    print(json.dumps(key_set(), indent=1))
    return PROVEN


def _log(options: argparse.Namespace) -> int:
    from tocsin.site.cli import set_up_django

    set_up_django()
    from tocsin.domain.receipts.queries import verify_log

    if options.heads is not None and not options.heads.is_file():
        raise Stop(f"there is no file {options.heads}; --heads takes the heads that were pushed.")
    verdict = verify_log(at=datetime.now(UTC), heads_file=options.heads)
    print(
        f"{verdict.batches} batches of {verdict.receipts} receipts read, "
        f"{verdict.heads} signed heads compared."
    )
    if verdict.waiting:
        print(f"{verdict.waiting} batches wait for a place; a worker gives it within a second.")
    if verdict.problem is not None:
        print(f"BROKEN: {verdict.problem}.")
        return NOT_PROVEN
    print("The log is sound.")
    return PROVEN


def _public(path: Path) -> Keys:
    from tocsin.engine.receipts import NotProven, read_keys

    try:
        return read_keys(_text(path))
    except NotProven as error:
        raise Stop(f"{path}: {error}") from error


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Stop(f"{path} cannot be read: {error.strerror}.") from error
    if len(data) > MOST_BYTES:
        raise Stop(f"{path} is larger than any answer of ours.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Stop(f"{path} is no text, so it is no receipt, request, proof or key.") from None
