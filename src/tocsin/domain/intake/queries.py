"""Reading: batches and their lines, senders, forms, what was said of an item."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Final

from django.db.models import Count

from tocsin.domain.intake import keeping, sealed
from tocsin.domain.intake.models import Batch, Form, Line, Sender, Stated
from tocsin.domain.intake.signatures import signature_keys
from tocsin.domain.intake.staging import context
from tocsin.domain.intake.telling import context as stated_context
from tocsin.domain.intake.types import (
    SENTENCES,
    BatchView,
    Command,
    FormTerms,
    LineState,
    LineView,
    Proof,
    Said,
    SenderTerms,
    SenderView,
    UnknownBatch,
    Way,
    Why,
)
from tocsin.domain.reports.queries import names

__all__ = [
    "as_csv",
    "batch",
    "batches",
    "for_a_person",
    "forms",
    "lines",
    "said_of",
    "sender_of",
    "senders",
    "signature_keys",
]

COLUMNS: Final = (
    "line", "outcome", "why", "item", "url", "referer", "worker", "reference", "source", "type",
    "note",
)  # fmt: skip
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


def batches(*, limit: int = 50, offset: int = 0) -> list[BatchView]:
    """Batches, the newest first."""
    rows = list(Batch.objects.order_by("-id")[offset : offset + limit])
    counted = _counts(row.pk for row in rows)
    return [_view(row, counted.get(row.pk, {})) for row in rows]


def batch(batch_id: int, *, again: bool = False) -> BatchView:
    """One batch; raises UnknownBatch."""
    row = Batch.objects.filter(pk=batch_id).first()
    if row is None:
        raise UnknownBatch(f"There is no batch {batch_id}.")
    return _view(row, _counts([row.pk]).get(row.pk, {}), again=again)


def lines(
    batch_id: int, *, states: Iterable[LineState] = LineState, limit: int = 100, offset: int = 0
) -> list[LineView]:
    """Lines of a batch in their order, opened."""
    found = Line.objects.filter(batch_id=batch_id, state__in=[state.value for state in states])
    return [_line(row) for row in found.order_by("number")[offset : offset + limit]]


def for_a_person(*, limit: int = 50) -> list[LineView]:
    """Words without an address that nobody has read yet, the oldest first."""
    found = Line.objects.filter(state=LineState.FOR_A_PERSON).order_by("at", "id")
    return [_line(row) for row in found[:limit]]


def as_csv(batch_id: int) -> str:
    """Every line of a batch; no cell is taken for a formula. Raises UnknownBatch."""
    batch(batch_id)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in Line.objects.filter(batch_id=batch_id).order_by("number").iterator():
        told = _line(row)
        record = told.record
        extra = " | ".join(f"{name}: {value}" for name, value in record.extra.items())
        cells = (
            str(told.number), told.state.value, SENTENCES[told.why], told.item_number, record.url,
            record.referer, record.worker, record.reference, record.source, record.site_type,
            " | ".join(text for text in (record.note, extra) if text),
        )  # fmt: skip
        writer.writerow([_harmless(cell) for cell in cells])
    return out.getvalue()


def sender_of(address: str) -> SenderTerms | None:
    """The terms of a sender in use, None for anybody else."""
    digest = keeping.digest_of(address)
    row = Sender.objects.filter(digest=digest, removed_at__isnull=True).first()
    return _sender(row).terms if row else None


def senders() -> list[SenderView]:
    """Senders in use, by name."""
    return [_sender(row) for row in Sender.objects.filter(removed_at=None).order_by("name", "id")]


def forms() -> list[FormTerms]:
    """Web forms that come by mail."""
    rows = Form.objects.order_by("name")
    return [FormTerms(row.name, row.subject, row.source, row.fields) for row in rows]


def said_of(item_number: str) -> list[Said]:
    """What other systems said with the reports of an item, oldest first."""
    rows = Stated.objects.filter(item_number=item_number).order_by("id")
    return [
        Said(
            source=row.source,
            site_type=row.site_type,
            referer=sealed.reveal(row.sealed_referer, context=stated_context(row.report_id)) or "",
            iccam_number=row.iccam_number,
            classification=row.classification,
        )
        for row in rows
    ]


def _counts(batch_ids: Iterable[int]) -> dict[int, dict[LineState, int]]:
    found = Line.objects.filter(batch_id__in=list(batch_ids)).values_list("batch_id", "state")
    counted: dict[int, dict[LineState, int]] = {}
    for batch_id, state, n in found.annotate(n=Count("id")):
        counted.setdefault(batch_id, {})[LineState(state)] = n
    return counted


def _view(row: Batch, counts: dict[LineState, int], *, again: bool = False) -> BatchView:
    return BatchView(
        id=row.pk,
        way=Way(row.way),
        command=Command(row.command),
        source=row.source,
        by=names().get(row.by, row.by),
        at=row.at,
        proof=Proof(row.proof),
        why=Why(row.why),
        lines=row.lines,
        counts=counts,
        again=again,
    )


def _line(row: Line) -> LineView:
    return LineView(
        id=row.pk,
        number=row.number,
        state=LineState(row.state),
        why=Why(row.why),
        item_number=row.item_number,
        record=sealed.open_record(row.sealed_record, context=context(row.batch_id, row.number)),
    )


def _sender(row: Sender) -> SenderView:
    address = sealed.reveal(row.sealed_address, context=keeping.context(row.pk)) or ""
    terms = SenderTerms(
        address=address,
        name=row.name,
        source=row.source,
        party_id=row.party_id,
        needs_proof=row.needs_proof,
        may_say_gone=row.may_say_gone,
    )
    return SenderView(row.pk, terms, row.made_at)


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
