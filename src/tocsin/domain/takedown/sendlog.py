"""The send log: what left, what was heard of it, each line holding the hash of the one before.

Lines are written in the transaction of what they tell of, and numbered and chained by a regular
job: commit order is not id order (docs/decisions/0004). The end of the chain is signed and pushed
outside, so that a tail cut off shows.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from tocsin.base.audit.actions import append_outside
from tocsin.base.audit.types import Json
from tocsin.base.letters import queries as letters
from tocsin.base.letters.queries import without_addresses
from tocsin.base.letters.types import Content
from tocsin.base.secrets import NotOurs, sign, verify
from tocsin.domain.takedown import sealed
from tocsin.domain.takedown.models import Post, Sending, SendLogLock, SendLogRow
from tocsin.domain.takedown.types import LogVerdict, PostState

RING = "notices"
HEADS_FILE = "send-log-heads.jsonl"
GENESIS = "0" * 64
SEAL_BATCH = 1_000

LEFT = "left"
TAKEN = "taken"
DELIVERED = "delivered"
RETURNED = "returned"
DEAD = "dead"
OPENED = "opened"
ANSWERED = "answered"
SENDINGS = frozenset({LEFT, TAKEN})


@dataclass(frozen=True, slots=True)
class Line:
    """What a line tells. `said`: a server's words; it alone can be erased later."""

    notice: str
    event: str
    message_id: str = ""
    place: str = ""
    content_hash: str = ""
    said: str = ""


def append(line: Line, *, at: datetime) -> None:
    """Write a line in the caller's transaction."""
    said = without_addresses(line.said)
    salt = secrets.token_hex(16) if said else ""
    SendLogRow.objects.create(
        at=at,
        notice=line.notice,
        event=line.event,
        message_id=line.message_id,
        place=line.place,
        content_hash=line.content_hash,
        said=said,
        salt=salt,
        commitment=_commitment(salt, said) if said else "",
    )


def hash_of(content: Content) -> str:
    """SHA-256 over all that a receiver reads. The link in it has 256 bits, so nobody can guess the
    address in a notice back from this."""
    attached: Json = [[a.filename, a.media_type, a.text] for a in content.attachments]
    return hashlib.sha256(_canonical([content.subject, content.text, attached])).hexdigest()


def hash_of_body(body: bytes) -> str:
    """SHA-256 over what was sent by machine."""
    return hashlib.sha256(body).hexdigest()


def seal_waiting(at: datetime) -> None:
    """Number and chain the lines that are not yet."""
    if not SendLogRow.objects.filter(chain_no__isnull=True).exists():
        return
    with transaction.atomic():
        SendLogLock.objects.get_or_create(pk=1, defaults={"last_hash": GENESIS})
        lock = SendLogLock.objects.select_for_update().get(pk=1)
        rows = list(SendLogRow.objects.filter(chain_no__isnull=True).order_by("id")[:SEAL_BATCH])
        for row in rows:
            row.chain_no, row.previous_hash = lock.last_no + 1, lock.last_hash
            row.row_hash = _chain_hash(row)
            lock.last_no, lock.last_hash = row.chain_no, row.row_hash
        SendLogRow.objects.bulk_update(rows, ["chain_no", "previous_hash", "row_hash"], 200)
        lock.save()


def push_head(at: datetime) -> None:
    """Sign the chain's end and append it to the file outside, if it has moved since."""
    with transaction.atomic():
        lock = SendLogLock.objects.select_for_update().filter(pk=1).first()
        if lock is None or lock.pushed_no >= lock.last_no:
            return
        message = _head_message(lock.last_no, lock.last_hash, at.isoformat())
        key_id, signature = sign(settings.TOCSIN_KEYS.ring(RING), message)
        told = {"no": lock.last_no, "hash": lock.last_hash, "at": at.isoformat()}
        append_outside(HEADS_FILE, [json.dumps({**told, "key_id": key_id, "sig": signature})])
        lock.pushed_no = lock.last_no
        lock.save()


