"""From one rung to the next, until it is gone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

import pytest
from pytest_django import Settings

from tests.base.letters.test_returned import report as returned
from tests.domain.desk import SYSTEM, hoster, person
from tests.domain.takedown.scenes import (
    DAY,
    EVERYBODY,
    HOUR,
    Mail,
    contact,
    hosted,
    kinds,
    news,
    office,
    the,
    turn,
    unlawful,
    until,
    whole,
)
from tocsin.base.audit.models import AuditRow
from tocsin.base.clock import queries as clock
from tocsin.base.letters import actions as letters
from tocsin.domain.hosters import queries as hosters
from tocsin.domain.hosters.types import Hours
from tocsin.domain.hosting.types import ContactRole
from tocsin.domain.reports import actions as reports
from tocsin.domain.takedown import actions, ladder, queries
from tocsin.domain.takedown.models import Event, Notice, Sending, Takedown
from tocsin.domain.takedown.types import (
    LadderMovedOn,
    LadderRefused,
    NoticeState,
    OfficeKind,
    Rung,
    TakedownState,
    Where,
    WhyNeeded,
)

pytestmark = pytest.mark.django_db

OWNER, NETWORK, NAMES = "owner@site.example", "abuse@network.example", "abuse@names.example"
BIG = "abuse@bighost.example"


@pytest.fixture
def mail(settings: Settings) -> Mail:
    server = Mail()
    settings.TOCSIN_MAIL = server
    return server


def test_a_contact_found_by_machine_is_written_to_at_once_and_told_so(
    now: datetime, mail: Mail
) -> None:
    hosted(now, contact(ContactRole.HOSTER, "abuse@found.example", country="DE"))
    number = unlawful(now)
    [letter] = mail.taken
    assert letter["To"] == "abuse@found.example"
    notice = the(number)
    assert (notice.state, notice.confirmed, notice.source) == (
        NoticeState.SENT,
        False,
        "rdap_network",
    )
    assert notice.language == "de"
    assert notice.confidence == 0.8
    body = letter.get_body()
    assert body is not None
    assert "maschinell gefunden (rdap network)" in body.get_content()


def test_what_people_wrote_down_goes_before_what_was_found(now: datetime, mail: Mail) -> None:
    hosted(now, contact(ContactRole.HOSTER, "abuse@found.example"))
    hoster(now)
    number = unlawful(now)
    assert mail.ids() == ["N-2026-000001"]
    assert the(number).confirmed


def test_where_no_hoster_is_known_the_network_is_told_at_once(now: datetime, mail: Mail) -> None:
    hosted(now, *EVERYBODY)
    number = unlawful(now)
    assert [m["To"] for m in mail.taken] == [NETWORK]
    until(now + 49 * HOUR, now + 50 * HOUR)
    # The network has the hoster's notice already: it is not told a second time under another id.
    assert mail.ids(NETWORK) == ["N-2026-000001", "N-2026-000001.r1"]
    assert "all_nobody" in kinds(number)


def test_the_whole_ladder_at_its_hours(now: datetime, mail: Mail) -> None:
    hoster(now)
    hosted(now, *EVERYBODY)
    office(now, OfficeKind.REGULATOR, "NL", "files@regulator.example")
    number = unlawful(now)
    until(now + HOUR, now + 97 * HOUR)
    first = {str(m["To"]): m["Message-ID"] for m in reversed(mail.taken)}
    sent = {view.rung: view.sent_at for view in queries.for_item(number)}
    assert {rung: (at - now) // HOUR for rung, at in sent.items() if at} == {
        Rung.HOSTER: 0,
        Rung.SITE_OWNER: 24,
        Rung.UPSTREAM: 48,
        Rung.REGISTRAR: 72,
        Rung.REGULATOR: 96,
    }
    assert set(first) == {BIG, OWNER, NETWORK, NAMES, "files@regulator.example"}
    assert mail.ids(BIG) == ["N-2026-000001", *(f"N-2026-000001.r{n}" for n in (1, 2, 3, 4))]
    assert mail.ids(OWNER)[0] == "N-2026-000002"
    assert len(mail.ids(OWNER)) == 4
    assert len(mail.ids("files@regulator.example")) == 1


def test_a_reminder_stands_with_its_notice_and_is_counted(now: datetime, mail: Mail) -> None:
    hoster(now)
    number = unlawful(now)
    turn(now + DAY)
    first, again = mail.taken
    assert again["In-Reply-To"] == first["Message-ID"] == "<N-2026-000001@hotline.example>"
    assert again["Subject"].startswith("Herinnering 1 bij melding N-2026-000001")
    assert the(number).reminders == 1
    assert whole(number).next_at == now + 2 * DAY


def test_the_file_for_the_regulator_names_everybody_who_was_told(now: datetime, mail: Mail) -> None:
    hoster(now)
    office(now, OfficeKind.REGULATOR, "NL", "files@regulator.example")
    unlawful(now)
    until(now + HOUR, now + 97 * HOUR, 6 * HOUR)
    [file] = [m for m in mail.taken if m["To"] == "files@regulator.example"]
    parts = {str(part.get_filename()): part.get_content() for part in file.iter_attachments()}
    assert sorted(parts) == ["history.json", "notice.jws.json", "urls.csv"]
    [told] = json.loads(parts["history.json"])
    assert (told["notice"], told["role"], told["name"]) == ("N-2026-000001", "hoster", "Big Host")
    assert told["reminders"] == 3
    assert len(told["send_log"]) == 4
    body = file.get_body()
    assert body is not None
    assert "Big Host" in body.get_content()


def test_nobody_is_asked_any_more_once_it_is_gone(now: datetime, mail: Mail) -> None:
    hoster(now)
    hosted(now, *EVERYBODY)
    number = unlawful(now)
    news("rechecks.removed", number, now + HOUR)
    assert whole(number).state is TakedownState.REMOVED
    assert the(number).state is NoticeState.DONE
    until(now + 2 * HOUR, now + 5 * DAY, 6 * HOUR)
    assert mail.ids() == ["N-2026-000001"]
    turn(now + 91 * DAY)
    assert whole(number).state is TakedownState.CLOSED


def test_what_comes_back_is_asked_for_again_at_once_under_the_same_number(
    now: datetime, mail: Mail
) -> None:
    hoster(now)
    hosted(now, *EVERYBODY)
    number = unlawful(now)
    news("rechecks.removed", number, now + HOUR)
    news("rechecks.back", number, now + 20 * DAY)
    turn(now + 20 * DAY)
    assert mail.ids() == ["N-2026-000001", "N-2026-000001.r1"]
    assert whole(number).state is TakedownState.CLIMBING
    until(now + 20 * DAY + HOUR, now + 21 * DAY, HOUR)
    assert mail.ids(OWNER) == ["N-2026-000002"]
    assert mail.ids(BIG)[2:] == ["N-2026-000001.r2"]


def test_news_told_twice_changes_nothing_more(now: datetime, mail: Mail) -> None:
    hoster(now)
    number = unlawful(now)
    for _ in range(2):
        news("rechecks.removed", number, now + HOUR)
    for _ in range(2):
        news("rechecks.back", number, now + 2 * HOUR)
    turn(now + 2 * HOUR)
    assert mail.ids() == ["N-2026-000001", "N-2026-000001.r1"]


def test_a_site_that_moved_has_a_notice_at_its_new_server(now: datetime, mail: Mail) -> None:
    hosted(now, contact(ContactRole.HOSTER, "abuse@first.example"))
    number = unlawful(now)
    hosted(now + DAY, contact(ContactRole.HOSTER, "abuse@second.example"), country="MD")
    news("rechecks.moved", number, now + DAY)
    turn(now + DAY)
    assert mail.ids("abuse@second.example") == ["N-2026-000002"]
    states = [notice.state for notice in queries.for_item(number)]
    assert states == [NoticeState.DONE, NoticeState.SENT]
    assert whole(number).where is Where.ABROAD
    # And a move that changes nobody's duty changes nothing.
    news("rechecks.moved", number, now + 26 * HOUR)
    assert len(queries.for_item(number)) == 2


def test_abroad_a_partner_has_it_first_and_the_hoster_a_day_later(
    now: datetime, mail: Mail
) -> None:
    hosted(now, contact(ContactRole.HOSTER, "abuse@fern.example", country="DE"), country="DE")
    office(now, OfficeKind.HOTLINE, "DE", "desk@partner.example")
    number = unlawful(now)
    assert [m["To"] for m in mail.taken] == ["desk@partner.example"]
    assert mail.taken[0]["Subject"].startswith("Handed over to you: N-2026-000001")
    assert whole(number).where is Where.HANDED_OVER
    until(now + HOUR, now + 24 * HOUR)
    assert mail.ids("abuse@fern.example") == ["N-2026-000002"]


def test_abroad_without_a_partner_the_hoster_is_told_at_once(now: datetime, mail: Mail) -> None:
    hosted(now, contact(ContactRole.HOSTER, "abuse@fern.example", country="DE"), country="DE")
    number = unlawful(now)
    assert mail.ids("abuse@fern.example") == ["N-2026-000001"]
    until(now + HOUR, now + 10 * DAY, 6 * HOUR)
    # It never closes by itself.
    assert whole(number).state is TakedownState.CLIMBING
    assert len(mail.ids("abuse@fern.example")) == 10


def test_quiet_hours_hold_a_reminder_and_never_a_first_notice(now: datetime, mail: Mail) -> None:
    hoster(now, hours=Hours("Europe/Amsterdam", "08:00", "17:00"))
    night = datetime(2026, 3, 6, 22, tzinfo=now.tzinfo)  # a Friday, 23:00 in Amsterdam
    unlawful(night)
    assert mail.ids() == ["N-2026-000001"]
    until(night + HOUR, night + 56 * HOUR)
    assert mail.ids() == ["N-2026-000001"]
    until(night + 57 * HOUR, night + 58 * HOUR)  # Monday 08:00 there
    assert mail.ids() == ["N-2026-000001", "N-2026-000001.r1"]


def test_while_the_police_ask_for_silence_nobody_is_told(now: datetime, mail: Mail) -> None:
    hoster(now)
    hosted(now, *EVERYBODY)
    number = unlawful(now)
    news("referrals.held", number, now + HOUR)
    assert whole(number).state is TakedownState.HELD
    until(now + 2 * HOUR, now + 5 * DAY, 6 * HOUR)
    assert mail.ids() == ["N-2026-000001"]
    until(now + 8 * DAY, now + 8 * DAY)
    assert "all_still_held" in kinds(number)
    news("referrals.released", number, now + 9 * DAY)
    turn(now + 9 * DAY)
    # The time held does not count for the ladder: the owner of the site is told a day after.
    assert mail.ids() == ["N-2026-000001", "N-2026-000001.r1"]
    until(now + 9 * DAY + HOUR, now + 10 * DAY)
    assert mail.ids(OWNER) == ["N-2026-000002"]


def test_a_hold_before_the_letter_left_keeps_it_back_and_it_leaves_under_its_id(
    now: datetime, mail: Mail
) -> None:
    hoster(now)
    mail.refused.add(BIG)
    number = unlawful(now)
    news("referrals.held", number, now)
    mail.refused.clear()
    until(now + HOUR, now + 5 * HOUR)
    assert mail.taken == []
    assert the(number).state is NoticeState.WAITING_FOR_CONTACT
    news("referrals.released", number, now + 6 * HOUR)
    turn(now + 6 * HOUR)
    assert mail.ids() == ["N-2026-000001"]
    assert Sending.objects.count() == 1


def test_an_item_held_before_its_finding_waits_for_its_release(now: datetime, mail: Mail) -> None:
    from tests.domain.desk import found, report

    hoster(now)
    number = report(now)
    news("referrals.held", number, now)
    found(number, person("anna"), now)
    turn(now)
    assert mail.taken == []
    assert whole(number).state is TakedownState.HELD
    news("referrals.released", number, now + HOUR)
    turn(now + HOUR)
    assert mail.ids() == ["N-2026-000001"]


def test_the_switch_stops_all_sending_and_what_waited_leaves_when_it_is_lifted(
    now: datetime, mail: Mail
) -> None:
    hoster(now)
    boss = person("boss")
    with pytest.raises(WhyNeeded):
        actions.stop(why=" ", actor=boss, at=now)
    assert actions.stop(why="a mistake in the letters", actor=boss, at=now)
    assert not actions.stop(why="again", actor=boss, at=now)
    number = unlawful(now)
    until(now + HOUR, now + 30 * HOUR)
    assert mail.taken == []
    stopped = queries.stopped()
    assert stopped is not None
    assert stopped.why == "a mistake in the letters"
    assert actions.go_on(actor=boss, at=now + 31 * HOUR)
    assert not actions.go_on(actor=boss, at=now + 31 * HOUR)
    turn(now + 31 * HOUR)
    assert mail.ids() == ["N-2026-000001"]
    assert the(number).state is NoticeState.SENT
    assert AuditRow.objects.filter(action="takedown.stop").count() == 1


def test_a_letter_that_came_back_marks_the_hoster_and_the_next_contact_is_told(
    now: datetime, mail: Mail
) -> None:
    number_of_hoster = hoster(now)
    hosted(now, *EVERYBODY)
    number = unlawful(now)
    letters.take_returned(mail=returned("<N-2026-000001@hotline.example>"), at=now + HOUR)
    turn(now + HOUR)
    assert not hosters.hoster(number_of_hoster).reachable
    assert [str(m["To"]) for m in mail.taken] == [BIG, NETWORK]
    assert mail.ids() == ["N-2026-000001", "N-2026-000001.2"]
    assert the(number).state is NoticeState.SENT
    assert queries.verify_log().sound


def test_a_full_mailbox_tries_the_next_contact_and_marks_nobody(now: datetime, mail: Mail) -> None:
    number_of_hoster = hoster(now)
    hosted(now, *EVERYBODY)
    unlawful(now)
    full = returned("<N-2026-000001@hotline.example>", status="5.2.2", said="smtp; 552 full")
    letters.take_returned(mail=full, at=now + HOUR)
    turn(now + HOUR)
    assert hosters.hoster(number_of_hoster).reachable
    assert [str(m["To"]) for m in mail.taken] == [BIG, NETWORK]


def test_a_delivery_is_noted(now: datetime, mail: Mail) -> None:
    hoster(now)
    number = unlawful(now)
    told = returned("<N-2026-000001@hotline.example>", action="delivered", status="2.0.0", said="")
    letters.take_returned(mail=told, at=now + HOUR)
    turn(now + HOUR)
    assert the(number).delivered_at == now + HOUR
    assert the(number).state is NoticeState.SENT


def test_a_correction_ends_everything_and_withdraws_from_everybody_who_was_told(
    now: datetime, mail: Mail
) -> None:
    hoster(now)
    hosted(now, *EVERYBODY)
    number = unlawful(now)
    until(now + HOUR, now + 25 * HOUR)
    reports.correct(number=number, why="an adult", actor=person("boss"), at=now + 26 * HOUR)
    until(now + 26 * HOUR, now + 10 * DAY, 12 * HOUR)
    assert whole(number).state is TakedownState.ENDED
    withdrawn = [name for name in mail.ids() if name.endswith(".withdrawal")]
    assert withdrawn == ["N-2026-000001.withdrawal", "N-2026-000002.withdrawal"]
    assert mail.ids()[-2:] == withdrawn
    assert {n.state for n in queries.for_item(number)} == {NoticeState.RECALLED}


def test_a_correction_after_the_removal_is_told_too(now: datetime, mail: Mail) -> None:
    hoster(now)
    number = unlawful(now)
    news("rechecks.removed", number, now + HOUR)
    reports.correct(number=number, why="an adult", actor=person("boss"), at=now + DAY)
    turn(now + DAY)
    assert mail.ids()[-1] == "N-2026-000001.withdrawal"


def test_other_hours_are_a_version_of_their_own(now: datetime, mail: Mail) -> None:
    boss = person("boss")
    hoster(now)
    hosted(now, *EVERYBODY)
    number = unlawful(now)
    faster = tuple(
        replace(step, home_hours=2) if step.rung is Rung.SITE_OWNER else step
        for step in ladder.DEFAULT
    )
    assert actions.set_ladder(steps=faster, was=0, why="as agreed", actor=boss, at=now) == 1
    with pytest.raises(LadderMovedOn):
        actions.set_ladder(steps=faster, was=0, why="as agreed", actor=boss, at=now)
    with pytest.raises(LadderRefused):
        actions.set_ladder(steps=faster, was=1, why="", actor=boss, at=now)
    assert [version.version for version in queries.versions()] == [1, 0]
    actions.climb(str(Takedown.objects.get().pk), now + 2 * HOUR)
    turn(now + 2 * HOUR)
    assert mail.ids(OWNER) == ["N-2026-000002"]
    assert the(number, Rung.SITE_OWNER).sent_at == now + 2 * HOUR


def test_no_takedown_waits_without_a_clock(now: datetime, mail: Mail) -> None:
    hoster(now)
    number = unlawful(now)
    pk = str(Takedown.objects.get().pk)
    assert clock.due_at(kind="takedown.climb", subject=pk) == now + DAY
    news("referrals.held", number, now)
    assert clock.due_at(kind="takedown.climb", subject=pk) is None
    assert clock.due_at(kind="takedown.still_held", subject=pk) == now + 7 * DAY


def test_events_name_no_address(now: datetime, mail: Mail) -> None:
    hoster(now)
    hosted(now, *EVERYBODY)
    unlawful(now)
    until(now + HOUR, now + 60 * HOUR, 6 * HOUR)
    told = json.dumps([e.facts for e in Event.objects.all()])
    told += json.dumps([r.facts for r in AuditRow.objects.filter(action__startswith="takedown")])
    assert "example" not in told
    assert Notice.objects.exclude(sealed_addressee="").count() == Notice.objects.count()


def test_an_office_is_replaced_and_removed(now: datetime, mail: Mail) -> None:
    office(now, OfficeKind.HOTLINE, "DE", "one@partner.example")
    number = office(now, OfficeKind.HOTLINE, "DE", "two@partner.example")
    assert [row.email for row in queries.offices()] == ["two@partner.example"]
    assert actions.remove_office(office_id=number, actor=SYSTEM, at=now)
    assert not actions.remove_office(office_id=number, actor=SYSTEM, at=now)
    assert queries.offices() == []
