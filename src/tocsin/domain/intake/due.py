"""What intake does by itself: go on with batches, remind of words, read the mailbox."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import DatabaseError, connection

from tocsin.base.clock import rounds
from tocsin.base.outbox import actions as outbox
from tocsin.domain.intake import actions, rules, working
from tocsin.domain.intake.mailbox import Mailbox

log = structlog.get_logger()

LOOK_EVERY = timedelta(minutes=1)


def register() -> None:
    """Handle the clock of every waiting state; read the mailbox each minute where there is one."""
    rounds.handle(rules.WORK, go_on)
    rounds.handle(rules.WAITS, actions.remind)
    outbox.may_go_unheard(working.SAID_GONE)
    rounds.every("intake.mailbox", LOOK_EVERY, MailReader().look)


def go_on(subject: str, at: datetime) -> None:
    """Work on a batch that is not through."""
    actions.work(batch_id=int(subject), at=at)


class MailReader:
    """Reads the mailbox in a thread, so that letters and clocks do not wait for its server.

    Two workers may read it at once: a mail is one batch, whoever takes it in.
    """

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None

    def look(self, at: datetime) -> None:
        """Begin to read; nothing while that is under way, or where no mailbox is set."""
        box: Mailbox | None = settings.TOCSIN_INTAKE_MAILBOX
        if box is None or self.busy:
            return
        self._thread = threading.Thread(
            target=self._read, args=(box, at), name="intake.mailbox", daemon=True
        )
        self._thread.start()

    @property
    def busy(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def wait(self) -> None:
        """Until what is under way has ended."""
        if self._thread is not None:
            self._thread.join()

    def _read(self, box: Mailbox, at: datetime) -> None:
        try:
            read(box, at)
        finally:
            connection.close()


def read(box: Mailbox, at: datetime) -> None:
    """Read the mailbox once; what fails is logged, and tried again at the next turn."""
    try:
        done = actions.read_mailbox(box=box, at=at)
    except actions.MailboxFailed as failure:
        log.error("mailbox_failed", why=str(failure))
    except DatabaseError as error:
        log.error("mailbox_waits_for_database", error=type(error).__name__)
    else:
        if done:
            log.info("mailbox_read", mails=len(done), refused=sum(bool(one.why) for one in done))
