"""Several workers at the same moment do what one would have done."""

from __future__ import annotations

from datetime import datetime

import pytest
from pytest_django import Settings

from tests.domain.desk import found, hoster, person, picture, report
from tests.domain.takedown.scenes import DAY, Mail, turn
from tests.support import in_threads
from tocsin.domain.reports import queries as items
from tocsin.domain.takedown import actions, queries
from tocsin.domain.takedown.models import Notice, Sending, Takedown

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def mail(settings: Settings) -> Mail:
    server = Mail()
    settings.TOCSIN_MAIL = server
    return server


def test_one_finding_told_four_times_at_once_is_one_notice(now: datetime, mail: Mail) -> None:
    hoster(now)
    number = report(now, fingerprints=picture("new"))
    finding_id = found(number, person("anna"), now).findings[0].id
    in_threads(*[lambda: actions.make_notice(finding_id=finding_id, at=now)] * 4)
    turn(now)
    assert Takedown.objects.count() == Notice.objects.count() == Sending.objects.count() == 1
    assert mail.ids() == ["N-2026-000001"] or len(mail.ids()) == 1


def test_a_reminder_due_for_four_workers_is_sent_once(now: datetime, mail: Mail) -> None:
    hoster(now)
    number = report(now, fingerprints=picture("new"))
    found(number, person("anna"), now)
    turn(now)
    pk = str(Takedown.objects.get().pk)
    results = in_threads(*[lambda: actions.climb(pk, now + DAY)] * 4)
    assert results == [None] * 4
    turn(now + DAY)
    assert len(mail.ids()) == 2
    assert queries.for_item(number)[0].reminders == 1


def test_a_removal_and_a_reminder_at_once_leave_the_takedown_whole(
    now: datetime, mail: Mail
) -> None:
    hoster(now)
    number = report(now, fingerprints=picture("new"))
    found(number, person("anna"), now)
    turn(now)
    item_id, pk = items.item(number).id, str(Takedown.objects.get().pk)
    results = in_threads(
        lambda: actions.climb(pk, now + DAY),
        lambda: actions.note_removed(item_id=item_id, at=now + DAY),
        lambda: actions.note_held(item_id=item_id, at=now + DAY),
        lambda: actions.note_released(item_id=item_id, at=now + DAY),
    )
    assert not [result for result in results if isinstance(result, Exception)]
    turn(now + DAY)
    assert queries.takedowns(item_id)[0].state == "removed"
