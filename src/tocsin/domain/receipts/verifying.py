"""Going over the whole log: what was changed, cut out or cut off afterwards is named."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.conf import settings

from tocsin.base.secrets import public_keys
from tocsin.domain.receipts.models import Batch, LogLock, SignedHead
from tocsin.domain.receipts.tree import batch_leaf, from_text, load
from tocsin.domain.receipts.types import HEADS_FILE, RING, LogVerdict
from tocsin.engine import receipts
from tocsin.engine.receipts import Growing, NotProven, PublicKey, TreeDamaged


def verify_log(*, at: datetime, heads_file: Path | None = None) -> LogVerdict:
    """Read every batch and every head; the first thing wrong is named, or nothing is.

    `heads_file` holds the heads pushed outside (default: our own copy). A log that was cut shows
    because a pushed head names a size that it no longer has.
    """
    heads, problem = _heads(heads_file or settings.TOCSIN_OUTSIDE / HEADS_FILE, at)
    count, tree, told = len(heads), Growing(), 0
    for batch in Batch.objects.filter(position__isnull=False).order_by("position").iterator(500):
        problem = problem or _wrong_with(batch, tree.size)
        if problem:
            break
        tree.append(batch_leaf(batch))
        told += batch.size
        if heads.pop(tree.size, tree.root()) != tree.root():
            problem = f"the log of {tree.size} batches is not the one a signed head was made over"
    waiting = Batch.objects.filter(position__isnull=True).count()
    problem = problem or _wrong_at_the_end(tree, heads)
    return LogVerdict(tree.size, told, waiting, count, problem)


def _wrong_with(batch: Batch, position: int) -> str | None:
    if batch.position != position:
        return f"batch {position} is missing: the next one found is {batch.position}"
    if not batch.leaves:
        return None
    leaves = from_text(batch.leaves)
    if len(leaves) != batch.size or receipts.root(leaves).hex() != batch.root:
        return f"batch {position} was changed after it was written"
    return None


def _wrong_at_the_end(tree: Growing, heads: dict[int, bytes]) -> str | None:
    if heads:
        return f"batches are missing: a signed head says that the log had {max(heads)}"
    reached = LogLock.objects.values_list("size", flat=True).first() or 0
    if tree.size != reached:
        return f"batch {tree.size} is missing: the log had {reached}"
    try:
        if receipts.root_of(reached, receipts.nodes(load)) == tree.root():
            return None
    except TreeDamaged as error:
        return f"the tree cannot be read: {error}"
    return "the tree is not the one over the batches"


def _heads(pushed: Path, at: datetime) -> tuple[dict[int, bytes], str | None]:
    """Root by size of all heads, ours and those pushed outside; and what is wrong with one."""
    keys = _keys()
    heads: dict[int, bytes] = {}
    lines = [head.jws for head in SignedHead.objects.order_by("size").iterator()]
    if pushed.exists():
        lines += pushed.read_text("utf-8").splitlines()
    for line in lines:
        try:
            head = receipts.open_head(receipts.read_head(line).jws, keys, now=at)
        except NotProven as error:
            return heads, f"a signed head is not as we made it: {error}"
        if heads.setdefault(head.size, head.root) != head.root:
            return heads, f"two signed heads over {head.size} batches differ"
    return heads, None


def _keys() -> dict[str, PublicKey]:
    ring = settings.TOCSIN_KEYS.ring(RING)
    return {kid: PublicKey(kid, receipts.from_text(raw)) for kid, raw in public_keys(ring).items()}
