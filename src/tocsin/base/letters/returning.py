"""The folder into which a mail server puts what comes back to our address."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import structlog

from tocsin.base.letters import dsn
from tocsin.base.letters.actions import take_returned

log = structlog.get_logger()

AT_ONCE = 200
ASIDE = "other"


def empty(folder: Path, *, at: datetime) -> int:
    """Read the reports in a folder of mails (a Maildir's `new`); how many letters they were about.

    A report is deleted as soon as it is noted: it may repeat the letter it is about. Mail that is
    no report, as a person's answer, is put into `other`, for whoever reads the mailbox.
    """
    if not folder.is_dir():
        return 0
    noted = 0
    for path in sorted(path for path in folder.iterdir() if path.is_file())[:AT_ONCE]:
        try:
            with path.open("rb") as file:
                mail = file.read(dsn.MOST_BYTES)
            if dsn.read(mail):
                noted += take_returned(mail=mail, at=at)
                path.unlink(missing_ok=True)
            else:
                (folder / ASIDE).mkdir(exist_ok=True, mode=0o700)
                path.rename(folder / ASIDE / path.name)
        except OSError as error:
            # Another worker was faster, or may not read it: the next look finds what is left.
            log.warning("returned_mail_not_read", error=type(error).__name__)
    return noted
