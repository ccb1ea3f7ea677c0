"""A private pass through the journal: only what is found leaves this machine."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.site.checking.journal import Journal, Kept
from tocsin.site.checking.private import FILES_AT_ONCE, PrivateServer, TooOld
from tocsin.site.checking.retro import told
from tocsin.site.checking.types import UNAVAILABLE, CannotAsk, Lists, Result

KEY_CHANGED = (
    "the server tells another public key than before for the same epoch: so could one client be "
    "told apart from others. Nothing was sent; tell who runs it."
)
IN_FULL = "Say --retro without --private once, which asks in full."


class PrivateRetro:
    """One pass. Iterating gives a `Result` for each file that was found and confirmed.

    Compares by digests alone: a copy that was altered is found by `Retro`. Files that these lists
    were never asked for are `not_compared`: a delta says nothing of what was listed before.
    """

    def __init__(self, *, lists: Lists, journal: Journal, server: PrivateServer) -> None:
        self._lists = lists
        self._journal = journal
        self._server = server
        self.broken_off: str | None = None
        self.not_compared = 0

    def results(self) -> Iterator[Result]:
        """Evaluate what was not, compare with what came since, and have what is found confirmed."""
        try:
            yield from self._compared()
        except TooOld as error:
            self.broken_off = f"{error} {IN_FULL}"
        except CannotAsk as error:
            self.broken_off = str(error)

    def _compared(self) -> Iterator[Result]:
        if not self._journal.enter_epoch(self._server.epoch, self._server.public):
            raise CannotAsk(KEY_CHANGED)
        self.not_compared = self._journal.never_asked()
        since = self._journal.compared_from()
        if since is None:
            return
        self._evaluate()
        until = since
        for version, values in self._server.delta(since):
            until = version
            yield from self._confirmed(self._journal.holders_of(values))
        # Only now: what was not gone through to its end is gone through again.
        self._journal.compared_until(until)

    def _evaluate(self) -> None:
        while some := self._journal.not_evaluated(FILES_AT_ONCE):
            values = self._server.evaluate([kept.looked.fingerprints for kept in some])
            self._journal.keep_evaluated(
                [(kept.number, of_file) for kept, of_file in zip(some, values, strict=True)]
            )

    def _confirmed(self, found: list[Kept]) -> Iterator[Result]:
        for first in range(0, len(found), self._lists.most_at_once):
            some = found[first : first + self._lists.most_at_once]
            looked = [kept.looked for kept in some]
            known = self._lists.ask(looked)
            if any(one.status == UNAVAILABLE for one in known):
                raise CannotAsk("the lists were not available for what was found.")
            self._journal.keep(zip(looked, known, strict=True))
            yield from told(some, known)
