"""An exhausted window becomes part of the lists: staged list by list, then all of it at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor
from tocsin.domain.exchanges import listing, refused, rules, spool
from tocsin.domain.exchanges.gathering import Gathered, OfMember, Place, unnamed_file
from tocsin.domain.exchanges.holding import Hold
from tocsin.domain.exchanges.models import Exchange, PulledPage
from tocsin.domain.exchanges.rules import Word
from tocsin.domain.exchanges.types import Counts
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists import queries
from tocsin.domain.hashlists.pages import UnusablePage, read_page, write_document
from tocsin.domain.hashlists.types import ImportReport, ImportRequest, Progress, RunState

Clock = Callable[[], datetime]
Moves = Callable[[], dict[str, object]]

_IN_THE_WAY = (
    hashlists.ImportInProgress, hashlists.DatabaseBusy, hashlists.DiskFull,
    hashlists.ArchiveFailed, hashlists.HoldLost, hashlists.ListExists, hashlists.NoSuchList,
    hashlists.NotReady, hashlists.UnusableFile, hashlists.WrongMapping,
)  # fmt: skip


class NotTaken(Exception):
    """The lists could not take the window in now; its pages are kept and it is tried again."""


class NotGoneOver(NotTaken):
    """A known-good set cannot be read: what is staged stays so until it can be gone over."""


class TooManyMembers(Exception):
    """A window names more new members than may have lists: it waits for a person, whole."""

    def __init__(self, in_all: int) -> None:
        self.in_all = in_all
        super().__init__(f"there would be {in_all} members")


@dataclass(frozen=True, slots=True)
class _Bringing:
    row: Exchange
    hold: Hold
    clock: Clock
    actor: Actor


def bring(row: Exchange, *, hold: Hold, clock: Clock, actor: Actor, finish: Moves) -> Counts:
    """Take in the pages of an exhausted window; what it brought.

    Nothing counts until every list is staged. Then one transaction releases them all and makes the
    moves that `finish` tells. Raises NotTaken, NotGoneOver, TooManyMembers, PageLost, HoldLost.
    """
    work = _Bringing(row, hold, clock, actor)
    with _gather(work) as gathered:
        known, new = listing.members_after(row, gathered.members)
        if not rules.may_have_lists(known=known, new=new, allowed=row.members_allowed):
            raise TooManyMembers(known + new)
        reports: list[ImportReport] = []
        try:
            for member, of in gathered.members.items():
                slug = listing.list_for(row, member, of.name, actor=actor, at=clock())
                if slug is not None:
                    # What is no entry is nobody's; it goes into the archive of the first list.
                    beside = [] if reports else [one.text for one in gathered.refused]
                    reports.append(_stage(work, gathered, slug, member, of, beside))
            counts = _counts(row, gathered, reports)
            if not reports:
                refused.keep_texts(row, gathered)
            with transaction.atomic():
                refused.note(row, gathered.refused, at=clock())
                _release(work, reports, counts, finish())
        except hashlists.WrongSet as error:
            raise NotGoneOver from error
        except _IN_THE_WAY as error:
            raise NotTaken from error
    return counts


def _gather(work: _Bringing) -> Gathered:
    row = work.row
    gathered = Gathered(int(work.clock().timestamp()))
    for number in range(1, row.pages + 1):
        text = spool.get(row.pk, row.window_no, number)
        try:
            page = read_page(row.kind, text)
        except UnusablePage as why:
            # It was whole when it was put there.
            raise spool.PageLost(str(why)) from None
        gathered.add(page)
        work.hold.update(work.clock())
    return gathered


def _stage(
    work: _Bringing,
    gathered: Gathered,
    slug: str,
    member: str,
    of: OfMember,
    beside: list[Place],
) -> ImportReport:
    """One list's part of the window as an import that does not count yet."""
    known = queries.last_words(slug, member, list(of.latest))
    now = int(work.clock().timestamp())
    of.drop_older(
        {o: Word(rules.believable(word.updated, now), word.gone) for o, word in known.items()}
    )
    name = f"pull-{work.row.slug}-{work.row.window_no}"
    with unnamed_file() as document:
        write_document(
            document,
            work.row.kind,
            images=gathered.texts(p for p in of.latest.values() if not p.video),
            videos=gathered.texts(p for p in of.latest.values() if p.video),
            superseded=gathered.texts(p for p in (*of.superseded, *beside) if p.length),
        )
        document.flush()
        request = ImportRequest(
            path=Path(f"/proc/self/fd/{document.fileno()}"),
            list_slug=slug,
            release=False,
            format=work.row.kind,
            name=name,
        )
        return _import(request, work)


def _import(request: ImportRequest, work: _Bringing) -> ImportReport:
    """Stage the document, from where an earlier try of the same one stopped."""

    def still_ours(_: Progress) -> None:
        work.hold.update(work.clock())

    try:
        return hashlists.import_file(
            request=request, actor=work.actor, at=work.clock(), progress=still_ours
        )
    except hashlists.ImportInProgress:
        _give_up_own_leftover(request.list_slug, work)
    return hashlists.import_file(
        request=request, actor=work.actor, at=work.clock(), progress=still_ours
    )


def _give_up_own_leftover(slug: str, work: _Bringing) -> None:
    """An import of ours with other records, that somebody was stopped over: what it staged is never
    seen."""
    for run in queries.runs(slug, limit=1):
        ours = run.file_name.startswith(f"pull-{work.row.slug}-")
        if ours and run.state in {RunState.RUNNING, RunState.READY}:
            hashlists.discard(run_id=run.id, actor=work.actor, at=work.clock())


def _release(
    work: _Bringing, reports: list[ImportReport], counts: Counts, moves: dict[str, object]
) -> None:
    at, row = work.clock(), work.row
    # First, so that it is known that nobody else is at it; and last to be seen, with the rest.
    work.hold.update(at, counts=asdict(counts), **moves)
    for report in reports:
        if report.run_id is not None:
            hashlists.release(run_id=report.run_id, actor=work.actor, at=at)
    PulledPage.objects.filter(exchange=row, window_no__lte=row.window_no).delete()
    record(
        actor=work.actor,
        action="exchanges.pull",
        subject=f"exchange:{row.pk}",
        at=at,
        facts={**asdict(counts), "checkpoint": str(moves["checkpoint"]),
               "imports": [r.run_id for r in reports]},
    )  # fmt: skip


def _counts(row: Exchange, gathered: Gathered, reports: list[ImportReport]) -> Counts:
    return Counts(
        pages=row.pages,
        records=gathered.records,
        added=sum(r.added for r in reports),
        changed=sum(r.changed for r in reports),
        superseded=sum(len(of.superseded) for of in gathered.members.values()),
        unreadable=gathered.unreadable,
        refused=sum(r.refused for r in reports),
        left_out=sum(r.left_out for r in reports),
    )
