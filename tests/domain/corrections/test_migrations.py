"""What was said before the tables changed keeps its meaning."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.domain.corrections.scenes import provider
from tocsin.domain.corrections.models import Feedback

pytestmark = pytest.mark.django_db(transaction=True)


def migrated(name: str) -> Any:
    executor = MigrationExecutor(connection)
    executor.migrate([("corrections", name)])
    return executor.loader.project_state([("corrections", name)]).apps


def test_of_two_keys_words_the_newest_stands_and_dismissed_ones_are_weighed(now: Any) -> None:
    one, two = provider(now), provider(now, "Picbin")
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes("corrections")[0][1]
    try:
        old = migrated("0002_endpoint_begins")
        told = {"entry_id": 7, "scope": "all", "verdict": "down", "reason": "meme", "at": now}
        for party_id, key_id in ((one.party_id, "k1"), (one.party_id, "k2"), (two.party_id, "k3")):
            old.get_model("corrections", "Feedback").objects.create(
                party_id=party_id, key_id=key_id, **told
            )
        old.get_model("corrections", "Appeal").objects.create(
            number="A-2026-000001",
            entry_id=7,
            state="dismissed",
            origin="votes",
            reason="meme",
            opened_by="x",
            opened_at=now,
            decided_at=now + timedelta(hours=1),
        )
    finally:
        migrated(newest)
    rows = Feedback.objects.order_by("pk").values_list("key_id", "replaced_at", "weighed_at")
    weighed = now + timedelta(hours=1)
    assert list(rows) == [("k1", now, None), ("k2", None, weighed), ("k3", None, weighed)]