def verify_log(heads_file: Path | None = None) -> LogVerdict:
    """Walk the whole log, the heads pushed outside, and the letters it tells of.

    The first thing wrong is named, or nothing is. A letter that is still kept must be the one whose
    hash the log holds, and every letter that left must stand in the log.
    """
    heads, problem = _heads(heads_file or settings.TOCSIN_OUTSIDE / HEADS_FILE)
    pushed, checked, number, previous = len(heads), 0, 0, GENESIS
    for row in _sealed_rows():
        problem = problem or _wrong_with(row, number, previous)
        if problem:
            break
        number, previous = number + 1, row.row_hash
        if heads.pop(number, previous) != previous:
            problem = f"line {number} is not the one a signed head was made over"
        checked += row.event in SENDINGS
        problem = problem or _wrong_words(row)
    waiting = SendLogRow.objects.filter(chain_no__isnull=True).count()
    reached = SendLogLock.objects.values_list("last_no", flat=True).first() or 0
    if problem is None and (heads or number < reached):
        problem = f"line {number + 1} is missing: the log reached {max([reached, *heads])}"
    return LogVerdict(number, waiting, pushed, checked, problem or _missing())


def _wrong_with(row: SendLogRow, number: int, previous: str) -> str | None:
    if row.chain_no != number + 1:
        return f"line {number + 1} is missing: the next one found is {row.chain_no}"
    if row.previous_hash != previous:
        return f"line {row.chain_no} does not follow from line {number}"
    if _chain_hash(row) != row.row_hash:
        return f"line {row.chain_no} was changed after it was sealed"
    if row.said and _commitment(row.salt, row.said) != row.commitment:
        return f"line {row.chain_no}: the words of the server were changed after it was sealed"
    return None


def _wrong_words(row: SendLogRow) -> str | None:
    """Whether what is kept of a message is what the log says had left; forgotten ones are fine."""
    kept = _kept_hash(row) if row.event in SENDINGS else None
    if kept is None or kept == row.content_hash:
        return None
    return f"line {row.chain_no}: the words of {row.message_id} are not those that left"


def _kept_hash(row: SendLogRow) -> str | None:
    try:
        if row.event == LEFT:
            words = letters.words_if_kept(row.message_id)
            return hash_of(words) if words else None
        post = Post.objects.filter(message_id=row.message_id).exclude(sealed_body="").first()
        if post is None:
            return None
        body = sealed.open_body(post.sealed_body, message_id=post.message_id)
        return hash_of_body(body)
    except NotOurs:
        return "unreadable"


def _missing() -> str | None:
    """A message of ours that left and of which the log says nothing."""
    told = set(SendLogRow.objects.filter(event__in=SENDINGS).values_list("message_id", flat=True))
    by_mail = letters.left(set(Sending.objects.values_list("message_id", flat=True)) - told)
    by_machine = Post.objects.filter(state=PostState.TAKEN).values_list("message_id", flat=True)
    missing = sorted({*by_mail, *by_machine} - told)
    return f"{missing[0]} left, and the log does not say so" if missing else None


def _sealed_rows() -> Iterator[SendLogRow]:
    rows = SendLogRow.objects.filter(chain_no__isnull=False).order_by("chain_no")
    return rows.iterator(2_000)


def _heads(pushed: Path) -> tuple[dict[int, str], str | None]:
    heads: dict[int, str] = {}
    if not pushed.exists():
        return heads, None
    ring = settings.TOCSIN_KEYS.ring(RING)
    for position, line in enumerate(pushed.read_text("utf-8").splitlines(), 1):
        try:
            told = json.loads(line)
            number, row_hash = int(told["no"]), str(told["hash"])
            message = _head_message(number, row_hash, str(told["at"]))
            holds = verify(ring, message, key_id=str(told["key_id"]), signature=str(told["sig"]))
        except (ValueError, KeyError, TypeError):
            return heads, f"line {position} of the pushed heads cannot be read"
        if not holds:
            return heads, f"line {position} of the pushed heads is not signed by us"
        if heads.setdefault(number, row_hash) != row_hash:
            return heads, f"the pushed heads differ at line {number}"
    return heads, None


def _chain_hash(row: SendLogRow) -> str:
    told: Json = {
        "no": row.chain_no,
        "previous": row.previous_hash,
        "at": row.at.isoformat(),
        "notice": row.notice,
        "event": row.event,
        "message_id": row.message_id,
        "place": row.place,
        "content": row.content_hash,
        "commitment": row.commitment,
    }
    return hashlib.sha256(_canonical(told)).hexdigest()


def _head_message(number: int, row_hash: str, at: str) -> bytes:
    return _canonical({"log": "notices", "no": number, "hash": row_hash, "at": at})


def _commitment(salt: str, said: str) -> str:
    return hashlib.sha256(f"{salt}\0{said}".encode()).hexdigest()


def _canonical(value: Json) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
