"""However many wait in quarantine, each range of the lint looks up its own."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from django.db import connection

from tests.domain.hashlists.known_sets import know, listed
from tests.domain.hashlists.lists import ACTOR, bring, make, write
from tocsin.domain.hashlists import actions, lint, queries
from tocsin.domain.hashlists.models import Quarantine
from tocsin.domain.hashlists.types import Decision, EntryStatus, LintReason, QuarantineState

pytestmark = pytest.mark.django_db


def plan(query: str) -> str:
    """How the database goes about it."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE hashlists_quarantine")
            cursor.execute("EXPLAIN " + query)
        else:
            cursor.execute("EXPLAIN QUERY PLAN " + query)
        return "\n".join(str(column) for row in cursor.fetchall() for column in row)


def test_the_lint_looks_up_what_waits_by_the_range_of_entries(now: datetime) -> None:
    number = make(now)
    Quarantine.objects.bulk_create(
        Quarantine(
            entry_id=entry_id,
            hash_list_id=number,
            status_before=EntryStatus.ACTIVE.number,
            reason=LintReason.KNOWN_SHA256,
            known_set="office",
            at=now,
            state=QuarantineState.WAITING,
        )
        for entry_id in range(1, 5_001)
    )
    told = plan(lint.entries_query(101, 200))
    assert "hashlists_quarantine_entry" in told
    # Once for the range: nothing of the plan is done again for each entry.
    assert "CORRELATED" not in told


def test_what_waits_is_gone_over_and_what_was_decided_is_not(tmp_path: Path, now: datetime) -> None:
    make(now)
    know("icon", "smiley")
    words = ("icon", "smiley", "beach")
    bring(write(tmp_path / "list", *(listed(word, sha256=word) for word in words)), now)
    number = Quarantine.objects.get(entry__source_entry_id="icon").pk
    actions.decide(number=number, decision=Decision.CONFIRM, words="icon", actor=ACTOR, at=now)

    assert lint.lint_list(None, actor=ACTOR, clock=lambda: now).looked == 2
    assert [view.state for view in queries.decided()] == [QuarantineState.CONFIRMED]
